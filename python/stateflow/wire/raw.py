"""msgpack for the engine's own structures: strings with surrogates and integers of any size included."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgpack

BIG_INT = 1
"""The extension type of integers that do not fit in 64 bits: two's complement, big-endian."""


def int_to_bytes(value: int) -> bytes:
    """Return an integer of any size as the shortest two's complement."""
    return value.to_bytes(value.bit_length() // 8 + 1, "big", signed=True)


def int_from_bytes(data: bytes) -> int:
    """Return the integer of these bytes."""
    return int.from_bytes(data, "big", signed=True)


def _default(value: Any) -> Any:
    if isinstance(value, int):
        return msgpack.ExtType(BIG_INT, int_to_bytes(value))
    raise TypeError(f"not a structure of the engine: {value!r}")


def _extension(code: int, data: bytes) -> int:
    if code != BIG_INT:
        raise ValueError(f"not a structure of the engine: extension type {code}")
    return int_from_bytes(data)


_packers: list[msgpack.Packer] = []
"""Those that no thread is using. One that fails keeps what it has packed so far, and does not come back."""


def pack(value: object) -> bytes:
    """Return the bytes of a structure of tuples, lists, dictionaries and scalars."""
    try:
        packer = _packers.pop()
    except IndexError:
        packer = msgpack.Packer(default=_default, unicode_errors="surrogatepass")
    packed: bytes = packer.pack(value)
    _packers.append(packer)
    return packed


_READ = {"use_list": False, "ext_hook": _extension, "strict_map_key": False, "unicode_errors": "surrogatepass"}


def unpack(data: bytes) -> Any:
    """Return the structure of these bytes, with tuples for sequences."""
    return msgpack.unpackb(data, **_READ)


def unpack_each(data: bytes) -> Iterator[Any]:
    """Return the structures of these bytes, which stand one behind the other."""
    unpacker = msgpack.Unpacker(max_buffer_size=len(data), **_READ)
    unpacker.feed(data)
    return iter(unpacker)
