"""The engine's processes are killed under load: nothing is lost, nothing is done twice, and nobody is told two things."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from flink.kill import KINDS, kill, play, start
from flink.launched import Run, wait_until_gone


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    """One engine for all that is killed, which leaves no process behind."""
    data = tmp_path_factory.mktemp("shop")
    run = start(data)
    yield run
    assert run.end(signal.SIGTERM) == 0, run.said
    wait_until_gone(data)


@pytest.mark.parametrize("kind", KINDS)
def test_state_and_answers_are_exact(run: Run, kind: str) -> None:
    ledger, wrong = play(run, kind, kind.partition(" ")[0])
    print(f"{len(ledger.answers)} answers, the last after a kill of {kind} came in {ledger.longest:.1f} s")
    assert {True, False} <= set(ledger.answers.values())
    assert wrong == []


def test_the_ledger_finds_what_is_done_twice(tmp_path: Path) -> None:
    run = start(tmp_path, checkpoints="5s")
    (seen,) = tmp_path.glob("bundles/*/stateflow/kafka/seen.py")
    text = seen.read_text()
    forgetful = text.replace("return self._tables[1].get(digits) if found is None else found", "return None")
    assert forgetful != text
    seen.write_text(forgetful)
    kill(run, "jobmanager and taskmanager")
    run.wait_for("the job runs again")
    _, wrong = play(run, "taskmanager", "forgetful")
    print("\n".join(wrong))
    assert any(" sold" in line or " spent " in line for line in wrong), wrong
    assert run.end(signal.SIGTERM) == 0, run.said
    wait_until_gone(tmp_path)
