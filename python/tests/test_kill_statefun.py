"""The processes of Stateful Functions are killed under load: nothing is lost, nothing is done twice, and each request has one answer."""

from __future__ import annotations

import signal
from collections.abc import Iterator

import pytest
from flink.kill import KINDS, play, start
from flink.launched import Run, wait_until_gone


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    """One engine for all that is killed, which leaves no process behind."""
    data = tmp_path_factory.mktemp("shop")
    run = start(data, "--parallelism", "2", target="statefun")
    yield run
    assert run.end(signal.SIGTERM) == 0, run.said
    wait_until_gone(data)


@pytest.mark.parametrize("kind", KINDS["statefun"])
def test_state_and_answers_are_exact(run: Run, kind: str) -> None:
    ledger, wrong = play(run, kind, kind.partition(" ")[0])
    print(f"{len(ledger.answers)} answers, the last after a kill of {kind} came in {ledger.longest:.1f} s")
    assert {True, False} <= set(ledger.answers.values())
    assert wrong == []
