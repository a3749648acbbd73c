"""Calls whose value is recorded, as the compiler writes them: what is called and all that stands behind it is put off until the
recording that is under way, if there is one, has been asked."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from typing import Any, Protocol

_Step = tuple[str, Any, Any]


class Asked(Protocol):
    """A recording: it knows what a call has given, or makes it."""

    def ask(self, call: Delayed, /) -> Any:
        """Return the value of a call, or raise what it has raised."""
        ...

    def ask_async(self, call: Delayed, /) -> Awaitable[Any]:
        """Return the value of a call that awaits something."""
        ...


recording: ContextVar[Asked | None] = ContextVar("recording", default=None)
"""That of the step under way. None where calls are simply made: outside of steps, on targets that never run one again, and in what
is recorded as a whole."""


class Delayed:
    """A call that is put off, with the attributes, elements and calls behind it."""

    __slots__ = ("_stateflow_is_unused", "_stateflow_steps", "_stateflow_subject")

    def __init__(self, subject: Any) -> None:
        self._stateflow_subject = subject
        self._stateflow_steps: list[_Step] = []
        self._stateflow_is_unused = False

    def __call__(self, *args: Any, **kwargs: Any) -> Delayed:
        """Call what there is so far."""
        return _then(self, "call", args, kwargs)

    def __getattr__(self, name: str) -> Delayed:
        return _then(self, "attribute", name, None)

    def __getitem__(self, index: Any) -> Delayed:
        return _then(self, "element", index, None)


def delayed(subject: Any, /) -> Delayed:
    """Put off the call of something."""
    return Delayed(subject)


def awaited(call: Delayed, /) -> Delayed:
    """Await what there is so far."""
    return _then(call, "await", None, None)


def unused(call: Delayed, /) -> Delayed:
    """Give None in place of the value, which nobody uses."""
    call._stateflow_is_unused = True
    return call


def recorded(call: Delayed, /) -> Any:
    """Return the value of a call that was put off, or raise what it raises."""
    asked = recording.get()
    return make(call) if asked is None else asked.ask(call)


async def recorded_async(call: Delayed, /, *, is_awaited: bool = True) -> Any:
    """Return the value of a call that was put off and awaits something: what it gives in the end too, where that is said."""
    if is_awaited:
        awaited(call)
    asked = recording.get()
    return await (make_async(call) if asked is None else asked.ask_async(call))


def unit(function: Callable[..., Any], /) -> Callable[..., Any]:
    """Let each call of a function be recorded as a whole."""
    if inspect.iscoroutinefunction(function):

        @functools.wraps(function)
        async def ask_async(*args: Any, **kwargs: Any) -> Any:
            return await recorded_async(Delayed(function)(*args, **kwargs))

        return ask_async

    @functools.wraps(function)
    def ask(*args: Any, **kwargs: Any) -> Any:
        if recording.get() is None:
            return function(*args, **kwargs)
        return recorded(Delayed(function)(*args, **kwargs))

    return ask


def make(call: Delayed) -> Any:
    """Make a call, with all that stands behind it."""
    value = call._stateflow_subject
    for step in call._stateflow_steps:
        value = _take(value, step)
    return None if call._stateflow_is_unused else value


async def make_async(call: Delayed) -> Any:
    """Make a call, with all that stands behind it, and await what is to be awaited."""
    value = call._stateflow_subject
    for step in call._stateflow_steps:
        value = await value if step[0] == "await" else _take(value, step)
    return None if call._stateflow_is_unused else value


def subject_of(call: Delayed) -> Any:
    """Return what is called."""
    return call._stateflow_subject


def steps_of(call: Delayed) -> list[_Step]:
    """Return what is done with it."""
    return call._stateflow_steps


def _then(call: Delayed, kind: str, what: Any, more: Any) -> Delayed:
    call._stateflow_steps.append((kind, what, more))
    return call


def _take(value: Any, step: _Step) -> Any:
    kind, what, more = step
    if kind == "call":
        return value(*what, **more)
    return getattr(value, what) if kind == "attribute" else value[what]
