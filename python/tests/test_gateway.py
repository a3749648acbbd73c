"""The HTTP contract, against a service that answers as each test says."""

from __future__ import annotations

import asyncio
import datetime
import decimal
import json
import uuid
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from gateway_fake import Color, Entry, FakeService, Plain, Point, exists, gateway, not_found
from stateflow.adapters.service import RequestConflict, Unavailable
from stateflow.gateway.app import Gateway
from stateflow.gateway.entities import Limits
from stateflow.step.message import Address
from stateflow.step.reply import Failure, Line

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


class Client:
    """Sends requests to a gateway without a socket."""

    def __init__(self, app: Gateway, service: FakeService) -> None:
        self.service = service
        self.http = httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://test")

    async def post(self, path: str, body: object = None, **headers: str) -> httpx.Response:
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if body is None:
            return await self.http.post(path, headers=sent)
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        return await self.http.post(path, content=content, headers={"content-type": "application/json", **sent})

    async def take(self, name: str, value: object) -> Any:
        """Send an argument, and return what the service was given, or the problem."""
        response = await self.post(f"/Item/a/take_{name}", {name: value})
        if response.status_code != 200:
            return problem(response, 422)
        return self.service.requests[-1].arguments[name]

    async def give(self, name: str, value: object) -> Any:
        """Return what is shown of a result of the annotated type."""
        self.service.answer = lambda request: value
        response = await self.post(f"/Item/a/give_{name}")
        assert response.status_code == 200, response.text
        return response.json()


@pytest.fixture
async def client() -> AsyncIterator[Client]:
    client = Client(*gateway())
    async with client.http:
        yield client


def problem(response: httpx.Response, status: int) -> dict[str, Any]:
    """The problem document of a response, checked for what every one must have."""
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    document: dict[str, Any] = response.json()
    assert document["status"] == status
    assert document["type"].startswith("urn:stateflow:problem:")
    assert document["title"]
    assert document["detail"]
    return document


def fields(document: dict[str, Any]) -> list[str]:
    return [error["field"] for error in document["errors"]]


async def test_creation(client: Client) -> None:
    client.service.answer = lambda request: Address("Item", "a/b ü")
    response = await client.post("/Item", {"name": "a/b ü"})
    assert (response.status_code, response.json()) == (201, {"key": "a/b ü"})
    assert response.headers["location"] == "/Item/a%2Fb%20%C3%BC"
    request = client.service.requests[0]
    assert (request.entity, request.key, request.method, request.arguments) == (
        "Item",
        None,
        "__init__",
        {"name": "a/b ü"},
    )
    client.service.answer = lambda request: exists("Item", "a")
    assert problem(await client.post("/Item", {"name": "a"}), 409)["detail"] == "Item 'a' already exists."


async def test_call(client: Client) -> None:
    client.service.answer = lambda request: True
    response = await client.post("/Item/a/buy", {"amount": 2, "item": "apple"})
    assert (response.status_code, response.content) == (200, b"true")
    request = client.service.requests[0]
    assert request.arguments == {"amount": 2, "item": Address("Item", "apple")}
    assert not request.keep
    await client.post("/Item/a/buy", {"amount": 2})
    assert client.service.requests[1].arguments == {"amount": 2}, "defaults are the callee's"
    assert client.service.requests[1].id != request.id


async def test_fields(client: Client) -> None:
    client.service.stored[Address("Item", "a")] = {
        "name": "a",
        "friend": Address("Item", "b"),
        "any": Address("Item", "c"),
    }
    response = await client.http.get("/Item/a")
    assert response.json() == {"name": "a", "friend": "b", "any": {"entity": "Item", "key": "c"}}
    assert (await client.http.head("/Item/a")).status_code == 200
    assert problem(await client.http.get("/Item/nobody"), 404)["detail"] == "Item 'nobody' does not exist."


@pytest.mark.parametrize(
    "key", ["a", "", ".", "a/b", "a%2Fb", "%", "a b", "ü€😀", "a+b", "a?b#c", "..%2f", "x" * 2000, "\x00"]
)
async def test_keys_of_any_characters(client: Client, key: str) -> None:
    scope = {
        "type": "http",
        "method": "POST",
        "raw_path": b"/Item/" + "".join(f"%{byte:02X}" for byte in key.encode()).encode() + b"/buy",
        "path": "/not/this",
        "headers": [(b"content-type", b"application/json")],
    }
    sent: list[Any] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b'{"amount": 1}'}

    async def send(message: Any) -> None:
        sent.append(message)

    await client.http._transport.app(scope, receive, send)  # type: ignore[attr-defined]
    assert sent[0]["status"] == 200
    assert client.service.requests[0].key == key


