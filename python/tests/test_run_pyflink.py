"""`stateflow run --target pyflink` for real: a broker, a cluster and a gateway are started, kept, stopped and taken up again."""

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

import pytest
from served import COMPILER, FIXTURES

PATIENCE = 600

SHOP = (FIXTURES / "shop" / "shop.py").read_text()

WITH_DISCOUNT = SHOP.replace(
    '    """Something to buy."""\n',
    '''    """Something to buy."""

    discount: int = 0

    def cut(self, by: int) -> int:
        """Lower the price for some."""
        self.discount += by
        return self.discount
''',
)


class Run:
    """A command that serves an app."""

    def __init__(self, app: Path, *options: str) -> None:
        self.folder = app.parent
        self.said: list[str] = []
        command = [COMPILER, "run", app.name, "--target", "pyflink", "--port", "0", *options]
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

    def buy(self) -> tuple[int, Any]:
        """Have the user buy an apple."""
        return self.request("POST", "/User/ada/buy_item", {"amount": 1, "item": "apple"})

    def children(self, words: str) -> list[int]:
        """Return the processes with these words in their command that the command has started."""
        stat = {pid: Path(f"/proc/{pid}/stat").read_text() for pid in processes(lambda command: words in command)}
        return [pid for pid, text in stat.items() if int(text.rpartition(")")[2].split()[1]) == self.process.pid]

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


def processes(chosen: Callable[[str], bool]) -> list[int]:
    """Return the processes whose command is chosen."""
    found = []
    for entry in Path("/proc").iterdir():
        with contextlib.suppress(OSError):
            if entry.name.isdigit() and chosen((entry / "cmdline").read_text()):
                found.append(int(entry.name))
    return found


def wait_until_gone(folder: Path) -> None:
    """Wait until no process has anything of the folder in its command."""
    deadline = time.monotonic() + 10
    while left := processes(lambda command: str(folder) in command):
        assert time.monotonic() < deadline, left
        time.sleep(0.05)


@pytest.fixture
def app(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "my apps"
    folder.mkdir()
    path = folder / "shop.py"
    path.write_text(SHOP)
    yield path
    wait_until_gone(folder)


def fill(run: Run) -> None:
    """Make an apple and a user."""
    assert run.request("POST", "/Item", {"name": "apple", "price": 3, "stock": 10}) == (201, {"key": "apple"})
    assert run.request("POST", "/User", {"username": "ada", "balance": 20}) == (201, {"key": "ada"})


def test_state_outlives_stops_and_changes_of_the_app(app: Path) -> None:
    run = Run(app)
    fill(run)
    assert run.buy() == (200, True)
    assert run.end(signal.SIGINT) == 0, run.said
    wait_until_gone(app.parent)
    app.write_text(WITH_DISCOUNT)
    run = Run(app, "--reload", "--parallelism", "2", "--checkpoint-interval", "500ms")
    assert run.buy() == (200, True)
    assert run.request("POST", "/Item/apple/cut", {"by": 2}) == (200, 2)
    app.write_text(WITH_DISCOUNT.replace("self.discount += by", "self.discount += 2 * by"))
    run.wait_for("reloaded")
    assert run.request("POST", "/Item/apple/cut", {"by": 2}) == (200, 6)
    assert run.buy() == (200, True)
    assert run.request("GET", "/User/ada")[1]["balance"] == 11
    assert run.end(signal.SIGTERM) == 0, run.said


def test_nothing_is_left_and_nothing_is_lost_when_the_command_is_killed(app: Path) -> None:
    run = Run(app)
    fill(run)
    assert run.buy() == (200, True)
    run.end(signal.SIGKILL)
    wait_until_gone(app.parent)
    run = Run(app)
    assert run.buy() == (200, True)
    run.end(signal.SIGKILL)
    wait_until_gone(app.parent)
    app.write_text(WITH_DISCOUNT)
    run = Run(app)
    assert any("finishing what the app as it was" in line for line in run.said)
    assert run.request("GET", "/User/ada")[1]["balance"] == 14
    assert run.request("POST", "/Item/apple/cut", {"by": 2}) == (200, 2)
    assert run.end(signal.SIGINT) == 0, run.said


def test_an_engine_that_ends_by_itself_is_told_and_ends_the_run(app: Path) -> None:
    run = Run(app)
    fill(run)
    (taskmanager,) = run.children("TaskManagerRunner")
    os.kill(taskmanager, signal.SIGKILL)
    assert run.wait() == 2
    assert any("the taskmanager ended by itself" in line for line in run.said), run.said
    wait_until_gone(app.parent)
    run = Run(app)
    assert run.buy() == (200, True)
    assert run.end(signal.SIGINT) == 0, run.said
