"""What travels between entities, and back to clients."""

from __future__ import annotations

from enum import IntEnum
from functools import lru_cache
from hashlib import blake2b
from itertools import starmap
from typing import NamedTuple

from stateflow.frozen import frozen
from stateflow.wire.raw import pack, unpack

ID_SIZE = 12
"""The length of a message id in bytes."""

_REQUESTS = 4096
"""Of how many requests both forms of the id are at hand: each is read and written in every message that is for it."""


class Address(NamedTuple):
    """Where an entity lives: the name of its class and its key."""

    entity: str
    key: str | int

    def __str__(self) -> str:
        return f"{self.entity}[{self.key!r}]"

    def encode(self) -> bytes:
        """Return bytes that only this address has: to store by, to choose a partition by."""
        return pack(self)

    @classmethod
    def decode(cls, data: bytes) -> Address:
        """Return the address of these bytes."""
        return cls(*unpack(data))


class Kind(IntEnum):
    """What a message asks of the entity that it is addressed to."""

    INVOKE = 0
    """Run a method."""
    RETURN = 1
    """Go on in the innermost frame with a result."""
    RAISE = 2
    """Go on in the innermost frame with an exception."""
    CREATE = 3
    """Come into being with these fields."""
    READ = 4
    """Give the value of an attribute, or of several, or all fields where none is named."""


_KINDS = {kind.value: kind for kind in Kind}


class CallSite(NamedTuple):
    """A line of the app that made a call and no longer has a frame, because it forwards the result."""

    path: str
    line: int
    function: str
    times: int
    """How many times in a row (a recursion of tail calls)."""


class Heard(NamedTuple):
    """What a call of something outside has given."""

    key: bytes
    """Tells what was called, and with what."""
    ok: bool
    """Whether it is a value, and not an exception."""
    payload: bytes
    """That, encoded."""


class Recorded(NamedTuple):
    """What is known to a step that runs again because it has asked something outside."""

    origin: bytes
    """The id of the message that it ran for at first, which its chance follows from."""
    milliseconds: int
    """When that was, by the log, since 1970: what its clocks say."""
    heard: tuple[Heard, ...]
    """In the order in which it asked."""


@frozen
class Message:
    """A message to one entity. It carries all that its handling needs but the entity's own record."""

    kind: Kind
    id: bytes
    address: Address
    target: str
    """The method, or the attributes with commas between them; empty for the other kinds."""
    payload: bytes
    """Encoded: arguments, result, exception or fields."""
    stack: tuple[bytes, ...]
    """Encoded units of frames that wait for the result, the innermost last."""
    depth: int
    """How many frames CPython would have: those of the stack, and the forwarded calls."""
    trail: tuple[CallSite, ...]
    """The forwarded calls between the innermost frame and this message."""
    request: str
    """The id of the client's request that all this is for."""
    trace: str | None
    """The W3C `traceparent` of the request."""
    recorded: Recorded | None = None
    """What calls of something outside have given; None for a message whose step has asked nothing."""

    def encode(self) -> bytes:
        """Return the bytes that an engine moves."""
        content = (
            self.kind,
            self.id,
            *self.address,
            self.target,
            self.payload,
            self.stack,
            self.depth,
            self.trail,
            _pack_request(self.request),
            _pack_trace(self.trace),
        )
        return pack(content if self.recorded is None else (*content, self.recorded))

    @classmethod
    def decode(cls, data: bytes) -> Message:
        """Return the message of these bytes."""
        kind, id, entity, key, target, payload, stack, depth, trail, request, trace, *recorded = unpack(data)
        return cls(
            _KINDS[kind],
            id,
            Address(entity, key),
            target,
            payload,
            stack,
            depth,
            tuple(starmap(CallSite, trail)),
            _unpack_request(request),
            _unpack_trace(trace),
            _recorded(*recorded) if recorded else None,
        )


def _recorded(content: tuple[bytes, int, list[tuple[bytes, bool, bytes]]]) -> Recorded:
    origin, milliseconds, heard = content
    return Recorded(origin, milliseconds, tuple(Heard(*one) for one in heard))


def derived_id(parent: bytes, ordinal: int) -> bytes:
    """Return the id of the message that is sent as number `ordinal` while the message `parent` is handled."""
    return blake2b(parent + ordinal.to_bytes(4, "big"), digest_size=ID_SIZE).digest()


def request_id(request: str) -> bytes:
    """Return the id of the first message of a client's request."""
    return blake2b(b"request:" + request.encode("utf-8", "surrogatepass"), digest_size=ID_SIZE).digest()


@lru_cache(_REQUESTS)
def _pack_request(request: str) -> str | bytes:
    """Give a request id that is a UUID in its usual spelling as its 16 bytes."""
    if len(request) == 36:
        try:
            packed = bytes.fromhex(request.replace("-", ""))
        except ValueError:
            return request
        if len(packed) == 16 and _unpack_request(packed) == request:
            return packed
    return request


@lru_cache(_REQUESTS)
def _unpack_request(request: str | bytes) -> str:
    if isinstance(request, str):
        return request
    text = request.hex()
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def _pack_trace(trace: str | None) -> str | bytes | None:
    """Give a `traceparent` of version 00 as its 25 bytes of data."""
    if trace is not None and len(trace) == 55 and trace.startswith("00-"):
        try:
            packed = bytes.fromhex(trace[3:35] + trace[36:52] + trace[53:])
        except ValueError:
            return trace
        if _unpack_trace(packed) == trace:
            return packed
    return trace


def _unpack_trace(trace: str | bytes | None) -> str | None:
    if isinstance(trace, bytes):
        text = trace.hex()
        return f"00-{text[:32]}-{text[32:48]}-{text[48:]}"
    return trace
