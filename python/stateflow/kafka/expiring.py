"""Records of entities that go when nobody has sent them a message for long."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Protocol

from stateflow.kafka.seen import Cell
from stateflow.wire.raw import pack, unpack


class Removable(Cell, Protocol):
    """Keyed state of an engine that can be removed."""

    def clear(self) -> None:
        """Remove the value."""
        ...


class Expiring:
    """A record that is gone when its entity has had no message for so many milliseconds of the log's time. So it goes at the same
    message whenever the log is read again."""

    def __init__(self, record: Removable, touched: Cell, milliseconds: int) -> None:
        self._record = record
        self._touched = touched
        self._milliseconds = milliseconds
        self._now = 0

    def at(self, entity: Hashable, now: int) -> None:
        """Turn to an entity, whose state the engine has at hand, and the time of the log in milliseconds since 1970."""
        del entity
        self._now = now

    def value(self) -> bytes | None:
        """Return what is stored, for a message that came now; None where there is nothing, or has been nothing for long."""
        stored = self._record.value()
        if stored is None:
            return None
        last = self._touched.value()
        if last is not None and self._now - unpack(last) > self._milliseconds:
            self._record.clear()
            return None
        self._touched.update(pack(self._now))
        return stored

    def update(self, record: bytes, /) -> None:
        """Store a record."""
        self._touched.update(pack(self._now))
        self._record.update(record)
