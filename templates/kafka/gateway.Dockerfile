# The HTTP gateway, and what makes the topics.
FROM python:3.12-slim
ENV PYTHONHASHSEED=0
COPY requirements.txt /opt/bundle/requirements.txt
# The gateway does not need Flink.
RUN grep -v '^apache-flink' /opt/bundle/requirements.txt > /tmp/requirements.txt \
 && pip install --no-cache-dir -r /tmp/requirements.txt
COPY . /opt/bundle
WORKDIR /opt/bundle
USER nobody
EXPOSE 8000
CMD ["python", "gateway.py", "--host", "0.0.0.0", "--port", "8000", "--bootstrap", "kafka:9092"]
