"""Steps of the market: what is called, what comes back, where exceptions are raised and what they show."""

from __future__ import annotations

import dataclasses
import gc
from pathlib import Path
from uuid import uuid4

import pytest
import stateflow
from engine.world import World, load, traced
from scenarios.compiler import compiled
from stateflow.adapters.service import BadArguments, Request
from stateflow.step.app import App
from stateflow.step.engine import step
from stateflow.step.message import Address, Kind, Message
from stateflow.step.record import Record

APPLE = Address("Item", "apple")
BOB = Address("User", "bob")
EVE = Address("User", "eve")


@pytest.fixture
def app() -> App:
    return load("market")


@pytest.fixture(params=[False, True], ids=["", "dedup"])
def world(app: App, request: pytest.FixtureRequest) -> World:
    world = World(app, dedup=request.param)
    world.create("Item", "apple", 3, stock=5)
    world.create("User", "bob", 20)
    world.create("User", name="eve", balance=9)
    return world


def test_a_purchase(world: World) -> None:
    assert world.call("User", "bob", "buy_item", amount=2, item=APPLE) is True
    assert world.fields("User", "bob")["balance"] == 14
    assert world.fields("Item", "apple")["stock"] == 3
    assert world.call("User", "bob", "buy_item", 4, APPLE) is False
    assert world.fields("User", "bob")["balance"] == 14
    assert world.call("User", "eve", "buy_item", 4, APPLE) is False


def test_a_step_leaves_no_cycles(world: World) -> None:
    gc.collect()
    gc.disable()
    try:
        world.call("User", "bob", "buy_item", amount=2, item=APPLE)
        assert gc.collect() == 0
    finally:
        gc.enable()


def test_a_loop_with_a_helper(world: World) -> None:
    assert world.call("User", "bob", "buy_all", [APPLE, APPLE]) == 6
    assert world.fields("User", "bob")["balance"] == 14
    failure = world.failure("User", "bob", "buy_all", [APPLE] * 9)
    assert (failure.type, failure.message) == ("market.OutOfStock", "only 0 of apple left")
    assert traced(failure) == [
        "81 User.buy_all: spent += self.buy_one(item)",
        "85 User.buy_one: price = item.take(1)",
        "42 Item.take: raise OutOfStock(self.name, self.stock)",
    ]
    assert world.fields("User", "bob")["balance"] == 5, "what was done before the exception stays"


def test_exceptions_are_of_their_own_class(world: World) -> None:
    with pytest.raises(BaseException) as caught:
        world.call("User", "bob", "buy_all", [APPLE] * 9)
    assert type(caught.value).__qualname__ == "OutOfStock"
    assert vars(caught.value)["left"] == 0


def test_a_tail_call_is_in_the_traceback(world: World) -> None:
    assert world.call("User", "bob", "buy_for", EVE, APPLE) is True
    assert world.fields("User", "eve")["balance"] == 6
    assert traced(world.failure("User", "bob", "buy_for", EVE, Address("Item", "pear"))) == [
        "90 User.buy_for: return friend.buy_item(1, item)",
        "69 User.buy_item: total_price = amount * item.price",
    ]


def test_recursion_inside_and_between_entities(world: World) -> None:
    assert world.call("User", "bob", "countdown", APPLE, 900) == 903
    assert world.call("User", "bob", "ping", EVE, 30) == 30
    assert world.call("User", "bob", "ping", BOB, 900) == 900
    failure = world.failure("User", "bob", "bounce", EVE, 3)
    assert (failure.type, failure.message) == ("KeyError", "'the end'")
    assert traced(failure) == [
        *["128 User.bounce: return friend.bounce(self, n - 1)"] * 3,
        '127 User.bounce: raise KeyError("the end")',
    ]


@pytest.mark.parametrize(
    ("method", "friend"), [("countdown", APPLE), ("ping", BOB), ("ping", EVE), ("bounce", BOB), ("bounce", EVE)]
)
def test_endless_recursion(world: World, method: str, friend: Address) -> None:
    failure = world.failure("User", "bob", method, friend, 1001)
    assert (failure.type, len(failure.lines)) == ("RecursionError", 1001)
    assert failure.lines[-1].function == f"User.{method}"


def test_a_loop_of_blocks_does_not_grow_the_stack(world: World) -> None:
    assert world.call("User", "bob", "spin", 20_000) == 20_000