async def test_keys_that_are_integers(client: Client) -> None:
    client.service.answer = lambda request: 5
    assert (await client.post("/Account/-12/balance")).json() == 5
    assert client.service.requests[0].key == -12
    for text in ("01", "+1", "1.0", "-0", "1_0", "%D9%A1", "", "x", "1%20", "1%0A"):
        assert "integers" in problem(await client.post(f"/Account/{text}/balance"), 404)["detail"]
    assert (await client.post(f"/Account/{10**30}/balance")).status_code == 200
    assert client.service.requests[-1].key == 10**30


async def test_what_is_not_there(client: Client) -> None:
    problem(await client.post("/Nothing"), 404)
    problem(await client.http.get("/"), 404)
    problem(await client.http.get("/docs/x"), 404)
    problem(await client.post("/Item/a/nothing"), 404)
    problem(await client.post("/Item/a/_secret"), 404)
    problem(await client.post("/Item/a/__init__"), 404)
    problem(await client.post("/Item/a/b/buy", {"amount": 1}), 404)
    client.service.answer = lambda request: not_found("Item", "a")
    assert problem(await client.post("/Item/a/buy", {"amount": 1}), 404)["detail"] == "Item 'a' does not exist."


async def test_methods_that_are_not_allowed(client: Client) -> None:
    for verb, path, allowed in [
        ("GET", "/Item", "POST"),
        ("DELETE", "/Item/a", "GET, HEAD"),
        ("POST", "/Item/a", "GET, HEAD"),
        ("GET", "/Item/a/buy", "POST"),
        ("PUT", "/Item/a/buy", "POST"),
        ("HEAD", "/Item/a/buy", "POST"),
    ]:
        response = await client.http.request(verb, path)
        assert (response.status_code, response.headers["allow"]) == (405, allowed)
    problem(await client.http.post("/healthz"), 405)


async def test_broken_paths(client: Client) -> None:
    scope = {"type": "http", "method": "GET", "path": "/", "headers": []}
    for raw in (b"/Item/%zz", b"/Item/%", b"/Item/%ff", b"/Item/\xff"):
        sent: list[Any] = []

        async def send(message: Any, into: list[Any] = sent) -> None:
            into.append(message)

        await client.http._transport.app({**scope, "raw_path": raw}, None, send)  # type: ignore[attr-defined]
        assert sent[0]["status"] == 400


async def test_an_entity_named_like_a_fixed_path(client: Client) -> None:
    client.service.answer = lambda request: Address("docs", "a")
    assert (await client.post("/docs", {"name": "a"})).status_code == 201
    assert "swagger" in (await client.http.get("/docs")).text
    problem(await client.http.get("/docs/a"), 404)


@pytest.mark.parametrize(
    ("name", "sent", "given"),
    [
        ("any", {"a": [1, None]}, {"a": [1, None]}),
        ("bool", True, True),
        ("int", 2**70, 2**70),
        ("float", 3, 3.0),
        ("float", 1.5, 1.5),
        ("str", "ü", "ü"),
        ("bytes", "+/8=", b"\xfb\xff"),
        ("decimal", "1.20", decimal.Decimal("1.20")),
        ("datetime", "2026-01-01T00:00:00", datetime.datetime(2026, 1, 1)),
        ("datetime", "2026-01-01T00:00:00Z", datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)),
        ("timedelta", "PT1H", datetime.timedelta(hours=1)),
        ("uuid", "12345678-1234-5678-1234-567812345678", uuid.UUID("12345678-1234-5678-1234-567812345678")),
        ("color", 2, Color.TWO),
        ("point", [1, "x"], Point(1, "x")),
        ("point", {"x": 1}, Point(1)),
        ("item", "x", Address("Item", "x")),
        ("shelf", 7, Address("Shelf", 7)),
        ("account", {"entity": "Savings", "key": 7}, Address("Savings", 7)),
        ("named", {"entity": "Item", "key": "x"}, Address("Item", "x")),
        ("optional_item", None, None),
        ("optional_item", "x", Address("Item", "x")),
        ("either", "x", "x"),
        ("either", {"entity": "Shelf", "key": 1}, Address("Shelf", 1)),
        ("items", ["x", "y"], [Address("Item", "x"), Address("Item", "y")]),
        ("numbers", [1, 2, 2], {1, 2}),
        ("frozen", ["a"], frozenset({"a"})),
        ("by_name", {"k": "x"}, {"k": Address("Item", "x")}),
        ("by_number", {"1": "x"}, {1: "x"}),
        ("pair", [1, "a"], (1, "a")),
        ("row", [1, 2], (1, 2)),
        ("literal", "a", "a"),
        ("plains", [], []),
    ],
)
async def test_arguments(client: Client, name: str, sent: object, given: object) -> None:
    taken = await client.take(name, sent)
    assert taken == given
    assert type(taken) is type(given)


