"""The shop's purchase as somebody would write it by hand where messages and states are bytes: a dictionary each, as msgpack, and a function
for each kind of message. It keeps what it needs to go on in the message, and guards against nothing.
"""

from __future__ import annotations

from typing import Any

import msgpack

Message = dict[str, Any]
Outcome = tuple[Message | None, Message | None, Message | None]
"""The new state, the message and the reply, each if there is one."""


def _create(_: Message, message: Message) -> Outcome:
    return message["state"], None, {"request": message["request"], "result": True}


def _price(state: Message, message: Message) -> Outcome:
    return None, {**message, "kind": "pay", "to": message["user"], "price": state["price"]}, None


def _pay(state: Message, message: Message) -> Outcome:
    total = message["amount"] * message["price"]
    if state["balance"] < total:
        return None, None, {"request": message["request"], "result": False}
    state["balance"] -= total
    return state, {**message, "kind": "take", "to": message["item"]}, None


def _take(state: Message, message: Message) -> Outcome:
    enough = state["stock"] >= message["amount"]
    if enough:
        state["stock"] -= message["amount"]
    return state if enough else None, {**message, "kind": "taken", "to": message["user"], "enough": enough}, None


def _taken(state: Message, message: Message) -> Outcome:
    if message["enough"]:
        bought = state["bought"]
        bought[message["item"]] = bought.get(message["item"], 0) + message["amount"]
    else:
        state["balance"] += message["amount"] * message["price"]
    return state, None, {"request": message["request"], "result": message["enough"]}


_HANDLERS = {"create": _create, "price": _price, "pay": _pay, "take": _take, "taken": _taken}


class ByHand:
    """Runs messages, one after the other."""

    def __init__(self) -> None:
        self._states: dict[str, bytes] = {}

    def create(self, request: str, key: str, state: Message) -> bytes:
        """Return the message that creates a user or an item."""
        return _pack({"kind": "create", "to": key, "request": request, "state": state})

    def buy(self, request: str, user: str, item: str, amount: int) -> bytes:
        """Return the first message of a purchase: it asks for the price."""
        return _pack({"kind": "price", "to": item, "request": request, "user": user, "item": item, "amount": amount})

    def run(self, first: bytes) -> int:
        """Handle a message and all that it leads to; gives how many there were."""
        waiting: list[bytes] = [first]
        count = 0
        while waiting:
            message = msgpack.unpackb(waiting.pop())
            stored = self._states.get(message["to"])
            state = {} if stored is None else msgpack.unpackb(stored)
            changed, sent, reply = _HANDLERS[message["kind"]](state, message)
            if changed is not None:
                self._states[message["to"]] = _pack(changed)
            if sent is not None:
                waiting.append(_pack(sent))
            if reply is not None:
                _pack(reply)
            count += 1
        return count


def _pack(value: Message) -> bytes:
    packed: bytes = msgpack.packb(value)
    return packed
