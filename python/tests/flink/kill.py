"""Processes of an engine are killed under load, and what the clients were told is compared with what is true."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from served import FIXTURES
from stateflow.kafka.client import StateflowKafkaClient
from stateflow.kafka.topics import Topics

from flink.launched import Run, wait_until_gone
from flink.ledger import Ledger

TASK_MANAGER, JOB_MANAGER, BROKER = "TaskManagerRunner", "StandaloneSessionClusterEntrypoint", "kafka.Kafka"
FUNCTIONS, GATEWAY = "functions.py", "gateway.py"

ALWAYS = {"taskmanager": [TASK_MANAGER], "jobmanager and taskmanager": [JOB_MANAGER, TASK_MANAGER], "broker": [BROKER]}
KINDS = {"pyflink": ALWAYS, "statefun": ALWAYS | {"functions": [FUNCTIONS], "gateway": [GATEWAY]}}
"""What is killed at once, by what that is called, on each target."""

LOAD = 3.0
"""Seconds of load before the kill, and after the recovery."""


@contextmanager
def started(
    data: Path, *options: str, app: Path = FIXTURES / "shop" / "shop.py", target: str = "pyflink"
) -> Iterator[Run]:
    """Run a shop on an engine that keeps its data there, and which leaves no process behind."""
    run = Run(app, "--data", str(data), *options, target=target)
    try:
        yield run
    except BaseException:
        run.end(signal.SIGKILL)
        raise
    assert run.end(signal.SIGTERM) == 0, run.said
    wait_until_gone(data)


def kill(run: Run, kind: str) -> None:
    """Kill what a kind names: every process of it, at once."""
    for process in [process for words in KINDS[run.target][kind] for process in run.children(words)]:
        os.kill(process, signal.SIGKILL)


def play(run: Run, kind: str, name: str) -> tuple[Ledger, list[str]]:
    """Kill under load and wait until all is well again; return the ledger, and what is wrong with it."""
    bootstrap = run.told("Kafka at ")
    ledger = Ledger(name)

    def fields(entity: str, key: str) -> Any:
        status, answer = run.request("GET", f"/{entity}/{key}")
        assert status == 200, answer
        return answer

    with StateflowKafkaClient(bootstrap, "shop") as client:
        with ledger.load(client):
            ledger.wait_answered()
            time.sleep(LOAD)
            kill(run, kind)
            ledger.wait_answered()
            time.sleep(LOAD)
            # Which a slow machine has not come to by then.
            ledger.wait_refused()
        wrong = ledger.wrong(bootstrap, Topics("shop"), fields)
        # The gateway reads the requests of this target, and may have handed one on and not said so when it was killed.
        if run.target == "statefun" and kind != "gateway":
            wrong += ledger.too_often(bootstrap, Topics("shop"))
        return ledger, wrong


def play_exactly(run: Run, kind: str) -> None:
    """Kill under load, and assert that every answer is true."""
    ledger, wrong = play(run, kind, kind.partition(" ")[0])
    print(f"{len(ledger.answers)} answers, the last after a kill of {kind} came in {ledger.longest:.1f} s")
    assert {True, False} <= set(ledger.answers.values())
    assert wrong == []