async def test_times_have_zones_of_the_standard_library(client: Client) -> None:
    taken = await client.take("datetime", "2026-01-01T00:00:00+02:00")
    assert type(taken.tzinfo) is datetime.timezone
    assert taken.utcoffset() == datetime.timedelta(hours=2)
    assert type((await client.take("time", "10:00:00Z")).tzinfo) is datetime.timezone


async def test_dataclasses(client: Client) -> None:
    later = {"amount": 2, "color": 2, "when": "2026-01-01T00:00:00Z", "owner": {"entity": "Item", "key": "o"}}
    taken = await client.take("entry", {**later, "amount": 1, "owner": "me", "item": "i", "next": later})
    when = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)
    inner = Entry(2, Color.TWO, when, owner=Address("Item", "o"))  # type: ignore[arg-type]
    assert taken == Entry(1, Color.TWO, when, Address("Item", "i"), "me", inner)  # type: ignore[arg-type]
    assert type(taken.next.when.tzinfo) is datetime.timezone


@pytest.mark.parametrize(
    ("name", "sent"),
    [
        ("bool", 1),
        ("int", "1"),
        ("int", 1.0),
        ("int", True),
        ("float", "1"),
        ("str", 1),
        ("bytes", "!"),
        ("decimal", "x"),
        ("datetime", 5),
        ("color", "blue"),
        ("item", 1),
        ("item", {"entity": "Item", "key": "x"}),
        ("shelf", "7"),
        ("account", 7),
        ("account", {"entity": "Item", "key": "x"}),
        ("account", {"entity": "Account", "key": "x"}),
        ("account", {"entity": "Account", "key": 1, "more": 1}),
        ("either", 1),
        ("items", ["x", 1]),
        ("by_number", {"x": "x"}),
        ("pair", [1]),
        ("literal", "b"),
        ("entry", {"amount": 1}),
        ("plain", {"text": "x"}),
        ("plains", [{}]),
        ("unloaded", 1),
    ],
)
async def test_arguments_that_do_not_fit(client: Client, name: str, sent: object) -> None:
    assert set(fields(await client.take(name, sent))) == {name}
    assert client.service.requests == []


async def test_what_cannot_be_given_says_so(client: Client) -> None:
    document = await client.take("plain", {})
    assert document["errors"][0]["detail"] == "a value of class Plain cannot be given as JSON"


async def test_names_of_parameters(client: Client) -> None:
    assert fields(problem(await client.post("/Item/a/buy", {}), 422)) == ["amount"]
    document = problem(await client.post("/Item/a/buy", {"amount": "x", "ammount": 1}), 422)
    assert fields(document) == ["amount", "ammount"]
    assert document["errors"][1]["detail"] == "there is no parameter of this name"


async def test_positional_and_starred_parameters(client: Client) -> None:
    async def sent(path: str, body: object) -> tuple[Any, Any]:
        assert (await client.post(path, body)).status_code == 200
        request = client.service.requests[-1]
        return tuple(request.positional), request.arguments

    assert await sent("/Item/a/only", {"second": 5, "first": 4}) == ((4, 5), {})
    assert await sent("/Item/a/only", {"first": 4}) == ((4,), {})
    assert await sent("/Item/a/many", {"first": 4, "args": [5, 6], "last": "x"}) == ((4, 5, 6), {"last": "x"})
    assert await sent("/Item/a/many", {"args": []}) == ((), {})
    assert await sent("/Item/a/many", None) == ((), {})
    assert await sent("/Item/a/named", {"first": 1, "other": 2, "kwargs": 3}) == (
        (),
        {"first": 1, "other": 2, "kwargs": 3},
    )
    assert fields(problem(await client.post("/Item/a/many", {"args": [5]}), 422)) == ["first"]
    assert fields(problem(await client.post("/Item/a/named", {"first": 1, "other": "x"}), 422)) == ["other"]


