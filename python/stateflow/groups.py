"""`except*`: what its handlers take of an exception, and what becomes of the rest."""

from __future__ import annotations

from collections.abc import Iterator
from types import CodeType, TracebackType
from typing import Any

from stateflow.exits import result, throw
from stateflow.wire.exceptions import LINES, REGROUPED, is_wrapper

_PASSED: frozenset[CodeType] = frozenset({throw.__code__, result.__code__})
"""What raises an exception again that CPython would have let through."""


class Parts:
    """What is left of an exception while its handlers are looked for, and what they have raised."""

    __slots__ = ("error", "raised", "reraised", "rest")

    def __init__(self, error: BaseException) -> None:
        self.error = error
        self.rest: BaseException | None = error
        self.raised: list[BaseException] = []
        self.reraised: list[BaseException] = []
        """Those that the handlers have let through, or raised again as they were."""

    def take(self, classes: Any) -> BaseException | None:
        """Return what is left of these classes, as a group; None where there is nothing. Raises TypeError where they are none."""
        kinds = classes if isinstance(classes, tuple) else (classes,)
        if not all(isinstance(kind, type) and issubclass(kind, BaseException) for kind in kinds):
            raise TypeError("catching classes that do not inherit from BaseException is not allowed")
        if any(issubclass(kind, BaseExceptionGroup) for kind in kinds):
            raise TypeError("catching ExceptionGroup with except* is not allowed. Use except instead.")
        whole = self.rest
        if whole is None:
            return None
        if any(kind in type(whole).__mro__ for kind in kinds):
            self.rest = None
            return whole if isinstance(whole, BaseExceptionGroup) else BaseExceptionGroup("", (whole,))
        if not isinstance(whole, BaseExceptionGroup):
            return None
        matched: BaseException | None
        matched, rest = whole.split(classes)
        if matched is None:
            # CPython goes on with the group itself, not with the copy that is left of it.
            return None
        self.rest = rest
        for part in (matched, rest):
            _keep_lines(part, whole)
        return matched

    def collect(self, error: BaseException) -> None:
        """Take note of what a handler has raised."""
        if error.__context__ is None and is_wrapper(error, self.error):
            error.__dict__[REGROUPED] = True
        same = _is_same(error, self.error)
        (self.reraised if same else self.raised).append(error)

    def outcome(self) -> BaseException | None:
        """Return what is to be raised once all handlers have run, if anything."""
        if self.rest is not None:
            self.collect(self.rest)
        whole = self.error
        if not isinstance(whole, BaseExceptionGroup):
            return next(iter(self.raised), None)
        again = _projection(whole, self.reraised) if self.reraised else None
        raised = self.raised if again is None else [*self.raised, again]
        if len(raised) < 2:
            return next(iter(raised), None)
        regrouped = BaseExceptionGroup("", raised)
        regrouped.__dict__[REGROUPED] = True
        return regrouped


def _projection(whole: BaseExceptionGroup[Any], parts: list[BaseException]) -> BaseException | None:
    """Return what is left of a group when it holds nothing but what these hold."""
    kept = {id(leaf) for part in parts for leaf in _leaves(part)}
    found = BaseExceptionGroup.subgroup(whole, lambda error: id(error) in kept)
    _keep_lines(found, whole)
    return found


def _leaves(error: BaseException) -> Iterator[BaseException]:
    if not isinstance(error, BaseExceptionGroup):
        yield error
        return
    for part in error.exceptions:
        yield from _leaves(part)


def _keep_lines(part: object, whole: BaseException) -> None:
    """Give what was split off a group, and the groups in it, the lines that these have come through."""
    if part is whole or not isinstance(part, BaseExceptionGroup) or not isinstance(whole, BaseExceptionGroup):
        return
    if LINES in whole.__dict__:
        part.__dict__.setdefault(LINES, whole.__dict__[LINES])
    for inner in part.exceptions:
        leaf = next(_leaves(inner))
        for origin in whole.exceptions:
            if any(leaf is other for other in _leaves(origin)):
                _keep_lines(inner, origin)


def _is_same(error: BaseException, whole: BaseException) -> bool:
    """Tell whether an exception is a part of a group that nobody has raised since, going by what CPython goes by. Another group that has come
    through the same lines is none."""
    return (
        isinstance(error, BaseExceptionGroup)
        and isinstance(whole, BaseExceptionGroup)
        and error.__cause__ is whole.__cause__
        and error.__context__ is whole.__context__
        and _path(error) == _path(whole)
        and {id(leaf) for leaf in _leaves(error)} <= {id(leaf) for leaf in _leaves(whole)}
    )


def _path(error: BaseException) -> list[object]:
    """Return the entries of a traceback, but for those of what raises an exception again for a block of its method."""
    entries: list[TracebackType] = []
    entry = error.__traceback__
    is_passed = False
    while entry is not None:
        was_passed, is_passed = is_passed, entry.tb_frame.f_code in _PASSED
        if not is_passed:
            entries.append(entry)
        elif not was_passed:
            del entries[-1:]
        entry = entry.tb_next
    return [*entries, *map(tuple, error.__dict__.get(LINES, ()))]
