"""The Stateful Functions target: each entity is a function of its own address, whose state is one value.

    PREFIX.to.TYPE ─▶ functions ─┬─▶ functions
                                 └─▶ egress ─▶ replies, client_reply, dead_letters

The engine calls this process over HTTP with a function's state and the messages for it, and takes from the answer what is to be stored and
sent. It keeps both or neither (docs/guide/statefun.md), so that nothing has to be told apart from what came before. A call that fails is
made again for ever; so no exception leaves a function.
"""

from __future__ import annotations

import asyncio
import time
import traceback
from collections.abc import Awaitable, Callable
from datetime import timedelta

from statefun import Context, StatefulFunctions, ValueSpec, kafka_egress_message, message_builder, simple_type
from statefun import Message as Envelope
from statefun.statefun_builder import StatefulFunction

from stateflow.adapters.statefun_names import EGRESS, function_id, type_name
from stateflow.kafka.edge import Edge
from stateflow.kafka.topics import Topics
from stateflow.kafka.turn import letter, turn
from stateflow.step.activity import Outcome
from stateflow.step.app import App
from stateflow.step.derived import moment
from stateflow.step.engine import step
from stateflow.step.kept import ENTITY as KEPT
from stateflow.step.kept import KEPT_MILLISECONDS
from stateflow.step.message import Message
from stateflow.step.record import Record
from stateflow.wire.errors import Malformed

BYTES = simple_type("stateflow/bytes", bytes, bytes)
"""What is stored."""

MESSAGE = simple_type("stateflow/message", bytes, bytes)
"""What is sent."""


Handler = Callable[[Context, Envelope], Awaitable[None]]
"""A function, as the engine's package wants it: of two arguments."""


class Functions(StatefulFunctions):  # type: ignore[misc]
    """The functions of an app: one for each class, and one for requests that may come again."""

    def __init__(self, app: App, namespace: str) -> None:
        super().__init__()
        self._app = app
        self._namespace = namespace
        self._edge = Edge(app)
        self._topics = Topics(namespace)
        self._waits = any("recorded" in module for module in app.ir["modules"])
        """Whether steps may wait for something outside, and have to let others run meanwhile."""
        for entity in app.entities:
            self.register(self._typename(entity), self._handler(entity), [ValueSpec("record", BYTES)])
        week = timedelta(milliseconds=KEPT_MILLISECONDS)
        kept = ValueSpec("record", BYTES, expire_after_write=week)
        self.register(self._typename(KEPT), self._handler(KEPT), [kept])

    def for_typename(self, typename: str) -> StatefulFunction:
        """Return the function of a type; for one that this bundle does not have, one that sets aside what it gets."""
        try:
            return super().for_typename(typename)
        except KeyError:
            self.register(typename, self._aside())
            return super().for_typename(typename)

    def _handler(self, entity: str) -> Handler:
        async def handle(context: Context, envelope: Envelope) -> None:
            await self._handle(entity, context, envelope)

        return handle

    async def _handle(self, entity: str, context: Context, envelope: Envelope) -> None:
        given = envelope.raw_value() or b""
        try:
            message = Message.decode(given)
            _check(entity, context, message)
        except Exception as error:  # noqa: BLE001 - anything may stand in a topic
            self._write(context, self._topics.dead_letters, [letter(given, f"not a message: {error}")])
            return
        stored = context.storage.record
        before = None if stored is None else Record.decode(stored)
        if self._waits:
            done = await asyncio.to_thread(turn, self._step, self._edge, before, message)
        else:
            done = turn(self._step, self._edge, before, message)
        for address, sent in done.sent:
            function = self._typename(address.entity), function_id(address)
            context.send(message_builder(*function, value=sent, value_type=MESSAGE))
        for answer in done.replies:
            # Whoever waits for it reads all partitions.
            context.send_egress(kafka_egress_message(EGRESS, self._topics.replies, value=answer))
        self._write(context, self._topics.client_reply, done.client_replies)
        self._write(context, self._topics.dead_letters, done.dead)
        if done.record is not before and done.record is not None:
            context.storage.record = done.record.encode()

    def _aside(self) -> Handler:
        async def set_aside(context: Context, envelope: Envelope) -> None:
            reason = f"there is no function {context.address.typename}"
            self._write(context, self._topics.dead_letters, [letter(envelope.raw_value() or b"", reason)])

        return set_aside

    def _step(self, record: Record | None, message: Message) -> Outcome:
        try:
            with moment(message.id, time.time_ns() // 10**6):
                return step(self._app, record, message)
        except Exception:  # noqa: BLE001 - the engine would send it again for ever
            return Outcome(record, set_aside=traceback.format_exc())

    def _write(self, context: Context, topic: str, records: list[tuple[str, bytes]]) -> None:
        for key, value in records:
            context.send_egress(kafka_egress_message(EGRESS, topic, key=key, value=value))

    def _typename(self, entity: str) -> str:
        return f"{self._namespace}/{type_name(entity)}"


def _check(entity: str, context: Context, message: Message) -> None:
    """Raise `Malformed` where a message has come to another function than its own."""
    here, wanted = context.address, message.address
    if wanted.entity != entity or function_id(wanted) != here.id:
        raise Malformed(f"it is to {wanted}, and has come to {here.typename}/{here.id}")
