"""Calls that travel along with others: how many messages they take, one after the other, and what they leave as it was."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest
from scenarios.forked import forked
from scenarios.programs import bundle, constructs
from stateflow.adapters.service import Request
from stateflow.step.app import App
from stateflow.step.engine import step
from stateflow.step.message import Address, Message
from stateflow.step.once import step_once
from stateflow.step.record import Record

PROGRAM = next(program for program in constructs() if program.name == "call_along")
PEN, CUP, NONE = Address("Common", "pen"), Address("Common", "cup"), Address("Common", "none")
HAT, GEM = Address("Item", "hat"), Address("Rare", "gem")


@dataclass
class Chain:
    """A request, played message by message."""

    app: App
    records: dict[Address, Record | None] = field(default_factory=dict)
    park_above: int = 4096
    twice: bool = False
    """Whether every message comes a second time."""
    seen: dict[bytes, bytes] = field(default_factory=dict)
    visited: list[Address] = field(default_factory=list)
    """The addresses of the messages between entities, in order."""
    longest: int = 0
    """How many messages follow from each other."""
    written: int = 0
    """How many steps have changed a record."""
    result: Any = None

    def play(self, request: Request) -> None:
        """Handle all messages of a request."""
        waiting = [(0, request.message(self.app))]
        while waiting:
            depth, message = waiting.pop(0)
            if depth:
                self.visited.append(message.address)
            self.longest = max(self.longest, depth)
            waiting += [(depth + 1, sent) for sent in self._handle(message)]
            if self.twice:
                assert self._handle(message) == ()

    def _handle(self, message: Message) -> Sequence[Message]:
        before = self.records.get(message.address)
        if self.twice:
            outcome = step_once(self.app, before, message, self.seen, 0, park_above=self.park_above)
        else:
            outcome = step(self.app, before, message, park_above=self.park_above)
        assert outcome.set_aside is None
        self.written += outcome.record is not before
        self.records[message.address] = outcome.record
        for reply in outcome.replies:
            failure = None if reply.ok else self.app.failure(reply)
            self.result = self.app.result(reply) if failure is None else (failure.type, failure.lines[-1].line)
        return outcome.messages


def _played(method: str, given: dict[str, object], park_above: int, twice: bool) -> Chain:
    app = App.load(bundle(PROGRAM))
    prepared = Chain(app)
    for entity, name, more in (
        ("Common", "pen", {}),
        ("Common", "cup", {}),
        ("Item", "hat", {"price": 7}),
        ("Rare", "gem", {"price": 50}),
        ("User", "ann", {}),
    ):
        prepared.play(Request(f"{entity} {name}", entity, None, "__init__", {"name": name, **more}))
    chain = Chain(app, prepared.records, park_above, twice)
    chain.play(Request("r", "User", "ann", method, given))
    for record in chain.records.values():
        assert record is None or not record.parked
    chain.app = chain.records = None  # type: ignore[assignment]
    return chain


def played(method: str, *given: object, park_above: int = 4096, twice: bool = False) -> Chain:
    """Call a method of the user in a process of its own."""
    arguments = dict(zip(("one", "other"), given, strict=True))
    chain: Chain = forked(_played, method, arguments, park_above, twice)
    return chain


@pytest.mark.parametrize(
    ("method", "given", "messages"),
    [
        ("two", (PEN, CUP), 3),
        ("two", (PEN, PEN), 3),
        ("in_one_expression", (PEN, CUP), 4),
        ("computed_between", (PEN, CUP), 4),
        ("later", (HAT, HAT), 3),
        ("forwarded", (HAT, CUP), 3),
    ],
)
def test_each_call_takes_one_message_and_one_leads_back(method: str, given: tuple[Address, ...], messages: int) -> None:
    chain = played(method, *given)
    assert (len(chain.visited), chain.longest) == (messages, messages)
    assert chain.visited[-1] == Address("User", "ann")
    assert chain.written == (method == "forwarded")


def test_a_call_that_has_to_wait_for_its_turn_takes_two() -> None:
    assert len(played("changed_between", PEN, CUP).visited) == 4
    forwarded = played("depends", PEN, CUP)
    assert forwarded.visited == [PEN, Address("User", "ann"), CUP]


def test_an_exception_goes_straight_back() -> None:
    chain = played("first_raises", PEN, CUP)
    assert chain.visited == [PEN, Address("User", "ann")]
    chain = played("second_raises", PEN, CUP)
    assert chain.visited == [PEN, CUP, Address("User", "ann")]


def test_what_does_not_exist_is_told_in_turn() -> None:
    assert played("first_raises", PEN, NONE).result[0] == "ZeroDivisionError"
    assert played("between_raises", PEN, NONE).result[0] == "ZeroDivisionError"
    first = played("second_raises", NONE, NONE)
    second = played("second_raises", PEN, NONE)
    assert first.result[0] == second.result[0] == "stateflow.EntityNotFound"
    assert second.result[1] == first.result[1] + 1
    assert second.visited == [PEN, NONE, Address("User", "ann")]


@pytest.mark.parametrize("park_above", [0, 4096])
def test_messages_that_come_again_send_nothing(park_above: int) -> None:
    chain = played("in_one_expression", PEN, CUP, park_above=park_above, twice=True)
    assert chain.result == 4 * 2 + 4 * 1 * 4 / -2
    assert len(chain.visited) == 4
