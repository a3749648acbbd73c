"""Kill -9 under load: every acknowledged request is in place, and none has been applied twice."""

from __future__ import annotations

import asyncio
import json
import random
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from served import FIXTURES, Server, compiled

ROUNDS = 20
CONNECTIONS = 8
USERS = [f"user{n}" for n in range(4)]
PRICES = {"apple": 3, "pear": 5, "plum": 7}
BALANCE = STOCK = 1_000_000


@dataclass
class Order:
    """A request of a client, and what it was answered."""

    key: str
    path: str
    body: dict[str, Any]
    answer: Any = None


@dataclass
class Ledger:
    """What the answers say that must have happened."""

    balances: Counter[str] = field(default_factory=lambda: Counter(dict.fromkeys(USERS, BALANCE)))
    stock: Counter[str] = field(default_factory=lambda: Counter(dict.fromkeys(PRICES, STOCK)))
    bought: Counter[tuple[str, str]] = field(default_factory=Counter)
    answered: list[Order] = field(default_factory=list)
    pending: list[Order] = field(default_factory=list)

    def note(self, order: Order, answer: Any) -> None:
        order.answer = answer
        self.answered.append(order)
        self.pending.remove(order)
        _, _, user, method = order.path.split("/")
        amount = order.body["amount"]
        if method == "buy_item":
            assert answer is True
            item = order.body["item"]
            self.balances[user] -= amount * PRICES[item]
            self.stock[item] -= amount
            self.bought[user, item] += amount
        elif method == "send":
            self.balances[user] -= amount
            self.balances[order.body["friend"]] += amount
        else:
            self.balances[user] += amount

    def check(self, server: Server) -> None:
        """Compare with what is stored."""
        for user in USERS:
            fields = server.get(f"/User/{user}")
            assert fields["balance"] == self.balances[user]
            assert fields["bought"] == {item: n for (who, item), n in self.bought.items() if who == user}
        for item in PRICES:
            assert server.get(f"/Item/{item}")["stock"] == self.stock[item]


async def send(port: int, orders: list[Order], ledger: Ledger) -> None:
    """Send orders over one connection until it breaks, and note the answers."""
    try:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return
    try:
        for order in orders:
            body = json.dumps(order.body)
            head = f"POST {order.path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
            writer.write(f"{head}Idempotency-Key: {order.key}\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode())
            status, answer = await receive(reader)
            assert status == 200, answer
            ledger.note(order, answer)
    except (OSError, asyncio.IncompleteReadError):
        return
    finally:
        writer.close()


async def receive(reader: asyncio.StreamReader) -> tuple[int, Any]:
    head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
    length = int(head.partition("content-length:")[2].split()[0])
    return int(head.split()[1]), json.loads(await reader.readexactly(length))


async def load_until_killed(server: Server, orders: list[Order], kill_after: int, ledger: Ledger) -> None:
    """Send orders from several connections, and kill the server when so many have been answered."""
    before = len(ledger.answered)
    clients = [asyncio.ensure_future(send(server.port, orders[n::CONNECTIONS], ledger)) for n in range(CONNECTIONS)]
    while len(ledger.answered) - before < kill_after and not all(client.done() for client in clients):
        await asyncio.sleep(0)
    server.process.kill()
    await asyncio.gather(*clients)


def make_order(key: str, rng: random.Random) -> Order:
    user, friend = rng.sample(USERS, 2)
    amount = rng.randint(1, 3)
    kind = rng.random()
    if kind < 0.7:
        return Order(key, f"/User/{user}/buy_item", {"amount": amount, "item": rng.choice(list(PRICES))})
    if kind < 0.9:
        return Order(key, f"/User/{user}/send", {"amount": amount, "friend": friend})
    return Order(key, f"/User/{user}/deposit", {"amount": amount})


@pytest.mark.parametrize("seed", [1])
def test_nothing_is_lost_or_doubled(tmp_path: Path, seed: int) -> None:
    bundle = compiled(FIXTURES / "shop" / "shop.py")
    rng = random.Random(seed)
    ledger = Ledger()
    options = ["--log-level", "error"]
    server = Server(bundle, tmp_path, options)
    for user in USERS:
        assert server.post("/User", {"username": user, "balance": BALANCE})[0] == 201
    for item, price in PRICES.items():
        assert server.post("/Item", {"name": item, "price": price, "stock": STOCK})[0] == 201
    retried = 0
    for number in range(ROUNDS):
        orders = [make_order(f"{seed}-{number}-{n}", rng) for n in range(400)]
        ledger.pending.extend(orders)
        asyncio.run(load_until_killed(server, orders, rng.randint(0, 300), ledger))
        assert server.end() == -9
        server = Server(bundle, tmp_path, options)
        retried += len(ledger.pending)
        asyncio.run(send(server.port, list(ledger.pending), ledger))
        assert ledger.pending == []
        ledger.check(server)
    for order in rng.sample(ledger.answered, 100):
        assert server.post(order.path, order.body, idempotency_key=order.key) == (200, order.answer)
    ledger.check(server)
    assert server.stop() == 0
    assert retried > ROUNDS
