"""The engine's processes are killed under load: nothing is lost, nothing is done twice, and nobody is told two things."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from flink.kill import KINDS, play, play_exactly, started
from flink.launched import Run, processes

pytestmark = pytest.mark.engine


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    """One engine for all that is killed."""
    with started(tmp_path_factory.mktemp("shop")) as run:
        yield run


@pytest.mark.parametrize("kind", KINDS["pyflink"])
def test_state_and_answers_are_exact(run: Run, kind: str) -> None:
    play_exactly(run, kind)


def test_transactions_are_exact(tmp_path: Path) -> None:
    with started(tmp_path, "--delivery", "transactions", "--state-backend", "rocksdb") as run:
        ledger, wrong = play(run, "taskmanager", "transactions")
    print(f"{len(ledger.answers)} answers, the longest came in {ledger.longest:.1f} s")
    assert True in ledger.answers.values()
    assert wrong == []


def test_python_beside_the_taskmanager_ends_with_it(tmp_path: Path) -> None:
    with started(tmp_path, "--execution-mode", "process") as run:
        beside = _python_beside(tmp_path)
        play_exactly(run, "taskmanager")
        assert beside
        assert not beside & _python_beside(tmp_path)


def _python_beside(data: Path) -> set[int]:
    return set(processes(lambda about: str(data) in about and "beam_boot" in about))


def test_what_promises_less_does_things_twice(tmp_path: Path) -> None:
    with started(tmp_path, "--delivery", "at-least-once", "--checkpoint-interval", "5s") as run:
        _, wrong = play(run, "taskmanager", "twice")
    print("\n".join(wrong))
    assert any(" sold" in line or " spent " in line for line in wrong), wrong
    assert not any(" was not answered" in line for line in wrong), wrong
