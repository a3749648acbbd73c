"""A small app with every kind of parameter, and a service that answers for it as a test says."""

from __future__ import annotations

import asyncio
import dataclasses
import datetime
import decimal
import enum
import sys
import uuid
from collections.abc import Callable
from typing import Any, ClassVar, NamedTuple

from stateflow.adapters.service import Request
from stateflow.errors import EntityExists, EntityNotFound
from stateflow.gateway.app import Gateway
from stateflow.gateway.entities import Limits
from stateflow.step.message import Address
from stateflow.step.reply import Failure, Line, Reply

MODULE = __name__


class Color(enum.Enum):
    RED = "red"
    TWO = 2


class Point(NamedTuple):
    x: int
    label: str = "here"


class Plain:
    def __init__(self, text: str) -> None:
        self.text = text


class Named:
    """A base class of entities."""


class Item(Named):
    pass


class Account:
    pass


class Savings(Account):
    pass


class Shelf:
    pass


@dataclasses.dataclass(frozen=True)
class Entry:
    """A line of an order."""

    amount: int
    color: Color
    when: datetime.datetime
    item: Item | None = None
    owner: Item | str = "nobody"
    next: Entry | None = None


def class_(found: type) -> dict[str, Any]:
    return {"kind": "class", "module": found.__module__, "name": found.__qualname__}


def entity(name: str) -> dict[str, Any]:
    return {"kind": "entity", "name": name}


def of(kind: str, inner: dict[str, Any]) -> dict[str, Any]:
    return {"kind": kind, "of": inner}


def optional(inner: dict[str, Any]) -> dict[str, Any]:
    return {"kind": "union", "of": [inner, NONE]}


ANY, NONE, BOOL, INT, FLOAT, STR, BYTES = (
    {"kind": kind} for kind in ("any", "none", "bool", "int", "float", "str", "bytes")
)

TYPES: dict[str, dict[str, Any]] = {
    "any": ANY,
    "bool": BOOL,
    "int": INT,
    "float": FLOAT,
    "str": STR,
    "bytes": BYTES,
    "decimal": class_(decimal.Decimal),
    "datetime": class_(datetime.datetime),
    "time": class_(datetime.time),
    "timedelta": class_(datetime.timedelta),
    "uuid": class_(uuid.UUID),
    "color": class_(Color),
    "point": class_(Point),
    "entry": class_(Entry),
    "plain": class_(Plain),
    "named": class_(Named),
    "unloaded": {"kind": "class", "module": "not.loaded", "name": "Thing"},
    "item": entity("Item"),
    "account": entity("Account"),
    "shelf": entity("Shelf"),
    "optional_item": optional(entity("Item")),
    "either": {"kind": "union", "of": [entity("Item"), entity("Shelf"), STR]},
    "items": of("list", entity("Item")),
    "numbers": of("set", INT),
    "frozen": of("frozenset", STR),
    "by_name": {"kind": "dict", "key": STR, "value": entity("Item")},
    "by_number": {"kind": "dict", "key": INT, "value": STR},
    "pair": {"kind": "tuple", "of": [INT, STR]},
    "row": of("tuple_of", INT),
    "literal": {"kind": "literal", "values": ["a", 1]},
    "plains": of("list", class_(Plain)),
}

VALUES: dict[str, object] = {
    "any": [1, "x"],
    "bool": True,
    "int": 1,
    "float": 1.5,
    "str": "x",
    "bytes": b"x",
    "decimal": decimal.Decimal("1.20"),
    "datetime": datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC),
    "time": datetime.time(1, tzinfo=datetime.UTC),
    "timedelta": datetime.timedelta(days=1, seconds=2),
    "uuid": uuid.UUID(int=1),
    "color": Color.TWO,
    "point": Point(1),
    "entry": Entry(1, Color.RED, datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)),
    "plain": Plain("x"),
    "named": Address("Item", "x"),
    "unloaded": 1,
    "item": Address("Item", "x"),
    "account": Address("Savings", 1),
    "shelf": Address("Shelf", 1),
    "optional_item": None,
    "either": Address("Item", "x"),
    "items": [Address("Item", "x")],
    "numbers": {1, 2},
    "frozen": frozenset({"x"}),
    "by_name": {"x": Address("Item", "x")},
    "by_number": {1: "x"},
    "pair": (1, "x"),
    "row": (1, 2),
    "literal": "a",
    "plains": [Plain("x")],
}
"""A value of each type."""


