"""The shop's purchase as somebody would write it for Stateful Functions by hand: users and items are functions, with JSON as messages and
state.

    python by_hand.py PORT
"""

from __future__ import annotations

import sys
from typing import Any

import uvicorn
from statefun import (
    Context,
    Message,
    RequestReplyHandler,
    StatefulFunctions,
    ValueSpec,
    kafka_egress_message,
    make_json_type,
    message_builder,
)

NAMESPACE = "byhand"
REPLIES = f"{NAMESPACE}.replies"

MODULE = """
kind: io.statefun.endpoints.v2/http
spec:
  functions: byhand/*
  urlPathTemplate: {functions}
  transport:
    type: io.statefun.transports.v1/async
    call: 5min
---
kind: io.statefun.kafka.v1/ingress
spec:
  id: byhand/ingress
  address: {bootstrap}
  consumerGroupId: byhand
  startupPosition:
    type: earliest
  topics:
    - topic: byhand.user
      valueType: byhand/request
      targets: [byhand/user]
    - topic: byhand.item
      valueType: byhand/request
      targets: [byhand/item]
---
kind: io.statefun.kafka.v1/egress
spec:
  id: byhand/egress
  address: {bootstrap}
  deliverySemantic:
    type: {delivery}
"""

functions = StatefulFunctions()
JSON = make_json_type("byhand/json")
REQUEST = make_json_type("byhand/request")


@functions.bind("byhand/item", specs=[ValueSpec("stored", JSON)])
async def item(context: Context, message: Message) -> None:
    """An item: it tells its price, and what is taken off the shelf."""
    asked = _content(message)
    if asked["kind"] == "create":
        context.storage.stored = asked["state"]
        _reply(context, asked["id"], True)
    elif asked["kind"] == "price":
        _send(context, "user", asked["user"], {**asked, "kind": "pay", "price": context.storage.stored["price"]})
    else:
        stored = context.storage.stored
        enough = stored["stock"] >= asked["amount"]
        if enough:
            stored["stock"] -= asked["amount"]
            context.storage.stored = stored
        _send(context, "user", asked["user"], {**asked, "kind": "taken", "enough": enough})


@functions.bind("byhand/user", specs=[ValueSpec("stored", JSON)])
async def user(context: Context, message: Message) -> None:
    """A user: asks for the price, pays, and has the item taken off the shelf."""
    asked = _content(message)
    if asked["kind"] == "create":
        context.storage.stored = asked["state"]
        _reply(context, asked["id"], True)
    elif asked["kind"] == "buy":
        _send(context, "item", asked["item"], {**asked, "kind": "price", "user": context.address.id})
    elif asked["kind"] == "pay":
        _pay(context, asked)
    else:
        _taken(context, asked)


def _pay(context: Context, asked: dict[str, Any]) -> None:
    stored, total = context.storage.stored, asked["amount"] * asked["price"]
    if stored["balance"] < total:
        _reply(context, asked["id"], False)
        return
    stored["balance"] -= total
    context.storage.stored = stored
    _send(context, "item", asked["item"], {**asked, "kind": "take"})


def _taken(context: Context, asked: dict[str, Any]) -> None:
    stored = context.storage.stored
    if asked["enough"]:
        stored["bought"][asked["item"]] = stored["bought"].get(asked["item"], 0) + asked["amount"]
    else:
        stored["balance"] += asked["amount"] * asked["price"]
    context.storage.stored = stored
    _reply(context, asked["id"], asked["enough"])


def _content(message: Message) -> dict[str, Any]:
    content: dict[str, Any] = message.as_type(REQUEST if message.is_type(REQUEST) else JSON)
    return content


def _send(context: Context, kind: str, id: str, message: dict[str, Any]) -> None:
    context.send(message_builder(f"{NAMESPACE}/{kind}", id, value=message, value_type=JSON))


def _reply(context: Context, id: str, result: bool) -> None:
    context.send_egress(
        kafka_egress_message(f"{NAMESPACE}/egress", REPLIES, value={"id": id, "result": result}, value_type=JSON)
    )


handler = RequestReplyHandler(functions)


async def application(scope: Any, receive: Any, send: Any) -> None:
    """The ASGI application."""
    request = b""
    while True:
        message = await receive()
        request += message.get("body", b"")
        if not message.get("more_body"):
            break
    answer = await handler.handle_async(request)
    media = (b"content-type", b"application/octet-stream")
    await send({"type": "http.response.start", "status": 200, "headers": [media]})
    await send({"type": "http.response.body", "body": answer})


if __name__ == "__main__":
    uvicorn.run(application, port=int(sys.argv[1]), lifespan="off", access_log=False, log_level="warning")