async def test_bodies_that_are_not_arguments(client: Client) -> None:
    path = "/Item/a/buy"
    for body in (b"{", b"", b"{'amount': 1}", b'{"amount": 1} x', b"\xff"):
        problem(await client.post(path, body), 400)
    for body in (b"[]", b"1", b"null", b'"x"'):
        assert "JSON object" in problem(await client.post(path, body), 422)["detail"]
    problem(await client.post(path, {"amount": 1}, content_type="text/plain"), 415)
    problem(await client.http.post(path, content=b"{}"), 415)
    assert (await client.post(path, {"amount": 1}, content_type="application/json; charset=utf-8")).status_code == 200


async def test_bodies_that_are_too_large() -> None:
    client = Client(*gateway(Limits(body=100)))
    response = await client.post("/Item/a/take_str", {"str": "x" * 200})
    assert "100 bytes" in problem(response, 413)["detail"]

    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(30):
            yield b"xxxxxxxxxx"

    problem(await client.http.post("/Item/a/take_str", content=chunks()), 413)


@pytest.mark.parametrize(
    ("name", "value", "shown"),
    [
        ("any", None, None),
        ("any", [1, 2.5, "x", True], [1, 2.5, "x", True]),
        ("any", float("nan"), "NaN"),
        ("any", [float("-inf")], ["-Infinity"]),
        ("any", {1: "a", None: "b", False: "c", Color.RED: "d"}, {"1": "a", "null": "b", "false": "c", "red": "d"}),
        ("any", {"x": {1}, "y": frozenset({2}), "z": (3,)}, {"x": [1], "y": [2], "z": [3]}),
        ("any", decimal.Decimal("1.20"), "1.20"),
        ("any", datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC), "2026-01-01T00:00:00+00:00"),
        ("any", datetime.timedelta(days=1, seconds=3661, microseconds=500), "P1DT1H1M1.0005S"),
        ("any", datetime.timedelta(seconds=-1), "-PT1S"),
        ("any", datetime.timedelta(), "P0D"),
        ("any", uuid.UUID(int=1), "00000000-0000-0000-0000-000000000001"),
        ("any", Color.TWO, 2),
        ("any", b"\xfb\xff", "+/8="),
        ("any", Point(1), [1, "here"]),
        ("any", Plain("x"), {"text": "x"}),
        ("any", ValueError("x"), {"exception": "ValueError", "message": "x"}),
        ("any", Address("Item", "x"), {"entity": "Item", "key": "x"}),
        ("any", "\ud800", "\ud800"),
        ("item", Address("Item", "x"), "x"),
        ("account", Address("Savings", 1), {"entity": "Savings", "key": 1}),
        ("optional_item", Address("Item", "x"), "x"),
        ("either", Address("Item", "x"), {"entity": "Item", "key": "x"}),
        ("items", [Address("Item", "x")], ["x"]),
        ("by_name", {"k": Address("Item", "x")}, {"k": "x"}),
        ("named", Address("Item", "x"), {"entity": "Item", "key": "x"}),
        ("int", "not an int", "not an int"),
    ],
)
async def test_results(client: Client, name: str, value: object, shown: object) -> None:
    assert await client.give(name, value) == shown


async def test_results_that_are_dataclasses(client: Client) -> None:
    entry: Any = Entry(1, Color.RED, datetime.datetime(2026, 1, 1), Address("Item", "i"), Address("Item", "o"))  # type: ignore[arg-type]
    assert await client.give("entry", entry) == {
        "amount": 1,
        "color": "red",
        "when": "2026-01-01T00:00:00",
        "item": "i",
        "owner": {"entity": "Item", "key": "o"},
        "next": None,
    }


async def test_results_that_cannot_be_shown(client: Client) -> None:
    endless: list[object] = []
    endless.append(endless)
    for value, why in [
        (endless, "contains itself"),
        (object(), "$ is a object"),
        ([10**5000], "too long"),
        ({(1,): 1}, "key"),
    ]:
        client.service.answer = lambda request, value=value: value  # type: ignore[misc]
        assert why in problem(await client.post("/Item/a/give_any"), 500)["detail"]


