"""From the reply of a service to the response of the gateway."""

from __future__ import annotations

import json
from collections.abc import Sequence
from urllib.parse import quote

from stateflow.gateway.problems import Problem, not_found, plain
from stateflow.gateway.show import ANYTHING, CannotShow, Shape, Shower
from stateflow.step.message import Address
from stateflow.step.reply import Failure, Line

MAX_CHAIN = 10
"""How many causes and contexts of an exception a problem document tells."""

_encode = json.JSONEncoder(separators=(",", ":"), allow_nan=False).encode


def shown(shower: Shower, value: object, shape: Shape = ANYTHING, *, what: str = "The result") -> bytes:
    """A value as JSON text. Raises a `Problem` where it has no form in JSON."""
    try:
        return _encode(shower.show(value, shape)).encode()
    except CannotShow as error:
        raise _cannot_show(what, str(error)) from None
    except ValueError as error:
        raise _cannot_show(what, f"it holds an integer that is too long to be written: {error}") from None


def _cannot_show(what: str, why: str) -> Problem:
    return plain(500, "not-json", f"{what} cannot be shown as JSON: {why}. What the request did is in place.")


def location(address: Address) -> bytes:
    """The path of an entity."""
    key = quote(str(address.key).encode("utf-8", "surrogatepass"), safe="")
    return f"/{quote(address.entity)}/{key}".encode("ascii")


def failure_problem(failure: Failure) -> Problem:
    """What a client is told of an exception.

    404 and 409 are for the addressed entity alone, for which no line of the app has run.
    """
    name = failure.type.rpartition(".")[2]
    if not failure.lines and name == "EntityNotFound":
        return not_found(f"{failure.message}.", "entity-not-found")
    if not failure.lines and name == "EntityExists":
        return plain(409, "entity-exists", f"{failure.message}.")
    extra = _members(failure, MAX_CHAIN)
    return Problem(400, "app-exception", name, failure.message, extra)


def _members(failure: Failure, chain: int) -> dict[str, object]:
    members: dict[str, object] = {"exception": failure.type, "traceback": _traceback(failure.lines)}
    if failure.notes:
        members["notes"] = list(failure.notes)
    for name, other in (("cause", failure.cause), ("context", failure.context)):
        if other is not None and chain > 0:
            members[name] = {"message": other.message, **_members(other, chain - 1)}
    if failure.exceptions and chain > 0:
        members["exceptions"] = [{"message": held.message, **_members(held, chain - 1)} for held in failure.exceptions]
    return members


def _traceback(lines: Sequence[Line]) -> list[dict[str, object]]:
    return [line._asdict() for line in lines]
