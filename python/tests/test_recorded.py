"""Values from outside go through the log before they are used."""

from __future__ import annotations

import sys
from collections import Counter
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from scenarios.compiler import compiled
from scenarios.forked import forked
from stateflow.adapters.memory import Faults, Memory
from stateflow.adapters.service import Request
from stateflow.errors import StateflowError
from stateflow.outside import make
from stateflow.step import derived
from stateflow.step.app import App
from stateflow.step.message import Address, Kind, Message, request_id
from stateflow.step.once import step_once
from stateflow.step.recording import Recording

SOURCE = """
import asyncio
import random
import time

import market

from stateflow import entity


def quote(name: str) -> int:
    answer = market.ask(name)
    return answer.json()["price"]


class Broker:
    def __init__(self, name: str) -> None:
        self.name = name

    async def quote(self) -> int:
        await asyncio.sleep(0)
        return quote(self.name)


@entity
class Stock:
    def __init__(self, name: str) -> None:
        self.name = name
        self.first = quote(name)
        self.sold = 0

    def __key__(self) -> str:
        return self.name

    def sell(self, amount: int) -> list[object]:
        price = market.ask(self.name).json()["price"]
        self.sold += amount * price
        return [price, self.sold]


@entity
class Account:
    def __init__(self, name: str) -> None:
        self.name = name
        self.spent = 0
        self.log: list[object] = []

    def __key__(self) -> str:
        return self.name

    def buy(self, stock: Stock) -> list[object]:
        self.spent += quote(f"a fee at {time.time()}")
        amount = random.randint(1, 9)
        price, sold = stock.sell(amount)
        try:
            market.check(self.spent)
        except market.Refused as refused:
            self.log.append(str(refused))
        self.spent += amount * price
        market.tell(self.spent)
        return [amount, price, sold, self.spent, len(self.log)]

    async def compare(self, names: list[str]) -> list[int]:
        prices = await asyncio.gather(*[Broker(name).quote() for name in names])
        best = max([market.ask(name).json()["price"] for name in names])
        self.spent += best + sum(prices)
        return [self.spent, best, *prices]

    def stubborn(self) -> int:
        for _ in range(3):
            try:
                self.spent += quote("stubborn")
            except:
                self.spent += 1000
        return self.spent

    def changing(self, prices: dict[str, int]) -> dict[str, int]:
        market.fill(prices)
        return prices

    def objects(self) -> object:
        answer = market.ask(self.name)
        return answer.json()
"""


class _Refused(Exception):
    """It has what cannot be carried."""

    def __init__(self, message: str) -> None:
        super().__init__(message, object())

    def __str__(self) -> str:
        return str(self.args[0])


class _Answer:
    def __init__(self, price: int) -> None:
        self._price = price

    def json(self) -> dict[str, int]:
        return {"price": self._price}


