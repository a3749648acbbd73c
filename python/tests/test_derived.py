"""Clock and chance that follow from the message."""

from __future__ import annotations

import datetime
import os
import random
import secrets
import time
import uuid
from dataclasses import replace
from datetime import date
from datetime import datetime as moment_of_time
from pathlib import Path
from typing import Any

import pytest
from scenarios.compiler import compiled
from scenarios.forked import forked
from stateflow.adapters.memory import Faults, Memory
from stateflow.adapters.service import Request
from stateflow.step import derived
from stateflow.step.app import App
from stateflow.step.kept import CONFLICT, KEPT_MILLISECONDS, kept, step_kept
from stateflow.step.message import Address, Kind, Message, request_id
from stateflow.step.record import Record

MILLISECONDS = 1_700_000_000_123

SOURCE = """
import random
import time
import uuid

from stateflow import entity


@entity
class Account:
    def __init__(self, name: str) -> None:
        self.name = name
        self.total = 0

    def __key__(self) -> str:
        return self.name

    def add(self, amount: int) -> int:
        self.total += amount + random.randrange(1000)
        return self.total

    def play(self, other: "Account") -> list[object]:
        amount = random.randrange(1000)
        self.total -= amount
        then = time.time()
        if amount % 2:
            other.add(amount)
        else:
            amount += other.add(-amount)
        return [amount, then, str(uuid.uuid4())]
"""


class _Own(moment_of_time):
    """A class of an app."""


def _drawn() -> list[Any]:
    from random import choices
    from time import time as now
    from uuid import uuid4

    return [
        *(now(), time.time(), time.time_ns()),
        *(moment_of_time.now(), moment_of_time.now(datetime.UTC), moment_of_time.today(), date.today()),  # noqa: DTZ002
        *(moment_of_time.utcnow(), _Own.now()),  # noqa: DTZ003
        *(time.localtime(), time.gmtime(), time.ctime(), time.asctime(), time.strftime("%c")),
        *(random.random(), random.sample(range(100), 5), choices("abc", k=9), random.gauss(0, 1)),
        *(random.Random().random(), random.SystemRandom().random(), os.urandom(9), secrets.token_hex()),
        *(uuid4(), uuid.uuid1(), uuid.uuid4()),
    ]


def _at(id: bytes, milliseconds: int = MILLISECONDS, secret: bytes = b"") -> list[Any]:
    with derived.moment(id, milliseconds, secret):
        return _drawn()


def test_a_step_that_runs_again_draws_the_same() -> None:
    forked(_same)


def _same() -> None:
    derived.install()
    derived.install()
    first = _at(b"one")
    time.sleep(0.002)
    random.random()
    assert _at(b"one") == first
    told = 1_700_000_000.123
    assert abs(first[0] - told) < 1e-6
    assert [abs(when.timestamp() - told) < 1e-6 for when in first[3:6]] == [True] * 3
    assert [value == other for value, other in zip(first, _at(b"two"), strict=True)] == [True] * 14 + [False] * 11
    assert [value == other for value, other in zip(first, _at(b"one", secret=b"x"), strict=True)] == (
        [True] * 14 + [False] * 11
    )
    assert not any(value == other for value, other in zip(first, _at(b"two", 3 * MILLISECONDS), strict=True))


def test_times_that_are_given_are_told() -> None:
    forked(_given)


def _given() -> None:
    given = time.gmtime(86_400)
    expected = [time.asctime(given), time.strftime("%c", given), time.ctime(86_400), time.localtime(86_400)]
    derived.install()
    with derived.moment(b"one", MILLISECONDS):
        assert time.gmtime(86_400) == given
        assert [
            time.asctime(given),
            time.strftime("%c", given),
            time.ctime(86_400),
            time.localtime(86_400),
        ] == expected


def test_what_is_asked_outside_has_the_machines_clock() -> None:
    forked(_suspended)


def _suspended() -> None:
    derived.install()
    with derived.moment(b"one", MILLISECONDS):
        first = random.random()
        with derived.suspended():
            assert time.time() > 1_700_000_001
            random.random()
        second = random.random()
        assert time.time_ns() == MILLISECONDS * 1_000_000
    with derived.moment(b"one", MILLISECONDS):
        assert [random.random(), random.random()] == [first, second]


def test_outside_a_step_all_is_as_it_was() -> None:
    forked(_outside)


def _outside() -> None:
    derived.install()
    random.seed(1)
    expected = random.Random(1).random()
    with derived.moment(b"one", MILLISECONDS):
        random.random()
    assert random.random() == expected
    assert moment_of_time.now().year > 2023
    assert abs(moment_of_time.now(datetime.UTC).timestamp() - time.time()) < 60
    assert type(moment_of_time.now()) is moment_of_time
    assert uuid.uuid4() != uuid.uuid4()
    assert uuid.uuid1() != uuid.uuid1()
    assert random.Random().random() != random.Random().random()
    assert date.today() == moment_of_time.now().date()


@pytest.mark.parametrize("is_derived", [False, True])
def test_what_is_drawn_is_drawn_once(tmp_path: Path, is_derived: bool) -> None:
    """Under crashes, a program whose messages and state hang on chance gives one answer to each request: but only derived."""
    app = tmp_path / "chance.py"
    app.write_text(SOURCE)
    bundle = compiled(app, tmp_path / "bundle")
    assert (forked(_differing, bundle, is_derived) == 0) == is_derived


def _differing(bundle: Path, is_derived: bool) -> int:
    """Under how many seeds a request has two answers."""
    if is_derived:
        derived.install()
    app = App.load(bundle)
    return sum(_has_two_answers(app, seed) for seed in range(300))


def _has_two_answers(app: App, seed: int) -> bool:
    memory = Memory(app, seed=seed, partitions=3, faults=Faults())
    for name in ("ann", "bob"):
        memory.post(Request(name, "Account", None, "__init__", {"name": name}))
    memory.run()
    for number in range(6):
        one, other = ("ann", "bob") if number % 2 else ("bob", "ann")
        # The answer to a request that is kept is remembered and not made again.
        request = Request(str(number), "Account", one, "play", {"other": Address("Account", other)}, keep=False)
        memory.post(request)
    memory.run()
    assert not memory.set_aside
    return any(memory.replies[reply.request] != reply for reply in memory.answers)


def test_a_request_is_another_one_after_a_week() -> None:
    """By the time of the log, which is the same when the log is read again."""
    first = Message(Kind.INVOKE, request_id("r"), Address("Item", "pen"), "m", b"", (), 0, (), "r", None)
    asked = kept("r", b"digest", first)
    record: Record | None = None
    sent: list[Message] = []
    for milliseconds in (5, KEPT_MILLISECONDS + 5, KEPT_MILLISECONDS + 6):
        with derived.moment(asked.id, milliseconds):
            outcome = step_kept(record, asked)
        record = outcome.record
        sent += outcome.messages
    assert len(sent) == 2
    assert sent[0].id != sent[1].id
    again = replace(kept("r", b"other", first), request="other")
    with derived.moment(asked.id, KEPT_MILLISECONDS + 7):
        (reply,) = step_kept(record, again).replies
    assert (reply.request, reply.payload) == ("other", CONFLICT)
    returned = replace(asked, kind=Kind.RETURN, payload=b"result")
    outcome = step_kept(record, returned)
    assert [reply.payload for reply in outcome.replies] == [b"result"]
    assert step_kept(outcome.record, returned).replies == ()
    with derived.moment(asked.id, KEPT_MILLISECONDS + 8):
        assert [reply.payload for reply in step_kept(outcome.record, asked).replies] == [b"result"]
