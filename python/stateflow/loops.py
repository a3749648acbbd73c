"""`for` loops whose progress can be carried from step to step.

A loop follows what it iterates over as CPython's iterators do: a list that grows is followed, a dictionary that changes its
size is an error.
"""

from __future__ import annotations

from collections.abc import Iterator
from gc import get_referents
from inspect import isawaitable
from itertools import islice
from operator import length_hint
from typing import Any

from stateflow.special import special

_END = object()


class Loop:
    """The progress of a loop: `more()` asks for the next element, `next()` gives it."""

    __slots__ = ("_element",)
    __stateflow_transient__ = frozenset({"_element", "_iterator"})

    def more(self) -> bool:
        """Advance, and tell whether there is an element. Raises what `__next__` would."""
        self._element = self.advance()
        return self._element is not _END

    def next(self) -> Any:
        """Return the element that `more` has found."""
        element = self._element
        del self._element
        return element

    def advance(self) -> Any:
        """Return the next element, or `_END`."""
        raise NotImplementedError


class ForwardLoop(Loop):
    """Over a sequence, by index. A list is followed as it grows or shrinks."""

    __slots__ = ("items", "position")

    def __init__(self, items: Any, position: int = 0) -> None:
        self.items = items
        self.position = position

    def advance(self) -> Any:
        """Return the next element, or `_END` from then on."""
        try:
            element = self.items[self.position]
        except IndexError:
            self.items = ()
            return _END
        self.position += 1
        return element


class BackwardLoop(Loop):
    """Over a sequence from its end, by index."""

    __slots__ = ("items", "position")

    def __init__(self, items: Any, position: int) -> None:
        self.items = items
        self.position = position

    def advance(self) -> Any:
        """Return the element before, or `_END` from then on."""
        try:
            element = self.items[self.position] if self.position >= 0 else _END
        except IndexError:
            element = _END
        if element is _END:
            self.items = ()
        self.position -= 1
        return element


class DictLoop(Loop):
    """Over a dictionary's keys, values or items."""

    __slots__ = ("_iterator", "backward", "left", "mapping", "part", "position", "size")

    def __init__(self, mapping: dict[Any, Any] | None, part: str, position: int, backward: bool) -> None:
        """`position` counts the entries that the loop has passed, and `left` those that it still expects."""
        self.mapping = mapping
        self.part = part
        self.position = position
        self.size = 0 if mapping is None else len(mapping)
        self.left = self.size - position
        self.backward = backward

    def advance(self) -> Any:
        """Return the next key, value or item, or `_END` from then on. Raises RuntimeError where CPython sees that the keys have changed."""
        if self.mapping is None:
            return _END
        if len(self.mapping) != self.size:
            self.size = -1
            raise RuntimeError("dictionary changed size during iteration")
        item = next(self._live(self.mapping), None)
        if item is None:
            self.mapping = None
            return _END
        if not self.left and not self.backward:
            self.mapping = None
            raise RuntimeError("dictionary keys changed during iteration")
        self.left -= 1
        return item if self.part == "items" else item[self.part == "values"]

    def __stateflow_settle__(self) -> None:
        """Find out how far the loop is. Entries that it has passed may be gone by now, and only CPython's own iterator knows of them."""
        iterator: Iterator[tuple[Any, Any]] | None = getattr(self, "_iterator", None)
        if iterator is None or self.mapping is None or len(self.mapping) != self.size:
            return
        del self._iterator
        ahead: list[tuple[Any, Any]] = []
        try:
            ahead.extend(iterator)
            self.position = self.size - len(ahead)
        except RuntimeError:
            # There are more ahead than it expects, of which it has given those that it does.
            keys = list(self.mapping)
            self.position = next((index for index, key in enumerate(keys) if ahead and key is ahead[0][0]), 0)

    def _live(self, mapping: dict[Any, Any]) -> Iterator[tuple[Any, Any]]:
        """Return CPython's own iterator, made again where the loop has come from another step."""
        try:
            return self._iterator
        except AttributeError:
            items = mapping.items()
            self._iterator: Iterator[tuple[Any, Any]] = islice(
                reversed(items) if self.backward else iter(items), self.position, None
            )
            return self._iterator


class EnumerateLoop(Loop):
    """Over another loop, with numbers."""

    __slots__ = ("count", "inner")

    def __init__(self, inner: Loop, count: int) -> None:
        self.inner = inner
        self.count = count

    def advance(self) -> Any:
        """Return the next number and element, or `_END`."""
        element = self.inner.advance()
        if element is _END:
            return _END
        self.count += 1
        return self.count - 1, element


