"""Values come back as they went: their types, their contents, and what is one object with what."""

from __future__ import annotations

import collections
import sys
import threading
import zoneinfo
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from engine import kinds
from engine.same import difference
from hypothesis import given, settings
from hypothesis import strategies as st
from stateflow.wire.errors import Malformed, Unencodable
from stateflow.wire.explain import explain
from stateflow.wire.names import Names
from stateflow.wire.reader import Reader
from stateflow.wire.sharing import Scan, encode
from stateflow.wire.values import Wire

WIRE = Wire(Names(["engine.kinds"]))


def encoded(value: object) -> bytes:
    return encode(WIRE, value, Scan(WIRE, value))


def decoded(data: bytes) -> Any:
    return Reader(WIRE, lambda entity, key: (entity, key)).read(data)


def round_trip(value: object) -> Any:
    return decoded(encoded(value))


ZONES = st.one_of(
    st.just(UTC),
    st.builds(timezone, st.timedeltas(timedelta(hours=-23), timedelta(hours=23))),
    st.builds(timezone, st.just(timedelta(hours=1)), st.text(max_size=5)),
    st.sampled_from([zoneinfo.ZoneInfo("Europe/Athens"), zoneinfo.ZoneInfo("UTC")]),
)
ATOMS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.integers(min_value=-(2**200), max_value=2**200),
    st.floats(allow_nan=True),
    st.text(st.characters(exclude_categories=())),
    st.binary(),
    st.complex_numbers(),
    st.decimals(allow_nan=True),
    st.uuids(),
    st.dates(),
    st.datetimes(timezones=st.one_of(st.none(), ZONES)),
    st.builds(lambda moment, fold: moment.replace(fold=fold), st.datetimes(), st.integers(0, 1)),
    st.times(),
    st.timedeltas(),
    st.builds(range, st.integers(), st.integers(), st.integers(1, 9)),
    st.sampled_from([..., NotImplemented, int, kinds.Point, kinds.Outer.Inner, kinds.double, kinds.Outer.helper]),
    st.sampled_from([*kinds.Colour, *kinds.Level, *kinds.Mode, *kinds.Right, kinds.Right.READ | kinds.Right.WRITE]),
    st.builds(kinds.Word, st.text()),
    st.builds(kinds.Ratio, st.floats(allow_nan=False)),
    st.builds(kinds.Raw, st.binary()),
)
KEYS = st.one_of(
    st.text(), st.integers(), st.booleans(), st.floats(allow_nan=False), st.tuples(st.integers(), st.text()), st.uuids()
)


