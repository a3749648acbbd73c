"""What Python's own functions keep in mind while they ask for elements, as it can be carried from step to step.

The results, and what is raised when, are those of `sum`, `min`, `max`, `dict` and `list.sort` of the running Python.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import chain, repeat
from typing import Any

_NUMBERS = (int, bool, float, complex)
_LONGEST = 62
"""Integers of more bits may not fit where `sum` adds floats."""


class Sum:
    """The progress of `sum`. Numbers are added up in the end: how CPython rounds depends on all of them and on its version."""

    __slots__ = ("numbers", "plain", "total")

    def __init__(self, start: Any = 0) -> None:
        self.total = sum((), start)
        self.numbers: list[Any] = []
        self.plain = type(start) in (int, float, complex)
        """Whether nothing but numbers of Python's own has been added."""

    def add(self, element: Any) -> None:
        """Add an element. Raises what its `+` raises."""
        kind = type(element)
        if not self.plain:
            self.total = self.total + element
        elif type(self.total) is int and not self.numbers and kind in (int, bool):
            self.total += element
        elif kind not in _NUMBERS:
            self.total = sum([*self.numbers, element], self.total)
            self.numbers = []
            self.plain = False
        else:
            if kind is int and element.bit_length() > _LONGEST or not self.numbers:
                sum([*self.numbers, element], self.total)
            self.numbers.append(element)

    def result(self) -> Any:
        """Return the sum."""
        return sum(self.numbers, self.total) if self.plain else self.total


class Entries:
    """The progress of `dict` over pairs."""

    __slots__ = ("count", "entries")

    def __init__(self) -> None:
        self.entries: dict[Any, Any] = {}
        self.count = 0

    def add(self, pair: Any) -> None:
        """Add a key and its value. Raises what `dict` raises where these are not two."""
        if type(pair) in (tuple, list) and len(pair) == 2:
            self.entries[pair[0]] = pair[1]
        else:
            filler = object()
            found = dict(chain(repeat((filler, None), self.count), [pair]))
            found.pop(filler, None)
            self.entries.update(found)
        self.count += 1

    def result(self, **named: Any) -> dict[Any, Any]:
        """Return the dictionary, with these values for named keys."""
        self.entries.update(named)
        return self.entries


class _Best:
    __slots__ = ("element", "found", "key")

    def __init__(self) -> None:
        self.found = False
        self.element: Any = None
        self.key: Any = None

    def add(self, element: Any) -> None:
        """Compare an element itself with the best so far."""
        self.add_keyed(element, element)

    def add_by(self, key: Callable[[Any], Any] | None, element: Any) -> None:
        """Compare what a function makes of an element, or the element itself where there is none."""
        self.add_keyed(element, element if key is None else key(element))

    def add_keyed(self, element: Any, key: Any) -> None:
        """Compare the key of an element with that of the best so far."""
        if not self.found or self.is_better(key):
            self.found = True
            self.element = element
            self.key = key

    def is_better(self, key: Any) -> Any:
        """Return whether a key takes the place of the best so far."""
        raise NotImplementedError

    def none(self) -> Any:
        """Raise what is raised where there are no elements."""
        raise NotImplementedError

    def result(self, **default: Any) -> Any:
        """Return the best element; where there is none, `default`. Raises ValueError where that is not given."""
        if self.found:
            return self.element
        return default["default"] if default else self.none()


class Min(_Best):
    """The progress of `min`."""

    __slots__ = ()

    def is_better(self, key: Any) -> Any:
        """Return whether a key is below the least so far."""
        return key < self.key

    def none(self) -> Any:
        """Raise what `min` raises."""
        return min(())


class Max(_Best):
    """The progress of `max`."""

    __slots__ = ()

    def is_better(self, key: Any) -> Any:
        """Return whether a key is above the greatest so far."""
        return key > self.key

    def none(self) -> Any:
        """Raise what `max` raises."""
        return max(())


COLLECTORS: tuple[type, ...] = (Sum, Entries, Min, Max)
"""The classes of collectors, as they may be met in a frame."""


def listed(iterable: Iterable[Any]) -> list[Any]:
    """Return a new list of elements."""
    return list(iterable)


def arranged(elements: list[Any], keys: list[Any], reverse: Any = False) -> list[Any]:
    """Put the elements of a list of our own into the order of their keys."""
    rearrange(elements, elements, keys, reverse)
    return elements


def rearrange(target: list[Any], elements: list[Any], keys: list[Any], reverse: Any = False) -> None:
    """Put elements into a list, in the order of their keys. Where comparing fails, as far as it has come, as `list.sort` does.

    Raises ValueError where the list has grown or shrunk since the keys were asked for.
    """
    order = list(range(len(elements)))
    is_changed = len(target) != len(elements)
    try:
        order.sort(key=keys.__getitem__, reverse=reverse)
    finally:
        target[:] = [elements[index] for index in order]
    if is_changed:
        raise ValueError("list modified during sort")
