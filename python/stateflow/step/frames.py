"""Frames that wait for a result, and the units in which they travel."""

from __future__ import annotations

from collections.abc import Callable
from itertools import starmap
from typing import Any, NamedTuple

from stateflow.errors import StateflowError
from stateflow.flow import Transition
from stateflow.step.app import App
from stateflow.step.entities import Block, Entity
from stateflow.step.message import Address, CallSite
from stateflow.wire.errors import Malformed, Unencodable
from stateflow.wire.explain import explain
from stateflow.wire.raw import pack, unpack
from stateflow.wire.reader import Reader
from stateflow.wire.sharing import Scan, encode
from stateflow.wire.values import Wire


class Frame(NamedTuple):
    """A split method that waits for the result of a call."""

    block: Block
    live: dict[str, Any]
    trail: tuple[CallSite, ...]
    """The forwarded calls that led to it."""
    others: tuple[Callable[[], Transition], ...] = ()
    """Give the calls that travel along with the one that it waits for; not kept when it leaves the step."""


class Unit(NamedTuple):
    """The adjacent frames of one entity, as they stand on the stack of a message; or a branch of one of its joins."""

    address: Address
    frames: bytes
    """Encoded; or, where they stand in the entity's record, their ticket."""
    parked: bool
    path: tuple[int, ...] = ()
    """Of a branch of a join: where it stands in there."""

    def encode(self) -> bytes:
        """Return the bytes of the unit."""
        if self.path:
            return pack((*self.address, self.frames, self.path))
        return pack((*self.address, self.frames, True) if self.parked else (*self.address, self.frames))

    @classmethod
    def decode(cls, data: bytes) -> Unit:
        """Return the unit of these bytes."""
        content = unpack(data)
        if len(content) == 3:
            entity, key, frames = content
            return cls(Address(entity, key), frames, False)
        entity, key, ticket, path = content
        return cls(Address(entity, key), ticket, True, () if path is True else path)

    @staticmethod
    def address_in(data: bytes) -> Address:
        """Return the address of the unit of these bytes."""
        entity, key, *_ = unpack(data)
        return Address(entity, key)


class Kept(NamedTuple):
    """What the record of an entity keeps, and may share with frames."""

    fields: dict[str, object]
    held: list[object]
    """What frames in other units hold."""

    @classmethod
    def nothing(cls) -> Kept:
        """Return what shares nothing with anything."""
        return cls({}, [])


def encode_frames(
    app: App, entity: Entity, frames: list[Frame], kept: Callable[[], Kept], token: bytes
) -> tuple[bytes, dict[bytes, object]]:
    """Encode frames of an entity.

    Gives also what the frames share with what is kept, by tokens that begin with `token`. Raises `StateflowError` naming the
    variable that cannot be encoded.
    """
    wire = app.wire
    content = frame_content(entity, frames)
    if all(wire.flat.issuperset(map(type, frame.live.values())) for frame in frames):
        try:
            return wire.pack(content), {}
        except Unencodable as error:
            reason = error
        raise explain(wire, frames[-1].block.method, variables(frames), reason)
    return encode_shared(wire, content, lambda: variables(frames), kept(), token, frames[-1].block.method)


def frame_content(entity: Entity, frames: list[Frame]) -> list[object]:
    """Return what is to be encoded of frames."""
    content: list[object] = []
    for block, live, trail, _ in frames:
        name = block.name if entity.blocks.get(block.name) is block else block.qualified
        content += (name, block.digest, live, [list(site) for site in trail] if trail else None)
    return content


def variables(frames: list[Frame]) -> list[tuple[str, object]]:
    """Return the variables of frames under names for people."""
    return [(f"variable {name!r}", value) for frame in frames for name, value in frame.live.items()]


def encode_shared(
    wire: Wire,
    content: list[object],
    labels: Callable[[], list[tuple[str, object]]],
    kept: Kept,
    token: bytes,
    method: str,
) -> tuple[bytes, dict[bytes, object]]:
    """Encode what shares objects with what its entity keeps, and give those by tokens that begin with `token`.

    Raises `StateflowError` naming which of what has a label, or of the fields, cannot be encoded.
    """
    try:
        scan = Scan(wire, content)
        aliases = {
            token + index.to_bytes(4, "big").lstrip(b"\0"): value
            for index, value in enumerate(scan.aliases(Scan(wire, kept.fields, *kept.held)))
        }
        return encode(wire, content, scan, aliases=aliases), aliases
    except Unencodable as error:
        reason = error
    known = [*labels(), *((f"field {name!r}", value) for name, value in kept.fields.items())]
    raise explain(wire, method, known, reason)


def decode_frames(app: App, entity: Entity, data: bytes, reader: Reader) -> list[Frame]:
    """Return frames again. Raises `UnknownBlock` where this bundle cannot go on in one of them."""
    return read_frames(app, entity, reader.read(data))


def read_frames(app: App, entity: Entity, content: list[Any]) -> list[Frame]:
    """Return the frames of what `frame_content` gave. Raises `UnknownBlock`."""
    if len(content) % 4:
        raise Malformed("frames are not whole")
    frames = []
    for start in range(0, len(content), 4):
        name, digest, live, trail = content[start : start + 4]
        block = _find_block(app, entity, name, digest)
        frames.append(Frame(block, live, tuple(starmap(CallSite, trail)) if trail else ()))
    return frames


class UnknownBlock(StateflowError):
    """A frame waits in a block that this bundle does not have, or not in this form."""


def _find_block(app: App, entity: Entity, name: str, digest: bytes) -> Block:
    block = entity.blocks.get(name) or app.qualified_blocks.get(name)
    if block is None or block.digest != digest:
        what = "is not" if block is None else "is another version of"
        raise UnknownBlock(
            f"a call waits in block {name} (digest {digest.hex()}) of {entity.name}, which {what} a block of this bundle: "
            "it was made by another version of the app"
        )
    return block