def containers(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.one_of(
        st.lists(inner, max_size=4),
        st.lists(inner, max_size=4).map(tuple),
        st.dictionaries(KEYS, inner, max_size=4),
        st.sets(KEYS, max_size=4),
        st.frozensets(KEYS, max_size=4),
        st.binary().map(bytearray),
        st.dictionaries(KEYS, inner, max_size=3).map(collections.OrderedDict),
        st.dictionaries(KEYS, inner, max_size=3).map(lambda items: collections.defaultdict(list, items)),
        st.lists(inner, max_size=4).map(lambda items: collections.deque(items, 3)),
        st.lists(KEYS, max_size=5).map(collections.Counter),
        st.builds(kinds.Point, inner, inner),
        st.builds(kinds.Slotted, inner),
        st.builds(kinds.Pair, inner, inner),
        st.builds(kinds.Half, inner, inner),
        st.builds(kinds.Plain, one=inner),
        st.builds(kinds.Strict, inner),
        st.builds(kinds.Box[int], inner),
        st.builds(kinds.Outer.Inner, inner),
        st.lists(inner, max_size=3).map(kinds.Names),
        st.dictionaries(KEYS, inner, max_size=3).map(kinds.Table),
        st.dictionaries(KEYS, inner, max_size=3).map(kinds.Ordered),
        st.sets(KEYS, max_size=3).map(kinds.Tags),
        st.lists(inner, max_size=3).map(kinds.Recent),
        st.builds(ValueError, inner, inner),
        st.builds(kinds.Oops, st.integers(), detail=st.text()),
    )


VALUES = st.recursive(ATOMS, containers, max_leaves=12)


@given(VALUES)
@settings(max_examples=600, deadline=None)
def test_a_value_comes_back_as_it_went(value: object) -> None:
    assert difference(value, round_trip(value)) is None


@given(VALUES)
@settings(max_examples=200, deadline=None)
def test_the_same_value_has_the_same_bytes(value: object) -> None:
    data = encoded(value)
    assert encoded(value) == data
    assert encoded(decoded(data)) == data


@st.composite
def graphs(draw: st.DrawFn) -> list[Any]:
    """Objects that hold each other in any way, cycles included."""
    makers: list[Any] = [
        list,
        dict,
        lambda: kinds.Point(None),
        lambda: kinds.Half(None, None),
        collections.deque,
        kinds.Names,
        lambda: ValueError("x"),
    ]
    nodes: list[Any] = [draw(st.sampled_from(makers))() for _ in range(draw(st.integers(1, 6)))]
    for _ in range(draw(st.integers(0, 12))):
        holder, held = draw(st.sampled_from(nodes)), draw(st.sampled_from(nodes))
        if draw(st.booleans()):
            held = (held, len(nodes))
            nodes.append(held) if draw(st.booleans()) else None
        if isinstance(holder, list | collections.deque):
            holder.append(held)
        elif isinstance(holder, dict):
            holder[len(holder)] = held
        elif isinstance(holder, kinds.Point):
            holder.x, holder.y = held, holder.x
        elif isinstance(holder, kinds.Half):
            holder.shown = held
        elif isinstance(holder, BaseException):
            holder.args = (*holder.args, held)
    return nodes


@given(graphs())
@settings(max_examples=500, deadline=None)
def test_what_is_shared_stays_shared(nodes: list[Any]) -> None:
    assert difference(nodes, round_trip(nodes)) is None


@pytest.mark.parametrize(
    "value",
    [
        3.0,
        -0.0,
        2**64,
        -(2**63) - 1,
        "\ud800",
        "e\u0301\0",
        {1: "int", "1": "str", (1,): "tuple", 1.5: "float", None: "none", b"1": "bytes"},
        {True: "bool"},
        {1.0: "float"},
        datetime(2024, 10, 27, 3, 30, tzinfo=zoneinfo.ZoneInfo("Europe/Athens"), fold=1),
        time(1, 2, tzinfo=UTC, fold=1),
        date(1, 1, 1),
        Decimal("sNaN"),
        Decimal("-0E+5"),
        UUID(int=5),
        kinds.Right(0),
        [[]] * 2,
        bytearray(b"x"),
        [bytearray(b"x")] * 2,
        {kinds.Fixed(1): 1, kinds.Fixed("1"): 2},
    ],
    ids=repr,
)
def test_values_that_are_easily_lost(value: object) -> None:
    assert difference(value, round_trip(value)) is None


def test_keys_that_are_equal_in_bytes_stay_two() -> None:
    shared: list[int] = []
    value = {kinds.Plain(of=shared): 1, kinds.Plain(of=shared): 2}
    assert sorted(round_trip(value).values()) == [1, 2]


def test_a_shared_key_is_whole_before_it_is_hashed() -> None:
    key = kinds.Fixed(("a", 1))
    back = round_trip([key, {key: 1}, {key}])
    assert back[1][back[0]] == 1
    assert back[0] in back[2]


def test_a_tuple_that_holds_itself() -> None:
    inner: list[Any] = []
    value = (inner, 1)
    inner.append(value)
    back = round_trip(value)
    assert back[0][0] is back


@given(st.sets(KEYS, max_size=8))
def test_sets_do_not_depend_on_the_order_in_which_they_were_made(value: set[Any]) -> None:
    assert encoded(value) == encoded(set().union(reversed(list(value))))


def test_exceptions_keep_everything() -> None:
    try:
        try:
            raise kinds.Broken("/a")
        except OSError as error:
            error.add_note("a note")
            raise kinds.Oops(3, detail="x") from error
    except kinds.Oops as caught:
        back = round_trip(caught)
    assert (type(back), back.args, back.code, back.detail) == (kinds.Oops, ("oops 3",), 3, "x")
    cause = back.__cause__
    assert (type(cause), cause.args, cause.errno, cause.filename) == (kinds.Broken, (2, "gone"), 2, "/a")
    assert (cause.extra, cause.__notes__, str(cause)) == (["/a"], ["a note"], "[Errno 2] gone: '/a'")
    assert back.__context__ is cause
    assert back.__suppress_context__


@pytest.mark.parametrize(
    ("error", "attribute", "value"),
    [
        (SystemExit(3), "code", 3),
        (StopIteration([1]), "value", [1]),
        (ImportError("no", name="n", path="p"), "path", "p"),
        (UnicodeDecodeError("utf-8", b"x", 0, 1, "bad"), "reason", "bad"),
        (AttributeError("no", name="n", obj=object()), "name", "n"),
        (kinds.Missing("key"), "args", ("key",)),
        (KeyboardInterrupt(), "args", ()),
        (SyntaxError("bad", ("f", 1, 2, "text")), "lineno", 1),
    ],
    ids=lambda value: type(value).__name__,
)
def test_attributes_of_builtin_exceptions(error: BaseException, attribute: str, value: object) -> None:
    back = round_trip(error)
    assert type(back) is type(error)
    assert str(back) == str(error)
    assert getattr(back, attribute) == value


def test_exception_groups() -> None:
    group = ExceptionGroup("all", [ValueError(1), ExceptionGroup("in", [kinds.Oops(1, detail="d")])])
    back = round_trip(group)
    assert (type(back), back.message) == (ExceptionGroup, "all")
    assert back.exceptions[1].exceptions[0].code == 1


def test_exception_groups_nested_deeply() -> None:
    error: Exception = ValueError(0)
    for level in range(1, 20):
        outer = ExceptionGroup(str(level), [error, KeyError(level)])
        outer.__context__ = error
        error = outer
    back: Any = round_trip(error)
    for level in range(19, 0, -1):
        assert isinstance(back, ExceptionGroup)
        assert (back.message, back.exceptions[1].args) == (str(level), (level,))
        assert back.__context__ is back.exceptions[0]
        back = back.exceptions[0]
    assert back.args == (0,)


def test_exceptions_are_made_without_running_their_constructors() -> None:
    error = kinds.Counted(1, "x")
    before = kinds.Counted.made
    back = round_trip(error)
    assert (type(back), back.args, back.detail) == (kinds.Counted, (1,), "x")
    assert kinds.Counted.made == before
    group = round_trip(kinds.Several([error], 2))
    assert (type(group), group.message, group.code) == (kinds.Several, "2 went wrong", 2)
    assert group.exceptions[0].detail == "x"


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ({"a": [1, kinds.Point(1, lambda: 1)]}, "X.m: argument 'v'['a'][1].y: a lambda cannot be encoded"),
        ([threading.Lock()], "X.m: argument 'v'[0]: a _thread.lock cannot be encoded"),
        ({threading.Lock(): 1}, "cannot be encoded"),
        (kinds.local_class()(), "a class defined inside a function cannot be encoded"),
        (kinds.local_class(), "a class defined inside a function cannot be encoded"),
        ((1, {print}), "X.m: argument 'v'[1]{}: a builtin_function_or_method cannot be encoded"),
        (threading, "a module cannot be encoded"),
        (kinds.Strict(iter([])), "X.m: argument 'v'.value: a list_iterator cannot be encoded"),
        (
            collections.OrderedDict(a=(letter for letter in "x")),
            "X.m: argument 'v'['a']: a generator cannot be encoded",
        ),
        (memoryview(b"x"), "a memoryview cannot be encoded"),
        (ValueError(open), "X.m: argument 'v'.args[0]: a builtin_function_or_method cannot be encoded"),
        (threading.Thread, "threading.Thread is not a class of the app"),
        (sys.version_info, "a sys.version_info cannot be encoded"),
    ],
    ids=lambda value: value[-24:] if isinstance(value, str) else "",
)
def test_what_cannot_be_encoded_is_named_with_its_path(value: object, message: str) -> None:
    with pytest.raises(Unencodable) as caught:
        encoded(value)
    assert message in str(explain(WIRE, "X.m", [("argument 'v'", value)], caught.value))


