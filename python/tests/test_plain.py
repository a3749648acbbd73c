"""The market gives in memory what it gives in plain CPython: results, exceptions, tracebacks, states."""

from __future__ import annotations

from typing import Any

import pytest
from engine.plain import PlainWorld, import_app
from engine.world import World, load, traced
from hypothesis import given, settings
from hypothesis import strategies as st
from stateflow.step.message import Address

ITEMS = [Address("Item", "apple"), Address("Item", "pear")]
USERS = [Address("User", "bob"), Address("User", "eve")]

item = st.sampled_from(ITEMS)
user = st.sampled_from(USERS)
small = st.integers(-1, 4)
CALLS = st.one_of(
    st.tuples(st.just("buy_item"), small, item),
    st.tuples(st.just("buy_all"), st.lists(item, max_size=4)),
    st.tuples(st.just("buy_for"), user, item),
    st.tuples(st.just("fill"), item),
    st.tuples(st.just("fill_slowly"), item),
    st.tuples(st.just("empty")),
    st.tuples(st.just("countdown"), item, st.integers(0, 5)),
    st.tuples(st.just("ping"), user, st.integers(0, 5)),
    st.tuples(st.just("bounce"), user, st.integers(0, 5)),
    st.tuples(st.just("meet"), user),
    st.tuples(st.just("deposit"), st.one_of(small, st.just("x"))),
    st.tuples(st.just("say"), item, small, st.text(max_size=2)),
    st.tuples(st.sampled_from(["wrong", "ask_stop", "colour"]), item),
    st.tuples(st.just("nobody")),
    st.tuples(st.just("dance")),
    st.tuples(st.just("offer"), st.just("fig"), st.just(-1)),
    st.tuples(st.just("carry"), item, small),
)


@pytest.fixture(scope="module")
def worlds() -> tuple[Any, Any]:
    return import_app("market"), load("market")


@given(calls=st.lists(st.tuples(user, CALLS), min_size=1, max_size=6), park_above=st.sampled_from([0, 4096]))
@settings(max_examples=300, deadline=None)
def test_a_history_is_the_same(worlds: tuple[Any, Any], calls: list[Any], park_above: int) -> None:
    plain, engine = PlainWorld(worlds[0]), World(worlds[1], park_above=park_above)
    for world in (plain, engine):
        world.create("Item", "apple", 3, 5)
        world.create("Item", "pear", 10, 2)
        world.create("User", "bob", 25)
        world.create("User", "eve", 4)
    for (_, key), (method, *args) in calls:
        compare(plain, engine, str(key), method, args)
        for address in (*ITEMS, *USERS):
            fields = engine.fields(*address)
            expected = plain.fields(address.entity, str(address.key))
            shown = {name: repr(value) for name, value in fields.items()}
            assert isinstance(expected, dict)
            wanted = {
                name: value if name == "cart" else f"[{', '.join(value)}]" if name == "carts" else repr(value)
                for name, value in expected.items()
            }
            assert shown == wanted


def compare(plain: PlainWorld, engine: World, key: str, method: str, args: list[object]) -> None:
    """Make a call in both worlds."""
    try:
        expected = plain.call("User", key, method, *args)
    except BaseException as error:  # noqa: BLE001 - the app raises SystemExit, too
        failure = engine.failure("User", key, method, *args)
        kind = type(error)
        module = "market." if kind.__module__ == "plain_market" else ""
        assert (failure.type, failure.message) == (module + kind.__qualname__, str(error))
        assert traced(failure) == plain.lines(error)
    else:
        result = engine.call("User", key, method, *args)
        assert result == expected
        assert type(result) is type(expected)
