"""Compares the target `pyflink` with jobs written by hand, on the shop's purchase.

    cargo build --release
    STATEFLOW_BIN=target/release/stateflow python benches/pyflink/run.py

Three jobs run on one cluster, each in a slot of its own: the shop as it is compiled, exactly once by the order of the log; the same purchase by hand
through a loop in Kafka without any guarantee; and by hand with transactions through the loop. They take turns at bursts of purchases and
at purchases one after the other. Needs the packages of `python/requirements-dev.txt`, Java 17 and Maven.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from contextlib import ExitStack, closing
from dataclasses import replace
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path[:0] = [str(ROOT / "python"), str(ROOT / "python" / "tests"), str(HERE.parent)]

from flink.cluster import Cluster
from purchase import (
    OURS,
    RICH,
    SHOP,
    USERS,
    Buy,
    Round,
    Side,
    given,
    json_client,
    make_topics,
    measured,
    on_engine,
    ours,
    report,
    rounds_of,
    take_turns,
)
from scenarios.compiler import compiled
from stateflow.kafka.service import to_log
from stateflow.step.app import App

NONE, EXACT = "by hand", "by hand, transactions"
SIDES = (NONE, OURS, EXACT)

WARM_UP = 20_000
"""Purchases of each side before it is measured. Before, Java takes much of the time for compiling what runs often."""


async def by_hand(bootstrap: str, prefix: str, clients: ExitStack) -> Buy:
    """The purchase as `by_hand.py` does it."""
    client = json_client(bootstrap, f"{prefix}.replies", clients)

    async def ask(kind: str, key: str, **message: object) -> None:
        await client(f"{prefix}.log", key, {"kind": kind, "key": key, **message})

    await ask("create", "apple", state={"price": 1, "stock": RICH})
    for number in range(USERS):
        await ask("create", f"user{number}", state={"balance": RICH, "bought": {}})

    async def buy(number: int) -> None:
        await ask("buy", f"user{number}", user=f"user{number}", item="apple", amount=1)

    return buy


async def compare(app: App, bootstrap: str, processes: dict[str, list[int]], options: argparse.Namespace) -> Round:
    """A round of measurements of all sides."""
    with ExitStack() as clients:
        jobs = {
            NONE: await by_hand(bootstrap, "none", clients),
            OURS: await ours(app, bootstrap, to_log, clients),
            EXACT: await by_hand(bootstrap, "exact", clients),
        }
        sides = {
            name: Side(buy, processes[name], options.burst, options.singles, WARM_UP) for name, buy in jobs.items()
        }
        # With transactions, a purchase takes five checkpoints.
        sides[EXACT] = replace(sides[EXACT], burst=options.burst // 4, singles=1, warm_up=options.burst)
        return await take_turns(sides)


def play(app: App, folder: Path, options: argparse.Namespace) -> Round:
    """A round on a cluster of its own."""
    with on_engine(folder, target="pyflink") as run:
        bootstrap = run.told("Kafka at ")
        taskmanager = run.child("TaskManagerRunner")
        with closing(Cluster(folder, bootstrap, run.told("Flink at "), taskmanager)) as cluster:
            for prefix in ("none", "exact"):
                make_topics(bootstrap, [f"{prefix}.{name}" for name in ("log", "replies")])
                request = {"file": str(HERE / "by_hand.py"), "prefix": prefix}
                cluster.ask(request if prefix == "none" else {**request, "interval": "1s"})
            shared = [os.getpid(), run.child("kafka.Kafka")]
            hand = [*shared, cluster.taskmanager]
            processes = {NONE: hand, OURS: [*shared, taskmanager], EXACT: hand}
            return measured(run, compare(app, bootstrap, processes, options))


def main() -> None:
    options = given("Compare the target pyflink with jobs written by hand.", burst=2000, singles=200)
    with tempfile.TemporaryDirectory() as name:
        app = App.load(compiled(SHOP, Path(name) / "shop"))
        report(rounds_of(lambda folder: play(app, folder, options), options.pairs), SIDES, NONE)


if __name__ == "__main__":
    main()