@pytest.mark.parametrize("length", [30, 300, 30_000])
@pytest.mark.parametrize("doubly", [False, True])
def test_long_chains(length: int, doubly: bool) -> None:
    first = node = kinds.Point(0)
    for number in range(1, length):
        node.y = kinds.Point(number, None)
        if doubly:
            node.y.x = [number, node]
        node = node.y
    back = round_trip({"first": first, "last": node})
    found = back["first"]
    for number in range(1, length):
        assert type(found.y) is kinds.Point
        assert found.y.x == number if not doubly else (found.y.x[0], found.y.x[1] is found) == (number, True)
        found = found.y
    assert found is back["last"]


@pytest.mark.parametrize("depth", [30, 60, 5000])
@pytest.mark.parametrize("shared", [False, True])
def test_deep_lists(depth: int, shared: bool) -> None:
    value: list[Any] = []
    for _ in range(depth):
        value = [value, value] if shared else [value]
    back = round_trip(value)
    for _ in range(depth):
        assert not shared or back[0] is back[1]
        back = back[0]
    assert back == []


def _with(value: Any, **attributes: Any) -> Any:
    vars(value).update(attributes)
    return value


HOLDERS: dict[str, tuple[Callable[[Any], Any], Callable[[Any], Any]]] = {
    "deque": (lambda inner: collections.deque([1, inner]), lambda outer: outer[1]),
    "defaultdict": (lambda inner: collections.defaultdict(list, {"in": inner}), lambda outer: outer["in"]),
    "OrderedDict": (lambda inner: collections.OrderedDict({"in": inner}), lambda outer: outer["in"]),
    "list": (lambda inner: kinds.Names([1, inner]), lambda outer: outer[1]),
    "dict": (lambda inner: kinds.Table({"in": inner}), lambda outer: outer["in"]),
    "attribute of a list": (lambda inner: _with(kinds.Names(), label=inner), lambda outer: outer.label),
    "attribute of a deque": (lambda inner: _with(kinds.Recent([1]), inner=inner), lambda outer: outer.inner),
    "subclass of deque": (lambda inner: kinds.Recent([inner]), lambda outer: outer[0]),
    "argument": (lambda inner: ValueError(1, inner), lambda outer: outer.args[1]),
    "attribute": (lambda inner: _with(ValueError(), inner=inner), lambda outer: outer.inner),
    "member": (lambda inner: SystemExit(inner), lambda outer: outer.code),
    "cause": (lambda inner: _caused(inner), lambda outer: outer.__cause__),
}


