"""Requests sent at the same time take turns as the seed says."""

from __future__ import annotations

import asyncio

import pytest
from engine.world import load
from stateflow.adapters.interleaved import Interleaved
from stateflow.adapters.service import Request, RequestConflict
from stateflow.step.app import App
from stateflow.step.message import Address

APPLE = Address("Item", "apple")


@pytest.fixture(scope="module")
def app() -> App:
    return load("market")


async def race(app: App, seed: int) -> tuple[object, object]:
    """Let two users buy the last apple, and return what each is told."""
    service = Interleaved(app, seed, pause=0)
    await service.submit(Request("item", "Item", None, "__init__", {"name": "apple", "price": 1, "stock": 1}))
    for name in ("bob", "eve"):
        await service.submit(Request(name, "User", None, "__init__", {"name": name, "balance": 5}))
    purchases = [
        service.submit(Request(f"{name} buys", "User", name, "buy_item", {"amount": 1, "item": APPLE}))
        for name in ("bob", "eve")
    ]
    bob, eve = await asyncio.gather(*purchases)
    fields = await service.fields(APPLE)
    assert fields is not None and fields["stock"] == 0
    assert service.close(1.0)
    return app.result(bob), app.result(eve)


def test_the_seed_decides_who_comes_first(app: App) -> None:
    outcomes = [asyncio.run(race(app, seed)) for seed in range(20)]
    assert set(outcomes) == {(True, False), (False, True)}
    assert outcomes == [asyncio.run(race(app, seed)) for seed in range(20)]


def test_an_id_stands_for_one_request(app: App) -> None:
    async def play() -> None:
        service = Interleaved(app, 0, pause=0)
        request = Request("one", "User", None, "__init__", {"name": "bob", "balance": 1})
        assert await service.submit(request) == await service.submit(request)
        with pytest.raises(RequestConflict):
            await service.submit(Request("one", "User", None, "__init__", {"name": "eve", "balance": 1}))

    asyncio.run(play())
