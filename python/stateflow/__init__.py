"""Stateful entities: ordinary Python classes that a dataflow engine can run.

    import stateflow

    @stateflow.entity
    class Item:
        def __init__(self, name: str, price: int) -> None:
            self.name: str = name
            self.price: int = price

        def __key__(self) -> str:
            return self.name

The decorator changes nothing: in plain Python the class is what it would be without it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, overload

from stateflow.errors import EntityExists, EntityNotFound, StateflowError

__all__ = ["EntityExists", "EntityNotFound", "StateflowError", "entity", "stateflow"]

_Class = TypeVar("_Class", bound=type[Any])


@overload
def entity(cls: _Class, /) -> _Class: ...
@overload
def entity() -> Callable[[_Class], _Class]: ...
def entity(cls: _Class | None = None, /) -> _Class | Callable[[_Class], _Class]:
    """Mark a class as a stateful entity, for the compiler to find. Written with or without parentheses."""
    if cls is None:
        return lambda marked: marked
    return cls


stateflow = entity
