"""One job of Stateful Functions that runs many bundles, on the cluster that `stateflow run` has started."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import httpx
import yaml
from stateflow.adapters.statefun_topics import names_of, provide
from stateflow.bundle import read_json
from stateflow.kafka.topics import Topics

PATIENCE = 120
TESTS = Path(__file__).parents[1]


class Together:
    """A job, another TaskManager for it, and a process that serves the functions.

    The bundles are below one folder, each under the name of its app.
    """

    def __init__(self, folder: Path, bundles: Sequence[str], bootstrap: str, flink: str, taskmanager: int) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        topics = [topic for name in bundles for topic in _topics(folder / name)]
        provide(bootstrap, topics, partitions=1, replication=1)
        module = folder / "module.yaml"
        modules = [(folder / name / "module.yaml").read_text() for name in bundles]
        module.write_text(merged(dict(zip(bundles, modules, strict=True)), bootstrap, f"http://127.0.0.1:{port}"))
        command = Path(f"/proc/{taskmanager}/cmdline").read_text().split("\0")[:-1]
        variables = Path(f"/proc/{taskmanager}/environ").read_text().split("\0")[:-1]
        environment = dict(variable.split("=", 1) for variable in variables)
        self._log = (folder / "together.log").open("w")
        endpoint = [sys.executable, "-m", "flink.endpoint", str(port), str(folder)]
        path = os.pathsep.join(map(str, (TESTS, TESTS.parent)))
        self._processes = [
            self._start(endpoint, {**os.environ, "PYTHONPATH": path}, TESTS),
            self._start(command, environment, Path(f"/proc/{taskmanager}/cwd")),
        ]
        java = command[: next(index for index, word in enumerate(command) if word.endswith("TaskManagerRunner"))]
        archive = folder / "empty.jar"
        # The job is in Flink's own archives, and the client wants one to send along: this one is empty.
        archive.write_bytes(b"PK\x05\x06" + bytes(18))
        settings = [f"-Dstatefun.remote.module-name=file://{module}", "-Dstatefun.flink-job-name=together"]
        job = ["-c", "org.apache.flink.statefun.flink.core.StatefulFunctionsJob", str(archive)]
        client = [*java, "org.apache.flink.client.cli.CliFrontend", "run", "--detached", *settings, *job]
        done = subprocess.run(client, env=environment, capture_output=True, text=True, timeout=PATIENCE, check=False)
        assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]
        _wait_running(flink)

    def _start(self, command: list[str], environment: dict[str, str], folder: Path) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            command, env=environment, cwd=folder, stdout=self._log, stderr=self._log, start_new_session=True
        )

    def close(self) -> None:
        """End what was started."""
        for process in self._processes:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        self._log.close()


def _topics(bundle: Path) -> list[str]:
    entities = [entity["name"] for entity in read_json(bundle / "dataflow.json")["entities"]]
    return names_of(Topics(bundle.name), entities)


def merged(modules: dict[str, str], bootstrap: str, endpoint: str) -> str:
    """Return a module with the functions of all: the endpoints of each, and one ingress and egress, which are alike in all of them."""
    documents: list[Any] = []
    ingress: Any = None
    egress: Any = None
    for name, module in modules.items():
        functions, source, egress = yaml.safe_load_all(module)
        functions["spec"]["urlPathTemplate"] = f"{endpoint}/{name}"
        documents.append(functions)
        if ingress is None:
            ingress = source
        else:
            ingress["spec"]["topics"] += source["spec"]["topics"]
    for document in (ingress, egress):
        document["spec"]["address"] = bootstrap
    return yaml.safe_dump_all([*documents, ingress, egress])


def _wait_running(flink: str) -> None:
    """Wait until all tasks of the job run."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        jobs = httpx.get(f"{flink}/jobs/overview", timeout=PATIENCE).json()["jobs"]
        tasks = next(job["tasks"] for job in jobs if job["name"] == "together")
        if tasks["running"] == tasks["total"]:
            return
        time.sleep(0.1)
    raise AssertionError(f"the job does not run: {tasks}")
