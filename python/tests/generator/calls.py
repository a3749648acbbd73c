"""Calls, reads and creations: what leaves the entity."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .draw import Option
from .model import Method, Parameter
from .types import BOX, GRID, INTS, Type, entity

if TYPE_CHECKING:
    from .expressions import Expressions


class Calls:
    """Makes expressions that leave the entity, or call its own methods."""

    def __init__(self, expressions: Expressions) -> None:
        self._expressions = expressions
        self._draw = expressions.draw

    def options(self, type: Type, depth: int) -> list[Option[str]]:
        """The calls, reads and creations of a type."""
        here = self._expressions
        if here.local or here.sites <= 0:
            return []
        options: list[Option[str]] = []
        methods = [method for known in here.model.entities for method in known.methods if method.result == type]
        remote = [method for method in methods if not method.helper]
        helpers = [method for method in methods if method.helper and method.entity == here.own.name]
        if remote:
            options.append((5, "call", lambda: self.call(self._draw.one(remote), depth)))
        if helpers:
            options.append((3, "helper", lambda: self.call(self._draw.one(helpers), depth)))
        fields = [
            (known.name, name) for known in here.model.entities for name, kind in known.fields.items() if kind == type
        ]
        if fields:
            options.append((3, "read", lambda: self._read(*self._draw.one(fields), type, depth)))
        if here.model.is_entity(type) and here.model.entity(type.name).key.name == "str":
            options.append((0.7, "create", lambda: self._create(type, depth)))
        return options

    def call(self, method: Method, depth: int) -> str:
        """A call of a method, while there is fuel."""
        self._expressions.sites -= 1
        receiver = "self" if method.helper else self._expressions.make(entity(method.entity), depth)
        return f"{receiver}.{method.name}({self._arguments(method, depth)})"

    def _read(self, name: str, field: str, type: Type, depth: int) -> str:
        """A read of another entity's field; what it refers to is copied at once."""
        self._expressions.sites -= 1
        value = f"{self._expressions.make(entity(name), depth)}.{field}"
        if not type.mutable:
            return value
        if type == GRID:
            return f"deep({value})"
        if type == BOX:
            return f"copy_box({value})"
        copy = f"{type.name}({value})"
        return self._draw.one([copy, f"{value}[:2]"]) if type == INTS else copy

    def _create(self, type: Type, depth: int) -> str:
        self._expressions.sites -= 1
        make = self._expressions.fresh
        return f"{type.name}(self.new_key(), {make(Type('int'), depth)}, items={make(INTS, depth)})"

    def _arguments(self, method: Method, depth: int) -> str:
        given: list[str] = ["fuel - 1"]
        named = False
        for parameter in method.parameters[1:]:
            if parameter.default is not None and self._draw.chance(0.4):
                named = True
                continue
            if parameter.kind == "star":
                given += [] if named else self._star(parameter, depth)
                named = True
                continue
            named = named or parameter.kind == "keyword" or self._draw.chance(0.2)
            given.append(self._argument(method, parameter, depth, named))
        return ", ".join(self._shuffled(given))

    def _argument(self, method: Method, parameter: Parameter, depth: int, named: bool) -> str:
        value = (self._expressions.make if method.helper else self._expressions.fresh)(parameter.type, depth)
        if not named:
            return f"*[{value}]" if self._draw.chance(0.06) else value
        return f'**{{"{parameter.name}": {value}}}' if self._draw.chance(0.1) else f"{parameter.name}={value}"

    def _star(self, parameter: Parameter, depth: int) -> list[str]:
        make = self._expressions.make
        return [
            f"*{make(INTS, depth)}" if self._draw.chance(0.4) else make(parameter.type, depth)
            for _ in range(self._draw.number(0, 2))
        ]

    def _shuffled(self, given: list[str]) -> list[str]:
        """The keyword arguments in another order."""
        names = [part for part in given if _is_named(part)]
        order = iter(self._draw.some(names, len(names)))
        return [next(order) if _is_named(part) else part for part in given]


def _is_named(argument: str) -> bool:
    return argument.split("=")[0].isidentifier() and "=" in argument and not argument.split("=", 1)[1].startswith("=")
