"""Compiled apps that are served by a process of their own."""

from __future__ import annotations

import contextlib
import http.client
import json
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import IO, Any

from scenarios.compiler import ROOT
from scenarios.compiler import compiled as compiled_to

FIXTURES = ROOT / "fixtures" / "apps"
_FOLDER = tempfile.TemporaryDirectory(prefix="stateflow-served-")


@cache
def compiled(app: Path) -> Path:
    """The bundle of an app, made by the compiler once a session."""
    return compiled_to(app, Path(tempfile.mkdtemp(dir=_FOLDER.name)) / app.stem)


class Server:
    """A bundle being served on a free port."""

    def __init__(self, bundle: Path, data: Path, options: Sequence[str] = (), log: int | IO[str] | None = None) -> None:
        self.process = start(bundle, data, options, log)
        assert self.process.stdout is not None
        ready = self.process.stdout.readline()
        if not ready.startswith("listening on http://127.0.0.1:"):
            self.process.kill()
            raise AssertionError(f"not ready: {ready!r} {self.process.communicate()}")
        self.port = int(ready.rpartition(":")[2])

    def request(self, verb: str, path: str, body: object = None, **headers: str) -> tuple[int, Any]:
        """Send a request on a connection of its own; return the status and the JSON of the answer."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        with contextlib.closing(connection):
            sent = {name.replace("_", "-"): value for name, value in headers.items()}
            content = None if body is None else json.dumps(body)
            connection.request(verb, path, content, {"Content-Type": "application/json", **sent})
            response = connection.getresponse()
            return response.status, json.loads(response.read() or b"null")

    def post(self, path: str, body: object = None, **headers: str) -> tuple[int, Any]:
        """Send a POST request."""
        return self.request("POST", path, body, **headers)

    def get(self, path: str) -> Any:
        """Return what is there."""
        status, answer = self.request("GET", path)
        assert status == 200, answer
        return answer

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Send a signal, and return the exit status."""
        self.process.send_signal(number)
        return self.end()

    def end(self) -> int:
        """Wait for the process to end, and return the exit status."""
        code = self.process.wait(60)
        for stream in (self.process.stdin, self.process.stdout, self.process.stderr):
            if stream is not None:
                stream.close()
        return code


def start(
    bundle: Path, data: Path, options: Sequence[str] = (), log: int | IO[str] | None = None
) -> subprocess.Popen[str]:
    """Start to serve a bundle."""
    command = [sys.executable, str(bundle / "main.py"), "--port", "0", "--data", str(data), *options]
    quiet = log if log is not None else subprocess.DEVNULL
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=quiet, text=True)


@contextlib.contextmanager
def serving(bundle: Path, data: Path, *options: str, log: int | IO[str] | None = None) -> Iterator[Server]:
    """Serve a bundle and end it afterwards."""
    server = Server(bundle, data, options, log)
    try:
        yield server
    finally:
        if server.process.poll() is None:
            server.process.kill()
        server.end()
