"""What the gateway drives where an engine reads its requests from Kafka."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from uuid import uuid4

from stateflow.adapters.service import BadArguments, Request, RequestConflict, content_digest
from stateflow.errors import EntityNotFound, StateflowError
from stateflow.kafka.link import Link
from stateflow.kafka.records import Lost, decode_answer, log_key, place
from stateflow.kafka.topics import LARGEST, Topics
from stateflow.step.app import App
from stateflow.step.kept import CONFLICT, kept
from stateflow.step.message import Address, Kind, Message, request_id
from stateflow.step.reply import Reply

Route = Callable[[Address], tuple[str, bytes]]
"""Gives the topic and the key with which a message goes to an address."""


def to_log(topics: Topics) -> Route:
    """Return the way of messages to an engine that reads a log."""
    return lambda address: (topics.log, log_key(place(address)))


class KafkaService:
    """Runs requests on an engine that reads them from an app's topics."""

    def __init__(self, app: App, bootstrap: str, topics: Topics, route: Route) -> None:
        """Raises `Unavailable` where Kafka does not answer."""
        self._app = app
        self._route = route
        self._loop: asyncio.AbstractEventLoop | None = None
        self._waiting: dict[str, list[asyncio.Future[Reply]]] = {}
        """By the id that the engine knows: of requests that may come again it begins with the digest of what they ask for, so that an
        answer to another request of the same id is not taken for theirs."""
        self._link = Link(bootstrap, topics.replies, self._got)

    async def submit(self, request: Request) -> Reply:
        """Run a request and return its answer, once the engine has it."""
        reply = await self._send(self._first(request))
        if not reply.ok and reply.payload == CONFLICT:
            raise RequestConflict(request.id)
        return reply

    async def fields(self, address: Address) -> dict[str, object] | None:
        """Return the fields of an entity as they are when the engine has read so far."""
        id = str(uuid4())
        asked = Message(Kind.READ, request_id(id), address, "", b"", (), 0, (), id, None)
        reply = await self._send(asked)
        try:
            fields: Any = self._app.result(reply)
        except EntityNotFound:
            return None
        return dict(fields)

    def close(self, grace: float) -> bool:
        """Stop; requests that have not been answered go on. Returns False where some could not be written in time."""
        return self._link.close(grace)

    def _first(self, request: Request) -> Message:
        if not request.keep:
            return request.first(self._app)
        message = request.message(self._app)
        digest = content_digest(message)
        return kept(
            request.id, digest, replace(request.first(self._app, message), request=f"{digest.hex()}:{request.id}")
        )

    async def _send(self, message: Message) -> Reply:
        record = message.encode()
        if len(record) > LARGEST:
            raise BadArguments(f"the request has {len(record)} bytes, and a record in Kafka holds {LARGEST}")
        self._loop = loop = asyncio.get_running_loop()
        future: asyncio.Future[Reply] = loop.create_future()
        waiting = self._waiting.setdefault(message.request, [])
        waiting.append(future)
        try:
            topic, key = self._route(message.address)
            self._link.write(topic, key, record, self._written(loop, future))
            return await future
        finally:
            waiting.remove(future)
            if not waiting:
                self._waiting.pop(message.request, None)

    def _written(self, loop: asyncio.AbstractEventLoop, future: asyncio.Future[Reply]) -> Callable[[str | None], None]:
        def done(reason: str | None) -> None:
            if reason is not None:
                error = StateflowError(f"Kafka did not say that it has the request ({reason}); it may still be run")
                loop.call_soon_threadsafe(_fail, future, error)

        return done

    def _got(self, records: list[bytes]) -> None:
        loop = self._loop
        if loop is not None:
            loop.call_soon_threadsafe(self._answer, [decode_answer(record) for record in records])

    def _answer(self, answers: list[Reply | Lost]) -> None:
        for answer in answers:
            for future in self._waiting.get(answer.request, ()):
                if future.done():
                    continue
                if isinstance(answer, Lost):
                    future.set_exception(StateflowError(answer.reason))
                else:
                    future.set_result(answer)


def _fail(future: asyncio.Future[Reply], error: Exception) -> None:
    if not future.done():
        future.set_exception(error)
