"""The engine's processes are killed under load: nothing is lost, nothing is done twice, and nobody is told two things."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from flink.kill import KINDS, play, start
from flink.launched import Run, processes, wait_until_gone


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    """One engine for all that is killed, which leaves no process behind."""
    data = tmp_path_factory.mktemp("shop")
    run = start(data)
    yield run
    assert run.end(signal.SIGTERM) == 0, run.said
    wait_until_gone(data)


@pytest.mark.parametrize("kind", KINDS["pyflink"])
def test_state_and_answers_are_exact(run: Run, kind: str) -> None:
    ledger, wrong = play(run, kind, kind.partition(" ")[0])
    print(f"{len(ledger.answers)} answers, the last after a kill of {kind} came in {ledger.longest:.1f} s")
    assert {True, False} <= set(ledger.answers.values())
    assert wrong == []


def test_transactions_are_exact(tmp_path: Path) -> None:
    run = start(tmp_path, "--delivery", "transactions", "--state-backend", "rocksdb")
    ledger, wrong = play(run, "taskmanager", "transactions")
    print(f"{len(ledger.answers)} answers, the longest came in {ledger.longest:.1f} s")
    assert True in ledger.answers.values()
    assert wrong == []
    assert run.end(signal.SIGTERM) == 0, run.said
    wait_until_gone(tmp_path)


def test_python_beside_the_taskmanager_ends_with_it(tmp_path: Path) -> None:
    run = start(tmp_path, "--execution-mode", "process")
    beside = _python_beside(tmp_path)
    ledger, wrong = play(run, "taskmanager", "process")
    assert {True, False} <= set(ledger.answers.values())
    assert wrong == []
    assert beside
    assert not beside & _python_beside(tmp_path)
    assert run.end(signal.SIGTERM) == 0, run.said
    wait_until_gone(tmp_path)


def _python_beside(data: Path) -> set[int]:
    return set(processes(lambda about: str(data) in about and "beam_boot" in about))


def test_what_promises_less_does_things_twice(tmp_path: Path) -> None:
    run = start(tmp_path, "--delivery", "at-least-once", "--checkpoint-interval", "5s")
    _, wrong = play(run, "taskmanager", "twice")
    print("\n".join(wrong))
    assert any(" sold" in line or " spent " in line for line in wrong), wrong
    assert not any(" was not answered" in line for line in wrong), wrong
    assert run.end(signal.SIGTERM) == 0, run.said
    wait_until_gone(tmp_path)