def param(name: str, type_: dict[str, Any], kind: str = "regular", default: str | None = None) -> dict[str, Any]:
    return {"name": name, "kind": kind, "type": type_, "default": default}


def method(
    name: str, params: list[dict[str, Any]], returns: dict[str, Any] = ANY, doc: str | None = None
) -> dict[str, Any]:
    return {"name": name, "doc": doc, "params": params, "returns": returns, "body": {"kind": "plain"}}


def entity_ir(
    name: str, key: str = "str", methods: list[dict[str, Any]] | None = None, fields: dict[str, Any] | None = None
) -> dict[str, Any]:
    return {
        "name": name,
        "module": MODULE,
        "doc": f"An entity named {name}.",
        "key": {"type": key, "fields": ["name"]},
        "fields": [{"name": field, "type": type_} for field, type_ in (fields or {"name": STR}).items()],
        "init": [param("name", INT if key == "int" else STR), param("price", INT, default="1")],
        "methods": methods or [],
    }


METHODS = [
    *(method(f"take_{name}", [param(name, type_)]) for name, type_ in TYPES.items()),
    *(method(f"give_{name}", [], type_) for name, type_ in TYPES.items()),
    method("buy", [param("amount", INT), param("item", entity("Item"), default="None")], BOOL, "Buy some of it."),
    method("only", [param("first", INT, "positional_only"), param("second", INT, "positional_only", "2")]),
    method(
        "many",
        [
            param("first", INT, default="1"),
            param("args", INT, "var_positional"),
            param("last", STR, "keyword_only", "''"),
        ],
    ),
    method("named", [param("first", INT), param("kwargs", INT, "var_keyword")]),
    method("_secret", []),
]

IR: dict[str, Any] = {
    "version": 1,
    "name": "fake",
    "modules": [{"name": MODULE}],
    "entities": [
        entity_ir("Item", methods=METHODS, fields={"name": STR, "friend": entity("Item"), "any": ANY}),
        entity_ir("Account", "int", [method("balance", [], INT)]),
        entity_ir("Savings", "int"),
        entity_ir("Shelf", "int"),
        entity_ir("docs"),
    ],
}


class FakeApp:
    """Hands values through: the payload of a reply is the name of what the service answered."""

    name = "fake"
    digest = "0123456789abcdef"
    ir = IR
    classes: ClassVar = {
        "Item": Item,
        "Account": Account,
        "Savings": Savings,
        "Shelf": Shelf,
        "docs": type("docs", (), {}),
    }

    def __init__(self) -> None:
        self.answers: dict[bytes, Any] = {}

    def result(self, reply: Reply) -> object:
        return self.answers[reply.payload]

    def failure(self, reply: Reply) -> Failure:
        failure = self.answers[reply.payload]
        assert isinstance(failure, Failure)
        return failure


class FakeService:
    """Answers every request with what `answer` gives or raises, and keeps the requests."""

    def __init__(self, app: FakeApp) -> None:
        self.app = app
        self.requests: list[Request] = []
        self.answer: Callable[[Request], Any] = lambda request: None
        self.stored: dict[Address, dict[str, object]] = {}
        self.wait = asyncio.Event()
        self.wait.set()

    async def submit(self, request: Request) -> Reply:
        self.requests.append(request)
        await self.wait.wait()
        answer = self.answer(request)
        payload = str(len(self.requests)).encode()
        self.app.answers[payload] = answer
        return Reply(request.id, not isinstance(answer, Failure), payload)

    async def fields(self, address: Address) -> dict[str, object] | None:
        return self.stored.get(address)


def not_found(name: str, key: str | int, lines: tuple[Line, ...] = ()) -> Failure:
    return Failure("stateflow.errors.EntityNotFound", str(EntityNotFound(name, key)), lines)


def exists(name: str, key: str | int) -> Failure:
    return Failure("stateflow.errors.EntityExists", str(EntityExists(name, key)), ())


def gateway(limits: Limits | None = None) -> tuple[Gateway, FakeService]:
    assert MODULE in sys.modules
    app: Any = FakeApp()
    service = FakeService(app)
    return Gateway(app, service, limits), service
