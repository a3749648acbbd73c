"""How the generator, which `./test` plays random programs with, judges a program."""

from __future__ import annotations

import pytest
from generator import hunt
from generator.compare import MOST_CALLS, Difference, TooLong, difference, settled
from generator.kinds import errors_of, shape, shape_of_errors, shape_of_raised, undefined
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


def test_messages_are_compared_but_for_names_and_values() -> None:
    assert shape("P.m1: variable 'x_2': a coroutine cannot be encoded") == shape(
        "Q.m: variable 'a': a coroutine cannot be encoded"
    )
    assert shape("P.m1: variable 'x': a coroutine cannot be encoded") != shape("the key of P must be str or int")


def _refused(attribute: str, label: str) -> str:
    return f"""warning[W0502]: `n` changes
 --> app.py:1:1

error[E0203]: the type of `{attribute}` is not known, and it could be an entity
  --> app.py:15:20
   |
15 |         self.v0R = {attribute}.n
   |                    ----------^^^^^
   |                    |
   |                    {label}
   |
   = help: annotate the variable: `x: R`

error: found 1 error
"""


def test_refusals_are_compared_by_what_they_say() -> None:
    def kind(attribute: str, label: str) -> str:
        return shape_of_errors(errors_of(_refused(attribute, label)))

    assert kind("k", "`n` is a field of `P`, `Q` or `R`") == kind("items[0]", "`m` is a field of `P`")
    assert kind("k", "what this holds cannot be seen") != kind("k", "`Cell` was given an entity")
    assert "W0502" not in kind("k", "")


def test_what_is_raised_is_compared_by_what_differs_in_it() -> None:
    def raised(message: str, *lines: str) -> dict[str, object]:
        return {"type": "ValueError", "message": message, "lines": list(lines)}

    line = shape_of_raised(raised("4", "app.py:3 P.m"), raised("4", "app.py:4 P.m"))
    assert line == shape_of_raised(raised("no", "app.py:7 P.m"), raised("no", "app.py:6 P.m"))
    assert line != shape_of_raised(raised("no", "app.py:7 P.m"), raised("yes", "app.py:7 P.m"))
    assert shape_of_raised(None, raised("4")) != shape_of_raised(raised("4"), raised("5"))


def test_names_that_nothing_defines() -> None:
    source = """
from __future__ import annotations


def f(a: Gone, *b) -> Gone:
    c: Gone = [len(d) for d in b if e]
    return g(c)
"""
    assert undefined(source) == {"e", "g"}


def test_a_program_keeps_its_difference_and_what_it_names(monkeypatch: pytest.MonkeyPatch) -> None:
    source = """
def first(n):
    return n

def second():
    return 2

def both():
    second()
    first(3)
"""

    def judged(program: Program, worlds: object = ()) -> Difference | None:
        if "first(3)" in program.source:
            return Difference("memory: one", "one")
        return Difference("memory: other", "other") if "second" in program.source else None

    monkeypatch.setattr(hunt, "difference", judged)
    finding = hunt.Finding(1, Program(source, ({"create": "Box", "with": {}},)), Difference("memory: one", "one"))
    small = finding.shrunk()
    assert small.difference.text == "one"
    assert "def first(" in small.program.source
    assert "second" not in small.program.source
    assert small.program.scenario == ()


def test_an_unbound_variable_without_lines_is_settled() -> None:
    raised = {"type": "UnboundLocalError", "message": "x", "lines": []}
    group = {"type": "ExceptionGroup", "message": "group", "lines": ["app.py:1 f"], "exceptions": [raised]}
    assert settled([{"raised": group}]) == [{"raised": group}]
