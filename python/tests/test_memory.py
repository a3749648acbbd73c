"""The in-memory engine as a service: one answer to a request, and requests that are interleaved."""

from __future__ import annotations

import asyncio

import pytest
import stateflow
from engine.world import load
from stateflow.adapters.memory import Memory
from stateflow.adapters.service import BadArguments, Request, RequestConflict, Service
from stateflow.step.app import App
from stateflow.step.message import Address

APPLE = Address("Item", "apple")


@pytest.fixture
def app() -> App:
    return load("market")


def shop(app: App, seed: int = 0) -> Memory:
    memory = Memory(app, seed=seed)
    memory.post(Request("item", "Item", None, "__init__", {"name": "apple", "price": 3, "stock": 5}))
    memory.post(Request("user", "User", None, "__init__", {"name": "bob", "balance": 9}))
    memory.run()
    return memory


def test_a_request_again_gives_the_same_answer_and_runs_nothing(app: App) -> None:
    async def play(service: Service) -> None:
        request = Request("r", "User", "bob", "deposit", {"amount": 1})
        first = await service.submit(request)
        assert app.result(first) == 10
        assert await service.submit(request) == first
        assert await service.fields(Address("User", "bob")) == {
            "name": "bob",
            "balance": 10,
            "cart": app.fields(memory.record(Address("User", "bob")))["cart"],  # type: ignore[index]
            "carts": [app.fields(memory.record(Address("User", "bob")))["cart"]],  # type: ignore[index]
            "friends": [],
        }
        with pytest.raises(RequestConflict):
            await service.submit(Request("r", "User", "bob", "deposit", {"amount": 2}))
        assert await service.fields(Address("User", "zoe")) is None

    memory = shop(app)
    asyncio.run(play(memory))


def test_arguments_that_cannot_be_encoded(app: App) -> None:
    with pytest.raises(
        BadArguments, match=r"User.deposit: argument 'amount': a builtin_function_or_method cannot be enc"
    ):
        asyncio.run(shop(app).submit(Request("r", "User", "bob", "deposit", {"amount": print})))


def test_what_is_set_aside_is_an_error_with_its_reason(app: App) -> None:
    with pytest.raises(stateflow.StateflowError, match="this bundle has no entity Shop"):
        asyncio.run(shop(app).submit(Request("r", "Shop", "x", "open", {})))


def test_seeds_interleave_requests(app: App) -> None:
    """Two purchases that each check the balance first: some seeds let both pass, and no seed loses one."""

    async def play(service: Service) -> list[object]:
        requests = [Request(str(n), "User", "bob", "buy_item", {"amount": 2, "item": APPLE}) for n in range(3)]
        return [app.result(reply) for reply in await asyncio.gather(*map(service.submit, requests))]

    outcomes = set()
    for seed in range(40):
        memory = shop(app, seed)
        results = asyncio.run(play(memory))
        fields = app.fields(memory.record(Address("User", "bob")))
        assert fields is not None
        assert fields["balance"] == 9 - 6 * results.count(True)
        outcomes.add(tuple(results))
    assert len(outcomes) > 1


def test_thousands_of_requests_leave_nothing_behind(app: App) -> None:
    memory = shop(app)
    for number in range(2000):
        memory.post(Request(str(number), "User", "bob", "buy_item", {"amount": 0, "item": APPLE}))
    memory.run()
    assert len(memory.replies) == 2002
    assert not any(memory._logs)
    assert not memory._worker.seen