def test_creation(world: World, app: App) -> None:
    assert world.call("User", "bob", "offer", "kiwi", 5) == Address("Item", "kiwi")
    assert world.fields("Item", "kiwi")["stock"] == 2
    assert world.call("User", "bob", "adopt", "zoe") == Address("User", "zoe")
    for failure, lines in [
        (world.failure("User", "bob", "offer", "kiwi", 5), ["131 User.offer: item = Item(name, price, 1)"]),
        (world.failure("User", "bob", "adopt", "bob"), ["136 User.adopt: return User(name)"]),
        (world.failure("Item", None, "__init__", "kiwi", 5), []),
    ]:
        assert failure.type == "stateflow.EntityExists"
        assert traced(failure) == lines


def test_an_init_that_raises(world: World) -> None:
    failure = world.failure("User", "bob", "offer", "kiwi", -5)
    assert traced(failure) == [
        "131 User.offer: item = Item(name, price, 1)",
        '26 Item.__init__: raise ValueError(f"price {price}")',
    ]
    assert traced(world.failure("Item", None, "__init__", "kiwi", -5)) == [
        '26 Item.__init__: raise ValueError(f"price {price}")'
    ]
    failure = world.failure("Item", None, "__init__")
    assert failure.message == "Item.__init__() missing 2 required positional arguments: 'name' and 'price'"
    assert failure.lines == ()


@pytest.mark.parametrize("key", [4, True, 1.5, None, b"x"], ids=repr)
def test_a_key_is_of_its_type(world: World, key: object) -> None:
    failure = world.failure("User", "bob", "adopt", key)
    assert failure.type == "stateflow.StateflowError"
    assert failure.message.startswith(f"User.__key__() gave {key!r}")
    assert traced(failure) == ["136 User.adopt: return User(name)"]


@pytest.mark.parametrize("key", ["", "a/b%2F", "\ud800", "ключ", "\0"])
def test_keys_hold_any_character(world: World, key: str) -> None:
    assert world.create("User", key, 1) == Address("User", key)
    assert world.call("User", key, "deposit", 2) == 3


def test_who_does_not_exist(world: World) -> None:
    failure = world.failure("User", "nobody", "deposit", 1)
    assert (failure.type, failure.message, failure.lines) == (
        "stateflow.EntityNotFound",
        "User 'nobody' does not exist",
        (),
    )
    with pytest.raises(stateflow.EntityNotFound) as caught:
        world.call("User", "bob", "buy_item", 1, Address("Item", "pear"))
    assert (caught.value.entity, caught.value.key) == ("Item", "pear")


def test_references_go_by_address(world: World) -> None:
    assert world.call("User", "bob", "meet", BOB) == [True, True, True, True]
    assert world.call("User", "bob", "meet", EVE) == [False, True, True, False]
    assert world.fields("User", "bob")["friends"] == [BOB, EVE]
    assert world.fields("User", "bob")["balance"] == 21
    assert world.fields("User", "eve")["balance"] == 10


@pytest.mark.parametrize(
    ("method", "type", "message", "line"),
    [
        (
            "wrong",
            "TypeError",
            "Item.take() missing 1 required positional argument: 'amount'",
            "152 User.wrong: item.take()",
        ),
        (
            "colour",
            "AttributeError",
            "'Item' object has no attribute 'colour'",
            "185 User.colour: answer = item.colour",
        ),
    ],
)
def test_errors_at_the_call_site(world: World, method: str, type: str, message: str, line: str) -> None:
    failure = world.failure("User", "bob", method, APPLE)
    assert (failure.type, failure.message, traced(failure)) == (type, message, [line])


def test_nobody_to_call(world: World) -> None:
    failure = world.failure("User", "bob", "nobody")
    assert failure.message == "'NoneType' object has no attribute 'deposit'"
    assert traced(failure) == ["182 User.nobody: friend.deposit(1)"]


def test_missing_methods_and_wrong_arguments_of_a_client(world: World) -> None:
    assert world.failure("User", "bob", "dance").message == "'User' object has no attribute 'dance'"
    failure = world.failure("User", "bob", "deposit", 1, amount=1)
    assert failure.message == "User.deposit() got multiple values for argument 'amount'"


