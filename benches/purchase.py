"""What the benchmarks of a purchase have in common: the shop as it is compiled, how sides are measured, and what is told of that."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import signal
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Collection, Coroutine, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

from confluent_kafka.admin import AdminClient, NewTopic
from flink.kill import GATEWAY
from flink.launched import Run
from stateflow.adapters.service import Request
from stateflow.garbage import collect_seldom
from stateflow.kafka.link import Link
from stateflow.kafka.service import KafkaService, Route
from stateflow.kafka.topics import Topics
from stateflow.step.app import App
from stateflow.step.message import Address

USERS = 50
SHOP = Path(__file__).resolve().parents[1] / "fixtures" / "apps" / "shop" / "shop.py"
RICH = 10**9

TURNS = 6
"""How often the sides take turns in a round."""

OURS = "stateflow"
"""The side of the shop as it is compiled."""

GRACE = 5
"""Seconds that a client has to write what it was given, at its end."""

Buy = Callable[[int], Awaitable[None]]
"""Has the user of a number buy something."""

Ask = Callable[[str, str, dict[str, object]], Awaitable[None]]
"""Writes a request to a topic under a key, and waits for its answer."""

Round = dict[str, dict[str, float]]
"""The measures of each side."""


async def ours(app: App, bootstrap: str, way: Callable[[Topics], Route], clients: ExitStack) -> Buy:
    """The shop as it is compiled; its client is closed with `clients`."""
    topics = Topics("shop")
    service = KafkaService(app, bootstrap, topics, way(topics))
    clients.callback(service.close, GRACE)
    item = Address("Item", "apple")

    async def ask(entity: str, key: str | None, method: str, **arguments: object) -> None:
        reply = await service.submit(Request(str(uuid4()), entity, key, method, arguments, keep=False))
        assert reply.ok, app.failure(reply)

    await ask("Item", None, "__init__", name="apple", price=1, stock=RICH)
    for number in range(USERS):
        await ask("User", None, "__init__", username=f"user{number}", balance=RICH)

    async def buy(number: int) -> None:
        await ask("User", f"user{number}", "buy_item", amount=1, item=item)

    return buy


def json_client(bootstrap: str, replies: str, clients: ExitStack) -> Ask:
    """A client of a job written by hand, whose messages are JSON; it is closed with `clients`."""
    loop = asyncio.get_running_loop()
    waiting: dict[str, asyncio.Future[bool]] = {}

    def answered(records: list[bytes]) -> None:
        for record in records:
            answer = json.loads(record)
            waiting.pop(answer["id"]).set_result(answer["result"])

    link = Link(bootstrap, replies, lambda records: loop.call_soon_threadsafe(answered, records))
    clients.callback(link.close, GRACE)

    async def ask(topic: str, key: str, message: dict[str, object]) -> None:
        id = str(uuid4())
        waiting[id] = loop.create_future()
        link.write(topic, key.encode(), json.dumps({"id": id, **message}).encode(), _ignore)
        assert await waiting[id]

    return ask


def _ignore(_: str | None) -> None:
    """Whether a record is written shows in whether it is answered."""


@contextmanager
def on_engine(folder: Path, *options: str, target: str) -> Iterator[Run]:
    """The shop on an engine of its own, which ends with the block. All run on the Python that runs this."""
    os.environ["STATEFLOW_PYTHON"] = os.path.realpath(sys.executable)
    run = Run(SHOP, "--data", str(folder / "data"), *options, target=target)
    try:
        yield run
    finally:
        run.end(signal.SIGTERM)


def measured(run: Run, sides: Coroutine[Any, Any, Round]) -> Round:
    """A round, while the gateway sleeps: it reads all answers too, which nobody does of those to what is written by hand."""
    with run.asleep(GATEWAY):
        return asyncio.run(sides)


def processor_time(processes: Collection[int]) -> float:
    """The seconds of a processor that processes have had."""
    stats = [Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split() for process in processes]
    return sum(int(stat[11]) + int(stat[12]) for stat in stats) / os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Side:
    """What is compared."""

    buy: Buy
    processes: Collection[int]
    """Those that have to do with it."""
    burst: int
    """How many purchases come at once, each time that it is its turn."""
    singles: int
    """How many come one after the other, each time."""
    warm_up: int = 10_000
    """How many come at once before it is measured."""


class Taken:
    """What purchases of one side have taken in a round so far."""

    def __init__(self, side: Side) -> None:
        self._buy = side.buy
        self._processes = side.processes
        self._bought = 0
        self._seconds = 0.0
        self._processor = 0.0
        self._latencies: list[float] = []

    async def measure(self, burst: int, singles: int) -> None:
        """Buy many things at once, and then some one after the other."""
        before, started = processor_time(self._processes), time.perf_counter()
        await asyncio.gather(*(self._buy(number % USERS) for number in range(burst)))
        self._seconds += time.perf_counter() - started
        self._processor += processor_time(self._processes) - before
        self._bought += burst
        for number in range(singles):
            started = time.perf_counter()
            await self._buy(number % USERS)
            self._latencies.append(time.perf_counter() - started)

    def measures(self) -> dict[str, float]:
        """The rate of bursts and what a purchase takes of the processor in them, and the latencies of purchases one after the other."""
        latencies = sorted(self._latencies)
        return {
            "rate, 1/s": self._bought / self._seconds,
            "processor, µs": self._processor * 1e6 / self._bought,
            "p50, ms": latencies[len(latencies) // 2] * 1000,
            "p99, ms": latencies[len(latencies) * 99 // 100] * 1000,
        }


async def take_turns(sides: dict[str, Side]) -> Round:
    """Warm all sides up, and measure them. They take turns several times, as what else goes on on the machine changes from second to second."""
    for side in sides.values():
        # Java compiles what it runs often.
        await Taken(side).measure(side.warm_up, side.singles)
    taken = {name: Taken(side) for name, side in sides.items()}
    names = list(sides)
    for turn in range(TURNS):
        for name in names[turn % len(names) :] + names[: turn % len(names)]:
            await taken[name].measure(sides[name].burst, sides[name].singles)
    return {name: taken[name].measures() for name in names}


def rounds_of(play: Callable[[Path], Round], pairs: int) -> list[Round]:
    """Return rounds, each of a cluster of its own in a folder of its own: from one start to the next, what Java and the system make of the same
    processes differs by more than the sides do."""
    # As the gateway does, of which the client of our side is a part.
    collect_seldom()
    rounds = []
    for number in range(pairs):
        with tempfile.TemporaryDirectory() as name:
            rounds.append(play(Path(name)))
        print(f"round {number + 1}: {rounds[-1]}", file=sys.stderr)
    return rounds


def report(rounds: list[Round], sides: Sequence[str], hand: str) -> None:
    """Print a table: the medians of each side, and how ours compare with those of `hand`."""
    print(f"{os.cpu_count()} CPUs, {len(rounds)} rounds; median (lowest to highest)\n")
    print("| measure | " + " | ".join(sides) + f" | {OURS} / {hand} |")
    print("|---|" + "---|" * (len(sides) + 1))
    for name in rounds[0][OURS]:
        cells = " | ".join(_spread([each[side][name] for each in rounds], 1) for side in sides)
        print(f"| {name} | {cells} | {_spread([each[OURS][name] / each[hand][name] for each in rounds], 2)} |")


def make_topics(bootstrap: str, names: Sequence[str]) -> None:
    """Make topics of eight partitions."""
    admin = AdminClient({"bootstrap.servers": bootstrap})
    for done in admin.create_topics([NewTopic(name, 8, 1) for name in names]).values():
        done.result()


def given(description: str, burst: int, singles: int) -> argparse.Namespace:
    """Read the command line; `burst` and `singles` are the sizes where it names none."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--pairs", type=int, default=7)
    parser.add_argument("--burst", type=int, default=burst, help="purchases at once, each time")
    parser.add_argument(
        "--singles", type=int, default=singles, help="purchases one after the other, each time that a side has its turn"
    )
    return parser.parse_args()


def _spread(values: list[float], digits: int) -> str:
    """Return the median with the lowest and the highest."""
    return f"{statistics.median(values):.{digits}f} ({min(values):.{digits}f} to {max(values):.{digits}f})"
