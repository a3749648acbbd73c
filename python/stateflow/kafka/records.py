"""What stands in the records of an app's topics.

Log and replies hold bytes that only this package reads. `client_request` and `client_reply` hold JSON that clients in any language
write and read; docs/guide/kafka.md describes it.
"""

from __future__ import annotations

import json
from typing import NamedTuple
from urllib.parse import quote

from stateflow.step.message import Address, Message
from stateflow.step.reply import Reply
from stateflow.wire.raw import pack, unpack

KEY = "address"
"""The member of the JSON object that is the key of a record of the log."""

CLIENT = "client:"
"""Begins the ids of requests that came as JSON, inside; so their answers go back as JSON."""


def place(address: Address) -> str:
    """Return the address as text that decides about its partition: ASCII, the same from every program and machine."""
    return f"{address.entity}/{key_text(address.key)}"


def key_text(key: str | int) -> str:
    """Return a key as text: ASCII. The class that it is of tells whether it is an integer."""
    if isinstance(key, int):
        # Python writes no longer integers in decimal digits.
        return str(key) if key.bit_length() < 10_000 else hex(key)
    return key if key.isascii() and key.isalnum() else quote(key.encode("utf-8", "surrogatepass"), safe="")


def place_of(record: bytes) -> str:
    """Return the place of a message in a record of the log."""
    _, _, entity, key, *_ = unpack(record)
    return place(Address(entity, key))


def log_key(place: str) -> bytes:
    """Return the key of a record of the log: a JSON object, as the engine's own sink writes it."""
    return json.dumps({KEY: place}, separators=(",", ":")).encode("ascii")


class Lost(NamedTuple):
    """A request that will never be answered, because a message of it could not be handled."""

    request: str
    reason: str

    def encode(self) -> bytes:
        """Return the bytes of a record of the replies."""
        return pack(tuple(self))


def decode_answer(record: bytes) -> Reply | Lost:
    """Return what a record of the replies holds."""
    parts = unpack(record)
    return Lost(*parts) if len(parts) == 2 else Reply(*parts)


def dead_letter(record: bytes, reason: str, message: Message | None = None) -> bytes:
    """Return a record that tells why another one was not handled; that one's bytes are in it as hexadecimal digits."""
    about: dict[str, object] = {"reason": reason}
    if message is not None:
        about |= {"address": str(message.address), "request": message.request}
    return json.dumps({**about, "record": record.hex()}, ensure_ascii=False).encode("utf-8", "backslashreplace")