@pytest.mark.parametrize(
    ("method", "message", "line"),
    [
        (
            "carry_lambda",
            "User.carry_lambda: variable 'kept'['f'][0]: a lambda cannot be encoded",
            "161 User.carry_lambda: item.price",
        ),
        (
            "send_lambda",
            "Item.echo: argument 1[1]['callback']: a lambda cannot be encoded",
            '165 User.send_lambda: answer = item.echo([1, {"callback": lambda: 1}])',
        ),
        ("ask_leak", "Item.leak: result: a lambda cannot be encoded", "173 User.ask_leak: answer = item.leak()"),
    ],
)
def test_what_cannot_be_carried_is_raised_where_it_is_sent(world: World, method: str, message: str, line: str) -> None:
    failure = world.failure("User", "bob", method, APPLE)
    assert failure.type == "stateflow.StateflowError"
    assert failure.message.startswith(message)
    assert traced(failure) == [line]


def test_a_field_that_cannot_be_stored_leaves_the_state_as_it_was(world: World) -> None:
    failure = world.failure("User", "bob", "keep_lambda")
    assert failure.message.startswith("User: field 'secret': a lambda cannot be encoded")
    assert world.fields("User", "bob")["balance"] == 20
    assert world.call("User", "bob", "deposit", 1) == 21


def test_exits_are_carried_like_any_exception(world: World) -> None:
    failure = world.failure("User", "bob", "ask_stop", APPLE)
    assert (failure.type, failure.message) == ("SystemExit", "3")
    assert traced(failure) == ["177 User.ask_stop: answer = item.stop()", "47 Item.stop: raise SystemExit(3)"]


def test_references_refuse_uncompiled_code(world: World) -> None:
    failure = world.failure("User", "bob", "peek", APPLE)
    assert failure.message.startswith("Item.price of Item['apple'] cannot be read from here")
    assert traced(failure)[-1].startswith("189 User.peek.<locals>.<lambda>: ")


def test_references_hide_that_they_hold_nothing(app: App) -> None:
    with pytest.raises(stateflow.StateflowError, match=r"Item.__dict__ of Item\['apple'\] cannot be read from here"):
        vars(app.reference("Item", "apple"))


def test_classes_of_entities_refuse_uncompiled_code(app: App) -> None:
    with pytest.raises(stateflow.StateflowError, match="Item cannot be created from here"):
        app.classes["Item"]("pear", 1)


def test_values_cross_by_value_and_keep_their_types(world: World) -> None:
    assert world.call("User", "bob", "say", APPLE, 1.0, True, x=(1,), block=3) == [[1.0, True], {"x": (1,), "block": 3}]


def test_aliases_survive_a_split(world: World) -> None:
    assert world.call("User", "bob", "fill", APPLE) == [True, True, True, True]
    fields = world.fields("User", "bob")
    cart, carts = fields["cart"], fields["carts"]
    assert isinstance(carts, list)
    assert carts[0] is cart
    assert dataclasses.asdict(cart) == {"lines": ["one", "two"]}
    again = world.memory.record(BOB)
    world.call("User", "bob", "deposit", 0)
    assert again is not None
    assert world.fields("User", "bob") == fields


@pytest.mark.parametrize("park_above", [0, 4096], ids=["parked", "carried"])
def test_what_the_entity_let_go_of_is_one_object_for_the_calls_that_hold_it(app: App, park_above: int) -> None:
    """The cart is replaced while two calls wait."""
    records: dict[Address, Record | None] = {}

    def handle(message: Message) -> list[Message]:
        outcome = step(app, records.get(message.address), message, park_above=park_above)
        assert outcome.set_aside is None
        records[message.address] = outcome.record
        replies.extend(outcome.replies)
        return list(outcome.messages)

    def post(entity: str, key: str | None, method: str, **arguments: object) -> list[Message]:
        return handle(Request(str(uuid4()), entity, key, method, arguments).message(app))

    replies: list[object] = []
    handle(*post("Item", None, "__init__", name="apple", price=1))
    handle(*post("User", None, "__init__", name="bob"))
    (first,) = post("User", "bob", "fill_slowly", item=APPLE)
    (second,) = post("User", "bob", "fill_slowly", item=APPLE)
    (answer,), (late,) = handle(first), handle(second)
    assert handle(answer) == []
    fields = app.fields(records[BOB])
    assert fields is not None
    assert repr(fields["cart"]) == "Cart(lines=['late'])"
    post("User", "bob", "empty")
    assert handle(late) == []
    fields = app.fields(records[BOB])
    assert fields is not None
    assert repr(fields["cart"]) == "Cart(lines=[])"
    last = replies[-1]
    assert app.result(last) == ["late", "late"]  # type: ignore[arg-type]
    record = records[BOB]
    assert record is not None
    assert not record.parked
    post("User", "bob", "deposit", amount=0)
    assert records[BOB] is record, "no token is left that another step would drop"


