"""Programs drawn at random do compiled what they do in plain CPython: `python -m generator` plays more of them."""

from __future__ import annotations

import pytest
from generator.hunt import Tally, hunt

PROGRAMS = 120
TOGETHER = 10


@pytest.mark.parametrize("first", range(0, PROGRAMS, TOGETHER))
def test_generated_programs(first: int) -> None:
    tally = Tally()
    findings = [str(finding.shrunk()) for finding in hunt(range(first, first + TOGETHER), tally)]
    assert not findings, "\n\n".join(findings)
    assert tally.played > TOGETHER / 2
