"""The local target's store and service, in this process."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from collections.abc import Awaitable, Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from engine.world import load
from stateflow.adapters.local_chain import Cache, EngineFailure, Stored
from stateflow.adapters.local_service import LocalService
from stateflow.adapters.local_store import RESULTS_KEPT, CannotOpen, Conflict, Result, Store, Write
from stateflow.adapters.service import Request, RequestConflict, Unavailable
from stateflow.errors import EntityExists, EntityNotFound
from stateflow.step.activity import Outcome
from stateflow.step.app import App
from stateflow.step.engine import step
from stateflow.step.message import Address, Kind, Message
from stateflow.step.record import Record

KEYS = {"User": "str", "Item": "str"}
APPLE = Address("Item", "apple")


@pytest.fixture(scope="module")
def app() -> App:
    return load("market")


class Local:
    """A service on a data directory, and a client of it."""

    def __init__(self, app: App, data: Path) -> None:
        self.app = app
        self.commits: list[tuple[Sequence[Write], Sequence[Result]]] = []
        self.store = Store(data, app.name, KEYS)
        self.hold = threading.Event()
        self.hold.set()
        commit = self.store.commit

        def noted(writes: Sequence[Write], results: Sequence[Result]) -> None:
            self.hold.wait(30)
            self.commits.append((writes, results))
            commit(writes, results)

        self.store.commit = noted  # type: ignore[method-assign]
        self.service = LocalService(app, self.store)

    async def ask(
        self, id: str, entity: str, key: str | None, method: str, keep: bool = True, **arguments: object
    ) -> Any:
        request = Request(id, entity, key, method, arguments, keep=keep)
        return self.app.result(await self.service.submit(request))

    async def stock(self) -> object:
        fields = await self.service.fields(APPLE)
        assert fields is not None
        return fields["stock"]

    async def open_shop(self) -> None:
        await self.ask("item", "Item", None, "__init__", name="apple", price=3, stock=10)
        await self.ask("user", "User", None, "__init__", name="bob", balance=100)


@pytest.fixture
def play(app: App, tmp_path: Path) -> Iterator[Callable[[Callable[[Local], Awaitable[None]]], None]]:
    """Runs a scenario on a service; called again, on the same data."""

    def run(scenario: Callable[[Local], Awaitable[None]]) -> None:
        local = Local(app, tmp_path / "data")

        async def all_of_it() -> None:
            await scenario(local)

        try:
            asyncio.run(all_of_it())
        finally:
            local.hold.set()
            assert local.service.close(30)

    yield run


Play = Callable[[Callable[[Local], Awaitable[None]]], None]


def test_state_outlives_the_process(play: Play) -> None:
    async def first(local: Local) -> None:
        await local.open_shop()
        assert await local.ask("buy", "User", "bob", "buy_item", amount=2, item=APPLE) is True

    async def second(local: Local) -> None:
        assert await local.stock() == 8
        fields = await local.service.fields(Address("User", "bob"))
        assert fields is not None
        assert fields["balance"] == 94
        assert await local.service.fields(Address("User", "eve")) is None
        with pytest.raises(EntityExists):
            await local.ask("again", "Item", None, "__init__", name="apple", price=3)
        with pytest.raises(EntityNotFound):
            await local.ask("nobody", "User", "eve", "deposit", amount=1)

    play(first)
    play(second)


def test_a_request_is_one_transaction(play: Play) -> None:
    async def scenario(local: Local) -> None:
        await local.open_shop()
        local.commits.clear()
        await local.ask("buy", "User", "bob", "buy_item", amount=2, item=APPLE)
        ((writes, results),) = local.commits
        assert {write.address: write.version for write in writes} == {APPLE: 1, Address("User", "bob"): 1}
        assert [result.request for result in results] == ["buy"]

    play(scenario)


def test_what_only_reads_is_not_committed(play: Play) -> None:
    async def scenario(local: Local) -> None:
        await local.open_shop()
        local.commits.clear()
        assert await local.ask("poor", "User", "bob", "buy_item", keep=False, amount=1000, item=APPLE) is False
        assert await local.stock() == 10
        assert local.commits == []

    play(scenario)


def test_requests_share_a_commit(play: Play) -> None:
    async def scenario(local: Local) -> None:
        await local.open_shop()
        local.commits.clear()
        local.hold.clear()
        sent = [asyncio.ensure_future(local.ask(f"r{n}", "Item", "apple", "update_stock", amount=1)) for n in range(20)]
        await asyncio.sleep(0)
        local.hold.set()
        assert await asyncio.gather(*sent) == [True] * 20
        assert await local.stock() == 30
        assert len(local.commits) <= 3
        assert sum(len(results) for _, results in local.commits) == 20
        assert all(len(writes) == 1 for writes, _ in local.commits)

    play(scenario)


def test_no_answer_before_the_commit(play: Play) -> None:
    async def scenario(local: Local) -> None:
        await local.open_shop()
        local.hold.clear()
        asked = asyncio.ensure_future(local.ask("r", "Item", "apple", "update_stock", amount=1))
        reading = asyncio.ensure_future(local.stock())
        done, _ = await asyncio.wait([asked, reading], timeout=0.2)
        assert done == set()
        local.hold.set()
        assert (await asked, await reading) == (True, 11)

    play(scenario)


def test_an_exception_keeps_what_was_done_before_it(play: Play) -> None:
    async def scenario(local: Local) -> None:
        await local.open_shop()
        await local.ask("plum", "Item", None, "__init__", name="plum", price=1)
        with pytest.raises(Exception, match="only 0 of plum left"):
            await local.ask("buy", "User", "bob", "buy_all", items=[APPLE, Address("Item", "plum")])
        assert await local.stock() == 9

    play(scenario)


def test_an_engine_failure_rolls_back_alone(play: Play, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(app: App, record: Record | None, message: Message, *, park_above: int) -> Outcome:
        if message.request == "bad" and message.kind is Kind.RETURN and message.address.entity == "User":
            bob = app.fields(record)
            assert bob is not None
            if bob["balance"] != 100:
                raise MemoryError
        return step(app, record, message, park_above=park_above)

    async def scenario(local: Local) -> None:
        await local.open_shop()
        monkeypatch.setattr("stateflow.adapters.local_chain.step", broken)
        sent = [
            asyncio.ensure_future(local.ask("one", "Item", "apple", "update_stock", amount=1)),
            asyncio.ensure_future(local.ask("bad", "User", "bob", "buy_item", amount=1, item=APPLE)),
            asyncio.ensure_future(local.ask("two", "Item", "apple", "update_stock", amount=1)),
        ]
        answers = await asyncio.gather(*sent, return_exceptions=True)
        assert isinstance(answers[1], EngineFailure)
        assert "MemoryError" in str(answers[1])
        assert (answers[0], answers[2]) == (True, True)
        bob = await local.service.fields(Address("User", "bob"))
        assert bob is not None
        assert (await local.stock(), bob["balance"]) == (12, 100)

    play(scenario)


def test_a_bundle_without_the_entity(play: Play) -> None:
    async def scenario(local: Local) -> None:
        with pytest.raises(EngineFailure, match="no entity Ghost"):
            await local.ask("ghost", "Ghost", "x", "boo")

    play(scenario)


def test_the_same_request_runs_once(play: Play) -> None:
    async def scenario(local: Local) -> None:
        await local.open_shop()
        buy = ("buy", "User", "bob", "buy_item")
        answers = await asyncio.gather(*(local.ask(*buy, amount=1, item=APPLE) for _ in range(5)))
        assert answers == [True] * 5
        assert await local.ask(*buy, amount=1, item=APPLE) is True
        assert await local.stock() == 9
        with pytest.raises(RequestConflict):
            await local.ask(*buy, amount=2, item=APPLE)
        with pytest.raises(RequestConflict):
            await asyncio.gather(
                local.ask("new", "User", "bob", "deposit", amount=1),
                local.ask("new", "User", "bob", "deposit", amount=2),
            )

    async def later(local: Local) -> None:
        assert await local.ask("buy", "User", "bob", "buy_item", amount=1, item=APPLE) is True
        assert await local.stock() == 9
        with pytest.raises(RequestConflict):
            await local.ask("buy", "User", "bob", "deposit", amount=1)

    play(scenario)
    play(later)


def test_who_stops_waiting_leaves_the_request_running(play: Play) -> None:
    async def scenario(local: Local) -> None:
        await local.open_shop()
        local.hold.clear()
        asked = asyncio.ensure_future(local.ask("r", "Item", "apple", "update_stock", amount=1))
        other = asyncio.ensure_future(local.ask("r2", "Item", "apple", "update_stock", keep=False, amount=1))
        await asyncio.sleep(0)
        asked.cancel()
        other.cancel()
        await asyncio.wait([asked, other])
        again = asyncio.ensure_future(local.ask("r", "Item", "apple", "update_stock", amount=1))
        await asyncio.sleep(0)
        local.hold.set()
        assert await again is True
        assert await local.stock() == 12

    play(scenario)


def test_results_are_forgotten_after_a_day(
    play: Play, monkeypatch: pytest.MonkeyPatch, app: App, tmp_path: Path
) -> None:
    async def scenario(local: Local) -> None:
        await local.open_shop()

    now = [1_000_000_000.0]
    monkeypatch.setattr("time.time", lambda: now[0])
    play(scenario)
    store = Store(tmp_path / "data", app.name, KEYS)
    now[0] += RESULTS_KEPT
    store.prune()
    assert store.result("item") is not None
    now[0] += 1
    store.prune()
    assert store.result("item") is None
    store.close()


def test_a_full_disk(play: Play) -> None:
    async def scenario(local: Local) -> None:
        await local.open_shop()
        database = local.store._db
        (pages,) = database.execute("PRAGMA page_count").fetchone()
        database.execute(f"PRAGMA max_page_count = {pages}")
        with pytest.raises(Unavailable, match="full"):
            await local.ask("big", "Item", None, "__init__", name="x" * 100_000, price=1)
        assert await local.service.fields(Address("Item", "x" * 100_000)) is None
        assert await local.ask("small", "Item", "apple", "update_stock", keep=False, amount=-1) is True
        database.execute("PRAGMA max_page_count = 1000000")
        await local.ask("big", "Item", None, "__init__", name="x" * 100_000, price=1)
        assert await local.service.fields(Address("Item", "x" * 100_000)) is not None
        assert await local.stock() == 9

    play(scenario)


def test_a_record_that_another_program_changed(play: Play, tmp_path: Path) -> None:
    async def scenario(local: Local) -> None:
        await local.open_shop()
        with sqlite3.connect(tmp_path / "data" / "state.db") as other:
            other.execute("UPDATE records SET version = version + 1 WHERE entity = 'Item'")
        other.close()
        with pytest.raises(Conflict):
            await local.ask("r", "User", "bob", "buy_item", amount=1, item=APPLE)
        bob = await local.service.fields(Address("User", "bob"))
        assert bob is not None
        assert bob["balance"] == 100
        assert await local.ask("r", "User", "bob", "buy_item", amount=1, item=APPLE) is True

    play(scenario)


def test_keys_are_told_apart_by_type(tmp_path: Path) -> None:
    keys: list[str | int] = ["1", 1, "", "a\x00b", "ü", "\ud800", 10**40, -1, '"1"', "null"]
    store = Store(tmp_path, "app", {})
    store.commit([Write(Address("E", key), 0, repr(key).encode("utf-8", "surrogatepass")) for key in keys], [])
    for key in keys:
        assert store.read(Address("E", key)) == (1, repr(key).encode("utf-8", "surrogatepass"))
    assert store.read(Address("E", 2)) is None
    store.close()


def test_the_cache_holds_what_fits(tmp_path: Path) -> None:
    store = Store(tmp_path, "app", {})
    record = Record(b"x" * 100)
    addresses = [Address("E", n) for n in range(10)]
    store.commit([Write(address, 0, record.encode()) for address in addresses], [])
    cache = Cache(store, limit=3 * len(record.encode()))
    for _ in range(2):
        assert [cache.read(address) for address in addresses] == [Stored(1, record, len(record.encode()))] * 10
    assert len(cache._records) == 3
    store.close()


def test_one_process_at_a_time(tmp_path: Path) -> None:
    store = Store(tmp_path, "app", {})
    with pytest.raises(CannotOpen, match=r"already being served by another process \(process \d+\)"):
        Store(tmp_path, "app", {})
    store.close()
    Store(tmp_path, "app", {}).close()


def test_data_that_is_not_this_apps(tmp_path: Path) -> None:
    store = Store(tmp_path, "app", {"E": "str", "F": "str"})
    store.commit([Write(Address("E", "1"), 0, b"x")], [])
    store.close()
    with pytest.raises(CannotOpen, match="the app 'app', not of 'other'"):
        Store(tmp_path, "other", {})
    with pytest.raises(CannotOpen, match="E entities with str keys, and this bundle has int keys"):
        Store(tmp_path, "app", {"E": "int"})
    Store(tmp_path, "app", {"E": "str", "F": "int"}).close()
    with sqlite3.connect(tmp_path / "state.db") as database:
        database.execute("PRAGMA user_version = 99")
    database.close()
    with pytest.raises(CannotOpen, match="version 99"):
        Store(tmp_path, "app", {})


def test_directories_that_cannot_be_used(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(CannotOpen, match="cannot be used for data"):
        Store(tmp_path / "file", "app", {})
    for name, content in [
        ("text", b"this is not a database, but it is long enough to be taken for one" * 20),
        ("other", b""),
    ]:
        (tmp_path / name).mkdir()
        path = tmp_path / name / "state.db"
        path.write_bytes(content)
    with sqlite3.connect(path) as database:
        database.execute("CREATE TABLE t (x)")
    database.close()
    with pytest.raises(CannotOpen, match="not a database"):
        Store(tmp_path / "text", "app", {})
    with pytest.raises(CannotOpen, match="a database of another program"):
        Store(tmp_path / "other", "app", {})
