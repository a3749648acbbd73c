"""Jobs of Stateful Functions beside the one that `stateflow run` has started."""

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


class Beside:
    """Jobs beside the one that `stateflow run` has started, on its cluster: they have a TaskManager of their own."""

    def __init__(self, folder: Path, flink: str, taskmanager: int) -> None:
        """`folder` is for what is written; the other TaskManager is started as `taskmanager` was."""
        command = Path(f"/proc/{taskmanager}/cmdline").read_text().split("\0")[:-1]
        variables = Path(f"/proc/{taskmanager}/environ").read_text().split("\0")[:-1]
        self._folder = folder
        self._flink = flink
        self._environment = dict(variable.split("=", 1) for variable in variables)
        self._java = command[: next(index for index, word in enumerate(command) if word.endswith("TaskManagerRunner"))]
        self._log = (folder / "beside.log").open("w")
        self._processes: list[subprocess.Popen[bytes]] = []
        self._start(command, self._environment, Path(f"/proc/{taskmanager}/cwd"))

    def serve(self, *arguments: str) -> str:
        """Start Python with these arguments and a free port behind them; return the address, where it will listen soon."""
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        path = os.pathsep.join(map(str, (TESTS, TESTS.parent)))
        self._start([sys.executable, *arguments, str(port)], {**os.environ, "PYTHONPATH": path}, TESTS)
        return f"http://127.0.0.1:{port}"

    def submit(self, name: str, module: str) -> None:
        """Submit a job of Stateful Functions, and wait until all of its tasks run."""
        path, archive = self._folder / f"{name}.yaml", self._folder / "empty.jar"
        path.write_text(module)
        # The job is in Flink's own archives, and the client wants one to send along: this one is empty.
        archive.write_bytes(b"PK\x05\x06" + bytes(18))
        given = (f"statefun.remote.module-name=file://{path}", f"statefun.flink-job-name={name}")
        client = [*self._java, "org.apache.flink.client.cli.CliFrontend", "run", "--detached"]
        job = ["-c", "org.apache.flink.statefun.flink.core.StatefulFunctionsJob", str(archive)]
        done = subprocess.run(
            [*client, *(f"-D{setting}" for setting in given), *job],
            env=self._environment,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
        assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]
        self._wait_running(name)

    @property
    def processes(self) -> list[int]:
        """What was started."""
        return [process.pid for process in self._processes]

    def close(self) -> None:
        """End what was started."""
        for process in self._processes:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        self._log.close()

    def _start(self, command: list[str], environment: dict[str, str], folder: Path) -> None:
        process = subprocess.Popen(
            command, env=environment, cwd=folder, stdout=self._log, stderr=self._log, start_new_session=True
        )
        self._processes.append(process)

    def _wait_running(self, name: str) -> None:
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            jobs = httpx.get(f"{self._flink}/jobs/overview", timeout=PATIENCE).json()["jobs"]
            tasks = next(job["tasks"] for job in jobs if job["name"] == name)
            if tasks["running"] == tasks["total"]:
                return
            time.sleep(0.1)
        raise AssertionError(f"the job does not run: {tasks}")


def play_together(beside: Beside, folder: Path, bundles: Sequence[str], bootstrap: str) -> None:
    """Run the functions of many bundles in one job. The bundles are below a folder, each under the name of its app."""
    topics = [topic for name in bundles for topic in _topics(folder / name)]
    provide(bootstrap, topics, partitions=1, replication=1)
    endpoint = beside.serve("-m", "flink.endpoint", str(folder))
    modules = {name: (folder / name / "module.yaml").read_text() for name in bundles}
    beside.submit("together", merged(modules, bootstrap, endpoint))


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
