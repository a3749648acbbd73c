"""Statements that ask references what they are."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .statements import Lines, Statements


class Narrowing:
    """Makes them. What they tell holds for the rest of a block."""

    def __init__(self, statements: Statements) -> None:
        self._statements = statements
        self._expressions = statements.expressions
        self._references = statements.expressions.references
        self._draw = statements.draw
        self._scope = statements.scope

    def make(self, depth: int) -> Lines:
        """Asks a name, a new one if there is none."""
        kinds = self._references.wide()
        names = [name for kind in kinds for name in self._scope.names(kind)]
        if names and self._draw.chance(0.7):
            return self._ask(self._draw.one(names), depth)
        kind = self._draw.one(kinds)
        value = self._expressions.make(kind, 2)
        name = self._expressions.new_name(kind)
        self._scope.bound.add(name)
        return [f"{name} = {value}", *self._ask(name, depth)]

    def _ask(self, name: str, depth: int) -> Lines:
        forms: list[Callable[[], Lines]] = [lambda: self._branches(name, depth), lambda: self._assert(name)]
        if self._statements.attempts.parts == 0:
            forms.append(lambda: self._leave(name, f"return {self._statements.result(1)}"))
        if self._statements.loop > 0:
            forms.append(lambda: self._leave(name, self._draw.one(["break", "continue"])))
        return self._draw.one(forms)()

    def _branches(self, name: str, depth: int) -> Lines:
        test, then = self._references.test(name)
        unless, otherwise = self._references.opposite(name, test, then)
        test = f"{test} and {self._with(name, then)}" if self._draw.chance(0.2) else test
        parts = [(test, then), ("", otherwise)]
        if self._draw.chance(0.3) and " and " not in test:
            parts = [(unless, otherwise), ("", then)]
        lines: Lines = []
        for condition, known in parts[: self._draw.number(1, 2)]:
            if " and " in test and not condition:
                break
            with self._references.known_as(name, known):
                body = self._statements.branch(depth)
            lines += [f"if {condition}:" if condition else "else:", *(f"    {line}" for line in body)]
        return lines

    def _with(self, name: str, then: object) -> str:
        with self._references.known_as(name, then):  # type: ignore[arg-type]
            return self._expressions.condition(1)

    def _leave(self, name: str, jump: str) -> Lines:
        test, then = self._references.test(name)
        unless, _ = self._references.opposite(name, test, then)
        self._statements.narrow(name, then)
        return [f"if {unless}:", f"    {jump}"]

    def _assert(self, name: str) -> Lines:
        test, then = self._references.test(name)
        self._statements.narrow(name, then)
        return [f"assert {test}"]
