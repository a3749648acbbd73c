# The functions: what the entities do.
FROM python:3.12-slim
ENV PYTHONHASHSEED=0
COPY requirements.txt requirements-no-deps.txt /opt/bundle/
RUN pip install --no-cache-dir -r /opt/bundle/requirements.txt \
 && pip install --no-cache-dir --no-deps -r /opt/bundle/requirements-no-deps.txt
COPY . /opt/bundle
WORKDIR /opt/bundle
USER nobody
EXPOSE 8001
CMD ["python", "functions.py", "--host", "0.0.0.0", "--port", "8001"]
