"""What stands in the topics of an app, without a broker."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from scenarios.forked import forked
from scenarios.programs import apps, bundle
from stateflow.adapters.memory import Memory
from stateflow.kafka.edge import Edge, Refused
from stateflow.kafka.expiring import Expiring
from stateflow.kafka.records import CLIENT, Lost, dead_letter, decode_answer, log_key, place, place_of
from stateflow.kafka.seen import Generations
from stateflow.kafka.topics import LARGEST, MAX_RECORD
from stateflow.kafka.turn import turn
from stateflow.step.activity import Outcome
from stateflow.step.app import App
from stateflow.step.message import Address, Kind, Message, request_id
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

    def get(self, id: str, /) -> bytes | None:
        return self.held.get(id)

    def put(self, id: str, reply: bytes, /) -> None:
        self.held[id] = reply

    def clear(self) -> None:
        self.held.clear()


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


def test_an_id_is_remembered_for_an_hour_of_the_log() -> None:
    tables = _Table(), _Table()
    seen = Generations(tables, _Cell(), started=0)
    minutes = range(1, 300)
    for minute in minutes:
        now = minute * HOUR // 60
        seen.at("entity", now)
        seen[bytes([minute // 256, minute % 256])] = b"reply"
        known = [one for one in minutes if seen.get(bytes([one // 256, one % 256])) == b"reply"]
        assert known == list(range(known[0], minute + 1))
        assert known[0] == 1 or minute - known[0] >= 60
    assert sum(len(table.held) for table in tables) <= 121


def test_no_id_is_forgotten_soon_after_a_start() -> None:
    """What was sent before a failure comes again after it, whatever the log's time says."""
    tables, cell = (_Table(), _Table()), _Cell()
    before = Generations(tables, cell, started=0)
    before.at("entity", HOUR)
    before[b"before"] = b""
    after = Generations(tables, cell, started=9 * HOUR)
    for now in range(HOUR, 10 * HOUR, HOUR // 4):
        after.at("entity", now)
        after[b"%d" % now] = b""
        assert after.get(b"before") is not None
    for now in (10 * HOUR, 11 * HOUR):
        after.at("entity", now)
        after[b"%d" % now] = b""
    assert after.get(b"before") is None


def test_entities_remember_each_for_itself() -> None:
    states = {name: ((_Table(), _Table()), _Cell()) for name in ("one", "other")}
    for start in range(3):
        for name, (tables, cell) in states.items():
            seen = Generations(tables, cell, started=0)
            seen.at(name, (1 + 2 * start) * HOUR)
            seen[name.encode()] = b"%d" % start
            assert seen.get(name.encode()) == b"%d" % start
            assert [sorted(table.held) for table in tables].count([]) == (start == 0)


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
