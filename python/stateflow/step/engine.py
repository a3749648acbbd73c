"""What a step of the engine gives."""

from __future__ import annotations

from dataclasses import dataclass

from stateflow.step.message import Message
from stateflow.step.record import Record
from stateflow.step.reply import Reply


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a step."""

    record: Record | None
    """The entity's record after it: the same object where nothing is to be written."""
    messages: tuple[Message, ...] = ()
    """To be sent, in order."""
    replies: tuple[Reply, ...] = ()
    """To the client; at most one."""
    set_aside: str | None = None
    """Why the message was not run, where this bundle cannot run it; the record is as it was."""