async def test_exceptions_of_the_app(client: Client) -> None:
    line = Line("shop.py", 12, "User.buy", "raise NotEnough(1)")
    cause = Failure("KeyError", "'x'", (line,))
    client.service.answer = lambda request: Failure("shop.NotEnough", "1 short", (line,), ("note",), cause)
    document = problem(await client.post("/Item/a/buy", {"amount": 1}), 400)
    assert (document["title"], document["detail"], document["exception"]) == ("NotEnough", "1 short", "shop.NotEnough")
    assert document["traceback"] == [
        {"path": "shop.py", "line": 12, "function": "User.buy", "text": "raise NotEnough(1)"}
    ]
    assert document["notes"] == ["note"]
    assert document["cause"]["exception"] == "KeyError"


async def test_entities_missing_inside_the_app_are_exceptions_of_the_app(client: Client) -> None:
    line = Line("shop.py", 12, "User.buy", "item.take()")
    client.service.answer = lambda request: not_found("Item", "b", (line,))
    assert problem(await client.post("/Item/a/buy", {"amount": 1}), 400)["title"] == "EntityNotFound"


async def test_an_exception_without_a_message(client: Client) -> None:
    client.service.answer = lambda request: Failure("ValueError", "", ())
    response = await client.post("/Item/a/buy", {"amount": 1})
    assert (response.status_code, response.json()["detail"]) == (400, "")


async def test_timeout_and_the_result_after_it() -> None:
    client = Client(*gateway(Limits(timeout=0.05)))
    client.service.wait.clear()
    document = problem(await client.post("/Item/a/buy", {"amount": 1}, idempotency_key="k1"), 504)
    assert "Idempotency-Key" in document["detail"]
    client.service.wait.set()
    assert (await client.post("/Item/a/buy", {"amount": 1}, idempotency_key="k1")).status_code == 200
    assert [(request.id, request.keep) for request in client.service.requests] == [("k1", True)] * 2


async def test_request_headers(client: Client) -> None:
    trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
    await client.post("/Item/a/buy", {"amount": 1}, traceparent=trace)
    await client.post("/Item/a/buy", {"amount": 1}, traceparent="nonsense")
    assert [request.trace for request in client.service.requests] == [trace, None]
    for key in ("", "a b", "x" * 256):
        problem(await client.post("/Item/a/buy", {"amount": 1}, idempotency_key=key), 400)


async def test_errors_of_the_service(client: Client) -> None:
    def failing(error: Exception) -> Any:
        def answer(request: object) -> None:
            raise error

        return answer

    client.service.answer = failing(RequestConflict("k"))
    assert (
        problem(await client.post("/Item/a/buy", {"amount": 1}, idempotency_key="k"), 422)["title"]
        == "Idempotency Key Reused"
    )
    client.service.answer = failing(Unavailable("the disk is full"))
    response = await client.post("/Item/a/buy", {"amount": 1})
    assert "the disk is full" in problem(response, 503)["detail"]
    assert response.headers["retry-after"] == "1"


async def test_health_and_metrics(client: Client) -> None:
    await client.post("/Item/a/buy", {"amount": 1})
    await client.post("/Item/a/buy", {})
    await client.post("/Item/a/whatever", {})
    assert (await client.http.get("/healthz")).json()["status"] == "ok"
    text = (await client.http.get("/metrics")).text
    assert 'stateflow_requests_total{entity="Item",method="buy",status="200"} 1.0' in text
    assert 'stateflow_requests_total{entity="Item",method="buy",status="422"} 1.0' in text
    assert 'stateflow_request_seconds_count{entity="Item",method="buy"} 2.0' in text
    assert "stateflow_requests_in_flight 0.0" in text
    assert "whatever" not in text


async def test_requests_run_side_by_side(client: Client) -> None:
    client.service.wait.clear()
    sent = [asyncio.ensure_future(client.post("/Item/a/buy", {"amount": n})) for n in range(20)]
    while len(client.service.requests) < 20:
        await asyncio.sleep(0)
    client.service.wait.set()
    assert [response.status_code for response in await asyncio.gather(*sent)] == [200] * 20
