"""Which messages an entity has handled, for as long as one may come again."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from typing import Protocol

from stateflow.wire.raw import pack, unpack

KEPT_MILLISECONDS = 3600 * 1000
"""How long an entity remembers a message at least, by the time of the log, counted from the start of the engine at the earliest."""

_KNOWN = 10_000
"""Of how many entities it is known without asking which table is the younger."""


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


@dataclass(slots=True)
class _Ages:
    """Which of the two tables of an entity is the younger."""

    young: int
    since: int
    """When it became that, in milliseconds since 1970."""
    has_older: bool
    """Whether anything was ever put into the other one."""


class Generations:
    """Ids in two tables. New ones go into the younger; when that is old enough, the older one is emptied and takes its place. So
    forgetting costs nothing while a message is handled.

    A message comes twice where the step that sent it ran twice: before a failure, after the last checkpoint, and again when the
    engine has started anew. By then its first copy stands in the log, and the second is written when as much has been done again as
    had been done since the checkpoint, which is soon, however long the engine was down and however much waits in the log. So no
    message is forgotten before `milliseconds` after the engine has started, by the time that the log gives its records.
    """

    def __init__(
        self, tables: tuple[Table, Table], cell: Cell, started: int, milliseconds: int = KEPT_MILLISECONDS
    ) -> None:
        """`started` is the time of the machine, in milliseconds since 1970."""
        self._tables = tables
        self._cell = cell
        self._started = started
        self._milliseconds = milliseconds
        self._known: dict[Hashable, _Ages] = {}
        self._entity: Hashable = None
        self._ages: _Ages | None = None
        """Of that entity, once they have been asked for."""
        self._now = 0

    def at(self, entity: Hashable, now: int) -> None:
        """Turn to an entity, whose state the engine has at hand, and the time of the log in milliseconds since 1970."""
        self._entity = entity
        self._ages = self._known.get(entity)
        self._now = now

    def get(self, id: bytes, /) -> bytes | None:
        """Return what a message was answered with, or b""; None for one that has not been seen."""
        ages = self._ages or self._look_up()
        digits = id.hex()
        found = self._tables[ages.young].get(digits)
        return self._tables[1 - ages.young].get(digits) if found is None and ages.has_older else found

    def __setitem__(self, id: bytes, reply: bytes, /) -> None:
        """Remember a message."""
        ages = self._ages or self._look_up()
        if not ages.since or self._now - max(ages.since, self._started) >= self._milliseconds:
            self._change(ages)
        self._tables[ages.young].put(id.hex(), reply)

    def _change(self, ages: _Ages) -> None:
        """Let the older table, which is empty at first, be the younger."""
        ages.has_older = bool(ages.since)
        ages.young, ages.since = 1 - ages.young, self._now
        self._tables[ages.young].clear()
        self._cell.update(pack((ages.young, ages.since, ages.has_older)))

    def _look_up(self) -> _Ages:
        if len(self._known) >= _KNOWN:
            self._known.clear()
        stored = self._cell.value()
        ages = _Ages(*unpack(stored)) if stored is not None else _Ages(1, 0, False)
        self._ages = self._known[self._entity] = ages
        return ages