class ZipLoop(Loop):
    """Over several loops at once."""

    __slots__ = ("inner", "strict")

    def __init__(self, inner: list[Loop], strict: bool) -> None:
        self.inner = inner
        self.strict = strict

    def advance(self) -> Any:
        """Return the next elements, or `_END`. Raises ValueError where a strict `zip` would."""
        elements: list[Any] = []
        for index, loop in enumerate(self.inner):
            element = loop.advance()
            if element is _END:
                if self.strict:
                    self._check_ends(index)
                return _END
            elements.append(element)
        return tuple(elements) if elements else _END

    def _check_ends(self, ended: int) -> None:
        """Raise what `zip` raises where the loops are not of one length."""
        if ended > 0:
            raise ValueError(f"zip() argument {ended + 1} is shorter than {_arguments(ended)}")
        for index, loop in enumerate(self.inner[1:], start=1):
            if loop.advance() is not _END:
                raise ValueError(f"zip() argument {index + 1} is longer than {_arguments(index)}")


def _arguments(count: int) -> str:
    return "argument 1" if count == 1 else f"arguments 1-{count}"


class AsyncLoop:
    """The progress of an `async for`: the iterator, and the element that it has given."""

    __slots__ = ("_element", "iterator")
    __stateflow_transient__ = frozenset({"_element"})

    def __init__(self, iterator: Any) -> None:
        self.iterator = iterator

    async def more(self) -> bool:
        """Advance, and tell whether there is an element. Raises what `__anext__` would."""
        try:
            self._element = await self._advance()
        except StopAsyncIteration:
            return False
        return True

    def next(self) -> Any:
        """Return the element that `more` has found."""
        element = self._element
        del self._element
        return element

    def _advance(self) -> Any:
        """Return what is to be awaited for the next element. Raises TypeError where it cannot be."""
        given = special(self.iterator, "__anext__")()
        if isawaitable(given):
            return given
        kind = type(given).__name__
        try:
            raise TypeError(f"object {kind} can't be used in 'await' expression")
        except TypeError as error:
            raise TypeError(f"'async for' received an invalid object from __anext__: {kind}") from error


LOOPS: tuple[type, ...] = (ForwardLoop, BackwardLoop, DictLoop, EnumerateLoop, ZipLoop, AsyncLoop)
"""The classes of loops, as they may be met in a frame."""

_SEQUENCES = (list, tuple, str, bytes, bytearray, range)
_VIEWS: dict[type, str] = {type({}.keys()): "keys", type({}.values()): "values", type({}.items()): "items"}
_DICT_ITERATORS: dict[type, tuple[str, bool]] = {
    type(make(getattr({}, part)())): (part, backward)
    for part in ("keys", "values", "items")
    for make, backward in ((iter, False), (reversed, True))
}
_SEQUENCE_ITERATORS: tuple[type, ...] = (
    *(type(iter(empty)) for empty in (list[Any](), (), "", "\u0100", b"", bytearray(), range(0), range(2**70))),
    type(reversed([])),
    reversed,
)


def iterate(iterable: Any, /) -> Loop:
    """Return the progress of a loop over something; what cannot be followed is listed first."""
    kind = type(iterable)
    if kind in _SEQUENCES:
        return ForwardLoop(iterable)
    if kind is dict:
        return DictLoop(iterable, "keys", 0, False)
    if kind in _VIEWS:
        return DictLoop(get_referents(iterable)[0], _VIEWS[kind], 0, False)
    if kind in _DICT_ITERATORS:
        return _dict_loop(iterable, *_DICT_ITERATORS[kind])
    if kind in _SEQUENCE_ITERATORS:
        return _sequence_loop(iterable)
    if kind is enumerate:
        _, (iterator, count) = iterable.__reduce__()
        return EnumerateLoop(iterate(iterator), count)
    if kind is zip:
        _, iterators, *strict = iterable.__reduce__()
        return ZipLoop([iterate(iterator) for iterator in iterators], bool(strict))
    return ForwardLoop(list(iterable))


def iterate_async(iterable: Any, /) -> AsyncLoop:
    """Return the progress of an `async for` over something. Raises TypeError where there is no such."""
    begin = special(iterable, "__aiter__")
    if begin is None:
        raise TypeError(f"'async for' requires an object with __aiter__ method, got {type(iterable).__name__}")
    iterator = begin()
    if special(iterator, "__anext__") is None:
        raise TypeError(
            f"'async for' received an object from __aiter__ that does not implement __anext__: {type(iterator).__name__}"
        )
    return AsyncLoop(iterator)


def _dict_loop(iterator: Any, part: str, backward: bool) -> Loop:
    mapping = next((found for found in get_referents(iterator) if type(found) is dict), None)
    if mapping is None:
        return ForwardLoop(())
    return DictLoop(mapping, part, len(mapping) - length_hint(iterator), backward)


def _sequence_loop(iterator: Any) -> Loop:
    make, args, *position = iterator.__reduce__()
    if not position or position[0] is None:
        return ForwardLoop(args[0])
    if make is reversed:
        return BackwardLoop(args[0], position[0])
    return ForwardLoop(args[0], position[0])
