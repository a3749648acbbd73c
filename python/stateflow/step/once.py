"""Steps that happen once, although their messages may come again: for engines that go back to a checkpoint and read on from there."""

from __future__ import annotations

from dataclasses import replace
from typing import Protocol

from stateflow.step.activity import Outcome
from stateflow.step.app import App
from stateflow.step.derived import moment
from stateflow.step.engine import PARK_ABOVE, step
from stateflow.step.message import Message, Recorded, derived_id
from stateflow.step.record import Record
from stateflow.step.recording import Abandoned, Recording
from stateflow.step.reply import Reply


class Seen(Protocol):
    """The ids of the messages that have been handled, each with the encoded reply that was given, or b"".

    It is kept where the entity's record is: an engine that goes back to an earlier record goes back to what had been seen then.
    """

    def get(self, id: bytes, /) -> bytes | None:
        """Return what a message was answered with; None for one that has not been seen."""
        ...

    def __setitem__(self, id: bytes, reply: bytes, /) -> None:
        """Remember a message."""
        ...


def step_once(
    app: App,
    record: Record | None,
    message: Message,
    seen: Seen,
    milliseconds: int,
    *,
    secret: bytes = b"",
    park_above: int = PARK_ABOVE,
) -> Outcome:
    """Handle a message unless it has been seen: then nothing changes, and the reply that it gave is given again.

    The step runs at that time of the log, in milliseconds since 1970, and draws numbers that nobody can tell without `secret`. Where it
    asks something outside, all that comes of it is a message to its own address, which has to go through the log: that has the
    answer, and the same is done with it.
    """
    given = seen.get(message.id)
    if given is not None:
        return Outcome(record, replies=(Reply.decode(given),) if given else ())
    origin, now, heard = message.recorded or (message.id, milliseconds, ())
    recording = Recording(heard)
    with moment(origin, now, secret), recording:
        try:
            outcome = step(app, record, message, park_above=park_above, recording=recording)
        except Abandoned:
            outcome = Outcome(record)
    if recording.is_abandoned:
        again = replace(message, id=derived_id(message.id, 0), recorded=Recorded(origin, now, recording.heard()))
        outcome = Outcome(record, (again,), spent=True)
    if outcome.spent:
        seen[message.id] = outcome.replies[0].encode() if outcome.replies else b""
    return outcome
