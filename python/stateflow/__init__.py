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

import sys
from collections.abc import Callable
from typing import Any, TypeVar, overload

from stateflow.errors import EntityExists, EntityNotFound, StateflowError

__all__ = ["EntityExists", "EntityNotFound", "StateflowError", "entity", "gather", "pure", "recorded", "stateflow"]

_MAY_AWAIT = 0x80 | 0x200
"""`inspect.CO_COROUTINE | inspect.CO_ASYNC_GENERATOR`: importing this package imports nothing that it does not need."""

_Class = TypeVar("_Class", bound=type[Any])
_Function = TypeVar("_Function", bound=Callable[..., Any])


@overload
def entity(cls: _Class, /) -> _Class: ...
@overload
def entity() -> Callable[[_Class], _Class]: ...
def entity(cls: _Class | None = None, /) -> _Class | Callable[[_Class], _Class]:
    """Mark a class as a stateful entity, for the compiler to find. Written with or without parentheses."""
    if cls is None:
        return lambda marked: marked
    return cls


def gather(*calls: Any, return_exceptions: bool = False) -> Any:
    """Make calls of other entities in parallel, and return the list of their results, in the order of the calls.

    In an `async def` it is `asyncio.gather`, and awaited. Elsewhere the calls are made as arguments are evaluated: plain Python
    makes one after the other, and all that is left for this function is to return the list.
    """
    if sys._getframe(1).f_code.co_flags & _MAY_AWAIT:
        import asyncio

        return asyncio.gather(*calls, return_exceptions=return_exceptions)
    return list(calls)


def recorded(function: _Function, /) -> _Function:
    """Mark a function whose value comes from outside: where steps may run again, it is called once, and its value is recorded."""
    return function


def pure(function: _Function, /) -> _Function:
    """Mark a function of whose calls nothing is recorded: it gives the same whenever it is called with the same arguments."""
    return function


stateflow = entity
