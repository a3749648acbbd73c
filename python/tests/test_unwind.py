"""What exceptions do that plain Python does not know: of the engine, and of what cannot be carried."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from engine.world import World, traced
from scenarios.compiler import compiled
from scenarios.forked import forked
from stateflow.step.app import App
from stateflow.step.message import Address

SOURCE = """
from __future__ import annotations

from collections.abc import Callable

from stateflow import EntityExists, EntityNotFound, StateflowError, entity


class Guard:
    def __init__(self, keep: Callable[[], int] | None) -> None:
        self.keep = keep
        self.left = 0

    def __enter__(self) -> Guard:
        return self

    def __exit__(self, *error: object) -> bool:
        self.left += 1
        return False


class Broken(Exception):
    pass


@entity
class Item:
    def __init__(self, name: str) -> None:
        self.name = name
        self.count = 0
        self.kept: object = None

    def __key__(self) -> str:
        return self.name

    def add(self, amount: object = 1) -> int:
        self.count += 1
        return self.count

    def fail(self) -> int:
        error = Broken("broken")
        error.callback = lambda: 1
        raise error

    def give(self) -> object:
        return lambda: 1


@entity
class User:
    def __init__(self, name: str) -> None:
        self.name = name
        self.log: list[str] = []

    def __key__(self) -> str:
        return self.name

    def find(self, item: Item) -> str:
        try:
            return f"{item.add()}"
        except EntityNotFound as error:
            try:
                item.add()
            except EntityNotFound as again:
                return f"{error} {type(again.__context__).__name__}"
        return "found"

    def make(self, name: str) -> object:
        try:
            return Item(name)
        except EntityExists as error:
            return str(error)

    def send(self, item: Item, kind: str) -> list[str]:
        seen = []
        try:
            item.add((lambda: 1) if kind == "argument" else 1)
            held = (lambda: 1) if kind == "variable" else 1
            item.add()
            seen.append(f"{held}")
            if kind == "result":
                item.give()
            if kind == "error":
                item.fail()
        except TypeError:
            seen.append("wrong")
        except StateflowError as error:
            seen.append(str(error))
            seen.append(f"{item.add()}")
        finally:
            seen.append(f"{item.add()}")
        return seen

    def down(self, other: User, depth: int) -> int:
        try:
            return other.down(self, depth + 1)
        except RecursionError:
            return depth

    def hold(self, item: Item, carried: bool) -> list[str]:
        seen = []
        guard = Guard(None if carried else lambda: 1)
        try:
            with guard:
                seen.append(f"{item.add()}")
        except StateflowError as error:
            seen.append(str(error))
        seen.append(f"{guard.left}")
        return seen

    def first(self, item: Item, missing: Item) -> int:
        try:
            return missing.add()
        except EntityNotFound as error:
            item.add()
            raise Broken("first") from error

    def second(self, other: User, item: Item, missing: Item) -> int:
        try:
            return other.first(item, missing)
        finally:
            item.add()

    def third(self, other: User, item: Item, missing: Item) -> int:
        with Guard(None):
            try:
                return other.second(self, item, missing)
            except Broken:
                item.add()
                raise
"""

APPLE, PEAR = Address("Item", "apple"), Address("Item", "pear")
BOB, EVE = Address("User", "bob"), Address("User", "eve")


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("unwind")
    app = folder / "careful.py"
    app.write_text(SOURCE.lstrip(), encoding="utf-8")
    return compiled(app, folder / "bundle")


def _play(bundle: Path, play: Callable[[World], Any]) -> Any:
    def run() -> list[Any]:
        app = App.load(bundle)
        found = []
        for park_above in (0, 4096):
            world = World(app, park_above=park_above)
            world.create("Item", "apple")
            world.create("User", "bob")
            world.create("User", "eve")
            found.append(play(world))
        return found

    one, other = forked(run)
    assert one == other
    return one


def test_errors_of_the_engine_are_caught(bundle: Path) -> None:
    assert _play(bundle, lambda world: world.call("User", "bob", "find", PEAR)) == (
        "Item 'pear' does not exist EntityNotFound"
    )
    assert _play(bundle, lambda world: world.call("User", "bob", "make", "apple")) == "Item 'apple' already exists"
    assert _play(bundle, lambda world: world.call("User", "bob", "down", EVE, 0)) == 1000


@pytest.mark.parametrize(
    ("kind", "seen"),
    [
        ("argument", ["Item.add: argument 'amount': a lambda cannot be encoded"]),
        ("variable", ["User.send: variable 'held': a lambda cannot be encoded"]),
        ("result", ["1", "Item.give: result: a lambda cannot be encoded"]),
    ],
)
def test_what_cannot_be_carried_is_raised_at_the_call(bundle: Path, kind: str, seen: list[str]) -> None:
    def play(world: World) -> Any:
        return world.call("User", "bob", "send", APPLE, kind)

    assert [part.split(" (")[0] for part in _play(bundle, play)[: len(seen)]] == seen


def test_an_exception_that_cannot_be_carried_is_described(bundle: Path) -> None:
    one, described, *_ = _play(bundle, lambda world: world.call("User", "bob", "send", APPLE, "error"))
    assert one == "1"
    assert described.startswith("careful.Broken: broken (the exception itself cannot be carried:")


def test_a_manager_that_cannot_be_carried_is_left_with_an_error(bundle: Path) -> None:
    seen = _play(bundle, lambda world: world.call("User", "bob", "hold", APPLE, False))
    assert seen == [
        "User.hold: variable 'guard'.keep: a lambda cannot be encoded (careful.User.hold.<locals>.<lambda>)",
        "1",
    ]
    assert _play(bundle, lambda world: world.call("User", "bob", "hold", APPLE, True)) == ["1", "1"]


def test_tracebacks_name_the_users_lines(bundle: Path) -> None:
    def play(world: World) -> Any:
        failure = world.failure("User", "bob", "third", EVE, APPLE, PEAR)
        assert failure.cause is not None
        return traced(failure), traced(failure.cause)

    lines, cause = _play(bundle, play)
    assert lines == [
        "126 User.third: return other.second(self, item, missing)",
        "119 User.second: return other.first(item, missing)",
        '115 User.first: raise Broken("first") from error',
    ]
    assert cause == ["112 User.first: return missing.add()"]
