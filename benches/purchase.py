"""What the benchmarks of a purchase have in common: the shop as it is compiled, and how a side is measured."""

from __future__ import annotations

import asyncio
import gc
import os
import statistics
import time
from collections.abc import Awaitable, Callable, Collection
from pathlib import Path
from uuid import uuid4

from stateflow.adapters.service import Request
from stateflow.kafka.service import KafkaService, Route
from stateflow.kafka.topics import Topics
from stateflow.step.app import App
from stateflow.step.message import Address

USERS = 50
SHOP = Path(__file__).resolve().parents[1] / "fixtures" / "apps" / "shop" / "shop.py"
RICH = 10**9

Buy = Callable[[int], Awaitable[None]]
"""Has the user of a number buy something."""


async def ours(app: App, bootstrap: str, way: Callable[[Topics], Route]) -> Buy:
    """The shop as it is compiled."""
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
    # As the gateway does.
    gc.freeze()
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


def spread(values: list[float], digits: int) -> str:
    """Return the median with the lowest and the highest."""
    return f"{statistics.median(values):.{digits}f} ({min(values):.{digits}f} to {max(values):.{digits}f})"
