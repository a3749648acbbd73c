"""Which messages an entity has handled, for as long as one may come again."""

from __future__ import annotations

from typing import Protocol

from stateflow.wire.raw import pack, unpack

KEPT_MESSAGES = 50_000
"""How many messages an entity handles at least before it forgets one."""

KEPT_MILLISECONDS = 24 * 3600 * 1000
"""And how long it remembers it at least, by the time of the log."""


class Table(Protocol):
    """Keyed state of an engine: ids, as hexadecimal digits, with what they were answered with."""

    def get(self, id: str, /) -> bytes | None:
        """Return what is stored, or None."""
        ...

    def put(self, id: str, reply: bytes, /) -> None:
        """Store a value."""
        ...

    def clear(self) -> None:
        """Forget all."""
        ...


class Cell(Protocol):
    """Keyed state of an engine: a value."""

    def value(self) -> bytes | None:
        """Return what is stored, or None."""
        ...

    def update(self, value: bytes, /) -> None:
        """Store a value."""
        ...


class Generations:
    """Ids in two tables. New ones go into the younger; when that holds enough and is old enough, the older one is emptied and takes
    its place. So an id stays for `messages` more messages of its entity and for `milliseconds` of the log's time, whichever comes
    later, and forgetting costs nothing while a message is handled.

    A message that comes again follows its first copy by no more records than are read again after a failure, however long the
    engine was down: that is why time alone decides nothing.
    """

    def __init__(
        self,
        tables: tuple[Table, Table],
        cell: Cell,
        messages: int = KEPT_MESSAGES,
        milliseconds: int = KEPT_MILLISECONDS,
    ) -> None:
        self._tables = tables
        self._cell = cell
        self._messages = messages
        self._milliseconds = milliseconds
        self.now = 0
        """The time of the log, in milliseconds since 1970."""

    def get(self, id: bytes, /) -> bytes | None:
        """Return what a message was answered with, or b""; None for one that has not been seen."""
        digits = id.hex()
        found = self._tables[0].get(digits)
        return self._tables[1].get(digits) if found is None else found

    def __setitem__(self, id: bytes, reply: bytes, /) -> None:
        """Remember a message."""
        stored = self._cell.value()
        young, count, since = (0, 0, self.now) if stored is None else unpack(stored)
        if count >= self._messages and self.now - since >= self._milliseconds:
            young, count, since = 1 - young, 0, self.now
            self._tables[young].clear()
        self._tables[young].put(id.hex(), reply)
        self._cell.update(pack((young, count + 1, since)))
