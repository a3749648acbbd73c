"""How blocks of a method take over from each other what CPython keeps in the frame: what was raised, what is being handled, and
what is pending while a `finally` runs.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Coroutine, Generator, Iterator
from contextlib import aclosing, closing, nullcontext, suppress
from inspect import isawaitable
from types import TracebackType
from typing import Any

from stateflow.special import special
from stateflow.wire.exceptions import REGROUPED, led_to, was_raised


class Raised:
    """Stands for the result of a call that raised an exception."""

    __slots__ = ("error",)

    def __init__(self, error: BaseException) -> None:
        self.error = error


class Return:
    """Stands for a `return` that is pending while a `finally` runs."""

    __slots__ = ("value",)

    def __init__(self, value: object) -> None:
        self.value = value


EXITS: tuple[type, ...] = (Return,)
"""The classes of what may be met in a frame."""

MANAGERS: tuple[type, ...] = (suppress, nullcontext, closing, aclosing)
"""The standard library's context managers that may be met there: they are plain objects."""


def result(came: Any, /) -> Any:
    """Return the result of a call, or raise what the call has raised."""
    if type(came) is Raised:
        handling = sys.exc_info()[1]
        if handling is not None:
            _chain(came.error, handling)
        throw(came.error)
    return came


def throw(pending: object, /) -> None:
    """Raise an exception that was caught, as if it had not been; whatever else is pending is left alone."""
    if not isinstance(pending, BaseException):
        return
    context = pending.__context__
    try:
        raise pending
    finally:
        _set_context(pending, context)


def returns(pending: object, /) -> bool:
    """Tell whether a `return` is pending."""
    return type(pending) is Return


def enter(manager: Any, /) -> Any:
    """Enter a context manager, and return what it gives. Raises TypeError where it is none."""
    return _entry(manager, "__enter__", "__exit__", "context manager")()


async def enter_async(manager: Any, /) -> Any:
    """Enter an asynchronous context manager, and return what it gives. Raises TypeError where it is none."""
    begin = _entry(manager, "__aenter__", "__aexit__", "asynchronous context manager")
    return await _awaitable(begin(), "__aenter__")


def leave(manager: Any, pending: object, /) -> object:
    """Leave a context manager, and return what is still pending: an exception may have ended there."""
    ends = special(manager, "__exit__")(*_raised(pending))
    return None if isinstance(pending, BaseException) and ends else pending


async def leave_async(manager: Any, pending: object, /) -> object:
    """Leave an asynchronous context manager, as `leave` does another one."""
    ends = await _awaitable(special(manager, "__aexit__")(*_raised(pending)), "__aexit__")
    return None if isinstance(pending, BaseException) and ends else pending


def _entry(manager: Any, begin: str, end: str, what: str) -> Any:
    """Return what enters a context manager. Raises TypeError where it is none."""
    found = special(manager, begin)
    protocol = f"{type(manager).__name__!r} object does not support the {what} protocol"
    if found is None:
        raise TypeError(protocol)
    if special(manager, end) is None:
        raise TypeError(f"{protocol} (missed {end} method)")
    return found


def _raised(pending: object) -> tuple[Any, Any, Any]:
    """Return what a context manager is told of what is pending."""
    if isinstance(pending, BaseException):
        return type(pending), pending, pending.__traceback__
    return None, None, None


def _awaitable(value: Any, method: str) -> Any:
    """Return what a method of an asynchronous context manager has given. Raises TypeError where it cannot be awaited."""
    if isawaitable(value):
        return value
    raise TypeError(
        f"'async with' received an object from {method} that does not implement __await__: {type(value).__name__}"
    )


def while_handling(
    error: BaseException, function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]
) -> Any:
    """Call a function while an exception is being handled: it is what `raise` raises there, and the context of others."""
    before = error.__traceback__, error.__context__
    try:
        raise error
    except BaseException:  # noqa: BLE001 - it may be any
        _restore(error, *before)
        return function(*args, **kwargs)


async def await_while_handling(
    error: BaseException, function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]
) -> Any:
    """Await what a function gives, as `while_handling` calls one."""
    return await _Handling(error, function(*args, **kwargs))


class _Handling:
    """Awaits a coroutine while an exception is being handled.

    What the event loop throws into a coroutine goes straight to the innermost one, past what those around it are handling.
    """

    __slots__ = ("coroutine", "error")

    def __init__(self, error: BaseException, coroutine: Coroutine[Any, Any, Any]) -> None:
        self.error = error
        self.coroutine = coroutine

    def __await__(self) -> Generator[Any, Any, Any]:
        error, coroutine = self.error, self.coroutine
        before = error.__traceback__, error.__context__
        try:
            raise error
        except BaseException:  # noqa: BLE001 - it may be any
            _restore(error, *before)
            resume, given = coroutine.send, None
            while True:
                try:
                    waits = resume(given)
                except StopIteration as done:
                    return done.value
                try:
                    resume, given = coroutine.send, (yield waits)
                except BaseException as raised:  # noqa: BLE001 - it may be any
                    resume, given = coroutine.throw, raised


def _restore(error: BaseException, traceback: TracebackType | None, context: BaseException | None) -> None:
    """Make an exception what it was before it was raised again."""
    error.__traceback__ = traceback
    _set_context(error, context)


def _chain(error: BaseException, handling: BaseException) -> None:
    """Give an exception the context that it would have had: the callee could not see what its caller is handling."""
    handled = set(map(id, _contexts(handling)))
    for raised in _raised_without_context(error):
        if id(raised) not in handled:
            _set_context(raised, handling)


def _contexts(error: BaseException | None) -> Iterator[BaseException]:
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__context__


def _raised_without_context(error: BaseException) -> list[BaseException]:
    """Return those that were raised while nothing was handled, of an exception and what led to it."""
    return [
        current
        for current in led_to(error)
        if (current is error or was_raised(current))
        and current.__context__ is None
        and REGROUPED not in current.__dict__
    ]


def _set_context(error: BaseException, context: BaseException | None) -> None:
    """Set the context past whatever the class of the exception makes of assignments."""
    BaseException.__setattr__(error, "__context__", context)
