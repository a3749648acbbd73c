"""Classes, functions and aliases with type variables."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .draw import Draw, Option
from .types import ABLE, EITHER, INT, INTS, STR, Type, cell, maybe

if TYPE_CHECKING:
    from .expressions import Expressions


def annotation(draw: Draw, type: Type) -> str:
    """A type as it is written in a program, also by an alias or as a string."""
    if draw.chance(0.85):
        return type.annotation
    if draw.chance(0.4):
        return draw.inside("string annotation", lambda: f'"{type.annotation}"')
    return draw.inside("alias", lambda: _alias(type))


def _alias(type: Type) -> str:
    if type == INTS:
        return "Numbers"
    if type.name == "list":
        return f"Several[{type.inside[0].annotation}]"
    if type.name == "dict" and type.inside[0] == STR:
        return f"Named[{type.inside[1].annotation}]"
    return f"Perhaps[{type.inside[0].annotation}]" if type.name == "Optional" else type.annotation


class Generics:
    """Makes what goes through them."""

    def __init__(self, expressions: Expressions) -> None:
        self._expressions = expressions
        self._draw = expressions.draw

    def options(self, type: Type, depth: int) -> list[Option[str]]:
        """What makes a value of a type."""

        def make(part: Type) -> str:
            return self._expressions.make(part, depth)

        if type.name == "Cell":
            inner = type.inside[0]
            return [(3, "generic object", lambda: f"Cell({make(inner)})")]
        if type not in (INT, STR, EITHER, ABLE) and not self._expressions.model.is_entity(type):
            return []
        held, many = cell(type), Type("list", (type,))
        options: list[Option[str]] = [
            (0.5, "held", lambda: f"{make(held)}.{self._draw.one(['held', 'get()', 'same'])}"),
            (0.2, "put", lambda: f"{make(held)}.put({make(type)})"),
            (
                0.3,
                "generic dataclass",
                lambda: f"Duo({make(type)}, {make(INT)}){self._draw.one(['.first', '.swap().second'])}",
            ),
            (0.3, "generic function", lambda: f"first_of({make(many)}, {make(type)})"),
        ]
        if self._expressions.model.is_entity(type):
            options.append((0.3, "generic of optional", lambda: f"or_else({make(maybe(type.name))}, {make(type)})"))
        return options
