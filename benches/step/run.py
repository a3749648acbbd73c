"""Compares what the step engine takes of the processor with a dispatch written by hand, on the shop's purchase, in memory.

    cargo build --release
    STATEFLOW_BIN=target/release/stateflow python benches/step/run.py

A message and a state are bytes between two steps, as they are in an engine: each side decodes both, runs, and encodes what it sends
and what it has changed. `step` runs a message as engines do that never run one again, `step_once` as those that may. The sides take
turns. Needs the packages of `python/requirements-dev.txt`.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from uuid import uuid4

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path[:0] = [str(ROOT / "python"), str(ROOT / "python" / "tests")]

from by_hand import ByHand
from scenarios.compiler import compiled
from stateflow.adapters.service import Request
from stateflow.kafka.seen import Blocks
from stateflow.step.activity import Outcome
from stateflow.step.app import App
from stateflow.step.derived import install
from stateflow.step.engine import step
from stateflow.step.message import Address, Message
from stateflow.step.once import step_once
from stateflow.step.record import Record

USERS = 50
SHOP = ROOT / "fixtures" / "apps" / "shop" / "shop.py"

Side = tuple[Callable[[bytes], int], Callable[[int], bytes]]
"""What handles a message and all that it leads to, and gives how many there were; what gives the first message of a user's purchase."""


class Keyed:
    """Keyed state of an engine: a table or a cell of the entity that it is turned to."""

    def __init__(self) -> None:
        self._all: dict[Address, dict[str, bytes]] = defaultdict(dict)

    def at(self, address: Address) -> None:
        """Turn to an entity."""
        self._here = self._all[address]
        self.get, self.put, self.remove = self._here.get, self._here.__setitem__, self._here.__delitem__

    def value(self) -> bytes | None:
        """Return the value of a cell."""
        return self._here.get("")

    def update(self, value: bytes) -> None:
        """Set the value of a cell."""
        self._here[""] = value


class Engine:
    """Runs the messages of a compiled app, one after the other."""

    def __init__(self, app: App) -> None:
        self.app = app
        self._records: dict[Address, bytes] = {}

    def request(self, entity: str, key: str | None, method: str, **arguments: object) -> bytes:
        """Return the first message of a request."""
        request = Request(str(uuid4()), entity, key, method, arguments, keep=False)
        return request.first(self.app, request.message(self.app)).encode()

    def run(self, first: bytes) -> int:
        """Handle a message and all that it leads to; gives how many there were."""
        waiting, count = [first], 0
        while waiting:
            message = Message.decode(waiting.pop())
            stored = self._records.get(message.address)
            record = None if stored is None else Record.decode(stored)
            outcome = self.step(record, message)
            if outcome.record is not record and outcome.record is not None:
                self._records[message.address] = outcome.record.encode()
            waiting += [sent.encode() for sent in outcome.messages]
            for reply in outcome.replies:
                assert reply.ok, self.app.failure(reply)
                reply.encode()
            count += 1
        return count

    def step(self, record: Record | None, message: Message) -> Outcome:
        """Handle one message."""
        return step(self.app, record, message)


class OnceEngine(Engine):
    """Runs them where they may come again."""

    def __init__(self, app: App) -> None:
        super().__init__(app)
        self._open, self._closed = Keyed(), Keyed()
        self._now = time.time_ns() // 10**6
        self._seen = Blocks(self._open, self._closed, self._now)

    def step(self, record: Record | None, message: Message) -> Outcome:
        """Handle one message, unless it has been handled."""
        for state in (self._open, self._closed):
            state.at(message.address)
        self._seen.at(message.address, self._now)
        return step_once(self.app, record, message, self._seen, self._now)


def compiled_side(engine: Engine) -> Side:
    """The shop as it is compiled."""
    item = Address("Item", "apple")
    engine.run(engine.request("Item", None, "__init__", name="apple", price=1, stock=10**9))
    for number in range(USERS):
        engine.run(engine.request("User", None, "__init__", username=f"user{number}", balance=10**9))
    return engine.run, lambda number: engine.request("User", f"user{number}", "buy_item", amount=1, item=item)


def by_hand_side() -> Side:
    """The purchase as `by_hand.py` does it."""
    shop = ByHand()
    shop.run(shop.create("", "apple", {"price": 1, "stock": 10**9}))
    for number in range(USERS):
        shop.run(shop.create("", f"user{number}", {"balance": 10**9, "bought": {}}))
    return shop.run, lambda number: shop.buy(str(uuid4()), f"user{number}", "apple", 1)


def measure(side: Side, purchases: int) -> float:
    """The processor time of a message, in microseconds."""
    run, buy = side
    requests = [buy(number % USERS) for number in range(purchases)]
    started = time.process_time()
    messages = sum(map(run, requests))
    return (time.process_time() - started) * 1e6 / messages


def spread(values: list[float], digits: int) -> str:
    return f"{statistics.median(values):.{digits}f} ({min(values):.{digits}f} to {max(values):.{digits}f})"


def main() -> None:
    parser = argparse.ArgumentParser(description="Compare the step engine with a dispatch written by hand.")
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--purchases", type=int, default=1000, help="of each side in a round")
    options = parser.parse_args()
    install()
    with tempfile.TemporaryDirectory() as folder:
        app = App.load(compiled(SHOP, Path(folder) / "shop"))
        sides = {
            "by hand": by_hand_side(),
            "step": compiled_side(Engine(app)),
            "step_once": compiled_side(OnceEngine(app)),
        }
        rounds = [
            {name: measure(side, options.purchases) for name, side in sides.items()} for _ in range(options.rounds)
        ]
    print(f"{options.rounds} rounds of {options.purchases} purchases; median (lowest to highest)\n")
    print("| side | µs a message | times by hand |")
    print("|---|---|---|")
    for name in sides:
        ratios = [each[name] / each["by hand"] for each in rounds]
        print(f"| {name} | {spread([each[name] for each in rounds], 1)} | {spread(ratios, 1)} |")


if __name__ == "__main__":
    main()
