"""Types of the intermediate representation as Python annotations over the classes that this process has loaded."""

from __future__ import annotations

import sys
import typing
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from stateflow.gateway.surface import Type


class Unknown:
    """Stands for a class that this process has not loaded: no value of it can be given or shown."""


@dataclass(frozen=True, slots=True)
class Annotations:
    """Makes annotations; `classes` are the entity classes by name."""

    classes: Mapping[str, type]

    def of(self, type_: Type) -> Any:
        """The annotation for a type."""
        return _MAKERS[type_["kind"]](self, type_)


def _class(_: Annotations, type_: Type) -> Any:
    found: Any = sys.modules.get(type_["module"])
    for part in type_["name"].split("."):
        found = getattr(found, part, None)
    if found is None:
        return Unknown
    if typing.is_typeddict(found):
        return dict[str, Any]
    return found


def _union(self: Annotations, type_: Type) -> Any:
    return typing.Union[tuple(self.of(each) for each in type_["of"])]  # noqa: UP007


def _tuple(self: Annotations, type_: Type) -> Any:
    elements: Any = tuple(self.of(each) for each in type_["of"])
    return tuple[elements]


_MAKERS: dict[str, Callable[[Annotations, Type], Any]] = {
    "any": lambda _, type_: Any,
    "none": lambda _, type_: None,
    "bool": lambda _, type_: bool,
    "int": lambda _, type_: int,
    "float": lambda _, type_: float,
    "str": lambda _, type_: str,
    "bytes": lambda _, type_: bytes,
    "class": _class,
    "entity": lambda self, type_: self.classes[type_["name"]],
    "list": lambda self, type_: list[self.of(type_["of"])],  # type: ignore[misc]
    "set": lambda self, type_: set[self.of(type_["of"])],  # type: ignore[misc]
    "frozenset": lambda self, type_: frozenset[self.of(type_["of"])],  # type: ignore[misc]
    "dict": lambda self, type_: dict[self.of(type_["key"]), self.of(type_["value"])],  # type: ignore[misc]
    "tuple": _tuple,
    "tuple_of": lambda self, type_: tuple[self.of(type_["of"]), ...],  # type: ignore[misc]
    "union": _union,
    "literal": lambda _, type_: Literal[tuple(type_["values"])],
}
