"""A cluster that `stateflow run` has started, with room for the jobs of other apps."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import threading
from collections.abc import Sequence
from concurrent.futures import Future
from pathlib import Path
from typing import Any

SUBMIT = Path(__file__).with_name("submit.py")
SLOTS = 4


class Cluster:
    """Another TaskManager beside the one that `stateflow run` started, and a process that submits jobs to it.

    The TaskManager is started as the first one was: its command and environment are copied.
    """

    def __init__(self, folder: Path, bootstrap: str, flink: str, taskmanager: int) -> None:
        command = Path(f"/proc/{taskmanager}/cmdline").read_text().split("\0")[:-1]
        environment = dict(
            variable.split("=", 1) for variable in Path(f"/proc/{taskmanager}/environ").read_text().split("\0")[:-1]
        )
        self._log = (folder / "more.log").open("w")
        self._taskmanager = subprocess.Popen(
            [*command, f"-Dtaskmanager.numberOfTaskSlots={SLOTS}", f"-Dtaskmanager.memory.managed.size={64 * SLOTS}m"],
            env=environment,
            cwd=f"/proc/{taskmanager}/cwd",
            stdout=self._log,
            stderr=self._log,
            start_new_session=True,
        )
        class_path = command[command.index("-cp") + 1].split(":")
        connector = next(Path(part.rstrip("*")) for part in class_path if "pyflink" not in part)
        opens = [option for option in command if option.startswith("--add-")]
        # The client's Java is started by PyFlink, which takes no options for it.
        environment |= {"JAVA_TOOL_OPTIONS": " ".join([*opens, f"-Djava.io.tmpdir={folder}"])}
        python = Path(environment["PATH"].split(":")[0]) / "python"
        jars = [str(jar) for jar in connector.glob("*.jar")]
        self._submit = subprocess.Popen(
            [python, SUBMIT, flink.rpartition(":")[2], bootstrap, *jars],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            text=True,
        )
        self._lock = threading.Lock()

    def ask(self, request: dict[str, str]) -> Any:
        """Submit the job of a bundle, or cancel one."""
        assert self._submit.stdin is not None
        assert self._submit.stdout is not None
        with self._lock:
            self._submit.stdin.write(json.dumps(request) + "\n")
            self._submit.stdin.flush()
            answer = self._submit.stdout.readline()
        assert answer, f"the job was not submitted:\n{Path(self._log.name).read_text()[-4000:]}"
        return json.loads(answer)

    @property
    def taskmanager(self) -> int:
        """The process of the TaskManager."""
        return self._taskmanager.pid

    def close(self) -> None:
        """End what was started."""
        self._submit.kill()
        # With the Python that it has started, where a job wants that.
        os.killpg(self._taskmanager.pid, signal.SIGKILL)
        for process in (self._submit, self._taskmanager):
            process.wait()
        self._log.close()


class Jobs:
    """Submits the jobs of bundles one after the other, as many ahead of whoever plays them as the cluster has room for."""

    def __init__(self, cluster: Cluster, bundles: Sequence[Path]) -> None:
        self._cluster = cluster
        self._room = threading.Semaphore(SLOTS - 1)
        self._jobs: dict[Path, Future[str]] = {bundle: Future() for bundle in bundles}
        self._ended = False
        threading.Thread(target=self._run, daemon=True).start()

    def job(self, bundle: Path) -> str:
        """Return the job of a bundle when it has been submitted."""
        return self._jobs[bundle].result(300)

    def done(self, bundle: Path) -> None:
        """Cancel the job of a bundle, and make room for another."""
        self._cluster.ask({"cancel": self.job(bundle)})
        self._room.release()

    def end(self) -> None:
        """Submit no more."""
        self._ended = True

    def _run(self) -> None:
        for bundle, future in self._jobs.items():
            self._room.acquire()
            if self._ended:
                return
            try:
                future.set_result(self._cluster.ask({"bundle": os.fspath(bundle)})["job"])
            except Exception as error:  # noqa: BLE001 - told to whoever waits for the job
                future.set_exception(error)