def _caused(inner: Any) -> Exception:
    error = ValueError([1])
    error.__cause__ = inner
    return error


@pytest.mark.parametrize("names", [*((name,) for name in HOLDERS), tuple(HOLDERS)[:-1]], ids=" ".join)
@pytest.mark.parametrize("wraps", [False, True])
def test_deep_objects(names: tuple[str, ...], wraps: bool) -> None:
    wraps = wraps and names != ("cause",)
    holders = [HOLDERS[names[level % len(names)]] for level in range(300)]
    value: Any = ValueError("innermost")
    for make, _ in holders:
        value = make([value] if wraps else value)
    back = round_trip(value)
    for make, inside in reversed(holders):
        assert type(back) is type(make(ValueError()))
        assert not isinstance(back, ValueError) or back.__cause__ is None or back.args == ([1],)
        back = inside(back)[0] if wraps else inside(back)
    assert back.args == ("innermost",)


HASHES: dict[str, Callable[[Any], Any]] = {
    "dict": lambda key: {key: 1},
    "Counter": lambda key: collections.Counter([key]),
    "OrderedDict": lambda key: collections.OrderedDict({key: 1}),
    "defaultdict": lambda key: collections.defaultdict(int, {key: 1}),
    "set": lambda key: {key},
    "subclass of dict": lambda key: kinds.Table({key: 1}),
    "subclass of OrderedDict": lambda key: kinds.Ordered({key: 1}),
    "subclass of set": lambda key: kinds.Tags([key]),
    "in a tuple": lambda key: {(key, 1): 1},
}


@pytest.mark.parametrize("name", HASHES)
@pytest.mark.parametrize("levels", [1, 300])
def test_keys_are_whole_when_they_are_hashed(name: str, levels: int) -> None:
    value: Any = None
    keys = [kinds.Fixed(level) for level in range(levels)]
    for key in keys:
        value = kinds.Plain(held=[value, key, HASHES[name](key)])
    back = round_trip(value)
    for key in reversed(keys):
        back, same, hashed = back.held
        assert same == key
        assert hashed == HASHES[name](key)
        assert type(hashed) is type(HASHES[name](key))
        (found,) = hashed
        assert (found[0] if name == "in a tuple" else found) is same
        assert found in hashed


def test_a_key_that_leads_to_where_it_is_a_key() -> None:
    key = kinds.Fixed("a")
    holder = kinds.Plain(held={key: 1})
    object.__setattr__(key, "holder", holder)
    assert hash(key) == hash(kinds.Fixed("a"))
    back = round_trip(key)
    assert back.holder.held == {kinds.Fixed("a"): 1}
    assert next(iter(back.holder.held)) is back


def test_a_tuple_in_a_list_of_the_app_that_is_in_it() -> None:
    names = kinds.Names()
    pair = (names, 1)
    names.append(pair)
    back = round_trip(pair)
    assert back[0][0] is back


def test_too_deep_nesting_is_an_error_of_its_own() -> None:
    value: tuple[Any, ...] = ()
    for _ in range(5000):
        value = (value, [])
    with pytest.raises(Unencodable, match="nested too deeply") as caught:
        encoded(value)
    assert str(explain(WIRE, "X.m", [("result", value)], caught.value)) == "X.m: a value is nested too deeply"


@pytest.mark.parametrize(
    "name",
    [
        b"os:system",
        b"builtins:eval",
        b"engine.kinds:collections.deque",
        b"subprocess:Popen",
        b"engine.kinds:nothing",
        b"x",
    ],
)
def test_bytes_name_nothing_outside_the_app(name: bytes) -> None:
    with pytest.raises(Malformed):
        WIRE.names.find(name)


@given(st.binary(max_size=40))
@settings(max_examples=500)
def test_bytes_that_are_no_value_are_malformed(data: bytes) -> None:
    try:
        value = decoded(data)
    except Malformed as error:
        assert "decoded" in str(error) or "app" in str(error) or "extension" in str(error)
    else:
        assert difference(value, round_trip(value)) is None
