"""`stateflow run --target pyflink` for real: a broker, a cluster and a gateway are started, kept, stopped and taken up again."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flink.launched import Run, through_http, wait_until_gone
from flink.shops import SHOP, TEXT, WITH_DISCOUNT
from scenarios.compiler import BINARY
from scenarios.forked import forked

pytestmark = pytest.mark.engine


@pytest.fixture
def app(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "my apps"
    folder.mkdir()
    path = folder / "shop.py"
    path.write_text(TEXT)
    yield path
    wait_until_gone(folder)


def fill(run: Run) -> None:
    """Make an apple and a user."""
    assert run.request("POST", "/Item", {"name": "apple", "price": 3, "stock": 10}) == (201, {"key": "apple"})
    assert run.request("POST", "/User", {"username": "ada", "balance": 20}) == (201, {"key": "ada"})


def buy(run: Run) -> tuple[int, Any]:
    """Have the user buy an apple."""
    return run.request("POST", "/User/ada/buy_item", {"amount": 1, "item": "apple"})


def test_state_outlives_stops_and_changes_of_the_app_and_of_its_options(app: Path) -> None:
    run = Run(app)
    fill(run)
    assert buy(run) == (200, True)
    assert run.end(signal.SIGINT) == 0, run.said
    wait_until_gone(app.parent)
    app.write_text(WITH_DISCOUNT)
    options = ["--delivery", "transactions", "--state-backend", "rocksdb", "--state-ttl", "1h"]
    run = Run(app, "--reload", "--parallelism", "4", "--checkpoint-interval", "500ms", *options)
    assert buy(run) == (200, True)
    assert run.request("POST", "/Item/apple/cut", {"by": 2}) == (200, 2)
    app.write_text(WITH_DISCOUNT.replace("self.discount += by", "self.discount += 2 * by"))
    run.wait_for("reloaded")
    assert run.request("POST", "/Item/apple/cut", {"by": 2}) == (200, 6)
    assert buy(run) == (200, True)
    assert run.request("GET", "/User/ada")[1]["balance"] == 11
    assert run.end(signal.SIGTERM) == 0, run.said
    command = [str(BINARY), "run", str(app), "--target", "pyflink", "--execution-mode", "process"]
    refused = subprocess.run(command, capture_output=True, text=True, check=False)
    assert refused.returncode == 2
    assert "with --execution-mode thread" in refused.stderr


def test_another_flink_gives_what_plain_python_gives(tmp_path: Path) -> None:
    run = Run(SHOP.app, "--data", str(tmp_path), "--flink-version", "1.20")
    forked(through_http, run, SHOP)
    os.kill(run.child("TaskManagerRunner"), signal.SIGKILL)
    run.wait_for("starting it again")
    assert run.request("GET", "/User/ann")[0] == 200
    assert run.end(signal.SIGINT) == 0, run.said
    wait_until_gone(tmp_path)


def test_nothing_is_left_and_nothing_is_lost_when_the_command_is_killed(app: Path) -> None:
    run = Run(app)
    fill(run)
    assert buy(run) == (200, True)
    run.end(signal.SIGKILL)
    wait_until_gone(app.parent)
    run = Run(app)
    assert buy(run) == (200, True)
    run.end(signal.SIGKILL)
    wait_until_gone(app.parent)
    app.write_text(WITH_DISCOUNT)
    run = Run(app)
    assert any("finishing what the app as it was" in line for line in run.said)
    assert run.request("GET", "/User/ada")[1]["balance"] == 14
    assert run.request("POST", "/Item/apple/cut", {"by": 2}) == (200, 2)
    assert run.end(signal.SIGINT) == 0, run.said


def test_what_ends_by_itself_is_told_of_and_started_again_unless_it_ends_again_and_again(app: Path) -> None:
    run = Run(app)
    fill(run)
    os.kill(run.child("TaskManagerRunner"), signal.SIGKILL)
    run.wait_for("the taskmanager ended by itself (signal: 9 (SIGKILL)); starting it again")
    assert buy(run) == (200, True)
    for _ in range(4):
        os.kill(run.child("TaskManagerRunner"), signal.SIGKILL)
        run.wait_for("starting it again")
    os.kill(run.child("TaskManagerRunner"), signal.SIGKILL)
    assert run.wait() == 2
    assert any("the taskmanager ends again and again, more than 5 times" in line for line in run.said), run.said
    wait_until_gone(app.parent)
    run = Run(app)
    assert buy(run) == (200, True)
    assert run.end(signal.SIGINT) == 0, run.said
