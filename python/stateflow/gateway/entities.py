"""The resources of entities: creation, calls and fields."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from uuid import uuid4

from stateflow.adapters.service import BadArguments, Request, RequestConflict, Service, Unavailable
from stateflow.errors import StateflowError
from stateflow.gateway.answers import failure_problem, location, shown
from stateflow.gateway.arguments import Parser, parser
from stateflow.gateway.http import Head, Receive, Scope, Send, read_body, read_head, respond, respond_problem
from stateflow.gateway.logs import Log
from stateflow.gateway.metrics import Metrics
from stateflow.gateway.problems import Problem, method_not_allowed, not_found, plain
from stateflow.gateway.schemas import Schemas
from stateflow.gateway.show import Shape, Shower
from stateflow.gateway.surface import Entity, Method, Surface
from stateflow.step.app import App
from stateflow.step.message import Address
from stateflow.step.reply import Reply

JSON = b"application/json"

_INT_KEY = re.compile(r"0|-?[1-9][0-9]{0,999}")


@dataclass(frozen=True, slots=True)
class Limits:
    """What a gateway lets a request take."""

    timeout: float = 30.0
    """Seconds until an answer is given up; the request goes on."""
    body: int = 1 << 20
    """Bytes of a body."""


@dataclass(slots=True)
class Exchange:
    """A request and what is told of it in logs and metrics."""

    verb: str
    path: list[str]
    entity: str = ""
    method: str = ""
    key: str | int | None = None
    id: str | None = None
    trace: str | None = None
    started: float = field(default_factory=time.perf_counter)


@dataclass(frozen=True, slots=True)
class _Endpoint:
    """A method with all that is prepared for it."""

    name: str
    parser: Parser
    shape: Shape


@dataclass(frozen=True, slots=True)
class _Resource:
    """An entity with all that is prepared for it."""

    entity: Entity
    init: _Endpoint
    methods: Mapping[str, _Endpoint]
    fields: Mapping[str, Shape]


_Answer = tuple[int, bytes, list[tuple[bytes, bytes]]]


class Entities:
    """An ASGI application that serves the entities of an app."""

    def __init__(
        self, app: App, surface: Surface, schemas: Schemas, service: Service, limits: Limits, metrics: Metrics, log: Log
    ) -> None:
        self._app = app
        self._service = service
        self._limits = limits
        self._metrics = metrics
        self._log = log
        self._shower = Shower(app.classes, surface.modules)
        self._resources = {name: self._resource(entity, schemas) for name, entity in surface.entities.items()}

    def _resource(self, entity: Entity, schemas: Schemas) -> _Resource:
        def endpoint(method: Method) -> _Endpoint:
            shape = self._shower.shape(schemas.annotation(method.returns))
            return _Endpoint(method.name, parser(schemas, entity.name, method), shape)

        return _Resource(
            entity,
            endpoint(entity.init),
            {name: endpoint(method) for name, method in entity.methods.items()},
            {name: self._shower.shape(schemas.annotation(type_)) for name, type_ in entity.fields.items()},
        )

    def __contains__(self, name: str) -> bool:
        return name in self._resources

    async def serve(self, scope: Scope, path: list[str], receive: Receive, send: Send) -> None:
        """Answer a request whose path begins with the name of an entity."""
        exchange = Exchange(scope["method"], path, entity=path[0])
        in_flight = self._metrics.in_flight
        in_flight.inc()
        try:
            status, body, headers = await self._answer(exchange, scope, receive)
            await respond(send, status, body, JSON, headers)
        except Problem as problem:
            status = problem.status
            await respond_problem(send, problem)
        finally:
            in_flight.dec()
        self._told(exchange, status)

    def _told(self, exchange: Exchange, status: int) -> None:
        seconds = time.perf_counter() - exchange.started
        self._metrics.answered(exchange.entity, exchange.method, status, seconds)
        if self._log.enabled("info"):
            self._log.write(
                "info",
                "request",
                request=exchange.id,
                entity=exchange.entity,
                key=exchange.key,
                method=exchange.method or None,
                status=status,
                ms=round(seconds * 1000, 3),
                trace=exchange.trace,
            )

    async def _answer(self, exchange: Exchange, scope: Scope, receive: Receive) -> _Answer:
        """Route a request. Raises a `Problem` where it is refused or fails."""
        resource = self._resources[exchange.entity]
        parts = len(exchange.path)
        if parts > 3:
            raise not_found(
                f"An address has at most three parts; a / inside a key of {exchange.entity} is written %2F."
            )
        allowed = "GET, HEAD" if parts == 2 else "POST"
        if exchange.verb not in allowed:
            raise method_not_allowed(allowed)
        head = read_head(scope["headers"])
        exchange.trace = head.trace
        if parts == 1:
            return await self._create(exchange, resource, head, receive)
        exchange.key = _key(resource.entity, exchange.path[1])
        if parts == 2:
            return await self._fields(exchange, resource)
        return await self._call(exchange, resource, head, receive)

    async def _create(self, exchange: Exchange, resource: _Resource, head: Head, receive: Receive) -> _Answer:
        reply = await self._run(exchange, resource.init, head, receive)
        if not reply.ok:
            raise failure_problem(self._app.failure(reply))
        made = self._app.result(reply)
        if not isinstance(made, Address):
            raise _failed("The service did not say what it created.")
        return 201, shown(self._shower, {"key": made.key}), [(b"location", location(made))]

    async def _call(self, exchange: Exchange, resource: _Resource, head: Head, receive: Receive) -> _Answer:
        endpoint = resource.methods.get(exchange.path[2])
        if endpoint is None:
            raise not_found(
                f"{exchange.entity} has no method {exchange.path[2]!r} that can be called.", "method-not-found"
            )
        reply = await self._run(exchange, endpoint, head, receive)
        if not reply.ok:
            raise failure_problem(self._app.failure(reply))
        return 200, shown(self._shower, self._app.result(reply), endpoint.shape), []

    async def _fields(self, exchange: Exchange, resource: _Resource) -> _Answer:
        assert exchange.key is not None
        exchange.method = "fields"
        try:
            async with asyncio.timeout(self._limits.timeout):
                fields = await self._service.fields(Address(exchange.entity, exchange.key))
        except TimeoutError:
            raise plain(504, "timeout", f"The fields could not be read within {self._limits.timeout:g} s.") from None
        except Unavailable as error:
            raise _unavailable(error) from None
        except StateflowError as error:
            raise _failed(str(error)) from None
        if fields is None:
            raise not_found(f"{exchange.entity} {exchange.key!r} does not exist.", "entity-not-found")
        # Each field has the shape of its own annotation, so the object is put together here.
        members = (
            shown(self._shower, name) + b":" + shown(self._shower, value, resource.fields.get(name, Shape()), what=name)
            for name, value in fields.items()
        )
        return 200, b"{" + b",".join(members) + b"}", []

    async def _run(self, exchange: Exchange, endpoint: _Endpoint, head: Head, receive: Receive) -> Reply:
        exchange.method = endpoint.name
        exchange.id = head.idempotency_key or str(uuid4())
        body = await read_body(receive, head, self._limits.body)
        positional, arguments = endpoint.parser.parse(body)
        request = Request(
            exchange.id,
            exchange.entity,
            exchange.key,
            endpoint.name,
            arguments,
            head.trace,
            positional,
            head.idempotency_key is not None,
        )
        try:
            async with asyncio.timeout(self._limits.timeout):
                return await self._service.submit(request)
        except TimeoutError:
            raise self._timeout(head.idempotency_key) from None
        except RequestConflict:
            detail = "This Idempotency-Key came before with another request."
            raise Problem(422, "idempotency-key-reused", "Idempotency Key Reused", detail) from None
        except Unavailable as error:
            raise _unavailable(error) from None
        except BadArguments as error:
            raise Problem(422, "invalid-arguments", "Invalid Arguments", f"{error}.", {"errors": []}) from None
        except StateflowError as error:
            raise _failed(str(error)) from None

    def _timeout(self, idempotency_key: str | None) -> Problem:
        detail = f"There is no result after {self._limits.timeout:g} s; the request goes on. "
        if idempotency_key is None:
            detail += "Had it come with an Idempotency-Key, its result could be asked for."
        else:
            detail += "Send it again with the same Idempotency-Key to get its result."
        return plain(504, "timeout", detail)


def _key(entity: Entity, text: str) -> str | int:
    if entity.key == "str":
        return text
    if _INT_KEY.fullmatch(text) is None:
        raise not_found(
            f"The keys of {entity.name} are integers; {text!r} is not one in its shortest form.", "entity-not-found"
        )
    return int(text)


def _unavailable(error: Unavailable) -> Problem:
    return plain(
        503, "unavailable", f"{error}. Nothing was done; send the request again later.", [(b"retry-after", b"1")]
    )


def _failed(why: str) -> Problem:
    return plain(500, "engine-failure", f"The request failed and nothing of it was done: {why}.")