def test_large_frames_are_parked(app: App) -> None:
    world = World(app, park_above=200)
    world.create("Item", "apple", 3)
    world.create("User", "bob")
    thing = [f"line {number}" for number in range(100)]
    assert world.call("User", "bob", "carry", APPLE, thing) == [thing]
    record = world.memory.record(BOB)
    assert record is not None
    assert not record.parked


def test_a_return_whose_ticket_is_gone_is_a_duplicate(app: App) -> None:
    first = Request("a", "Item", None, "__init__", {"name": "apple", "price": 1}).message(app)
    (create,) = step(app, None, first).messages
    item = step(app, None, create).record
    (create,) = step(app, None, Request("b", "User", None, "__init__", {"name": "bob"}).message(app)).messages
    bob = step(app, None, create).record
    call = Request("c", "User", "bob", "carry", {"item": APPLE, "thing": ["x" * 100]}).message(app)
    left = step(app, bob, call, park_above=50)
    assert left.record is not None
    assert len(left.record.parked) == 1
    (answer,) = step(app, item, left.messages[0]).messages
    done = step(app, left.record, answer)
    assert done.record is not None
    assert (len(done.replies), len(done.record.parked)) == (1, 0)
    again = step(app, done.record, answer)
    assert (again.record, again.messages, again.replies, again.set_aside) == (done.record, (), (), None)


def test_reading_writes_nothing(world: World) -> None:
    before = world.memory.record(APPLE)
    world.call("User", "bob", "carry", APPLE, 1)
    after = world.memory.record(APPLE)
    assert before is not None
    assert after is before


