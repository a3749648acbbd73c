"""What programs bring along: of it, each gets what it uses."""

from __future__ import annotations

import re

IMPORTS = """
from __future__ import annotations

import asyncio
import sys
from contextlib import aclosing, closing, nullcontext, suppress
from dataclasses import dataclass, field
from typing import Generic, Optional, Protocol, TypeVar, Union

from stateflow import entity, gather
"""

DEFINITIONS = """
T = TypeVar("T")


A = TypeVar("A")


Numbers = list[int]


Several = list[T]


Named = dict[str, T]


Perhaps = Optional[T]


Either = Union["P", "Q"]


class Oops(Exception):
    def __init__(self, code: int, why: str) -> None:
        super().__init__(code, why)
        self.code = code


class Worse(Oops):
    pass


@dataclass
class Box:
    n: int
    items: list[int] = field(default_factory=list)


class Cell(Generic[T]):
    def __init__(self, held: T) -> None:
        self.held = held

    def get(self) -> T:
        return self.held

    def put(self, held: T) -> T:
        old, self.held = self.held, held
        return old

    @property
    def same(self) -> T:
        return self.held


@dataclass
class Duo(Generic[T, A]):
    first: T
    second: A

    def swap(self) -> Duo[A, T]:
        return Duo(self.second, self.first)


class Held:
    def __init__(self, log: list[str], name: str, swallows=()) -> None:
        self.log = log
        self.name = name
        self.swallows = swallows

    def __enter__(self) -> str:
        self.log.append(f"enter {self.name}")
        return self.name

    def __exit__(self, kind, error, trace) -> bool:
        self.log.append(f"exit {kind and kind.__name__}")
        return kind is not None and issubclass(kind, self.swallows)

    def close(self) -> None:
        self.log.append("close")


class SoonHeld:
    def __init__(self, log: list[str], name: str, swallows=()) -> None:
        self.log = log
        self.name = name
        self.swallows = swallows

    async def __aenter__(self) -> str:
        await asyncio.sleep(0)
        self.log.append(f"soon enter {self.name}")
        return self.name

    async def __aexit__(self, kind, error, trace) -> bool:
        self.log.append(f"soon exit {kind and kind.__name__}")
        await asyncio.sleep(0)
        return kind is not None and issubclass(kind, self.swallows)

    async def aclose(self) -> None:
        await asyncio.sleep(0)
        self.log.append("soon close")


class Count:
    def __init__(self, log: list[str], stop: int) -> None:
        self.log = log
        self.stop = stop
        self.next = 0

    def __aiter__(self) -> Count:
        return self

    async def __anext__(self) -> int:
        self.log.append(f"next {self.next}")
        if self.next == self.stop:
            raise StopAsyncIteration
        await asyncio.sleep(0)
        self.next += 1
        return self.next


class Row(Generic[T]):
    def __init__(self, held: list[T]) -> None:
        self.held = held
        self.next = 0

    def __aiter__(self) -> Row[T]:
        return self

    async def __anext__(self) -> tuple[int, T]:
        if self.next >= min(len(self.held), 3):
            raise StopAsyncIteration(self.next)
        await asyncio.sleep(0)
        self.next += 1
        return self.next, self.held[self.next - 1]


def first_of(things: list[T], other: T) -> T:
    return things[0] if things else other


def or_else(value: Optional[T], other: T) -> T:
    return other if value is None else value


def at(items, index):
    return items[index % len(items)] if items else 0


def row(grid: list[list[int]], index: int) -> list[int]:
    return grid[index % len(grid)] if grid else []


def push(items, item) -> None:
    if len(items) < 6:
        items.append(item)


def deep(grid: list[list[int]]) -> list[list[int]]:
    return [list(part) for part in grid]


def copy_box(box: Box) -> Box:
    return Box(box.n, list(box.items))


def clip(number: int, top: int = 50) -> int:
    return number if abs(number) < top else top
""".strip().split("\n\n\n")
"""Classes and functions of the module."""

SHARED = """
def note(self, value: int) -> int:
    self.log.append(f"note {value}")
    return value


def new_key(self) -> str:
    self.made += 1
    return f"{self.key}.{self.made}"
""".strip().split("\n\n\n")
"""Methods of all classes."""


THROWING = ".check("
"""The call of the only one of these methods that raises an exception."""


def commuting(other: str) -> list[str]:
    """A method that only reads, and such as give the same whatever runs beside them; some call entities of another class."""
    return f"""
def look(self, k: int) -> int:
    if (self.n + k) % 9 == 8:
        raise ValueError(k)
    return (self.n + k) % 97


def plus(self, k: int) -> int:
    self.total += k
    return k + 1


def errors(self, k: int) -> object:
    self.total += 1
    return [KeyError, Oops, (Worse, ValueError), (), LookupError, Exception][k % 6]


async def add(self, k: int) -> int:
    self.total += k
    return k * 2 % 97


async def check(self, k: int) -> int:
    self.total += 1
    if k % 5 == 4:
        raise Oops(k, self.fixed_name)
    return k


async def _pass(self, other: {other}, k: int) -> int:
    got = await other.add(k)
    self.total += got
    return got


async def _soon(self, k: int) -> int:
    await asyncio.sleep(0)
    self.total += k
    return k


async def spread(self, others: list[{other}], k: int) -> int:
    got = await asyncio.gather(*[other.add(k) for other in others], self._soon(k), *[self._pass(o, 1) for o in others])
    self.total += len(got)
    return sum(got) % 97
""".strip().split("\n\n\n")


class Used:
    """The names that stand in a program so far."""

    def __init__(self) -> None:
        self._names: set[str] = set()

    def __contains__(self, name: str) -> bool:
        return name in self._names

    def add(self, text: str) -> None:
        """Takes in a part of the program."""
        self._names.update(re.findall(r"\w+", text))

    def add_all(self, definitions: list[list[str]]) -> None:
        """Takes in definitions as lines."""
        for lines in definitions:
            self.add("\n".join(lines))

    def pick(self, definitions: list[str]) -> list[str]:
        """Those of some definitions that are used, also by each other, in their order."""
        picked: set[str] = set()
        while more := {one for one in definitions if one not in picked and _name(one) in self}:
            picked |= more
            self.add("\n".join(more))
        return [one for one in definitions if one in picked]


def _name(definition: str) -> str:
    return next(re.finditer(r"(?:class |def |^(?=\w+ = ))(\w+)", definition))[1]
