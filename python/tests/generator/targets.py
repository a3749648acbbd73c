"""Assignments, to targets of every form."""

from __future__ import annotations

from collections.abc import Callable

from .draw import Option
from .expressions import KEYS, Expressions
from .generics import annotation
from .types import BOX, INT, INTS, PAIR, STR, TABLE, Type


class Targets:
    """Makes assignments."""

    def __init__(self, expressions: Expressions) -> None:
        self._expressions = expressions
        self._draw = expressions.draw
        self._scope = expressions.scope

    def target(self, type: Type) -> str:
        """What a value of a type is assigned to. A name counts as bound from here on."""
        return self._draw.construct(self._options(type))

    def assign(self, type: Type) -> str:
        """`target = value`; the value is made first, so that it does not use the target."""
        value = self._expressions.make(type, 3)
        return f"{self.target(type)} = {value}"

    def annotated(self, type: Type) -> str:
        """An annotated assignment to a new name."""
        value = self._expressions.make(type, 2)
        name = self._expressions.new_name(type)
        self._scope.bound.add(name)
        return f"{name}: {annotation(self._draw, type)} = {value}"

    def chained(self, type: Type) -> str:
        """`one = other = value`."""
        value = self._expressions.make(type, 2)
        return f"{self.target(type)} = {self.target(type)} = {value}"

    def unpack(self) -> str:
        """Targets for the parts of a value."""
        make, target = self._expressions.make, self.target
        form = self._draw.number(0, 5)
        if form == 0:
            value = f"{make(INT, 2)}, {make(STR, 2)}"
            return f"{target(INT)}, {target(STR)} = {value}"
        if form == 1:
            value = make(PAIR, 2)
            return f"({target(INT)}, {target(STR)}) = {value}"
        if form == 2:
            value = f"[{make(INT, 1)}, *{make(INTS, 1)}]"
            return f"{target(INT)}, *{target(INTS)} = {value}"
        if form == 3:
            value = f"{make(INT, 1)}, ({make(INTS, 1)}, {make(PAIR, 1)})"
            return f"{target(INT)}, [{target(INTS)}, ({target(INT)}, {target(STR)})] = {value}"
        if form == 4:
            value = f"(*{make(INTS, 1)}, {make(INT, 1)}, {make(INT, 1)})"
            return f"*{target(INTS)}, {target(INT)} = {value}"
        first, second = target(INT), target(INT)
        return f"{first}, {second} = {make(INT, 1)}, {make(INT, 1)}"

    def augmented(self) -> list[str]:
        """`target op= value`, for targets that have a value."""
        make = self._expressions.make
        names, fields = (
            self._scope.names(INT),
            [name for name, type in self._expressions.own.fields.items() if type == INT],
        )
        known = [name for name in names if name != "fuel"]
        own = self._expressions.model.inherited(self._expressions.own)
        settable = [one.name for one in own if one.settable and one.result == INT]
        places: list[Callable[[], str]] = [
            *([lambda: self._draw.one(known)] if known else []),
            lambda: f"self.{self._draw.one([*fields, *settable * 3])}",
            lambda: f"self.items[{make(INT, 1)} % len(self.items)]",
            lambda: "self.items[0]",
            lambda: f"{make(BOX, 1)}.n",
            lambda: f'{make(TABLE, 0)}["{self._draw.one(KEYS[:2])}"]',
            lambda: f"[{make(INT, 1)}, *{make(INTS, 1)}][{make(INT, 1)} % 1]",
        ]
        if self._draw.chance(0.25):
            type = self._draw.one([INTS, STR])
            extended = [
                *self._scope.names(type),
                *(f"self.{n}" for n, t in self._expressions.own.fields.items() if t == type),
            ]
            if extended:
                place = self._draw.one(extended)
                return [f"if len({place}) < 6:", f"    {place} += {make(type, 2)}"]
        place, value = self._draw.one(places)(), make(INT, 2)
        operator = self._draw.one(["+=", "-=", "|=", "^=", "&="])
        guard = ["if self.items:", f"    {place} {operator} {value}"]
        return guard if "self.items[" in place else [f"{place} {operator} {value}"]

    def _options(self, type: Type) -> list[Option[str]]:
        here = self._expressions
        names = [name for name, known in self._scope.types.items() if known == type and name not in self._scope.kept]
        fields = [name for name, known in here.own.fields.items() if known == type]
        options: list[Option[str]] = [(2, "new name", lambda: self._bind(here.new_name(type)))]
        if names:
            options.append((5, "old name", lambda: self._bind(self._draw.one(names))))
        if fields:
            options.append((4, "field target", lambda: f"self.{self._draw.one(fields)}"))
        settable = [one.name for one in here.model.inherited(here.own) if one.settable and one.result == type]
        if settable and here.method.form != "property":
            options.append((4, "property target", lambda: f"self.{self._draw.one(settable)}"))
        if type == INT:
            options += [
                (1, "element target", lambda: f"[{here.make(INT, 1)}, *{here.make(INTS, 1)}][0]"),
                (1, "item target", lambda: f'{here.make(TABLE, 1)}["{self._draw.one(KEYS)}"]'),
                (1, "computed item target", lambda: f"{here.make(TABLE, 0)}[at({list(KEYS)!r}, {here.make(INT, 1)})]"),
                (1, "attribute target", lambda: f"({here.make(BOX, 1)}).n"),
            ]
        if type == INTS:
            options += [
                (1, "slice target", lambda: f"{here.make(INTS, 0)}[{self._draw.one(['1:', ':'])}]"),
                (1, "attribute target", lambda: f"({here.make(BOX, 1)}).items"),
            ]
        return options

    def _bind(self, name: str) -> str:
        self._scope.bound.add(name)
        return name
