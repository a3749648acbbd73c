"""Submits and cancels jobs of bundles, many of them from one process: reads requests from standard input and answers, a line of JSON each.

It runs in an environment that has PyFlink: `submit.py REST_PORT BOOTSTRAP CONNECTOR_JAR`.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

from pyflink.common import Configuration
from pyflink.datastream import StreamExecutionEnvironment
from pyflink.java_gateway import get_gateway


def main(rest: str, bootstrap: str, connector: str) -> None:
    """Serve until standard input ends."""
    # What Java and its libraries print goes elsewhere.
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    jobs: dict[str, Any] = {}
    for line in sys.stdin:
        request = json.loads(line)
        if "cancel" in request:
            jobs.pop(request["cancel"]).cancel().result()
            answer: dict[str, Any] = {}
        else:
            bundle = Path(request["bundle"])
            client = _submit(bundle, rest, bootstrap, connector)
            answer = {"job": str(client.get_job_id())}
            jobs[answer["job"]] = client
        print(json.dumps(answer), file=answers, flush=True)


def _submit(bundle: Path, rest: str, bootstrap: str, connector: str) -> Any:
    sys.path.insert(0, str(bundle))
    from stateflow.adapters.pyflink_job import build
    from stateflow.kafka.topics import Topics, provide

    about = json.loads((bundle / "bundle.json").read_text())
    topics = Topics(about["app"])
    settings = Configuration()
    for line in (bundle / "config.yaml").read_text().splitlines():
        if line and not line.startswith("#"):
            name, _, value = line.partition(": ")
            settings.set_string(name, value)
    own = {
        "execution.target": "remote",
        "rest.address": "127.0.0.1",
        "rest.port": rest,
        "pipeline.jars": f"file://{connector}",
    }
    for name, value in {**own, "python.executable": sys.executable, "python.files": str(bundle)}.items():
        settings.set_string(name, value)
    settings.set_string("python.pythonpath", next(path for path in sys.path if path.endswith("site-packages")))
    java = get_gateway().jvm.org.apache.flink.streaming.api.environment.StreamExecutionEnvironment
    environment = StreamExecutionEnvironment(java(settings._j_configuration))
    build(environment, bootstrap, topics, provide(bootstrap, topics, 2, 1), about["digest"])
    client = environment.execute_async(about["app"])
    sys.path.remove(str(bundle))
    return client


if __name__ == "__main__":
    main(*sys.argv[1:])
