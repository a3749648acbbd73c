"""What the code that the compiler writes calls. Nothing here is for people to call.

A block of a split method ends by returning what is to happen next; the step engine makes it happen.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from enum import Enum
from inspect import CO_COROUTINE, isawaitable
from types import CodeType, FunctionType
from typing import Any, TypeVar

from stateflow.collectors import Entries, Max, Min, Sum, arranged, listed, rearrange
from stateflow.exits import Raised, Return, enter, enter_async, leave, leave_async, result, returns, throw
from stateflow.groups import Parts
from stateflow.loops import Loop, iterate, iterate_async
from stateflow.outside import awaited, delayed, recorded, recorded_async, unit, unused
from stateflow.step.references import known_address

__all__ = [
    "UNBOUND",
    "Constant",
    "Entries",
    "Goto",
    "Loop",
    "Max",
    "Min",
    "Parts",
    "Raised",
    "Return",
    "Sum",
    "Transition",
    "Verb",
    "arranged",
    "assign",
    "awaited",
    "block",
    "bound",
    "call",
    "create",
    "delayed",
    "delete",
    "enter",
    "enter_async",
    "field",
    "gather",
    "goto",
    "iterate",
    "iterate_async",
    "key",
    "leave",
    "leave_async",
    "listed",
    "read",
    "rearrange",
    "recorded",
    "recorded_async",
    "result",
    "resume",
    "returns",
    "throw",
    "unit",
    "unused",
]

MARK = "__stateflow_block__"
"""The attribute of a block's function that holds the name of its method, and the names of the exceptions being handled."""

_Function = TypeVar("_Function", bound=Callable[..., Any])


class _Unbound:
    def __repr__(self) -> str:
        return "flow.UNBOUND"


UNBOUND = _Unbound()
"""Stands for the value of a variable that has none."""


class Constant:
    """Has a value as a pattern may name it: by a dot."""

    __slots__ = ("value",)

    def __init__(self, value: object) -> None:
        self.value = value


class Verb(Enum):
    """What a transition does."""

    CALL = "call"
    READ = "read"
    CREATE = "create"
    GATHER = "gather"


class Transition:
    """A call, a read or a creation, and where its result goes."""

    __slots__ = ("args", "block", "code", "kwargs", "line", "live", "others", "subject", "verb")

    def __init__(self, verb: Verb, subject: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        self.verb = verb
        self.subject = subject
        """What is called, read or created; of calls in parallel, whether exceptions are among the results."""
        self.args = args
        self.kwargs = kwargs
        self.block: Callable[..., Any] | None = None
        """Takes the result; None forwards it."""
        self.live: dict[str, Any] = {}
        self.others: tuple[Callable[[], Transition], ...] = ()
        """Give the calls that travel along."""
        self.code: CodeType | None = None
        """For a forwarded result: the block that made the transition."""
        self.line = 0
        """For a forwarded result, and for one of several calls: the line in the user's file."""

    def at(self, line: int) -> Transition:
        """Stand on that line of the user's file, which is not that of the calls made together."""
        self.line = line
        return self

    def along(self, *others: Callable[[], Transition]) -> Transition:
        """Let other calls travel along: they are certain to come next, and only read."""
        self.others = others
        return self

    def then(self, block: Callable[..., Any], /, **live: Any) -> Transition:
        """Go on in `block` with the result and these variables."""
        self.block = block
        self.live = live
        return self

    def tail(self, line: int) -> Transition:
        """Return the result as it comes; the call stands on that line of the user's file."""
        self.code = sys._getframe(1).f_code
        self.line = line
        return self


class Goto:
    """Control that goes on in another block, in the same step."""

    __slots__ = ("block", "live")

    def __init__(self, block: Callable[..., Any], live: dict[str, Any]) -> None:
        self.block = block
        self.live = live


def call(callee: Any, /, *args: Any, **kwargs: Any) -> Transition:
    """Call a method of a reference, or anything else that may leave the entity."""
    return Transition(Verb.CALL, callee, args, kwargs)


def read(receiver: Any, /, *attributes: str) -> Transition:
    """Read an attribute of what may be another entity; or several, for `field` to take apart."""
    return Transition(Verb.READ, receiver, attributes, {})


def field(came: Any, index: int, /) -> Any:
    """Return the value of one of the attributes that were read together, or raise what reading it raised."""
    values, error = result(came)
    return values[index] if index < len(values) else result(Raised(error))


def key(receiver: Any, attribute: str, /) -> Any:
    """Return the attribute of an entity that is its key, and of anything else its attribute of that name."""
    address = known_address(receiver)
    return getattr(receiver, attribute) if address is None else address.key


def assign(receiver: Any, attribute: str, value: object, /) -> Any:
    """Assign to an attribute; where it is a property, return what its setter returns."""
    found = getattr(type(receiver), attribute, None)
    if isinstance(found, property) and found.fset is not None:
        return found.fset(receiver, value)
    setattr(receiver, attribute, value)
    return None


def delete(receiver: Any, attribute: str, /) -> Any:
    """Delete an attribute; where it is a property, return what its deleter returns."""
    found = getattr(type(receiver), attribute, None)
    if isinstance(found, property) and found.fdel is not None:
        return found.fdel(receiver)
    delattr(receiver, attribute)
    return None


def create(cls: type, /, *args: Any, **kwargs: Any) -> Transition:
    """Create an entity."""
    return Transition(Verb.CREATE, cls, args, kwargs)


def gather(*branches: Any, return_exceptions: object = False) -> Transition:
    """Make several calls, and go on with the list of their results; in an asynchronous block, await what else is given."""
    if sys._getframe(1).f_code.co_flags & CO_COROUTINE:
        for branch in branches:
            if type(branch) is Transition:
                continue
            hash(branch)
            if not isawaitable(branch):
                raise TypeError("An asyncio.Future, a coroutine or an awaitable is required")
    return Transition(Verb.GATHER, bool(return_exceptions), branches, {})


def goto(block: Callable[..., Any], /, **live: Any) -> Goto:
    """Go on in `block` with these variables."""
    return Goto(block, live)


def bound(variables: Mapping[str, Any], /, *names: str) -> dict[str, Any]:
    """Return those of the named variables that have a value."""
    return {name: variables[name] for name in names if name in variables}


def resume(method: str, *, handling: Sequence[str] = ()) -> Callable[[_Function], _Function]:
    """Mark a function as the block of a method that takes the result of a call.

    `handling` names the variables that hold the exceptions which are being handled in it, the outermost first.
    """
    return _marker(method, handling)


def block(method: str, *, handling: Sequence[str] = ()) -> Callable[[_Function], _Function]:
    """Mark a function as a block of a method that control goes to within a step; `handling` as for `resume`."""
    return _marker(method, handling)


def _marker(method: str, handling: Sequence[str]) -> Callable[[_Function], _Function]:
    def mark(function: _Function) -> _Function:
        setattr(function, MARK, (method, tuple(handling)))
        return function

    return mark


def method_of(function: FunctionType) -> str | None:
    """Return the name of the method that a function is a block of; None where it is none."""
    method, _ = getattr(function, MARK, (None, ()))
    return method


def handled(function: Callable[..., Any], live: Mapping[str, Any]) -> BaseException | None:
    """Return the exception that is being handled in a block with these variables, if any."""
    _, names = getattr(function, MARK, (None, ()))
    for name in reversed(names):
        if isinstance(live[name], BaseException):
            return live[name]  # type: ignore[no-any-return]
    return None
