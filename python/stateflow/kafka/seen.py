"""Which messages an entity has handled, for as long as one may come again."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable, Iterator
from dataclasses import dataclass, field
from typing import Protocol

from stateflow.wire.raw import pack, unpack, unpack_each

KEPT_MILLISECONDS = 3600 * 1000
"""How long an entity remembers a message at least, by the time of the log, counted from the start of the engine at the earliest."""

_BLOCK = 2048
"""How many bytes a block has at most, where it holds more than one id."""

_FORGOTTEN = 4
"""How many blocks may go when one is closed: more than come, and not so many that the message has to wait."""

_HELD = 1_000_000
"""How many ids are held in memory, of all entities together. One has more where it has seen more by itself."""

_ENTITY = 10
"""How many ids an entity counts for that has seen none."""


class Cell(Protocol):
    """Keyed state of an engine: a value."""

    def value(self) -> bytes | None:
        """Return what is stored, or None."""
        ...

    def update(self, value: bytes, /) -> None:
        """Store a value."""
        ...


class Table(Protocol):
    """Keyed state of an engine: values by name."""

    def get(self, name: str, /) -> bytes | None:
        """Return what is stored, or None."""
        ...

    def put(self, name: str, value: bytes, /) -> None:
        """Store a value."""
        ...

    def remove(self, name: str, /) -> None:
        """Remove a value."""
        ...


@dataclass(slots=True)
class _Held:
    """What an entity has seen, as its state has it."""

    open: bytes = b""
    """The entries of the open block."""
    number: int = 0
    """Of that block."""
    last: int = 0
    """When its last id was put there, by the log."""
    closed: list[tuple[int, int]] = field(default_factory=list)
    """The other blocks, from the oldest on: the number and the time of the last id."""
    ids: dict[bytes, int] = field(default_factory=dict)
    """The numbers of the blocks that ids are in."""

    def weight(self) -> int:
        return _ENTITY + len(self.ids)


class Blocks:
    """Ids with what they were answered with, in blocks. New ones go into the open block. One that is full is closed, and not touched again
    until it is removed: an engine with its state in memory copies what is touched while it takes a checkpoint, whole, however large.

    A message comes twice where the step that sent it ran twice: before a failure, after the last checkpoint, and again when the
    engine has started anew. By then its first copy stands in the log, and the second is written when as much has been done again as
    had been done since the checkpoint, which is soon, however long the engine was down and however much waits in the log. So no
    message is forgotten before `milliseconds` after the engine has started, by the time that the log gives its records.

    The ids of the entities that had messages last are held in memory, too. So it costs nothing to find that one is new.
    """

    def __init__(self, open: Cell, closed: Table, started: int, milliseconds: int = KEPT_MILLISECONDS) -> None:
        """`started` is the time of the machine, in milliseconds since 1970."""
        self._open = open
        self._closed = closed
        self._started = started
        self._milliseconds = milliseconds
        self._all: OrderedDict[Hashable, _Held] = OrderedDict()
        """By entity, from the one on that had a message longest ago."""
        self._weight = 0
        """Of all of them."""
        self._held = _Held()
        """Of the entity that it is turned to."""
        self._now = 0

    def at(self, entity: Hashable, now: int) -> None:
        """Turn to an entity, whose state the engine has at hand, and the time of the log in milliseconds since 1970."""
        self._now = now
        held = self._all.get(entity)
        if held is None:
            held = self._all[entity] = self._read()
            self._weight += held.weight()
            while self._weight > _HELD and len(self._all) > 1:
                self._weight -= self._all.popitem(last=False)[1].weight()
        else:
            self._all.move_to_end(entity)
        self._held = held

    def get(self, id: bytes, /) -> bytes | None:
        """Return what a message was answered with, or b""; None for one that has not been seen."""
        number = self._held.ids.get(id)
        if number is None:
            return None
        block = self._held.open if number == self._held.number else self._block(number)
        return next((reply for seen, reply in _entries(block) if seen == id), None)

    def __setitem__(self, id: bytes, reply: bytes, /) -> None:
        """Remember a message."""
        held = self._held
        entry = pack(id) + pack(reply)
        if held.open and len(held.open) + len(entry) > _BLOCK:
            self._close(held)
        held.open += entry
        held.last = self._now
        held.ids[id] = held.number
        self._weight += 1
        oldest = held.closed[0][0] if held.closed else held.number
        self._open.update(pack((oldest, held.number, held.last, held.open)))

    def _close(self, held: _Held) -> None:
        self._closed.put(str(held.number), pack((held.last, held.open)))
        held.closed.append((held.number, held.last))
        held.open = b""
        held.number += 1
        self._forget(held)

    def _forget(self, held: _Held) -> None:
        gone = 0
        for number, last in held.closed[:_FORGOTTEN]:
            if self._now - max(last, self._started) < self._milliseconds:
                break
            for id, _ in _entries(self._block(number)):
                self._weight -= held.ids.pop(id, None) is not None
            self._closed.remove(str(number))
            gone += 1
        del held.closed[:gone]

    def _block(self, number: int) -> bytes:
        """Return the entries of a closed block; none where the engine has thrown it away, for nobody had looked at it for long."""
        stored = self._closed.get(str(number))
        entries: bytes = b"" if stored is None else unpack(stored)[1]
        return entries

    def _read(self) -> _Held:
        held = _Held()
        stored = self._open.value()
        if stored is not None:
            oldest, held.number, held.last, held.open = unpack(stored)
            for number in range(oldest, held.number):
                if (block := self._closed.get(str(number))) is not None:
                    last, entries = unpack(block)
                    held.closed.append((number, last))
                    held.ids.update((id, number) for id, _ in _entries(entries))
            held.ids.update((id, held.number) for id, _ in _entries(held.open))
        return held


def _entries(block: bytes) -> Iterator[tuple[bytes, bytes]]:
    values = unpack_each(block)
    return zip(values, values, strict=True)
