"""What stands in the topics of an app, without a broker."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

import pytest
from scenarios.forked import forked
from scenarios.programs import apps, bundle
from stateflow.adapters.memory import Memory
from stateflow.kafka.edge import Edge, Refused
from stateflow.kafka.expiring import Expiring
from stateflow.kafka.records import CLIENT, Lost, dead_letter, decode_answer, log_key, place, place_of
from stateflow.kafka.seen import Blocks
from stateflow.kafka.topics import LARGEST, MAX_RECORD
from stateflow.kafka.turn import turn
from stateflow.step.activity import Outcome
from stateflow.step.app import App
from stateflow.step.message import ID_SIZE, Address, Kind, Message, request_id
from stateflow.step.record import Record
from stateflow.step.reply import Reply

SHOP = apps()[0]


@pytest.mark.parametrize(
    ("address", "text"),
    [
        (Address("Item", "apple"), "Item/apple"),
        (Address("Item", "a b/ü\n"), "Item/a%20b%2F%C3%BC%0A"),
        (Address("Item", "\ud800"), "Item/%ED%A0%80"),
        (Address("Account", -12), "Account/-12"),
        (Address("Account", 1 << 20_000), f"Account/{hex(1 << 20_000)}"),
    ],
)
def test_a_place_is_ascii_and_tells_addresses_apart(address: Address, text: str) -> None:
    assert place(address) == text
    assert json.loads(log_key(place(address))) == {"address": text}
    message = Message(Kind.READ, request_id("1"), address, "", b"", (), 0, (), "1", None)
    assert place_of(message.encode()) == text


def test_answers_are_told_apart() -> None:
    for answer in (Reply("1", ok=True, payload=b"x"), Lost("1", "why")):
        assert decode_answer(answer.encode()) == answer


def test_a_dead_letter_holds_what_it_was() -> None:
    letter = json.loads(dead_letter(b"\xffx", "why"))
    assert letter == {"reason": "why", "record": "ff78"}
    message = Message(Kind.READ, request_id("1"), Address("Item", "a"), "", b"", (), 0, (), "1", None)
    letter = json.loads(dead_letter(message.encode(), "why", message))
    assert (letter["address"], letter["request"]) == ("Item['a']", "1")


class _Table:
    def __init__(self) -> None:
        self.held: dict[str, bytes] = {}
        self.touched: list[str] = []

    def get(self, name: str, /) -> bytes | None:
        self.touched.append(name)
        return self.held.get(name)

    def put(self, name: str, value: bytes, /) -> None:
        self.touched.append(name)
        self.held[name] = value

    def remove(self, name: str, /) -> None:
        self.touched.append(name)
        del self.held[name]


class _Cell:
    def __init__(self) -> None:
        self.held: bytes | None = None

    def value(self) -> bytes | None:
        return self.held

    def update(self, value: bytes, /) -> None:
        self.held = value

    def clear(self) -> None:
        self.held = None


HOUR = 3600 * 1000


def _id(number: int) -> bytes:
    return number.to_bytes(ID_SIZE, "big")


def test_an_id_is_remembered_for_an_hour_of_the_log() -> None:
    table = _Table()
    seen = Blocks(_Cell(), table, started=0)
    seconds = range(0, 5 * 3600, 2)
    for second in seconds:
        seen.at("entity", second * 1000)
        seen[_id(second)] = b"reply"
        if second % 600 == 0:
            known = [one for one in seconds if seen.get(_id(one)) == b"reply"]
            assert known == list(range(known[0], second + 1, 2))
            assert 3600 <= second - known[0] < 4000 or known[0] == 0 and second < 4000
    assert sum(map(len, table.held.values())) < 40_000


def test_no_id_is_forgotten_soon_after_a_start() -> None:
    """What was sent before a failure comes again after it, whatever the log's time says."""
    cell, table = _Cell(), _Table()
    before = Blocks(cell, table, started=0)
    before.at("entity", HOUR)
    for number in range(1000):
        before[_id(number)] = b""
    after = Blocks(cell, table, started=9 * HOUR)
    for minute in range(9 * 60):
        after.at("entity", HOUR + minute * HOUR // 60)
        for number in range(10):
            after[_id(10_000 + 10 * minute + number)] = b""
        assert all(after.get(_id(number)) == b"" for number in range(0, 1000, 99))
    for minute in range(60):
        after.at("entity", 10 * HOUR + minute * HOUR // 60)
        for number in range(20):
            after[_id(100_000 + 20 * minute + number)] = b""
    assert [after.get(_id(number)) for number in range(0, 800, 99)] == [None] * 9


def test_what_is_full_is_not_touched_again() -> None:
    """An engine copies what is touched while it takes a checkpoint."""
    table = _Table()
    seen = Blocks(_Cell(), table, started=0)
    touched: list[str] = []
    for number in range(10_000):
        seen.at("entity", number)
        assert seen.get(_id(number)) is None
        seen[_id(number)] = b"reply"
        assert table.touched in ([], [str(len(table.held) - 1)])
        touched += table.touched
        table.touched.clear()
    assert touched == [str(number) for number in range(len(touched))]
    assert len(touched) > 50


@dataclass
class _Entity:
    """The state of an entity, and what it should remember."""

    cell: _Cell = field(default_factory=_Cell)
    table: _Table = field(default_factory=_Table)
    ids: dict[bytes, tuple[int, bytes]] = field(default_factory=dict)


class _Here:
    """Keyed state of the entity that it is turned to."""

    entity: _Entity

    def value(self) -> bytes | None:
        return self.entity.cell.value()

    def update(self, value: bytes, /) -> None:
        self.entity.cell.update(value)

    def get(self, name: str, /) -> bytes | None:
        return self.entity.table.get(name)

    def put(self, name: str, value: bytes, /) -> None:
        self.entity.table.put(name, value)

    def remove(self, name: str, /) -> None:
        self.entity.table.remove(name)


@pytest.mark.parametrize("held", [1_000_000, 300, 1])
def test_what_is_remembered_does_not_hang_on_what_is_in_memory(held: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Several entities, with replies of any size and starts in between, beside dictionaries that remember all."""
    monkeypatch.setattr("stateflow.kafka.seen._HELD", held)
    random = Random(held)
    entities = {name: _Entity() for name in ("one", "other", "third")}
    here, now, started = _Here(), HOUR, HOUR
    seen = Blocks(here, here, started)
    for number in range(3000):
        now += random.choice((0, 1, 1000, 20_000))
        if random.random() < 0.002:
            for one in entities.values():
                one.ids = {id: held for id, held in one.ids.items() if now - max(held[0], started) < HOUR}
            started = now
            seen = Blocks(here, here, started)
        name = random.choice(["one", "one", "one", "other", "third"])
        here.entity = entity = entities[name]
        seen.at(name, now)
        assert seen.get(_id(number)) is None
        assert all(seen.get(id) is None for other in entities.values() if other is not entity for id in other.ids)
        reply = random.randbytes(random.choice((0, 0, 10, 5000)))
        entity.ids[_id(number)] = now, reply
        seen[_id(number)] = reply
        for id, (when, given) in random.sample(list(entity.ids.items()), min(5, len(entity.ids))):
            answer = seen.get(id)
            assert answer == given or (answer is None and now - max(when, started) >= HOUR)


def test_a_record_is_gone_when_nothing_comes_for_long() -> None:
    record = Expiring(_Cell(), _Cell(), milliseconds=10)
    assert record.value() is None
    record.update(b"lamp")
    for now in (10, 20, 30):
        record.at("entity", now)
        assert record.value() == b"lamp"
    for now in (41, 42):
        record.at("entity", now)
        assert record.value() is None, "it stays away"
    record.update(b"another")
    record.at("entity", 52)
    assert record.value() == b"another"


def test_what_was_stored_before_there_was_an_end_begins_with_its_next_message() -> None:
    cell = _Cell()
    cell.update(b"lamp")
    record = Expiring(cell, _Cell(), milliseconds=10)
    for now, expected in ((1000, b"lamp"), (1010, b"lamp"), (1021, None)):
        record.at("entity", now)
        assert record.value() == expected


def test_requests_as_json() -> None:
    forked(_requests, bundle(SHOP))


def _requests(folder: Path) -> None:
    app = App.load(folder)
    edge, memory = Edge(app), Memory(app)

    def ask(id: str, **request: Any) -> Any:
        made = edge.message(json.dumps({"id": id, **request}).encode())
        if isinstance(made, Refused):
            return json.loads(made.answer)
        memory._append(made)
        memory.run()
        return json.loads(edge.answer(id, memory.replies[CLIENT + id]))

    assert ask("1", entity="Item", arguments={"name": "apple", "price": 3, "stock": 5}) == {
        "id": "1",
        "result": {"entity": "Item", "key": "apple"},
    }
    assert ask("2", entity="User", arguments={"username": "ann", "balance": 10})["id"] == "2"
    call = {"entity": "User", "key": "ann", "method": "buy_item"}
    assert ask("3", **call, arguments={"amount": 2, "item": "apple"}) == {"id": "3", "result": True}
    wrong = ask("4", **call, arguments={"amount": "2", "item": "apple"})["problem"]
    assert (wrong["status"], wrong["errors"][0]["field"]) == (422, "amount")
    raised = ask("5", entity="Item", arguments={"name": "pear", "price": -3})["problem"]
    assert (raised["status"], raised["title"]) == (400, "ValueError")
    assert raised["traceback"][-1]["path"] == "shop.py"
    assert ask("6", entity="Item", key="plum", method="take", arguments={"amount": 1})["problem"]["status"] == 404
    for request, status in (
        ({"entity": "Nothing"}, 404),
        ({"entity": "Item", "key": "apple"}, 400),
        ({"entity": "Item", "key": 1, "method": "take"}, 400),
        ({"entity": "Item", "key": "apple", "method": "none"}, 404),
        ({"entity": "Item", "price": 3}, 400),
        ({"entity": 3}, 400),
        ({"entity": "Item", "arguments": []}, 422),
    ):
        assert ask("7", **request)["problem"]["status"] == status, request
    for record in (b"", b"{", b"\xff", b"[]", b'{"id": ""}', b'{"id": 3}', b'{"id": "\\ud800"}'):
        made = edge.message(record)
        assert isinstance(made, Refused)
        assert made.id is None
    assert isinstance(edge.message(b"[" * 100_000), Refused), "nested too deep to be read"
    lamp = {"entity": "Item", "arguments": {"name": "x" * LARGEST, "price": 3}}
    assert ask("8", **lamp)["problem"]["status"] == 413
    unreadable = json.loads(edge.answer("9", Reply(CLIENT + "9", ok=True, payload=b"\xc1")))
    assert (unreadable["id"], unreadable["problem"]["status"]) == ("9", 500)


def test_what_does_not_fit_into_a_record_is_told() -> None:
    forked(_too_large, bundle(SHOP))


def _too_large(folder: Path) -> None:
    app = App.load(folder)
    edge = Edge(app)
    large = app.encode("x" * MAX_RECORD)
    here, there = Address("Item", "apple"), Address("Item", "pear")

    def message(address: Address, payload: bytes = b"", request: str = "1") -> Message:
        return Message(Kind.INVOKE, request_id(request), address, "take", payload, (), 0, (), request, None)

    def sends(record: Record | None, given: Message) -> Outcome:
        if given.payload:
            return Outcome(Record(b"after"), (message(here), message(there)))
        return Outcome(record, (message(there, large),))

    done = turn(sends, edge, None, message(here, b"begin"))
    assert done.record == Record(b"after"), "the step that sends too much is undone, not the one before"
    assert [address for address, _ in done.sent] == [there]
    lost = decode_answer(done.replies[0])
    assert isinstance(lost, Lost)
    assert "and a record in Kafka holds" in lost.reason
    assert len(done.dead[0][1]) < MAX_RECORD

    def answers(record: Record | None, given: Message) -> Outcome:
        return Outcome(Record(b"after"), replies=(Reply(given.request, ok=True, payload=large),))

    done = turn(answers, edge, None, message(here, request=CLIENT + "2"))
    assert done.record == Record(b"after"), "what an entity has done stays, when its answer cannot be told"
    ((id, answer),) = done.client_replies
    assert (id, json.loads(answer)["problem"]["status"]) == ("2", 500)
    done = turn(answers, edge, None, message(here))
    assert isinstance(decode_answer(done.replies[0]), Lost)
