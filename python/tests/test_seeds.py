"""Crashes, duplicates and zombies, under many seeds: every request has one effect and one answer."""

from __future__ import annotations

import pytest
from engine.world import load
from stateflow.adapters.memory import Faults, Memory
from stateflow.adapters.service import Request
from stateflow.step.app import App
from stateflow.step.message import Address

SEEDS = 10_000
APPLE = Address("Item", "apple")
PRICE, STOCK = 3, 6
MONEY = {"bob": 20, "eve": 9}
PURCHASES = [("bob", 1), ("eve", 2), ("bob", 2), ("eve", 1), ("bob", 1), ("eve", 2)]


@pytest.fixture(scope="module")
def app() -> App:
    return load("market")


def play(app: App, seed: int, *, dedup: bool = True) -> Memory:
    """Create a shop, and let two users buy what there is not enough of; a third purchase is carried out by a friend."""
    memory = Memory(app, seed=seed, partitions=3, faults=Faults(), dedup=dedup, park_above=(0, 4096)[seed % 2])
    memory.post(Request("item", "Item", None, "__init__", {"name": "apple", "price": PRICE, "stock": STOCK}))
    for name, balance in MONEY.items():
        memory.post(Request(name, "User", None, "__init__", {"name": name, "balance": balance}))
    memory.run()
    for number, (name, amount) in enumerate(PURCHASES):
        memory.post(Request(str(number), "User", name, "buy_item", {"amount": amount, "item": APPLE}))
    memory.post(Request("helped", "User", "bob", "buy_for", {"friend": Address("User", "eve"), "item": APPLE}))
    memory.post(Request("looped", "User", "bob", "buy_all", {"items": [APPLE]}))
    memory.post(Request("2", "User", "bob", "buy_item", {"amount": 2, "item": APPLE}))
    memory.run()
    return memory


def wrong(app: App, memory: Memory) -> list[str]:
    """Return what is not as it must be, whatever the order in which the requests ran."""
    found = [f"set aside: {reason}" for reason in memory.set_aside.values()]
    found += [
        f"another answer to {reply.request}" for reply in memory.answers if memory.replies[reply.request] != reply
    ]
    spent = dict.fromkeys(MONEY, 0)
    for number, (name, amount) in enumerate(PURCHASES):
        spent[name] += PRICE * amount * bool(app.result(memory.replies[str(number)]))
    spent["eve"] += PRICE * bool(app.result(memory.replies["helped"]))
    spent["bob"] += PRICE * memory.replies["looped"].ok
    for name, balance in MONEY.items():
        fields = app.fields(memory.record(Address("User", name))) or {}
        if fields.get("balance") != balance - spent[name]:
            found.append(f"{name} has {fields.get('balance')} and spent {spent[name]} of {balance}")
    fields = app.fields(memory.record(APPLE)) or {}
    if fields.get("stock") != STOCK - sum(spent.values()) // PRICE:
        found.append(f"{fields.get('stock')} of {STOCK} left, {spent} spent")
    parked = [address for address in memory.addresses() if getattr(memory.record(address), "parked", None)]
    return found + [f"frames left in {address}" for address in parked]


def test_every_request_has_one_effect_and_one_answer(app: App) -> None:
    failed = {seed: found for seed in range(SEEDS) if (found := wrong(app, play(app, seed)))}
    assert not failed, f"{len(failed)} seeds, the first {next(iter(failed.items()))}"


def test_it_is_the_engine_that_remembers(app: App) -> None:
    failed = sum(bool(wrong(app, play(app, seed, dedup=False))) for seed in range(200))
    assert failed > 150, "the faults are such that an engine without a memory does not stand them"


def test_a_seed_gives_one_history(app: App) -> None:
    one, other = play(app, 7), play(app, 7)
    assert [reply.encode() for reply in one.answers] == [reply.encode() for reply in other.answers]
    assert {address: one.record(address) for address in one.addresses()} == {
        address: other.record(address) for address in other.addresses()
    }
