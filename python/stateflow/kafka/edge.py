"""Requests and answers as JSON, for clients in any language: what stands in `client_request` and `client_reply`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from stateflow.adapters.service import BadArguments, Request, content_digest
from stateflow.gateway.answers import failure_problem, shown
from stateflow.gateway.arguments import Parser, parser
from stateflow.gateway.problems import Problem, bad_request, not_found, plain
from stateflow.gateway.schemas import Schemas
from stateflow.gateway.show import Shower
from stateflow.gateway.surface import Entity, read_surface
from stateflow.kafka.records import CLIENT, Lost
from stateflow.kafka.topics import LARGEST
from stateflow.step.app import App
from stateflow.step.kept import CONFLICT, kept
from stateflow.step.message import Message
from stateflow.step.reply import Reply

_MEMBERS = {"id", "entity", "key", "method", "arguments", "traceparent"}

MAX_ID = 255
"""Characters of the id of a request."""


@dataclass(frozen=True, slots=True)
class Refused:
    """A request that is not run."""

    id: str | None
    """None where it cannot be told, so that nobody can be answered."""
    reason: str
    answer: bytes
    """A record of `client_reply`."""


class Edge:
    """Reads requests and writes answers, for one app."""

    def __init__(self, app: App) -> None:
        surface = read_surface(app.ir)
        schemas = Schemas(surface, app.classes)
        self._app = app
        self._shower = Shower(app.classes, surface.modules)
        self._entities: Mapping[str, Entity] = surface.entities
        self._parsers: dict[tuple[str, str], Parser] = {
            (entity.name, method.name): parser(schemas, entity.name, method)
            for entity in surface.entities.values()
            for method in (entity.init, *entity.methods.values())
        }

    def message(self, record: bytes) -> Message | Refused:
        """Return the message that a request of a client stands for, or why it stands for none. Raises nothing, whatever the record is."""
        id: str | None = None
        try:
            given = _read(record)
            id = _id_of(given)
            message = self._message(given)
            # Numbers are up to five times as long as their digits were.
            if len(record) > LARGEST // 8 and len(message.encode()) > LARGEST:
                raise plain(413, "request-too-large", f"The request has more than {LARGEST} bytes.")
        except Problem as problem:
            return Refused(id, problem.detail, _answer(id or "", "problem", problem.body()))
        except Exception as error:  # noqa: BLE001 - an engine would read it again for ever
            refused = bad_request("invalid-request", f"The request cannot be read: {type(error).__name__}: {error}")
            return Refused(id, refused.detail, _answer(id or "", "problem", refused.body()))
        return message

    def answer(self, id: str, reply: Reply | Lost) -> bytes:
        """Return the record of `client_reply` that answers a request. Raises nothing: showing a value may run code of the app."""
        try:
            return _answer(id, "result", self._result(reply))
        except Problem as problem:
            return _answer(id, "problem", problem.body())
        except Exception as error:  # noqa: BLE001 - an engine would answer it again for ever
            reason = f"The answer cannot be shown: {type(error).__name__}."
            return _answer(id, "problem", plain(500, "not-json", reason).body())

    def _result(self, reply: Reply | Lost) -> bytes:
        if isinstance(reply, Lost):
            raise plain(500, "engine-failure", f"The request failed: {reply.reason}")
        if not reply.ok and reply.payload == CONFLICT:
            raise Problem(422, "id-reused", "Id Reused", "This id came before with another request.")
        if not reply.ok:
            raise failure_problem(self._app.failure(reply))
        return shown(self._shower, self._app.result(reply))

    def _message(self, given: Any) -> Message:
        if not isinstance(given, dict):
            raise bad_request("invalid-request", "A request is a JSON object.")
        other = sorted(given.keys() - _MEMBERS)
        if other:
            raise bad_request("invalid-request", f"A request has no member {other[0]!r}.")
        for name in ("id", "entity", "method", "traceparent"):
            if not isinstance(given.get(name, ""), str):
                raise bad_request("invalid-request", f"{name!r} must be a string.")
        if _id_of(given) is None:
            raise bad_request("invalid-request", f"'id' must have 1 to {MAX_ID} characters of Unicode.")
        entity, key, method = self._target(given)
        arguments = json.dumps(given.get("arguments", {})).encode()
        positional, named = self._parsers[entity, method].parse(arguments)
        id = CLIENT + given["id"]
        request = Request(id, entity, key, method, named, given.get("traceparent"), positional)
        try:
            message = request.message(self._app)
        except BadArguments as error:
            raise Problem(422, "invalid-arguments", "Invalid Arguments", f"{error}.", {"errors": []}) from None
        return kept(id, content_digest(message), request.first(self._app, message))

    def _target(self, given: dict[str, Any]) -> tuple[str, str | int | None, str]:
        """Return the name of the entity, the key, which is None for a creation, and the method."""
        entity = self._entities.get(given.get("entity", ""))
        if entity is None:
            raise not_found(f"There is no entity {given.get('entity')!r}.", "entity-not-known")
        key, method = given.get("key"), given.get("method", "__init__")
        if (key is None) != (method == "__init__"):
            raise bad_request("invalid-request", "A call has a 'key' and a 'method', and a creation has neither.")
        if key is None:
            return entity.name, None, method
        wanted: type = int if entity.key == "int" else str
        if type(key) is not wanted or not isinstance(key, str | int):
            raise bad_request("invalid-request", f"The keys of {entity.name} are of type {entity.key}.")
        if method not in entity.methods:
            raise not_found(f"{entity.name} has no method {method!r} that can be called.", "method-not-found")
        return entity.name, key, method


def _read(record: bytes) -> Any:
    try:
        return json.loads(record)
    except (ValueError, RecursionError) as error:
        raise bad_request("malformed-json", f"The request is not JSON: {error}.") from None


def _id_of(given: Any) -> str | None:
    """Return the id of what may be a request; None where it has none."""
    id = given.get("id") if isinstance(given, dict) else None
    if not isinstance(id, str) or not 0 < len(id) <= MAX_ID or any("\ud800" <= c <= "\udfff" for c in id):
        return None
    return id


def _answer(id: str, name: str, body: bytes) -> bytes:
    return b'{"id":%b,"%b":%b}' % (json.dumps(id).encode(), name.encode(), body)
