"""Exceptions: class, arguments, attributes, notes, cause, context, and the user's lines that they came through."""

from __future__ import annotations

from collections.abc import Callable
from dis import opmap
from types import GetSetDescriptorType, MemberDescriptorType
from typing import Any

from stateflow.errors import StateflowError
from stateflow.wire.layout import HEAP_TYPE, Layout

LINES = "__stateflow_lines__"
"""The attribute of an exception that came from elsewhere: the lines of its traceback up to here."""

REGROUPED = "__stateflow_regrouped__"
"""The attribute of a group that `except*` has made: that has no context, whatever is being handled."""

_RAISE = opmap["RAISE_VARARGS"]

_NOT_CARRIED = frozenset({"obj"})
"""The object that an AttributeError or NameError was about: anything, and not a description."""


def exception_content(error: BaseException, layout: Layout, lines: list[Any]) -> list[object]:
    """Return what is encoded of an exception: what `fill_exception` takes."""
    state = {name: value for name, value in layout.state(error).items() if name != LINES}
    members: Any = {
        name: value for name in _member_names(type(error)) if (value := getattr(error, name, None)) is not None
    }
    if isinstance(error, BaseExceptionGroup):
        # A tuple is there when the group is made of it; what is nested deeply in a list may follow later.
        members = (error.message, *error.exceptions)
    return [
        list(error.args),
        state or None,
        members or None,
        error.__cause__,
        error.__context__,
        error.__suppress_context__,
        [list(line) for line in lines],
    ]


def blank_exception(cls: type[BaseException]) -> BaseException:
    """Return an exception without arguments and attributes, without running the app's code."""
    made: BaseException = _builtin_base(cls).__new__(cls)
    return made


def blank_group(cls: type[BaseException], content: list[Any]) -> BaseException:
    """Return an exception group that holds what its content says, without running the app's code."""
    message, *exceptions = content[2]
    made: BaseException = _builtin_base(cls).__new__(cls, message, exceptions)
    return made


def bare_exception(error: BaseException, keeps: Callable[[object], bool]) -> BaseException:
    """Return an exception of the same class with those of its arguments and attributes that are kept, and nothing that led to it.

    An argument that is not kept is there as its text.
    """
    made = blank_exception(type(error))
    made.args = tuple(value if keeps(value) else str(value) for value in error.args)
    made.__dict__.update({name: value for name, value in error.__dict__.items() if keeps(value)})
    for name in _member_names(type(error)):
        if (value := getattr(error, name, None)) is not None and keeps(value):
            _set_member(made, name, value)
    return made.with_traceback(error.__traceback__)


def unencodable(error: BaseException, reason: StateflowError) -> StateflowError:
    """Return what stands for an exception that cannot be carried."""
    kind = type(error)
    return StateflowError(
        f"{kind.__module__}.{kind.__qualname__}: {error} (the exception itself cannot be carried: {reason})"
    )


def was_raised(error: BaseException) -> bool:
    """Tell whether an exception has been raised, here or elsewhere."""
    return error.__traceback__ is not None or bool(error.__dict__.get(LINES))


def note_regrouped(error: BaseException) -> None:
    """Mark the groups that `except*` has made, of an exception and what led to it, while their tracebacks tell them."""
    for current in led_to(error):
        if isinstance(current, BaseExceptionGroup) and current.__context__ is None and _is_regrouped(current):
            current.__dict__[REGROUPED] = True


def led_to(error: BaseException) -> list[BaseException]:
    """Return an exception and what led to it, each once: contexts, causes, and what groups hold."""
    found, seen = [error], {id(error)}
    for current in found:
        held = current.exceptions if isinstance(current, BaseExceptionGroup) else ()
        for other in (current.__context__, current.__cause__, *held):
            if other is not None and id(other) not in seen:
                seen.add(id(other))
                found.append(other)
    return found


def is_wrapper(error: BaseException, naked: BaseException) -> bool:
    """Tell whether a group is what `except*` hands its handler in place of an exception that is none."""
    return (
        isinstance(error, BaseExceptionGroup)
        and error.message == ""
        and len(error.exceptions) == 1
        and error.exceptions[0] is naked
    )


def _is_regrouped(error: BaseExceptionGroup[Any]) -> bool:
    """Tell whether a group was raised by no `raise`, or by one that raises again what its handler was given.

    CPython notes no line for what the end of `except*` raises, and gives no context to what is being handled itself.
    """
    entry = error.__traceback__
    while entry is not None and entry.tb_next is not None:
        entry = entry.tb_next
    if entry is None:
        return False
    operation, given = entry.tb_frame.f_code.co_code[entry.tb_lasti : entry.tb_lasti + 2]
    if operation != _RAISE:
        return True
    naked = error.exceptions[0]
    is_its_own = naked.__traceback__ is not None and naked.__traceback__.tb_frame is entry.tb_frame
    return not error.__dict__.get(LINES) and (given == 0 or (is_its_own and is_wrapper(error, naked)))


def fill_exception(error: BaseException, layout: Layout, content: list[Any]) -> None:
    """Give a blank exception its arguments and attributes, without running the app's code."""
    args, state, members, cause, context, suppress, lines = content
    is_group = isinstance(error, BaseExceptionGroup)
    if not is_group:
        _initialize(error, args)
    error.args = tuple(args)
    layout.fill(error, state or {})
    if not is_group:
        for name, value in (members or {}).items():
            _set_member(error, name, value)
    error.__cause__ = cause
    error.__context__ = context
    error.__suppress_context__ = suppress
    if lines:
        error.__dict__[LINES] = lines


def _initialize(error: BaseException, args: list[object]) -> None:
    try:
        _builtin_base(type(error)).__init__(error, *args)
    except (TypeError, ValueError):
        pass  # the class has other arguments than the built-in that it extends


def _builtin_base(cls: type[BaseException]) -> Any:
    return next(base for base in cls.__mro__ if not base.__flags__ & HEAP_TYPE)


def _member_names(cls: type[BaseException]) -> tuple[str, ...]:
    """Return the attributes that built-in exception classes keep outside `__dict__`."""
    if issubclass(cls, BaseExceptionGroup):
        return ()
    return tuple(
        name
        for base in cls.__mro__
        if not base.__flags__ & HEAP_TYPE and base not in (BaseException, object)
        for name, member in vars(base).items()
        if isinstance(member, MemberDescriptorType | GetSetDescriptorType) and name not in _NOT_CARRIED
    )


def _set_member(error: BaseException, name: str, value: object) -> None:
    if name in _member_names(type(error)):
        try:
            object.__setattr__(error, name, value)
        except (AttributeError, TypeError, ValueError):
            pass  # read-only in this version of Python
