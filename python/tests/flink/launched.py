"""`stateflow run` with an engine as a process, and what it has started."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
from scenarios.compiler import BINARY
from scenarios.http import compare
from scenarios.programs import Program

PATIENCE = 600


class Run:
    """A command that serves an app."""

    def __init__(self, app: Path, *options: str, target: str = "pyflink") -> None:
        self.folder = app.parent
        self.target = target
        self.said: list[str] = []
        command = [str(BINARY), "run", app.name, "--target", target, "--port", "0", *options]
        self.process = subprocess.Popen(
            command, cwd=self.folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        line = self.wait_for("serving shop at http://")
        self.address = urlsplit(line.split()[-1])
        self.wait_for("stop with Ctrl-C")

    def wait_for(self, words: str) -> str:
        """Return the next line that holds these words."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.said.append(line)
            if words in line:
                return line
        raise AssertionError(f"no {words!r} in:\n{''.join(self.said)}")

    def told(self, words: str) -> str:
        """Return what stands behind these words in what the command has said."""
        return next(line.split(words)[1].strip() for line in self.said if words in line)

    def request(self, verb: str, path: str, body: object = None) -> tuple[int, Any]:
        """Send a request; return the status and the JSON of the answer."""
        connection = http.client.HTTPConnection(self.address.netloc, timeout=60)
        with contextlib.closing(connection):
            content = None if body is None else json.dumps(body)
            connection.request(verb, path, content, {"Content-Type": "application/json"})
            response = connection.getresponse()
            return response.status, json.loads(response.read())

    def child(self, words: str) -> int:
        """Return a process with these words in its command that the command has started, once there is one."""
        return self.children(words)[0]

    def children(self, words: str) -> list[int]:
        """Return the processes with these words in their commands that the command has started, once there are any."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            if found := [pid for pid in processes(lambda about: words in about) if _parent(pid) == self.process.pid]:
                return found
            time.sleep(0.05)
        raise AssertionError(f"no process has {words!r} in its command")

    @contextlib.contextmanager
    def asleep(self, words: str) -> Iterator[None]:
        """Stop a process with these words in its command, until the block ends."""
        process = self.child(words)
        os.kill(process, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(process, signal.SIGCONT)

    def end(self, number: signal.Signals) -> int:
        """Send a signal, and return the exit status."""
        self.process.send_signal(number)
        return self.wait()

    def wait(self) -> int:
        """Wait for the end; return the exit status."""
        assert self.process.stdout is not None
        with self.process.stdout as output:
            self.said += output
        return self.process.wait(PATIENCE)


def through_http(run: Run, program: Program) -> None:
    """Play the scenario of the program that is served, and assert that it gives what is checked in."""
    with httpx.Client(base_url=f"http://{run.address.netloc}", timeout=PATIENCE) as client:
        compare(client, program)


def processes(chosen: Callable[[str], bool]) -> list[int]:
    """Return the processes whose command and environment are chosen."""
    found = []
    for entry in Path("/proc").iterdir():
        with contextlib.suppress(OSError):
            about = [
                (entry / name).read_text(errors="replace") for name in ("cmdline", "environ") if entry.name.isdigit()
            ]
            if about and chosen("".join(about)):
                found.append(int(entry.name))
    return found


def _parent(pid: int) -> int | None:
    """Return the parent of a process, if that is still there."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return None
    return int(stat.rpartition(")")[2].split()[1])


def wait_until_gone(folder: Path) -> None:
    """Wait until no process has anything of the folder in its command or environment."""
    deadline = time.monotonic() + 10
    while left := processes(lambda command: str(folder) in command):
        assert time.monotonic() < deadline, left
        time.sleep(0.05)
