"""Built-in types that are made of other values, or that an app's classes may extend."""

from __future__ import annotations

from collections import Counter, OrderedDict, defaultdict, deque
from collections.abc import Callable
from typing import Any, NamedTuple

from stateflow.wire import codes


class Base(NamedTuple):
    """What is encoded of an instance of a type, and how it is put back."""

    code: int | None
    """The extension type; None where msgpack itself has a form for it."""
    content: Callable[[Any], object]
    make: Callable[[type, Any], Any]
    """Of the class and the content; of the class alone (and None) where there is `fill`."""
    fill: Callable[[Any, Any], None] | None = None
    """Of the instance and the content, for what may contain itself."""


def _empty(base: type) -> Callable[[type, Any], Any]:
    make: Any = base.__new__
    return lambda cls, _: make(cls)


def _exact(base: type) -> Callable[[type, Any], Any]:
    make: Any = base.__new__
    return lambda cls, content: make(cls, content)


def _fill_ordered(target: Any, content: Any) -> None:
    for key, value in content.items():
        OrderedDict.__setitem__(target, key, value)


def _fill_defaultdict(target: Any, content: Any) -> None:
    target.default_factory, items = content
    dict.update(target, items)


def _fill_deque(target: Any, content: Any) -> None:
    maxlen, items = content
    deque.__init__(target, items, maxlen)


def _make_bytearray(cls: type, content: Any) -> Any:
    made: bytearray = bytearray.__new__(cls)
    bytearray.__init__(made, content)
    return made


BASES: dict[type, Base] = {
    OrderedDict: Base(codes.ORDEREDDICT, lambda v: dict(OrderedDict.items(v)), _empty(OrderedDict), _fill_ordered),
    Counter: Base(codes.COUNTER, dict.copy, _empty(dict), dict.update),
    defaultdict: Base(
        codes.DEFAULTDICT, lambda v: [v.default_factory, dict.copy(v)], _empty(defaultdict), _fill_defaultdict
    ),
    deque: Base(codes.DEQUE, lambda v: [v.maxlen, [*deque.__iter__(v)]], _empty(deque), _fill_deque),
    list: Base(None, lambda v: [*list.__iter__(v)], _empty(list), list.extend),
    dict: Base(None, dict.copy, _empty(dict), dict.update),
    set: Base(codes.SET, lambda v: [*set.__iter__(v)], _empty(set), set.update),
    frozenset: Base(codes.FROZENSET, lambda v: [*frozenset.__iter__(v)], _exact(frozenset)),
    tuple: Base(codes.TUPLE, lambda v: [*tuple.__iter__(v)], _exact(tuple)),
    bytearray: Base(codes.BYTEARRAY, bytes, _make_bytearray),
    bytes: Base(None, lambda v: bytes.__getitem__(v, slice(None)), _exact(bytes)),
    str: Base(None, str.__str__, _exact(str)),
    int: Base(None, int.__int__, _exact(int)),
    float: Base(None, float.__float__, _exact(float)),
    complex: Base(codes.COMPLEX, lambda v: [v.real, v.imag], lambda cls, content: complex.__new__(cls, *content)),
}
"""By type, the more special before those that they extend."""
