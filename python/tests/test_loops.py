"""Loops that are cut go on as CPython's iterators do."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from itertools import product
from typing import Any

import pytest
from stateflow.loops import LOOPS, Loop, iterate
from stateflow.wire.names import Names
from stateflow.wire.reader import Reader
from stateflow.wire.sharing import Scan, encode
from stateflow.wire.values import Wire

WIRE = Wire(Names([]))
for _loop in LOOPS:
    WIRE.names.register(_loop.__name__.encode(), _loop)


def carried(loop: Loop, *others: Any) -> tuple[Loop, ...]:
    """Return the loop, and what it shares objects with, as they are after a hop."""
    value = [loop, *others]
    back: list[Any] = Reader(WIRE, lambda entity, key: None).read(encode(WIRE, value, Scan(WIRE, value)))
    return tuple(back)


def elements(loop: Loop, carry: bool) -> list[Any]:
    found = []
    while loop.more():
        found.append(loop.next())
        if carry:
            (loop,) = carried(loop)
    assert not loop.more(), "a loop that has ended stays so"
    return found


TABLE = {"a": 1, "b": 2, "c": 3}
ITERABLES: list[Callable[[], Iterable[Any]]] = [
    lambda: [1, 2, 3],
    list,
    lambda: (1, 2),
    lambda: "añ\U0001f600",
    lambda: b"ab",
    lambda: bytearray(b"ab"),
    lambda: range(5, 0, -2),
    lambda: range(2**70, 2**70 + 2),
    lambda: dict(TABLE),
    lambda: dict(TABLE).keys(),
    lambda: dict(TABLE).values(),
    lambda: dict(TABLE).items(),
    lambda: reversed(dict(TABLE)),
    lambda: reversed(dict(TABLE).items()),
    lambda: reversed([1, 2, 3]),
    lambda: reversed((1, 2, 3)),
    lambda: reversed("abc"),
    lambda: reversed(range(4)),
    lambda: enumerate(["a", "b"]),
    lambda: enumerate(dict(TABLE).items(), start=5),
    lambda: enumerate(enumerate("ab")),
    lambda: zip([1, 2, 3], "ab"),
    lambda: zip(),
    lambda: zip(dict(TABLE), reversed([1, 2, 3]), strict=True),
    lambda: (number * 2 for number in range(3)),
    lambda: {1},
    lambda: frozenset({1}),
    lambda: map(str, [1, 2]),
    lambda: iter([1, 2]),
]


@pytest.mark.parametrize("carry", [False, True], ids=["stays", "carried"])
@pytest.mark.parametrize("make", ITERABLES)
def test_the_same_elements(make: Callable[[], Iterable[Any]], carry: bool) -> None:
    assert elements(iterate(make()), carry) == list(make())


@pytest.mark.parametrize("carry", [False, True], ids=["stays", "carried"])
def test_an_iterator_goes_on_from_where_it_is(carry: bool) -> None:
    for make in (
        lambda: iter([1, 2, 3]),
        lambda: reversed([1, 2, 3]),
        lambda: iter(dict(TABLE)),
        lambda: enumerate("abc"),
    ):
        begun, plain = make(), make()
        next(begun)
        next(plain)
        assert elements(iterate(begun), carry) == list(plain)
    ended = iter([1])
    list(ended)
    assert elements(iterate(ended), carry) == []
    ended = iter({1: 1})
    list(ended)
    assert elements(iterate(ended), carry) == []


@pytest.mark.parametrize("carry", [False, True], ids=["stays", "carried"])
def test_a_list_is_followed(carry: bool) -> None:
    items: list[Any] = [1, 2]
    loop = iterate(items)
    found = []
    while loop.more():
        found.append(loop.next())
        if carry:
            loop, items = carried(loop, items)  # type: ignore[assignment]
        if len(found) < 4:
            items.append(found[-1] * 10)
        if len(found) == 2:
            del items[0]
    expected: list[Any] = []
    items = [1, 2]
    for item in items:
        expected.append(item)
        if len(expected) < 4:
            items.append(item * 10)
        if len(expected) == 2:
            del items[0]
    assert found == expected


@pytest.mark.parametrize("carry", [False, True], ids=["stays", "carried"])
def test_a_dictionary_that_changes_its_size(carry: bool) -> None:
    table = dict(TABLE)
    loop = iterate(table.items())
    assert loop.more()
    assert loop.next() == ("a", 1)
    if carry:
        loop, table = carried(loop, table)  # type: ignore[assignment]
    table["b"] = 20
    assert loop.more()
    assert loop.next() == ("b", 20)
    table["d"] = 4
    for _ in range(2):
        with pytest.raises(RuntimeError, match="dictionary changed size during iteration"):
            loop.more()


CHANGES = ("none", "first", "given", "next", "again")
"""What happens to a dictionary while a loop is at one of its keys: another key takes the place of the first one, of the one that was
given, or of the next, or the one that was given is put behind all others."""


def _change(mapping: dict[str, int], change: str, given: str, number: int) -> None:
    keys = list(mapping)
    gone = {"first": keys[0], "given": given, "again": given, "next": keys[-1]}.get(change)
    if gone is not None and gone in mapping:
        del mapping[gone]
        mapping[given if change == "again" else f"new{number}"] = number


def _outcome(mapping: dict[str, int], changes: tuple[str, ...], step: Callable[[], tuple[dict[str, int], str]]) -> Any:
    found = []
    try:
        for number, change in enumerate(changes):
            mapping, key = step()
            found.append(key)
            _change(mapping, change, key, number)
    except (StopIteration, RuntimeError) as error:
        return found, repr(error)
    return found, list(mapping)


def _native(mapping: dict[str, int], iterator: Iterator[str]) -> tuple[dict[str, int], str]:
    return mapping, next(iterator)


@pytest.mark.parametrize("carry", [False, True])
@pytest.mark.parametrize("backward", [False, True])
def test_a_dictionary_that_keeps_its_size(backward: bool, carry: bool) -> None:
    for changes in product(CHANGES, repeat=4):
        if sum(change != "none" for change in changes) > 2:
            # CPython makes the table anew, and its iterator loses its place in it.
            continue
        plain = dict(TABLE)

        iterator = iter(reversed(plain) if backward else plain)
        expected = _outcome(plain, changes, partial(_native, plain, iterator))
        mapping = dict(TABLE)
        held: list[Any] = [iterate(reversed(mapping) if backward else mapping), mapping]

        def step(held: list[Any] = held) -> tuple[dict[str, int], str]:
            if carry:
                held[:] = carried(*held)
            loop, mapping = held
            if not loop.more():
                raise StopIteration
            return mapping, loop.next()

        assert _outcome(mapping, changes, step) == expected, changes


@pytest.mark.parametrize("lengths", [(2, 1), (1, 2), (2, 2, 1), (2, 2, 3), (0, 1)])
def test_strict_zip_raises_what_it_raises(lengths: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="zip") as expected:
        list(zip(*(range(length) for length in lengths), strict=True))
    with pytest.raises(ValueError, match="zip") as caught:
        elements(iterate(zip(*(range(length) for length in lengths), strict=True)), carry=True)
    assert str(caught.value) == str(expected.value)


def test_what_cannot_be_iterated() -> None:
    with pytest.raises(TypeError, match="'int' object is not iterable"):
        iterate(3)
