"""How the generator, which `./test` plays random programs with, judges a program."""

from __future__ import annotations

import pytest
from generator.compare import MOST_CALLS, TooLong, difference
from generator.program import GUARD, Program


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
                self.spun(1)
            return "done"
        except:
            return "caught"

    def spun(self, fuel: int) -> None:
        {GUARD}
            pass
"""
    scenario = ({"create": "Box", "with": {"name": "a"}}, {"call": ["Box", "a", "spin"], "with": {}})
    with pytest.raises(TooLong):
        difference(Program(source, scenario))
