"""Calls made in parallel: how many messages they take, and what comes of those that come again."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from engine.world import World
from scenarios.compiler import compiled
from scenarios.forked import forked
from scenarios.programs import bundle, constructs
from stateflow.adapters.local_chain import Batch, Cache, run_chain
from stateflow.adapters.local_store import Store
from stateflow.adapters.service import Request
from stateflow.step.app import App
from stateflow.step.engine import step
from stateflow.step.message import Address, Kind, Message
from stateflow.step.once import step_once
from stateflow.step.record import Record
from stateflow.step.reply import Failure

PROGRAMS = {program.name: program for program in constructs()}
ITEMS = [Address("Item", name) for name in ("pen", "cup", "hat")]
ANN = Address("User", "ann")
ONE, OTHER = Address("Item", "one"), Address("Item", "other")

SOURCE = """
import asyncio

from stateflow import EntityNotFound, StateflowError, entity


@entity
class Item:
    def __init__(self, name: str) -> None:
        self.name = name
        self.count = 0

    def __key__(self) -> str:
        return self.name

    async def add(self, amount: object = 1) -> int:
        self.count += 1
        return self.count

    async def give(self) -> object:
        return lambda: 1

    async def more(self, other: "Item") -> int:
        return other.count - self.count

    async def down(self, other: "Item", depth: int) -> int:
        one, two = await asyncio.gather(other.down(self, depth + 1), self.add())
        return one + two


@entity
class User:
    def __init__(self, name: str) -> None:
        self.name = name
        self.calls = 0

    def __key__(self) -> str:
        return self.name

    async def hold(self, one: Item, other: Item, what: str) -> list[object]:
        self.calls += 1
        held = (lambda: 1) if what == "variable" else 1
        try:
            got = await asyncio.gather(one.add(), self._hold(other, what), return_exceptions=True)
        except StateflowError as error:
            return [str(error), await other.add()]
        return [*[one if isinstance(one, int) else str(one) for one in got], held]

    async def _hold(self, item: Item, what: str) -> object:
        self.calls += 1
        await item.add((lambda: 1) if what == "argument" else 1)
        held = (lambda: 1) if what == "inside" else 1
        try:
            await item.add()
        except StateflowError as error:
            return f"inside: {error}"
        if what == "answer":
            await item.give()
        self.calls += 1
        return held if what != "result" else lambda: 1

    async def find(self, one: Item, none: Item) -> list[object]:
        try:
            return await asyncio.gather(none.more(one), one.add(), none.add(), one.more(none))
        except EntityNotFound as error:
            return [str(error), one.count]

    async def down(self, one: Item, other: Item) -> int:
        try:
            return await one.down(other, 0)
        except RecursionError:
            return await one.add()
