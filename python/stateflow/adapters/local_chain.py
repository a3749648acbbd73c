"""One request of the local target: the whole call chain in place, against a view of the records."""

from __future__ import annotations

import sys
from collections import OrderedDict
from dataclasses import dataclass, field

from stateflow.adapters.local_store import Store, Write
from stateflow.errors import StateflowError
from stateflow.step.app import App
from stateflow.step.engine import step
from stateflow.step.message import Address, Message
from stateflow.step.record import Record
from stateflow.step.reply import Reply

CACHED_BYTES = 64 << 20
"""How many bytes of encoded records are kept in memory."""


class EngineFailure(StateflowError):
    """The step engine could not run a message; nothing of its request is stored."""


@dataclass(frozen=True, slots=True)
class Stored:
    """A record as it is on disk; `version` is 0 where there is none."""

    version: int
    record: Record | None
    size: int = 0


class Cache:
    """The records used last, as they are on disk. The data directory is this process's alone, so they stay true."""

    def __init__(self, store: Store, limit: int = CACHED_BYTES) -> None:
        self._store = store
        self._limit = limit
        self._size = 0
        self._records: OrderedDict[Address, Stored] = OrderedDict()

    def read(self, address: Address) -> Stored:
        """Return a record. Raises `Unavailable`."""
        stored = self._records.get(address)
        if stored is not None:
            self._records.move_to_end(address)
            return stored
        row = self._store.read(address)
        if row is None:
            return Stored(0, None)
        stored = Stored(row[0], Record.decode(row[1]), len(row[1]))
        self.put(address, stored)
        return stored

    def put(self, address: Address, stored: Stored) -> None:
        """Take in what has been read or written."""
        before = self._records.pop(address, None)
        self._size += stored.size - (before.size if before else 0)
        self._records[address] = stored
        while self._size > self._limit and len(self._records) > 1:
            self._size -= self._records.popitem(last=False)[1].size

    def clear(self) -> None:
        """Forget everything."""
        self._records.clear()
        self._size = 0


@dataclass(slots=True)
class Batch:
    """The records that requests which are committed together have changed so far."""

    cache: Cache
    changed: dict[Address, Record] = field(default_factory=dict)

    def read(self, address: Address) -> Record | None:
        """Return a record as the next request of the batch sees it."""
        return self.changed.get(address) or self.cache.read(address).record

    def writes(self) -> list[Write]:
        """What is to be stored."""
        return [
            Write(address, self.cache.read(address).version, record.encode())
            for address, record in self.changed.items()
        ]

    def stored(self, writes: list[Write]) -> None:
        """Tell the cache what has been stored."""
        for address, version, value in writes:
            self.cache.put(address, Stored(version + 1, self.changed[address], len(value)))


@dataclass(slots=True)
class Chain:
    """What a request did: the records it changed, its reply, and how many steps and hops it took."""

    changed: dict[Address, Record]
    reply: Reply
    steps: int
    hops: list[Message]


def run_chain(app: App, batch: Batch, first: Message) -> Chain:
    """Run a request's messages until none is left: of several that a step sends, all that the first leads to comes first. Raises `EngineFailure`; nothing is changed in the batch."""
    seen: dict[Address, Record | None] = {}
    changed: dict[Address, Record] = {}
    stack = [first]
    reply: Reply | None = None
    hops: list[Message] = []
    steps = 0
    while stack:
        message = stack.pop()
        address = message.address
        if address not in seen:
            seen[address] = batch.read(address)
        record = seen[address]
        outcome = step(app, record, message, park_above=sys.maxsize)
        steps += 1
        if outcome.set_aside is not None:
            raise EngineFailure(outcome.set_aside)
        if outcome.record is not record and outcome.record is not None:
            seen[address] = changed[address] = outcome.record
        stack.extend(reversed(outcome.messages))
        hops.extend(outcome.messages)
        if outcome.replies:
            reply = outcome.replies[0]
    if reply is None:
        raise EngineFailure(f"{first.address}.{first.target} gave no reply")
    if len(hops) > 2:
        # Calls made in parallel were parked meanwhile: what is as it was need not be stored.
        changed = {address: record for address, record in changed.items() if record != batch.read(address)}
    return Chain(changed, reply, steps, hops)
