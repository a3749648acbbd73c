"""The functions of Stateful Functions without an engine: what is sent to them over HTTP, and what they answer."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from flink.offline import Engine
from scenarios.forked import forked
from scenarios.programs import apps, bundle
from stateflow.adapters.service import Request
from stateflow.adapters.statefun import Functions
from stateflow.adapters.statefun_names import function_id, to_functions, type_name
from stateflow.kafka.edge import Edge
from stateflow.kafka.records import Lost, decode_answer
from stateflow.kafka.topics import Topics
from stateflow.step.app import App
from stateflow.step.kept import kept
from stateflow.step.message import Address, Message
from stateflow.step.reply import Reply

SHOP = apps()[0]
MESSAGE = "stateflow/message"


@pytest.mark.parametrize(
    ("address", "type_and_id"),
    [
        (Address("Item", "apple"), ("Item", "apple")),
        (Address("Item", "a/b"), ("Item", "a%2Fb")),
        (Address("Item", ""), ("Item", '""')),
        (Address("Item", '""'), ("Item", "%22%22")),
        (Address("Konto_Ä", -12), ("Konto_-c4-", "-12")),
        (Address("", "7"), ("kept-requests", "7")),
    ],
)
def test_names(address: Address, type_and_id: tuple[str, str]) -> None:
    assert (type_name(address.entity), function_id(address)) == type_and_id
    assert to_functions(Topics("app"))(address) == (f"app.to.{type_and_id[0]}", type_and_id[1].encode())


def test_the_shop() -> None:
    forked(_shop, bundle(SHOP))


def _shop(folder: Path) -> None:
    app = App.load(folder)
    engine = Engine(Functions(app, "shop"), "shop")

    def ask(id: str, entity: str, key: str | None, method: str, **arguments: object) -> Any:
        request = Request(id, entity, key, method, arguments)
        first = request.first(app)
        engine.send(type_name(first.address.entity), function_id(first.address), first.encode(), MESSAGE)
        ((_, written),) = engine.written.pop("shop.replies")
        reply = decode_answer(written)
        assert isinstance(reply, Reply)
        assert reply.request == id
        return app.result(reply)

    ask("1", "Item", None, "__init__", name="apple", price=3, stock=5)
    ask("2", "User", None, "__init__", username="ann", balance=10)
    apple = Address("Item", "apple")
    assert ask("3", "User", "ann", "buy_item", amount=2, item=apple) is True
    assert ask("4", "User", "ann", "buy_item", amount=2, item=apple) is False
    edge = Edge(app)
    request = {"id": "5", "entity": "Item", "key": "apple", "method": "update_stock", "arguments": {"amount": 1}}
    for _ in range(2):
        made = edge.message(json.dumps(request).encode())
        assert isinstance(made, Message)
        engine.send("kept-requests", function_id(made.address), made.encode(), MESSAGE)
    assert engine.written["shop.client_reply"] == [("5", b'{"id":"5","result":true}')] * 2
    assert app.fields(None) is None
    assert ask("6", "Item", "apple", "update_stock", amount=-4) is True, "the first 5 were not added to twice"
    assert engine.expiry == {"kept-requests": 7 * 24 * 3600 * 1000}
    assert "shop.dead_letters" not in engine.written


def test_what_cannot_be_handled_is_set_aside() -> None:
    forked(_poison, bundle(SHOP))


def _poison(folder: Path) -> None:
    app = App.load(folder)
    engine = Engine(Functions(app, "shop"), "shop")
    request = Request("1", "Item", "apple", "take", {"amount": 1})
    call = request.message(app)
    broken = kept("2", b"digest", call).encode()
    for type, id, value, reason in (
        ("Item", "apple", b"\xff", "not a message"),
        ("Item", "apple", b"", "not a message"),
        ("Item", "pear", call.encode(), "has come to shop/Item/pear"),
        ("User", "apple", call.encode(), "has come to shop/User/apple"),
        ("Gone", "apple", call.encode(), "there is no function shop/Gone"),
        ("Item", "2", broken, "not a message"),
        ("kept-requests", "1", replace(call, address=Address("", "1")).encode(), "Error"),
    ):
        engine.send(type, id, value, MESSAGE)
        key, letter = engine.written["shop.dead_letters"].pop()
        told = json.loads(letter)
        assert reason in told["reason"]
        assert told["record"] == value.hex()
        if key:
            assert isinstance(decode_answer(engine.written["shop.replies"].pop()[1]), Lost)
