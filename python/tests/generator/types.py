"""The types that generated programs are made of."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Type:
    """A type, with what it contains."""

    name: str
    inside: tuple[Type, ...] = ()

    @property
    def annotation(self) -> str:
        """As it is written in a program."""
        if self.name == "Optional":
            return f"{self.inside[0].annotation} | None"
        if not self.inside:
            return self.name
        return f"{self.name}[{', '.join(part.annotation for part in self.inside)}]"

    @property
    def mutable(self) -> bool:
        """Whether its values may change."""
        return self.name in ("list", "dict", "Box", "Cell")


INT = Type("int")
STR = Type("str")
BOOL = Type("bool")
BOX = Type("Box")
INTS = Type("list", (INT,))
WORDS = Type("list", (STR,))
GRID = Type("list", (INTS,))
TABLE = Type("dict", (STR, INT))
PAIR = Type("tuple", (INT, STR))
CELL = Type("Cell", (INT,))
EITHER = Type("Either")
"""References to entities of the first two classes."""
ABLE = Type("Able")
"""References to entities that have what a protocol asks for."""
FUNCTION = Type("function")
"""Of an integer, to an integer; made by the method itself."""
VALUES = (INT, STR, BOOL, BOX, INTS, WORDS, GRID, TABLE, PAIR, CELL)
"""All but references."""


def entity(name: str) -> Type:
    """References to entities of a class."""
    return Type(name)


def peers(name: str) -> Type:
    """Lists of references."""
    return Type("list", (Type(name),))


def book(name: str) -> Type:
    """Dictionaries of references."""
    return Type("dict", (STR, Type(name)))


def maybe(name: str) -> Type:
    """References, or nothing."""
    return Type("Optional", (Type(name),))


def cell(inner: Type) -> Type:
    """Objects of a generic class."""
    return Type("Cell", (inner,))


def scores(name: str) -> Type:
    """Dictionaries with references as keys."""
    return Type("dict", (Type(name), INT))