"""


class Hops:
    """Messages, handled one by one as a test says."""

    def __init__(self, app: App, *, dedup: bool = False, prepared: bool = True) -> None:
        self.app = app
        self.records: dict[Address, Record | None] = {}
        self.sent: list[Message] = []
        self.answers: list[object] = []
        self.failures: list[Failure] = []
        self._seen: dict[bytes, bytes] | None = {} if dedup else None
        if prepared:
            self._prepare()

    def _prepare(self) -> None:
        for number, (name, price) in enumerate((("pen", 2), ("cup", 3), ("hat", 1))):
            self.run(Request(f"item {number}", "Item", None, "__init__", {"name": name, "price": price}))
        self.run(Request("user", "User", None, "__init__", {"name": "ann"}))
        self.run(Request("own", "User", "ann", "own", {"items": ITEMS}))
        self.sent.clear()
        self.answers.clear()

    def run(self, request: Request) -> None:
        """Run a request to its end."""
        waiting = self.post(request)
        while waiting:
            waiting += self.handle(waiting.pop(0))

    def post(self, request: Request) -> list[Message]:
        """Return the messages that the first step of a request sends."""
        return self.handle(request.message(self.app))

    def handle(self, message: Message) -> list[Message]:
        """Handle a message, and return what it sends."""
        record = self.records.get(message.address)
        if self._seen is None:
            outcome = step(self.app, record, message)
        else:
            outcome = step_once(self.app, record, message, self._seen, 0)
        assert outcome.set_aside is None
        self.records[message.address] = outcome.record
        self.sent += outcome.messages
        self.answers += [self.app.result(reply) for reply in outcome.replies if reply.ok]
        self.failures += [self.app.failure(reply) for reply in outcome.replies if not reply.ok]
        return list(outcome.messages)

    def parked(self) -> int:
        """Return how many joins wait in the caller."""
        record = self.records[ANN]
        return 0 if record is None else len(record.parked)


@pytest.fixture(scope="module")
def careful(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("careful")
    app = folder / "careful.py"
    app.write_text(SOURCE.lstrip(), encoding="utf-8")
    return compiled(app, folder / "bundle")


def in_worlds(folder: Path, play: Callable[[World], Any], seeds: int = 4) -> Any:
    """Run a function on a world that has two items and a user, and give what it gives under each seed."""

    def run() -> list[Any]:
        app = App.load(folder)
        found = []
        for seed in range(seeds):
            world = World(app, seed=seed, dedup=bool(seed % 2), park_above=4096 * (seed // 2))
            for name in ("one", "other"):
                world.create("Item", name)
            world.create("User", "ann")
            found.append(play(world))
            record = world.memory.record(ANN)
            assert record is not None
            assert not record.parked
        return found

    first, *others = forked(run)
    assert others == [first] * len(others)
    return first


def played(test: Callable[..., Any], *arguments: object) -> Any:
    """Run a function on the app of calls in parallel in a process of its own."""
    return forked(_play, test, bundle(PROGRAMS["gather_calls"]), arguments)


def _play(test: Callable[..., Any], folder: Path, arguments: tuple[object, ...]) -> Any:
    return test(App.load(folder), *arguments)


@pytest.mark.parametrize(
    ("method", "given", "hops"), [("two", ("pen", "cup"), 6), ("none", (), 2), ("same", ("hat",), 10)]
)
def test_a_branch_takes_two_messages(method: str, given: tuple[str, ...], hops: int) -> None:
    """Counted with the client's request and the reply."""
    assert played(_count, method, given) == hops


def _count(app: App, method: str, given: tuple[str, ...]) -> int:
    hops = Hops(app)
    arguments = dict(zip("ab", (Address("Item", name) for name in given), strict=False))
    hops.run(Request("r", "User", "ann", method, arguments))
    assert len(hops.answers) == 1
    assert hops.parked() == 0
    return 2 + len(hops.sent)


@pytest.mark.parametrize("dedup", [False, True])
def test_an_answer_that_comes_again_changes_nothing(dedup: bool) -> None:
    played(_again, dedup)


def _again(app: App, dedup: bool) -> None:
    hops = Hops(app, dedup=dedup)
    first, second = hops.post(Request("r", "User", "ann", "two", {"a": ITEMS[0], "b": ITEMS[1]}))
    (one,) = hops.handle(second)
    assert hops.handle(one) == []
    before = hops.records[ANN]
    assert hops.handle(one) == []
    assert hops.records[ANN] is before
    assert hops.answers == []
    (other,) = hops.handle(first)
    assert other.kind is Kind.RETURN
    assert hops.handle(other) == []
    assert hops.answers == [92]
    done = hops.records[ANN]
    for message in (one, other):
        assert hops.handle(message) == []
        assert hops.records[ANN] is done
    assert hops.parked() == 0
    assert hops.answers == ([92, 92] if dedup else [92])


def test_ids_are_derived_and_distinct() -> None:
    assert played(_ids)


def _ids(app: App) -> bool:
    def ids() -> Iterator[list[bytes]]:
        for _ in range(2):
            hops = Hops(app)
            hops.run(Request("r", "User", "ann", "nested", {"a": ITEMS[2]}))
            yield [message.id for message in hops.sent]

    one, other = ids()
    return one == other and len(set(one)) == len(one)


