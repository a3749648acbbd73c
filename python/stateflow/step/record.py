"""What is stored of one entity."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field

from stateflow.frozen import frozen
from stateflow.wire.raw import pack, unpack


@frozen
class Record:
    """Everything stored under one address. It is never changed: a step that writes gives another one."""

    fields: bytes | None
    """The entity's fields, encoded; None where it does not exist."""
    parked: Mapping[bytes, bytes] = field(default_factory=dict)
    """Frames that are too large to travel, and joins of calls made in parallel, encoded, by ticket."""

    def encode(self) -> bytes:
        """Return the bytes to store."""
        return pack((self.fields, self.parked))

    @classmethod
    def decode(cls, data: bytes) -> Record:
        """Return the record of these bytes."""
        fields, parked = unpack(data)
        return cls(fields, parked)
