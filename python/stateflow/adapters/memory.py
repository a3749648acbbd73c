"""An engine in memory: one message at a time, in an order that a seed gives, and the faults that real engines have.

Messages stand in logs, one for each partition, which survive everything. A worker reads them, with its records and its position
in each log; both are lost when it crashes, and the next one begins from the last checkpoint and reads on from there. Whatever
was sent since is sent again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import blake2b
from random import Random

from stateflow.adapters.service import Request, RequestConflict
from stateflow.errors import StateflowError
from stateflow.step.app import App
from stateflow.step.engine import PARK_ABOVE, step
from stateflow.step.kept import kept
from stateflow.step.message import Address, Message
from stateflow.step.once import step_once
from stateflow.step.record import Record
from stateflow.step.reply import Reply


@dataclass(frozen=True, slots=True)
class Faults:
    """How often an engine fails: probabilities for each message handled."""

    checkpoint: float = 0.1
    crash: float = 0.05
    duplicate: float = 0.05
    """A message of the log, old or new, is appended again."""
    zombie: float = 0.5
    """Of a crash: the worker that was given up goes on beside its successor for a while."""
    most: int = 20
    """How many crashes and duplicates there are at most, so that the engine comes to rest."""


class _Worker:
    """Reads the logs, and holds the records of all entities and the ids of what it has seen."""

    def __init__(self, records: dict[Address, Record], offsets: list[int], seen: dict[bytes, bytes]) -> None:
        self.records = records
        self.offsets = offsets
        self.seen = seen

    def copy(self) -> _Worker:
        """Return a worker that goes on from here by itself. Records never change, so that they need no copies."""
        return _Worker(dict(self.records), list(self.offsets), dict(self.seen))


class Memory:
    """Runs an app in memory. It is a `Service`; tests drive it by `post` and `run`, without an event loop.

    Unless told otherwise, messages that come again are told from others where there are faults.
    """

    def __init__(
        self,
        app: App,
        *,
        seed: int = 0,
        partitions: int = 8,
        faults: Faults | None = None,
        dedup: bool | None = None,
        park_above: int = PARK_ABOVE,
    ) -> None:
        self.app = app
        self.replies: dict[str, Reply] = {}
        """The first answer to each request."""
        self.answers: list[Reply] = []
        """Every answer that was given, where there are faults: a request may have several."""
        self.set_aside: dict[bytes, str] = {}
        """Why messages could not be run, by message id."""
        self.steps = 0
        """How many messages have been handled."""
        self._random = Random(seed)
        self._faults = faults
        self._faults_left = 0 if faults is None else faults.most
        self._dedup = faults is not None if dedup is None else dedup
        self._park_above = park_above
        self._digests: dict[str, bytes] = {}
        self._logs: list[list[tuple[int, bytes]]] = [[] for _ in range(partitions)]
        self._time = 0
        self._worker = _Worker({}, [0] * partitions, {})
        self._checkpoint = self._worker.copy()
        self._zombie: _Worker | None = None

    def post(self, request: Request) -> None:
        """Send a request. Raises `RequestConflict` where its id was used for something else."""
        digest = request.digest(self.app)
        if self._digests.setdefault(request.id, digest) != digest:
            raise RequestConflict(request.id)
        if request.id not in self.replies or self._faults is not None:
            first = request.first(self.app, limit=self._park_above)
            self._append(kept(request.id, digest, first) if self._dedup and request.keep else first)

    def run(self) -> None:
        """Handle messages until none is left."""
        while self.advance():
            pass

    def advance(self) -> bool:
        """Handle one message, or let something fail; False where nothing is left to do."""
        if self._faults is not None:
            self._fail(self._faults)
        if self._zombie is not None and self._random.random() < 0.5:
            if self._random.random() < 0.1 or not self._handle(self._zombie):
                self._zombie = None
            return True
        return self._handle(self._worker) or self._fail_late()

    def addresses(self) -> Iterator[Address]:
        """Return where entities are."""
        return (
            address for address, record in self._worker.records.items() if address.entity and record.fields is not None
        )

    def record(self, address: Address) -> Record | None:
        """Return what is stored under an address."""
        return self._worker.records.get(address)

    async def submit(self, request: Request) -> Reply:
        """Run a request and return its answer; requests of several tasks are interleaved."""
        self.post(request)
        while request.id not in self.replies:
            if not self.advance():
                reasons = "; ".join(self.set_aside.values()) or "nothing answered"
                raise StateflowError(f"request {request.id} was set aside: {reasons}")
            await asyncio.sleep(0)
        return self.replies[request.id]

    async def fields(self, address: Address) -> dict[str, object] | None:
        """Return the fields of an entity, with references as `Address`; None where it does not exist."""
        return self.app.fields(self.record(address))

    def _handle(self, worker: _Worker) -> bool:
        """Let a worker handle the next message of some partition; False where it has read them all."""
        waiting = [index for index, offset in enumerate(worker.offsets) if offset < len(self._logs[index])]
        if not waiting:
            return False
        partition = waiting[0] if len(waiting) == 1 else self._random.choice(waiting)
        time, record = self._logs[partition][worker.offsets[partition]]
        message = Message.decode(record)
        worker.offsets[partition] += 1
        before = worker.records.get(message.address)
        if self._dedup:
            outcome = step_once(self.app, before, message, worker.seen, time, park_above=self._park_above)
        else:
            outcome = step(self.app, before, message, park_above=self._park_above)
        self.steps += 1
        if outcome.record is not None and outcome.record is not before:
            worker.records[message.address] = outcome.record
        if outcome.set_aside is not None:
            self.set_aside[message.id] = outcome.set_aside
        for sent in outcome.messages:
            self._append(sent)
        for reply in outcome.replies:
            self._answer(reply)
        if self._faults is None:
            self._trim(partition)
        return True

    def _append(self, message: Message) -> None:
        """Add a message to the log of its address: at the end, or, where nobody reads a log twice, before some that wait."""
        hashed = blake2b(message.address.encode(), digest_size=4).digest()
        partition = int.from_bytes(hashed, "big") % len(self._logs)
        log = self._logs[partition]
        place = len(log) if self._faults else self._random.randint(self._worker.offsets[partition], len(log))
        self._time += 1
        log.insert(place, (self._time, message.encode()))

    def _answer(self, reply: Reply) -> None:
        self.replies.setdefault(reply.request, reply)
        if self._faults is not None:
            self.answers.append(reply)

    def _trim(self, partition: int) -> None:
        """Forget what nobody will read again."""
        if self._worker.offsets[partition] == len(self._logs[partition]):
            self._logs[partition].clear()
            self._worker.offsets[partition] = 0

    def _fail(self, faults: Faults) -> None:
        random = self._random.random
        if random() < faults.checkpoint:
            self._checkpoint = self._worker.copy()
        if self._faults_left > 0 and random() < faults.crash:
            self._crash(faults)
        if self._faults_left > 0 and random() < faults.duplicate:
            self._duplicate()

    def _fail_late(self) -> bool:
        """Let something fail when all is done, as long as there are faults left."""
        if self._faults is None or self._faults_left <= 0:
            return False
        if self._random.random() < 0.5:
            self._crash(self._faults)
        else:
            self._duplicate()
        return True

    def _crash(self, faults: Faults) -> None:
        self._faults_left -= 1
        if self._random.random() < faults.zombie:
            self._zombie = self._worker
        self._worker = self._checkpoint.copy()

    def _duplicate(self) -> None:
        self._faults_left -= 1
        log = self._random.choice(self._logs)
        if log:
            self._time += 1
            log.append((self._time, self._random.choice(log)[1]))
