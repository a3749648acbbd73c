"""The service of the local target: one thread runs the requests and commits them in groups."""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from typing import Any

from stateflow.adapters.local_chain import Batch, Cache, Chain, EngineFailure, run_chain
from stateflow.adapters.local_store import Result, Store
from stateflow.adapters.service import Request, RequestConflict, content_digest
from stateflow.errors import StateflowError
from stateflow.step.app import App
from stateflow.step.message import Address, Message
from stateflow.step.reply import Reply

MAX_BATCH = 256
"""How many requests are committed together at most."""

SAMPLE = 64
"""One request in so many has the bytes of its hops counted."""

PRUNE_EVERY = 3600.0
"""Seconds between two looks for results that need not be kept any longer."""


@dataclass(frozen=True, slots=True)
class BatchReport:
    """What a group of requests took, for metrics."""

    requests: int
    steps: int
    hops: int
    hop_bytes: Sequence[int]
    """The sizes of the encoded messages between entities, of a sample of the requests."""


@dataclass(slots=True)
class _Job:
    """A request in the hands of the thread; without a message it reads fields."""

    future: asyncio.Future[Any]
    address: Address
    message: Message | None = None
    digest: bytes | None = None
    """What is asked for, where the answer is to be kept."""
    answer: Any = None
    error: BaseException | None = None


class LocalService:
    """Runs each request as one transaction on a SQLite database.

    Requests that come while a commit is under way are run one after the other and committed together. `report` is told
    of each group and `failed` of each error inside the engine, both on the thread.
    """

    def __init__(
        self,
        app: App,
        store: Store,
        report: Callable[[BatchReport], None] | None = None,
        failed: Callable[[str, BaseException], None] | None = None,
    ) -> None:
        self._app = app
        self._store = store
        self._cache = Cache(store)
        self._report = report or (lambda _: None)
        self._failed = failed or (lambda request, error: None)
        self._jobs: SimpleQueue[_Job | None] = SimpleQueue()
        self._running: dict[str, tuple[bytes, asyncio.Future[Reply]]] = {}
        self._loop: asyncio.AbstractEventLoop | None = None
        self._count = 0
        self._thread = threading.Thread(target=self._work, name="stateflow-local", daemon=True)
        self._thread.start()

    async def submit(self, request: Request) -> Reply:
        """Run a request and return its answer when it is on disk."""
        if not request.keep:
            first = request.first(self._app)
            reply: Reply = await self._put(_Job(self._future(), first.address, first))
            return reply
        message = request.message(self._app)
        digest = content_digest(message)
        running = self._running.get(request.id)
        if running is not None:
            if running[0] != digest:
                raise RequestConflict(request.id)
            return await asyncio.shield(running[1])
        future = self._future()
        self._running[request.id] = (digest, future)
        future.add_done_callback(lambda done: self._forget(request.id, done))
        first = request.first(self._app, message)
        return await asyncio.shield(self._put(_Job(future, first.address, first, digest)))

    def _forget(self, request: str, done: asyncio.Future[Reply]) -> None:
        del self._running[request]
        if not done.cancelled():
            # The client may have stopped waiting: the error is its answer if it asks again, and nobody's otherwise.
            done.exception()

    async def fields(self, address: Address) -> dict[str, object] | None:
        """Return the fields of an entity as they are on disk."""
        fields: dict[str, object] | None = await self._put(_Job(self._future(), address))
        return fields

    def close(self, grace: float) -> bool:
        """Finish what has been submitted and close the database.

        Returns False where that took more than `grace` seconds: the thread then goes on, and nothing has been closed.
        """
        self._jobs.put(None)
        self._thread.join(grace)
        if self._thread.is_alive():
            return False
        self._store.close()
        return True

    def _future(self) -> asyncio.Future[Any]:
        self._loop = asyncio.get_running_loop()
        return self._loop.create_future()

    def _put(self, job: _Job) -> asyncio.Future[Any]:
        self._jobs.put(job)
        return job.future

    def _work(self) -> None:
        """What the thread does until it is told to stop."""
        self._store.prune()
        pruned = time.monotonic()
        while True:
            jobs, stop = self._take()
            if jobs:
                self._run(jobs)
            if stop:
                return
            if time.monotonic() - pruned > PRUNE_EVERY:
                self._store.prune()
                pruned = time.monotonic()

    def _take(self) -> tuple[list[_Job], bool]:
        """Wait for a job and take all others that are there; the second result says that no more will come."""
        jobs: list[_Job] = []
        job = self._jobs.get()
        while job is not None:
            jobs.append(job)
            if len(jobs) == MAX_BATCH:
                return jobs, False
            try:
                job = self._jobs.get_nowait()
            except Empty:
                return jobs, False
        return jobs, True

    def _run(self, jobs: list[_Job]) -> None:
        """Run jobs one after the other, commit what they did, and only then hand out the answers."""
        batch = Batch(self._cache)
        results: list[Result] = []
        chains: list[Chain] = []
        for job in jobs:
            try:
                self._run_one(job, batch, results, chains)
            except StateflowError as error:
                job.error = error
            except BaseException as error:  # noqa: BLE001 - the thread must outlive any request
                job.error = self._broken(job, error)
        try:
            writes = batch.writes()
            if writes or results:
                self._store.commit(writes, results)
                batch.stored(writes)
        except BaseException as error:  # noqa: BLE001 - the thread must outlive any request
            self._cache.clear()
            for job in jobs:
                job.error = error if isinstance(error, StateflowError) else self._broken(job, error)
            chains.clear()
        self._deliver(jobs)
        self._report(self._batch_report(len(jobs), chains))

    def _run_one(self, job: _Job, batch: Batch, results: list[Result], chains: list[Chain]) -> None:
        if job.message is None:
            job.answer = self._app.fields(batch.read(job.address))
            return
        request = job.message.request
        if job.digest is not None:
            kept = self._store.result(request)
            if kept is not None:
                if kept.digest != job.digest:
                    raise RequestConflict(request)
                job.answer = Reply.decode(kept.reply)
                return
        chain = run_chain(self._app, batch, job.message)
        if job.digest is not None:
            results.append(Result(request, job.digest, chain.reply.encode()))
        batch.changed.update(chain.changed)
        chains.append(chain)
        job.answer = chain.reply

    def _broken(self, job: _Job, error: BaseException) -> EngineFailure:
        """What a client is told of an error that nothing was prepared for; the whole of it is for the log."""
        self._failed(job.message.request if job.message else "", error)
        return EngineFailure(f"{type(error).__name__}: {error}")

    def _deliver(self, jobs: list[_Job]) -> None:
        loop = self._loop
        if loop is not None:
            # After the server's end nobody waits any more, and the loop is closed.
            with contextlib.suppress(RuntimeError):
                loop.call_soon_threadsafe(_settle, jobs)

    def _batch_report(self, requests: int, chains: list[Chain]) -> BatchReport:
        sizes: list[int] = []
        for chain in chains:
            if self._count % SAMPLE == 0:
                sizes.extend(len(message.encode()) for message in chain.hops)
            self._count += 1
        return BatchReport(
            requests, sum(chain.steps for chain in chains), sum(len(chain.hops) for chain in chains), sizes
        )


def _settle(jobs: list[_Job]) -> None:
    for job in jobs:
        if job.future.done():
            continue
        if job.error is not None:
            job.future.set_exception(job.error)
        else:
            job.future.set_result(job.answer)