def test_a_frame_of_another_version_is_set_aside(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    (create,) = step(app, None, Request("b", "User", None, "__init__", {"name": "bob"}).message(app)).messages
    bob = step(app, None, create).record
    (read,) = step(
        app, bob, Request("c", "User", "bob", "buy_item", {"amount": 1, "item": APPLE}).message(app)
    ).messages
    answer = Message(Kind.RETURN, b"1" * 12, BOB, "", app.encode(3), read.stack, read.depth, (), "c", None)
    assert step(app, bob, answer).set_aside is None
    blocks = app.entities["User"].blocks
    block = blocks["buy_item__after_price"]
    monkeypatch.setitem(blocks, block.name, block._replace(digest=b"12345678"))
    outcome = step(app, bob, answer)
    assert outcome.record is bob
    assert (outcome.messages, outcome.replies) == ((), ())
    assert outcome.set_aside is not None
    assert "buy_item__after_price" in outcome.set_aside
    assert "another version" in outcome.set_aside


def test_an_unknown_entity_is_set_aside(app: App) -> None:
    message = dataclasses.replace(Request("c", "User", "bob", "x", {}).message(app), address=Address("Shop", "x"))
    assert step(app, None, message).set_aside == "this bundle has no entity Shop"


def test_every_hop_of_a_purchase_is_small(app: App) -> None:
    world = World(app)
    world.create("Item", "apple", 3, stock=5)
    world.create("User", "alice", 20)
    trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    arguments = {"amount": 2, "item": APPLE}
    request = Request(str(uuid4()), "User", "alice", "buy_item", arguments, trace)
    sizes = []
    waiting = [request.first(app)]
    records = {address: world.memory.record(address) for address in world.memory.addresses()}
    while waiting:
        message = waiting.pop()
        sizes.append(len(message.encode()))
        assert Message.decode(message.encode()) == message
        outcome = step(app, records[message.address], message)
        records[message.address] = outcome.record
        waiting.extend(outcome.messages)
    assert len(sizes) == 4
    assert max(sizes) <= 250


@pytest.mark.parametrize("key", ["bob", "nobody"])
@pytest.mark.parametrize("item", ["apple", "pear"])
@pytest.mark.parametrize("caller", [None, "eve", "bob"])
def test_a_read_on_the_way_tells_what_the_method_would_have_told(
    world: World, caller: str | None, key: str, item: str
) -> None:
    steps = world.memory.steps
    arguments = (1, Address("Item", item))
    if caller is None:
        reply = world.reply("User", key, "buy_item", *arguments)
    else:
        reply = world.reply("User", caller, "buy_for", Address("User", key), arguments[1])
    taken = world.memory.steps - steps
    call = ["90 User.buy_for: return friend.buy_item(1, item)"] if caller is not None else []
    if key == "nobody":
        # In plain Python there would be nobody to read the price.
        failure = world.app.failure(reply)
        assert (failure.message, traced(failure)) == ("User 'nobody' does not exist", call)
    elif item == "pear":
        failure = world.app.failure(reply)
        line = "69 User.buy_item: total_price = amount * item.price"
        assert (failure.message, traced(failure)) == ("Item 'pear' does not exist", [*call, line])
    else:
        assert world.app.result(reply) is True
        assert taken == 4 + len(call)


def test_arguments_that_do_not_fit_are_told_by_the_method(world: World) -> None:
    unfit: list[tuple[tuple[object, ...], dict[str, object]]]
    unfit = [((), {}), ((1,), {"amount": 2}), ((1, APPLE, 3), {}), ((1,), {"item": None})]
    for args, kwargs in unfit:
        failure = world.app.failure(world.reply("User", "bob", "buy_item", *args, **kwargs))
        assert failure.type in {"TypeError", "AttributeError"}
        assert world.failure("User", "nobody", "buy_item", *args, **kwargs).message == "User 'nobody' does not exist"
    assert world.call("User", "bob", "buy_item", item=APPLE, amount=1) is True


def test_a_frame_that_would_be_parked_is_not_sent_ahead(app: App) -> None:
    world = World(app, park_above=0)
    world.create("Item", "apple", 3, stock=5)
    world.create("User", "bob", 20)
    before = world.memory.steps
    assert world.call("User", "bob", "buy_item", 1, APPLE) is True
    assert world.memory.steps - before == 5


@pytest.mark.parametrize("friend", [BOB, EVE], ids=["inside", "between"])
def test_causes_travel_with_their_own_lines(world: World, friend: Address) -> None:
    failure = world.failure("User", "bob", "ask", friend, "wrap")
    call = '208 User.ask: answer = friend.wrap("x") if method == "wrap" else friend.explode()'
    assert (failure.type, failure.message) == ("ValueError", "wrapped")
    assert traced(failure) == [call, '205 User.wrap: raise ValueError("wrapped") from error']
    cause = failure.cause
    assert cause is not None
    assert failure.context is None, "a cause suppresses the context"
    assert (cause.type, cause.notes) == ("TypeError", ("a deposit",))
    assert traced(cause) == ["202 User.wrap: return self.deposit(amount)", "144 User.deposit: self.balance += amount"]


def test_an_exception_that_cannot_be_carried_is_told(world: World) -> None:
    failure = world.failure("User", "bob", "ask", EVE, "explode")
    assert failure.type == "stateflow.StateflowError"
    assert "ValueError" in failure.message
    assert "args[1]: a lambda cannot be encoded" in failure.message
    assert [line.line for line in failure.lines] == [208, 198]


UNUSED = """
from __future__ import annotations

from stateflow import entity


@entity
class Shelf:
    def __init__(self, name: str) -> None:
        self.name = name
        self.size = 3

    def __key__(self) -> str:
        return self.name

    def label(self, other: Shelf, unused: object) -> str:
        return str(other.size)
"""


def test_an_argument_that_is_not_needed_has_to_be_encoded_all_the_same(tmp_path: Path) -> None:
    path = tmp_path / "unused_argument.py"
    path.write_text(UNUSED)
    app = App.load(compiled(path, tmp_path / "bundle"))

    def first(unused: object) -> Message:
        arguments = {"other": Address("Shelf", "b"), "unused": unused}
        return Request("c", "Shelf", "a", "label", arguments).first(app)

    assert first(["any", {"value": 1}]).kind is Kind.READ
    with pytest.raises(BadArguments, match="argument 'unused'"):
        first(first)