class _Market(ModuleType):
    """A service whose answers are others each time."""

    def __init__(self) -> None:
        super().__init__("market")
        self.asked: Counter[str] = Counter()
        self.told: list[int] = []
        self.checked = 0
        self.Refused = _Refused
        _Refused.__module__, _Refused.__qualname__ = "market", "Refused"

    def ask(self, name: str) -> _Answer:
        """Give a price that nobody has been given before."""
        self.asked[name] += 1
        return _Answer(self.asked.total())

    def check(self, amount: int) -> None:
        """Refuse every other time."""
        self.checked += 1
        if self.checked % 2:
            raise _Refused(f"{amount} at {self.checked}")

    def tell(self, amount: int) -> object:
        """Take note, and give what cannot be carried."""
        self.told.append(amount)
        return object()

    def fill(self, prices: dict[str, int]) -> None:
        """Change what is given."""
        prices["pen"] = 1


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The app, compiled."""
    folder = tmp_path_factory.mktemp("market")
    app = folder / "trade.py"
    app.write_text(SOURCE)
    return compiled(app, folder / "bundle")


def _load(bundle: Path) -> tuple[App, _Market]:
    sys.modules["market"] = market = _Market()
    derived.install()
    return App.load(bundle), market


def _memory(app: App, **options: Any) -> Memory:
    memory = Memory(app, dedup=True, **options)
    for name in ("ann", "bob"):
        memory.post(Request(name, "Account", None, "__init__", {"name": name}))
    for name in ("pen", "cup"):
        memory.post(Request(name, "Stock", None, "__init__", {"name": name}))
    memory.run()
    return memory


def _ask(memory: Memory, id: str, name: str, method: str, arguments: dict[str, Any]) -> Any:
    # The answer to a request that is kept is remembered and not made again.
    memory.post(Request(id, "Account", name, method, arguments, keep=False))
    memory.run()
    return memory.app.result(memory.replies[id])


@pytest.mark.parametrize("is_recorded", [False, True])
def test_what_is_asked_is_used_once(bundle: Path, is_recorded: bool) -> None:
    """Under crashes, a program whose messages and state hang on what it asks outside gives one answer to each request, which is
    true of the state: but only recorded."""
    wrong = forked(_wrong, bundle, is_recorded)
    assert (wrong == []) == is_recorded, wrong


def _wrong(bundle: Path, is_recorded: bool) -> list[str]:
    app, market = _load(bundle)
    if not is_recorded:
        Recording.ask = lambda _, call: make(call)  # type: ignore[method-assign]
    return [found for seed in range(150) for found in _wrong_under(app, market, seed)]


def _wrong_under(app: App, market: _Market, seed: int) -> list[str]:
    memory = _memory(app, seed=seed, partitions=3, faults=Faults())
    market.told.clear()
    numbers = range(6)
    for number in numbers:
        stock = Address("Stock", "pen" if number % 3 else "cup")
        arguments = {"stock": stock}
        memory.post(Request(str(number), "Account", ("ann", "bob")[number % 2], "buy", arguments, keep=False))
    memory.run()
    assert not memory.set_aside
    found = [f"seed {seed}: two answers" for one in memory.answers if memory.replies[one.request] != one]
    answers: list[Any] = [app.result(memory.replies[str(number)]) for number in numbers]
    for name, address in (("ann", 0), ("bob", 1)):
        fields = app.fields(memory.record(Address("Account", name))) or {}
        last = max(answers[address::2], key=lambda answer: answer[3])
        refused: Any = fields["log"]
        if (fields["spent"], len(refused)) != (last[3], max(one[4] for one in answers[address::2])):
            found.append(f"seed {seed}: {name} has {fields}, and was told {last}")
    for name, mine in (("cup", answers[::3]), ("pen", [one for number, one in enumerate(answers) if number % 3])):
        fields = app.fields(memory.record(Address("Stock", name))) or {}
        if fields["sold"] != sum(amount * price for amount, price, *_ in mine):
            found.append(f"seed {seed}: {name} has sold {fields['sold']}, but {mine}")
    # Each answer's effect outside has come to pass, at least once.
    if missing := {answer[3] for answer in answers} - set(market.told):
        found.append(f"seed {seed}: {missing} was not told")
    return found


def test_each_call_is_made_once_where_nothing_fails(bundle: Path) -> None:
    forked(_once, bundle)


def _once(bundle: Path) -> None:
    app, market = _load(bundle)
    memory = _memory(app)
    assert market.asked == {"pen": 1, "cup": 1}
    spent, best, pen, cup = _ask(memory, "1", "ann", "compare", {"names": ["pen", "cup"]})
    assert spent == best + pen + cup
    assert market.asked["pen"] >= 3
    assert {pen, cup, best} <= set(range(3, 9))
    assert best == market.asked.total(), "the last is asked with all others known"


def test_a_step_that_takes_every_exception_is_abandoned(bundle: Path) -> None:
    forked(_stubborn, bundle)


def _stubborn(bundle: Path) -> None:
    app, market = _load(bundle)
    spent = _ask(_memory(app), "1", "ann", "stubborn", {})
    assert (spent, market.asked["stubborn"]) == (3 + 4 + 5, 3)


def test_what_cannot_be_recorded_is_said(bundle: Path) -> None:
    forked(_refused, bundle)


def _refused(bundle: Path) -> None:
    app, _ = _load(bundle)
    memory = _memory(app)
    with pytest.raises(
        StateflowError, match=r"ask gives cannot be recorded .* have a function of yours call it and return"
    ):
        _ask(memory, "1", "ann", "objects", {})
    with pytest.raises(StateflowError, match="fill changes what it is given, or the entity"):
        _ask(memory, "2", "ann", "changing", {"prices": {}})


def test_without_a_log_calls_are_simply_made(bundle: Path) -> None:
    forked(_simply, bundle)


def _simply(bundle: Path) -> None:
    app, market = _load(bundle)
    memory = Memory(app)
    memory.post(Request("ann", "Account", None, "__init__", {"name": "ann"}))
    memory.run()
    assert _ask(memory, "1", "ann", "changing", {"prices": {}}) == {"pen": 1}
    assert _ask(memory, "2", "ann", "objects", {}) == {"price": 1}
    assert _ask(memory, "3", "ann", "compare", {"names": ["pen", "cup"]}) == [10, 5, 2, 3]
    assert market.asked == {"ann": 1, "pen": 2, "cup": 2}


def test_what_has_changed_is_asked_anew(bundle: Path) -> None:
    forked(_anew, bundle)


def _anew(bundle: Path) -> None:
    """A value stands for a call with the same arguments only, and what no call asks for any more is dropped."""
    app, market = _load(bundle)
    stock = Address("Stock", "pen")
    created = Message(
        Kind.CREATE,
        request_id("c"),
        stock,
        "",
        app.encode({"name": "pen", "first": 1, "sold": 0}),
        (),
        0,
        (),
        "c",
        None,
    )
    seen: dict[bytes, bytes] = {}
    record = step_once(app, None, created, seen, 1).record
    sell = Message(Kind.INVOKE, request_id("s"), stock, "sell", app.encode([[1], {}]), (), 0, (), "s", None)
    (again,) = step_once(app, record, sell, seen, 2).messages
    assert step_once(app, record, sell, seen, 2).messages == ()
    assert Message.decode(again.encode()) == again
    assert again.recorded is not None
    assert (again.address, again.target, again.recorded.origin) == (stock, "sell", sell.id)
    assert again.id not in (sell.id, created.id)
    assert market.asked == {"pen": 1}
    other = again.recorded.heard[0]._replace(key=b"other")
    changed = replace(again, recorded=again.recorded._replace(heard=(other,)))
    (anew,) = step_once(app, record, changed, {}, 3).messages
    assert anew.recorded is not None
    assert [heard.key for heard in anew.recorded.heard] == [again.recorded.heard[0].key]
    assert (anew.recorded.milliseconds, market.asked["pen"]) == (2, 2)
    outcome = step_once(app, record, anew, {}, 4)
    assert app.result(outcome.replies[0]) == [2, 2]
    assert (app.fields(outcome.record) or {})["sold"] == 2
    assert market.asked["pen"] == 2
