"""The processes of Stateful Functions are killed under load: nothing is lost, nothing is done twice, and each request has one answer."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flink.kill import KINDS, play_exactly, started
from flink.launched import Run

pytestmark = pytest.mark.engine


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    """One engine for all that is killed."""
    with started(tmp_path_factory.mktemp("shop"), "--parallelism", "2", target="statefun") as run:
        yield run


@pytest.mark.parametrize("kind", KINDS["statefun"])
def test_state_and_answers_are_exact(run: Run, kind: str) -> None:
    play_exactly(run, kind)
