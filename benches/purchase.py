"""What the benchmarks of a purchase have in common: the shop as it is compiled, how sides are measured, and what is told of that."""

from __future__ import annotations

import argparse
import asyncio
import gc
import os
import statistics
import sys
import time
from collections.abc import Awaitable, Callable, Collection, Sequence
from pathlib import Path
from uuid import uuid4

from confluent_kafka.admin import AdminClient, NewTopic
from stateflow.adapters.service import Request
from stateflow.kafka.service import KafkaService, Route
from stateflow.kafka.topics import Topics
from stateflow.step.app import App
from stateflow.step.message import Address

USERS = 50
SHOP = Path(__file__).resolve().parents[1] / "fixtures" / "apps" / "shop" / "shop.py"
RICH = 10**9

OURS = "stateflow"
"""The side of the shop as it is compiled."""

Buy = Callable[[int], Awaitable[None]]
"""Has the user of a number buy something."""

Round = dict[str, dict[str, float]]
"""The measures of each side."""


async def ours(app: App, bootstrap: str, way: Callable[[Topics], Route]) -> Buy:
    """The shop as it is compiled."""
    # As the gateway does, of which this is a part.
    gc.freeze()
    topics = Topics("shop")
    service = KafkaService(app, bootstrap, topics, way(topics))
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


def ignore(_: str | None) -> None:
    """Whether a record is written shows in whether it is answered."""


def processor_time(processes: Collection[int]) -> float:
    """The seconds of a processor that processes have had."""
    stats = [Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split() for process in processes]
    return sum(int(stat[11]) + int(stat[12]) for stat in stats) / os.sysconf("SC_CLK_TCK")


async def measure(buy: Buy, burst: int, singles: int, processes: Collection[int] = ()) -> dict[str, float]:
    """The rate of a burst and what it takes of the processor, and the latencies of purchases one after the other."""
    before, started = processor_time(processes), time.perf_counter()
    await asyncio.gather(*(buy(number % USERS) for number in range(burst)))
    rate = burst / (time.perf_counter() - started)
    taken = (processor_time(processes) - before) * 1e6 / burst
    latencies = []
    for number in range(singles):
        started = time.perf_counter()
        await buy(number % USERS)
        latencies.append((time.perf_counter() - started) * 1000)
    latencies.sort()
    return {
        "rate, 1/s": rate,
        "processor, µs": taken,
        "p50, ms": latencies[singles // 2],
        "p99, ms": latencies[singles * 99 // 100],
    }


async def take_turns(
    jobs: dict[str, Buy], singles: dict[str, int], processes: dict[str, list[int]], options: argparse.Namespace
) -> list[Round]:
    """Rounds of measurements of all sides, which take turns at going first. `processes` are those that have to do with a side."""
    sides = list(jobs)
    rounds = []
    for number in range(options.pairs):
        first = number % len(sides)
        order = sides[first:] + sides[:first]
        rounds.append(
            {side: await measure(jobs[side], options.burst, singles[side], processes[side]) for side in order}
        )
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
    parser.add_argument("--burst", type=int, default=burst, help="purchases of a burst")
    parser.add_argument("--singles", type=int, default=singles, help="purchases one after the other")
    return parser.parse_args()


def _spread(values: list[float], digits: int) -> str:
    """Return the median with the lowest and the highest."""
    return f"{statistics.median(values):.{digits}f} ({min(values):.{digits}f} to {max(values):.{digits}f})"
