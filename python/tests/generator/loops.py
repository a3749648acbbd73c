"""Loops, which always end."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .draw import Option
from .types import ABLE, EITHER, GRID, INT, INTS, STR, TABLE, WORDS, Type, entity, peers, scores

if TYPE_CHECKING:
    from .statements import Lines, Statements


class Loops:
    """Makes loops."""

    def __init__(self, statements: Statements) -> None:
        self._statements = statements
        self._draw = statements.draw
        self._scope = statements.scope

    def make_for(self, depth: int) -> Lines:
        """A `for` loop over whatever can be iterated."""
        bound = set(self._scope.bound)
        head = self._draw.construct(self._heads())
        lines = [head, *self._inside(depth)]
        self._scope.bound &= bound
        return lines + self._otherwise(depth)

    def make_while(self, depth: int) -> Lines:
        """A `while` loop with a counter that nothing else assigns."""
        counter = f"turns_{len(self._scope.types)}"
        self._scope.types[counter] = Type("counter")
        limit = self._draw.number(1, 3)
        counts_itself = self._draw.chance(0.5)
        head = f"while ({counter} := {counter} + 1) < {limit}:"
        if not counts_itself:
            head = f"while {counter} < {limit} and {self._statements.expressions.condition(2)}:"
        bound = set(self._scope.bound)
        step = [] if counts_itself else [f"    {counter} += 1"]
        lines = [f"{counter} = 0", head, *step, *self._inside(depth)]
        self._scope.bound &= bound
        return lines + self._otherwise(depth)

    def _inside(self, depth: int) -> Lines:
        self._statements.loop += 1
        lines = self._statements.block(self._draw.number(1, 3), depth - 1)
        self._statements.loop -= 1
        return [f"    {line}" for line in lines]

    def _otherwise(self, depth: int) -> Lines:
        if not self._draw.chance(0.25):
            return []
        return ["else:", *(f"    {line}" for line in self._statements.branch(depth))]

    def _head(self, values: str, *types: Type, form: str = "{}") -> str:
        targets = [self._statements.targets.target(type) for type in types]
        return f"for {form.format(*targets)} in {values}:"

    def _asynchronous_heads(self) -> list[Option[str]]:
        here = self._statements.expressions
        make = here.make
        known = self._draw.one([EITHER, INT, *(entity(known.name) for known in here.model.entities)])
        many = Type("list", (known,))

        def asynchronous(values: str, *types: Type, form: str = "{}") -> str:
            return f"async {self._head(values, *types, form=form)}"

        options: list[Option[str]] = [
            (1.5, "async for", lambda: asynchronous(f"Count(self.log, {make(INT, 1)} % 4)", INT)),
            (1.5, "async for of pairs", lambda: asynchronous(f"Row({make(many, 1)})", INT, known, form="{}, {}")),
        ]
        if here.sites > 0:
            generator = here.comprehensions.asynchronous
            options.append((0.7, "async for of generator", lambda: asynchronous(f"({generator(INT, 1)})", INT)))
        return options

    def _heads(self) -> list[Option[str]]:
        make, over = self._statements.expressions.make, self._head
        name = self._draw.one(self._statements.expressions.model.entities).name
        several = self._draw.one([EITHER, ABLE])
        two = "{}, {}"
        return [
            *(self._asynchronous_heads() if self._statements.expressions.may_await else []),
            (2, "over list", lambda: over(f"{make(INTS, 1)}", INT)),
            (1, "over words", lambda: over(f"{make(WORDS, 1)}", STR)),
            (1, "over rows", lambda: over(f"{make(GRID, 1)}", INTS)),
            (2, "over references", lambda: over(f"{make(peers(name), 1)}", entity(name))),
            (1, "over several classes", lambda: over(f"{make(peers(several.name), 1)}", several)),
            (1, "over keys", lambda: over(f"{make(scores(name), 1)}", entity(name))),
            (1, "over tuple", lambda: over(f"({make(INT, 1)}, {make(INT, 1)})", INT)),
            (1, "over range", lambda: over(f"range({make(INT, 1)} % 4)", INT)),
            (1, "over dict", lambda: over(make(TABLE, 1), STR)),
            (1, "over items", lambda: over(f"({make(TABLE, 1)}).items()", STR, INT, form=two)),
            (1, "over values", lambda: over(f"({make(TABLE, 1)}).values()", INT)),
            (1, "over enumerate", lambda: over(f"enumerate({make(INTS, 1)}, {make(INT, 1)})", INT, INT, form=two)),
            (1, "over zip", lambda: over(f"zip({make(INTS, 1)}, {make(peers(name), 1)})", INT, entity(name), form=two)),
            (1, "over reversed", lambda: over(f"reversed({make(INTS, 1)})", INT)),
            (0.5, "over str", lambda: over(make(STR, 1), STR)),
            (0.5, "over pairs", lambda: over(f"[{make(Type('tuple', (INT, STR)), 1)}]", INT, STR, form="({}, {})")),
            (
                0.5,
                "over nested",
                lambda: over(f"enumerate(zip({make(INTS, 1)}, {make(WORDS, 1)}))", INT, INT, STR, form="{}, ({}, {})"),
            ),
            (0.5, "over set", lambda: over(f"sorted(set({make(INTS, 1)}))", INT)),
        ]
