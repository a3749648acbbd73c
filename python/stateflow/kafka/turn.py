"""A turn of an entity: a message, and those that it sends to its own entity, which no other one has to come between."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from stateflow.kafka.edge import Edge
from stateflow.kafka.records import CLIENT, Lost, dead_letter
from stateflow.kafka.topics import LARGEST
from stateflow.step.activity import Outcome
from stateflow.step.message import Address, Message
from stateflow.step.record import Record
from stateflow.step.reply import Reply

SHOWN = 1 << 20
"""How much a dead letter shows of its record, in bytes."""

Step = Callable[[Record | None, Message], Outcome]
"""Handles one message to an entity. Raises nothing."""


@dataclass(slots=True)
class Turn:
    """What comes of a turn."""

    record: Record | None
    """What is to be stored."""
    sent: list[tuple[Address, bytes]] = field(default_factory=list)
    """Messages to other entities, encoded, and those of its own that have to take the long way."""
    replies: list[bytes] = field(default_factory=list)
    """Answers to requests of gateways: records of `replies`."""
    client_replies: list[tuple[str, bytes]] = field(default_factory=list)
    """Answers to requests that came as JSON: the request's id, and a record of `client_reply`."""
    dead: list[tuple[str, bytes]] = field(default_factory=list)
    """Records of `dead_letters`, with the id of the request that they are of."""


def turn(step: Step, edge: Edge, record: Record | None, message: Message) -> Turn:
    """Let an entity handle a message, and then what it sends to itself. What does not fit into a record of Kafka is not sent: the step
    is undone and its request lost, and an answer is replaced by one that says so."""
    done = Turn(record)
    messages = [message]
    while messages:
        message = messages.pop()
        outcome = step(done.record, message)
        here: list[Message] = []
        sent: list[tuple[Address, bytes]] = []
        for one in outcome.messages:
            if one.address == message.address and one.recorded is None:
                here.append(one)
            else:
                sent.append((one.address, one.encode()))
        largest = max((len(encoded) for _, encoded in sent), default=0)
        if largest > LARGEST:
            outcome, here, sent = Outcome(done.record, set_aside=_too_large("a message", largest)), [], []
        if outcome.set_aside is not None:
            done.dead.append(letter(message.encode(), outcome.set_aside, message))
            _answer(done, edge, Lost(message.request, outcome.set_aside))
        for reply in outcome.replies:
            _answer(done, edge, reply)
        done.record = outcome.record
        done.sent += sent
        messages.extend(reversed(here))
    return done


def letter(record: bytes, reason: str, message: Message | None = None) -> tuple[str, bytes]:
    """Return the record of `dead_letters` for one that could not be handled, and the id of its request, if it has one."""
    return "" if message is None else message.request, dead_letter(record[:SHOWN], reason, message)


def _answer(done: Turn, edge: Edge, answer: Reply | Lost) -> None:
    if answer.request.startswith(CLIENT):
        id = answer.request.removeprefix(CLIENT)
        record = edge.answer(id, answer)
        if len(record) > LARGEST:
            record = edge.answer(id, Lost(answer.request, _too_large("its answer", len(record))))
        done.client_replies.append((id, record))
        return
    record = answer.encode()
    if len(record) > LARGEST:
        record = Lost(answer.request, _too_large("its answer", len(record))).encode()
    done.replies.append(record)


def _too_large(what: str, size: int) -> str:
    return f"{what} has {size} bytes, and a record in Kafka holds {LARGEST}"
