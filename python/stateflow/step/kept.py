"""Requests that a client may send again: what is known of them lives under an address of their own, named by the request's id.

Such a request goes there first and its answer comes back there, so that it runs once, whichever entity it asks for, and whoever asks
again gets the answer that there was. It costs two messages; a request that nobody can send again goes to its entity at once.
"""

from __future__ import annotations

from dataclasses import replace

from stateflow.step import derived
from stateflow.step.activity import Outcome
from stateflow.step.frames import Unit
from stateflow.step.message import Address, Kind, Message, derived_id, request_id
from stateflow.step.record import Record
from stateflow.step.reply import Reply
from stateflow.wire.errors import Malformed
from stateflow.wire.raw import pack, unpack

ENTITY = ""
"""Stands where addresses have the name of a class."""

KEPT_MILLISECONDS = 7 * 24 * 3600 * 1000
"""How long an answer is kept, by the time of the log. After that, a request of the same id is another one."""

CONFLICT = b""
"""The payload of the reply to a request whose id was used for something else."""


def kept(id: str, digest: bytes, first: Message) -> Message:
    """Return the message that asks for a request to be run once: `first` is what it begins with, `digest` tells what it asks for."""
    return Message(
        kind=Kind.INVOKE,
        id=request_id(id),
        address=Address(ENTITY, id),
        target=digest.hex(),
        payload=first.encode(),
        stack=(),
        depth=0,
        trail=(),
        request=first.request,
        trace=first.trace,
    )


def step_kept(record: Record | None, message: Message) -> Outcome:
    """Handle a message to a request. A message that comes again does no harm."""
    if message.kind is Kind.INVOKE:
        return _begin(record, message)
    if message.kind not in (Kind.RETURN, Kind.RAISE) or record is None or record.fields is None:
        raise Malformed("a request is asked for what no request does")
    digest, since, given = unpack(record.fields)
    if given is not None:
        return Outcome(record)
    reply = Reply(message.request, message.kind is Kind.RETURN, message.payload)
    return Outcome(Record(pack((digest, since, reply.encode()))), replies=(reply,))


def _begin(record: Record | None, message: Message) -> Outcome:
    now = derived.milliseconds()
    known = None if record is None or record.fields is None else unpack(record.fields)
    if known is None or now - known[1] > KEPT_MILLISECONDS:
        first = Message.decode(message.payload)
        home = Unit(message.address, b"", False).encode()
        id = derived_id(message.id + now.to_bytes(8, "big"), 0)
        sent = replace(first, id=id, stack=(home, *first.stack))
        return Outcome(Record(pack((message.target, now, None))), (sent,))
    digest, _, given = known
    if digest != message.target:
        return Outcome(record, replies=(Reply(message.request, False, CONFLICT),))
    return Outcome(record, replies=() if given is None else (Reply.decode(given),))
