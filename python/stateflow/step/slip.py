"""Routing slips: calls that travel together, each made where the one before it has answered.

The frame that makes them waits below the slip. What they gave comes back to it at once, and is handed over when control comes to the
calls: the frame goes on as if it made them one after the other.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from stateflow.flow import Transition, Verb
from stateflow.step.app import App
from stateflow.step.message import Address, Kind
from stateflow.step.references import Handle
from stateflow.wire.raw import pack, unpack


class Stop(NamedTuple):
    """A call or a read that is made on the way."""

    kind: int
    """That of the message which it stands for."""
    entity: str
    key: str | int
    target: str
    """The method, or the attributes with commas between them."""
    payload: bytes
    """The encoded arguments."""


class Answer(NamedTuple):
    """What came of a call."""

    ok: bool
    """Whether a result, and not an exception."""
    payload: bytes
    """Which; encoded."""


class Slip(NamedTuple):
    """Where a message goes on its way back, and what has come of the calls so far."""

    entity: str
    key: str | int
    """With the entity, the address of the frame that waits."""
    stops: tuple[Stop, ...]
    results: tuple[bytes, ...] = ()
    """Of the call that the slip has been sent along with, and of the stops."""

    def stop(self, ok: bool) -> Stop | None:
        """Return where the next answer goes; None for the frame that waits: an exception, and the last result."""
        return Stop(*self.stops[len(self.results)]) if ok and len(self.results) < len(self.stops) else None

    def goes_to(self, ok: bool) -> Address:
        """Return the address that the next answer goes to."""
        stop = self.stop(ok) or self
        return Address(stop.entity, stop.key)

    def after(self, result: bytes) -> Slip:
        """Return the slip with the next result."""
        return Slip(self.entity, self.key, self.stops, (*self.results, result))

    def answers(self, last: Answer) -> tuple[Answer, list[tuple[Stop, Answer]]]:
        """Return the answer that the frame waits for, and those of the stops that have been reached, the first of them last."""
        first, *others = *(Answer(True, result) for result in self.results), last
        return first, list(zip(self.stops, others, strict=False))[::-1]

    def encode(self) -> bytes:
        """Return the bytes of the slip, which stand on the stack as if it were a unit."""
        return _MARK + pack(self)

    @classmethod
    def decode(cls, data: bytes) -> Slip:
        """Return the slip of these bytes."""
        return cls(*unpack(data[len(_MARK) :]))


_MARK = b"\xc1"
"""Begins a slip, and nothing that is packed."""


def has_slip(stack: Sequence[bytes]) -> bool:
    """Tell whether a slip is on top of a stack."""
    return bool(stack) and stack[-1].startswith(_MARK)


def stops(app: App, others: Sequence[Callable[[], Transition]]) -> tuple[Stop, ...]:
    """Return the stops for calls that travel along, up to one that has to wait for its turn."""
    found: list[Stop] = []
    for other in others:
        try:
            stop = _stop(app, other())
        except Exception:  # noqa: BLE001 - it is raised where the call is made
            stop = None
        if stop is None:
            break
        found.append(stop)
    return tuple(found)


def _stop(app: App, call: Transition) -> Stop | None:
    subject = call.subject
    if call.verb is Verb.READ:
        address = app.address_of(subject)
        return None if address is None else Stop(Kind.READ.value, *address, ",".join(call.args), b"")
    handle, args = subject, call.args
    if type(subject) is not Handle:
        handle, args = app.called_through_class(subject, args), args[1:]
    if handle is None:
        return None
    entity, key = handle.address
    payload = app.encode_arguments(args, call.kwargs, entity, handle.method)
    return Stop(Kind.INVOKE.value, entity, key, handle.method, payload)
