"""Reads on the way: a method that begins by reading attributes of a parameter is reached by way of what it reads.

Whoever calls such a method sends the read in its place, with the frame that waits for it: a message less. Nothing that the
method does comes before the read, so that nobody can tell.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from stateflow.errors import StateflowError
from stateflow.step.app import App
from stateflow.step.entities import Opening
from stateflow.step.frames import Frame, Kept, Unit, encode_frames
from stateflow.step.message import Address, CallSite


class Ahead(NamedTuple):
    """What is sent in the place of an invocation."""

    address: Address
    """Of what is read."""
    attributes: str
    """With commas between them."""
    unit: Unit
    """The frame of the method that waits for it."""
    leaves_out: bool
    """Whether an argument is not part of it, as nobody needs it."""


def ahead(
    app: App,
    address: Address,
    method: str,
    args: Sequence[object],
    kwargs: Mapping[str, object],
    trail: tuple[CallSite, ...],
    limit: int,
) -> Ahead | None:
    """Return what can be sent in the place of an invocation with these arguments, if anything.

    References in them may be `Address`. `trail` holds the forwarded calls that lead to the method. A frame of more than `limit`
    bytes is not sent ahead.
    """
    entity = app.entities.get(address.entity)
    opening = None if entity is None else entity.openings.get(method)
    if entity is None or opening is None:
        return None
    values = _bind(opening, args, kwargs)
    if values is None:
        return None
    reference = values[opening.parameter]
    target = reference if isinstance(reference, Address) else app.address_of(reference)
    if target is None or target == address:
        return None
    live = {name: values[name] for name in opening.live}
    try:
        frames, _ = encode_frames(app, entity, [Frame(opening.block, live, trail)], Kept.nothing, b"")
    except StateflowError:
        return None
    if len(frames) > limit:
        return None
    return Ahead(target, opening.attributes, Unit(address, frames, False), opening.leaves_out)


def _bind(opening: Opening, args: Sequence[object], kwargs: Mapping[str, object]) -> Mapping[str, Any] | None:
    """Return the parameters' values; None where the arguments do not fit."""
    if len(args) > len(opening.positional):
        return None
    values = dict(zip(opening.positional, args, strict=False))
    if kwargs:
        if not values.keys().isdisjoint(kwargs):
            return None
        values.update(kwargs)
    if len(values) < len(opening.names):
        values = {**opening.defaults, **values}
    return values if values.keys() == opening.names else None
