"""References that may lead to entities of several classes, or to nothing."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from .draw import Option
from .types import ABLE, EITHER, INT, INTS, STR, Type, entity, maybe

if TYPE_CHECKING:
    from .expressions import Expressions

PROTOCOL_FIELDS = (("n", INT), ("s", STR), ("items", INTS))
"""What the protocol asks for, besides methods."""


class References:
    """Makes such references, and what asks them what they are."""

    def __init__(self, expressions: Expressions) -> None:
        self._expressions = expressions
        self._draw = expressions.draw
        self._scope = expressions.scope

    def atoms(self, type: Type) -> list[Option[str]]:
        """The simple expressions of a type."""
        here = self._expressions
        make = here.make
        if type in (EITHER, ABLE):
            behind = here.model.behind(type)
            own = [(2, "self", lambda: "self")] if here.own.name in behind else []
            return [*own, (4, "one of several classes", lambda: make(entity(self._draw.one(behind)), 0))]
        if type.name == "Optional":
            return [
                (2, "none", lambda: self._none(type)),
                (2, "some", lambda: make(type.inside[0], 0)),
                (1, "dict get of references", lambda: self._got(type)),
            ]
        return []

    def compounds(self, type: Type, depth: int) -> list[Option[str]]:
        """What makes a value of a type out of such references."""
        here = self._expressions
        options: list[Option[str]] = []
        if type.name == "Optional":
            options.append((1, "first or none", lambda: self._first(type, depth)))
        if here.model.is_entity(type):
            options.append((1, "some or other", lambda: self._some(type, depth)))
        names = [name for known in self.wide() for name in self._scope.names(known)]
        if names:
            options.append((1.5, "narrowed", lambda: self._narrowed(self._draw.one(names), type, depth)))
        return options

    def wide(self) -> list[Type]:
        """The types of references that may be asked what they are."""
        model = self._expressions.model
        bases = [entity(known.name) for known in model.entities if model.derived(known.name)]
        return [EITHER, ABLE, *bases, *(maybe(known.name) for known in model.entities)]

    def test(self, name: str) -> tuple[str, Type]:
        """A condition that is true of some references, and the type that they have then."""
        known = self._scope.types[name]
        if known.name == "Optional":
            return self._draw.one([f"{name} is not None", f"None is not {name}", name]), known.inside[0]
        actual = self._draw.one(self._expressions.model.behind(known))
        return f"isinstance({name}, {actual})", entity(actual)

    def opposite(self, name: str, test: str, then: Type) -> tuple[str, Type]:
        """The opposite of a condition, and the type that is left where it is true."""
        known, model = self._scope.types[name], self._expressions.model
        if known.name == "Optional":
            return test.replace("is not", "is") if " is " in test else f"not {name}", known
        left = [other for other in model.behind(known) if other not in model.behind(then)]
        # What has been assigned may be known to be of one class, and nothing is left of it then.
        is_rest = known == EITHER and left and name in self._scope.kept
        return f"not {test}", entity(left[0]) if is_rest else known

    def tested(self, value: str, type: Type) -> Type:
        """The type of what a value is known to be after a test: that of the name, where it is one."""
        name = re.match(r"\(?(\w+)( :=.*)?\)?$", value, re.DOTALL)
        return self._scope.types.get(name[1], type) if name else type

    @contextmanager
    def known_as(self, name: str, type: Type) -> Iterator[None]:
        """Where a name is known to be of another type."""
        wide = self._scope.types[name]
        self._scope.types[name] = type
        try:
            yield
        finally:
            self._scope.types[name] = wide

    @staticmethod
    def _none(type: Type) -> str:
        """Nothing, in the place of a reference: of the name of a mere `None` it would be known that it is never anything else."""
        return f'self.{type.inside[0].name.lower()}_book.get("z")'

    def _got(self, type: Type) -> str:
        book = f"self.{type.inside[0].name.lower()}_book"
        return f"{book}.get({self._expressions.without_calls(lambda: self._expressions.make(STR, 0))})"

    def _first(self, type: Type, depth: int) -> str:
        peers = self._expressions.make(Type("list", type.inside), depth)
        return f"next(iter({peers}), None)"

    def _some(self, type: Type, depth: int) -> str:
        make = self._expressions.make
        return f"({make(maybe(type.name), depth)} or {make(type, depth)})"

    def _narrowed(self, name: str, type: Type, depth: int) -> str:
        """A conditional expression, or a chain of conditions, in one part of which more is known."""
        make = self._expressions.make
        test, then = self.test(name)
        unless, otherwise = self.opposite(name, test, then)

        def part(known: Type) -> str:
            bound = set(self._scope.bound)
            with self.known_as(name, known):
                made = make(type, depth)
            self._scope.bound &= bound
            return made

        forms: list[Callable[[], str]] = [
            lambda: f"({part(then)} if {test} else {part(otherwise)})",
            lambda: f"({part(otherwise)} if {unless} else {part(then)})",
        ]
        if type == Type("bool"):
            forms += [lambda: f"({test} and {part(then)})", lambda: f"({unless} or {part(then)})"]
        return self._draw.one(forms)()
