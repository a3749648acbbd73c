"""Submits and cancels jobs of bundles, many of them from one process: reads requests from standard input and answers, a line of JSON each.

It runs in an environment that has PyFlink: `submit.py REST_PORT BOOTSTRAP CONNECTOR_JAR`.
"""

from __future__ import annotations

import importlib
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
    settings = {
        "execution.target": "remote",
        "rest.address": "127.0.0.1",
        "rest.port": rest,
        "pipeline.jars": f"file://{connector}",
        "python.executable": sys.executable,
        "python.pythonpath": next(path for path in sys.path if path.endswith("site-packages")),
    }
    for line in sys.stdin:
        request = json.loads(line)
        answer: dict[str, Any] = {}
        if "cancel" in request:
            jobs.pop(request["cancel"]).cancel().result()
        else:
            client = (_submit if "bundle" in request else _submit_file)(settings, bootstrap, **request)
            answer["job"] = str(client.get_job_id())
            jobs[answer["job"]] = client
        print(json.dumps(answer), file=answers, flush=True)


def _submit(settings: dict[str, str], bootstrap: str, bundle: str) -> Any:
    """Submit the job of a bundle, with topics that are called as its folder is."""
    folder = Path(bundle)
    sys.path.insert(0, bundle)
    from stateflow.adapters.pyflink_job import build
    from stateflow.bundle import describe
    from stateflow.kafka.log import provide
    from stateflow.kafka.topics import Topics

    lines = [line for line in (folder / "config.yaml").read_text().splitlines() if line and not line.startswith("#")]
    own = dict(line.split(": ", 1) for line in lines)
    environment = _environment({**own, **settings, "python.files": bundle})
    topics = Topics(folder.name)
    build(environment, bootstrap, topics, provide(bootstrap, topics, 2, 1), describe(folder))
    sys.path.remove(bundle)
    return environment.execute_async(folder.name)


def _submit_file(settings: dict[str, str], bootstrap: str, file: str, prefix: str, interval: str | None = None) -> Any:
    """Submit the job that the `build` of a module puts together; with checkpoints, it uses transactions."""
    path = Path(file)
    sys.path.insert(0, str(path.parent))
    own = {"python.execution-mode": "thread", "execution.buffer-timeout.interval": "0ms", "python.files": file}
    if interval is not None:
        own["execution.checkpointing.interval"] = interval
    environment = _environment({**own, **settings})
    importlib.import_module(path.stem).build(environment, bootstrap, prefix, interval is not None)
    return environment.execute_async(prefix)


def _environment(settings: dict[str, str]) -> StreamExecutionEnvironment:
    configuration = Configuration()
    for name, value in settings.items():
        configuration.set_string(name, value)
    java = get_gateway().jvm.org.apache.flink.streaming.api.environment.StreamExecutionEnvironment
    return StreamExecutionEnvironment(java(configuration._j_configuration))


if __name__ == "__main__":
    main(*sys.argv[1:])
