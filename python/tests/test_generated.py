"""Programs drawn at random do compiled what they do in plain CPython: `python -m generator` plays more of them."""

from __future__ import annotations

import pytest
from generator.compare import MOST_CALLS, TooLong, difference
from generator.hunt import Tally, hunt
from generator.program import Program

PROGRAMS = 120
TOGETHER = 10


@pytest.mark.parametrize("first", range(0, PROGRAMS, TOGETHER))
def test_generated_programs(first: int) -> None:
    tally = Tally()
    findings = [str(finding.shrunk()) for finding in hunt(range(first, first + TOGETHER), tally)]
    assert not findings, "\n\n".join(findings)
    assert tally.played > TOGETHER / 2


def test_a_program_that_catches_everything_is_given_up_all_the_same() -> None:
    source = f"""
from stateflow import entity


@entity
class Box:
    def __init__(self, name: str) -> None:
        self.name = name

    def __key__(self) -> str:
        return self.name

    def spin(self) -> str:
        try:
            for _ in range({MOST_CALLS}):
                self.spun()
            return "done"
        except:
            return "caught"

    def spun(self) -> None:
        pass
"""
    scenario = ({"create": "Box", "with": {"name": "a"}}, {"call": ["Box", "a", "spin"], "with": {}})
    with pytest.raises(TooLong):
        difference(Program(source, scenario))