def test_in_place_only_what_changed_is_stored() -> None:
    assert played(_stored) == [ITEMS[1], ITEMS[0], ANN]


def _stored(app: App) -> list[Address]:
    hops = Hops(app)
    with tempfile.TemporaryDirectory() as folder:
        store = Store(Path(folder), app.name, {entity["name"]: entity["key"]["type"] for entity in app.ir["entities"]})
        batch = Batch(Cache(store), {address: record for address, record in hops.records.items() if record is not None})
        quiet = run_chain(app, batch, Request("q", "User", "ann", "every", {"amount": 0}).message(app))
        assert quiet.changed == {}
        chain = run_chain(app, batch, Request("r", "User", "ann", "two", {"a": ITEMS[0], "b": ITEMS[1]}).message(app))
        store.close()
    return sorted(chain.changed)


def test_requests_of_one_entity_wait_beside_each_other() -> None:
    played(_beside)


def _beside(app: App) -> None:
    hops = Hops(app)
    pen, cup, _ = ITEMS
    one = hops.post(Request("r", "User", "ann", "two", {"a": pen, "b": cup}))
    other = hops.post(Request("s", "User", "ann", "same", {"a": cup}))
    assert hops.parked() == 2
    answers = [answer for message in (*other, *one) for answer in hops.handle(message)]
    for answer in answers[1:]:
        hops.handle(answer)
    assert (hops.answers, hops.parked()) == ([92], 1)
    hops.handle(answers[0])
    assert (hops.answers, hops.parked()) == ([92, 12], 0)


@pytest.mark.parametrize(
    ("what", "seen"),
    [
        ("nothing", [1, 1, 1]),
        ("variable", ["User.hold: variable 'held': a lambda cannot be encoded", 1]),
        ("argument", [1, "Item.add: argument 'amount': a lambda cannot be encoded", 1]),
        ("inside", [1, "inside: User._hold: variable 'held': a lambda cannot be encoded", 1]),
        ("answer", [1, "Item.give: result: a lambda cannot be encoded", 1]),
    ],
)
def test_what_cannot_be_carried_is_raised_where_it_would_leave(careful: Path, what: str, seen: list[object]) -> None:
    def play(world: World) -> Any:
        found = world.call("User", "ann", "hold", ONE, OTHER, what)
        assert isinstance(found, list)
        return [part.split(" (")[0] if isinstance(part, str) else part for part in found]

    assert in_worlds(careful, play) == seen


def test_a_result_that_cannot_be_kept_ends_the_call(careful: Path) -> None:
    message, calls, parked = forked(_keep, careful)
    assert message.startswith("User.hold: result: a lambda cannot be encoded")
    assert (calls, parked) == (2, 0)


def _keep(folder: Path) -> tuple[str, object, int]:
    app = App.load(folder)
    hops = Hops(app, prepared=False)
    for name in ("one", "other"):
        hops.run(Request(name, "Item", None, "__init__", {"name": name}))
    hops.run(Request("user", "User", None, "__init__", {"name": "ann"}))
    late, waiting = hops.post(Request("r", "User", "ann", "hold", {"one": ONE, "other": OTHER, "what": "result"}))
    sent = [waiting]
    while sent:
        sent += hops.handle(sent.pop(0))
    (answer,) = hops.handle(late)
    assert hops.handle(answer) == []
    fields = app.fields(hops.records[ANN])
    assert fields is not None
    (failure,) = hops.failures
    return failure.message, fields["calls"], hops.parked()


def test_an_entity_that_does_not_exist_fails_its_branch(careful: Path) -> None:
    none = Address("Item", "none")
    assert in_worlds(careful, lambda world: world.call("User", "ann", "find", ONE, none)) == [
        "Item 'none' does not exist",
        1,
    ]


def test_recursion_ends(careful: Path) -> None:
    assert in_worlds(careful, lambda world: world.call("User", "ann", "down", ONE, OTHER), 1) == 501
