"""Compares the target `statefun` with an application of Stateful Functions written by hand, on the shop's purchase.

    cargo build --release
    STATEFLOW_BIN=target/release/stateflow python benches/statefun/run.py

Two jobs run on one cluster, each with a TaskManager and a process of functions of its own: the shop as it is compiled, with `--replies early`, and
`by_hand.py`, whose answers do not wait for a checkpoint either. They take turns at bursts of purchases and at purchases one after the
other. Needs the packages of `python/requirements-dev.txt`, Java 17 and Maven.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import statistics
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path
from uuid import uuid4

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path[:0] = [str(ROOT / "python"), str(ROOT / "python" / "tests"), str(HERE), str(HERE.parent)]

import by_hand
from flink.beside import Beside
from flink.launched import Run
from flink.offline import Engine
from purchase import (
    GRACE,
    OURS,
    RICH,
    SHOP,
    USERS,
    Buy,
    Round,
    Side,
    given,
    ignore,
    make_topics,
    ours,
    report,
    rounds_of,
    take_turns,
)
from scenarios.compiler import compiled
from stateflow.adapters.service import Request
from stateflow.adapters.statefun import Functions
from stateflow.adapters.statefun_names import function_id, to_functions, type_name
from stateflow.kafka.link import Link
from stateflow.step.app import App
from stateflow.step.message import Address

HAND = "by hand"
SIDES = (HAND, OURS)


async def hand(bootstrap: str, closing: ExitStack) -> Buy:
    """The purchase as `by_hand.py` does it."""
    loop = asyncio.get_running_loop()
    waiting: dict[str, asyncio.Future[bool]] = {}

    def answered(records: list[bytes]) -> None:
        for record in records:
            answer = json.loads(record)
            waiting.pop(answer["id"]).set_result(answer["result"])

    link = Link(bootstrap, by_hand.REPLIES, lambda records: loop.call_soon_threadsafe(answered, records))
    closing.callback(link.close, GRACE)

    async def ask(kind: str, key: str, /, **message: object) -> None:
        id = str(uuid4())
        waiting[id] = loop.create_future()
        link.write(f"byhand.{kind}", key.encode(), json.dumps({"id": id, **message}).encode(), ignore)
        assert await waiting[id]

    await ask("item", "apple", kind="create", state={"price": 1, "stock": RICH})
    for number in range(USERS):
        await ask("user", f"user{number}", kind="create", state={"balance": RICH, "bought": {}})

    async def buy(number: int) -> None:
        await ask("user", f"user{number}", kind="buy", item="apple", amount=1)

    return buy


def sizes(app: App) -> dict[str, list[int]]:
    """The bytes of the messages of one purchase, on each side."""
    engines = {OURS: Engine(Functions(app, "shop"), "shop"), HAND: Engine(by_hand.functions, "byhand")}

    def ask(entity: str, key: str | None, method: str, **arguments: object) -> None:
        request = Request(str(uuid4()), entity, key, method, arguments)
        first = request.first(app)
        place = type_name(first.address.entity), function_id(first.address)
        engines[OURS].send(*place, first.encode(), "stateflow/message")

    def by_json(kind: str, key: str, /, **message: object) -> None:
        engines[HAND].send(kind, key, json.dumps({"id": str(uuid4()), **message}).encode(), "byhand/request")

    ask("Item", None, "__init__", name="apple", price=1, stock=RICH)
    ask("User", None, "__init__", username="user1", balance=RICH)
    by_json("item", "apple", kind="create", state={"price": 1, "stock": RICH})
    by_json("user", "user1", kind="create", state={"balance": RICH, "bought": {}})
    for engine in engines.values():
        engine.sizes.clear()
    ask("User", "user1", "buy_item", amount=1, item=Address("Item", "apple"))
    by_json("user", "user1", kind="buy", item="apple", amount=1)
    return {side: engine.sizes for side, engine in engines.items()}


async def compare(app: App, bootstrap: str, processes: dict[str, list[int]], options: argparse.Namespace) -> Round:
    """A round of measurements of both sides."""
    with ExitStack() as closing:
        jobs = {HAND: await hand(bootstrap, closing), OURS: await ours(app, bootstrap, to_functions, closing)}
        return await take_turns(
            {name: Side(buy, processes[name], options.burst, options.singles) for name, buy in jobs.items()}
        )


def report_sizes(messages: dict[str, list[int]]) -> None:
    """Print more lines of the table: how many messages a purchase takes, and how large they are."""
    numbers = [len(messages[side]) for side in SIDES]
    print(f"| messages of a purchase | {numbers[0]} | {numbers[1]} | {numbers[1] / numbers[0]:.2f} |")
    means = [statistics.mean(messages[side]) for side in SIDES]
    print(f"| bytes of a message | {means[0]:.0f} | {means[1]:.0f} | {means[1] / means[0]:.2f} |")


def play(app: App, folder: Path, options: argparse.Namespace) -> Round:
    """A round on a cluster of its own."""
    run = Run(SHOP, "--data", str(folder / "data"), "--replies", "early", target="statefun")
    bootstrap = run.told("Kafka at ")
    taskmanager = run.child("TaskManagerRunner")
    beside = Beside(folder, run.told("Flink at "), taskmanager)
    make_topics(bootstrap, ("byhand.user", "byhand.item", by_hand.REPLIES))
    functions = beside.serve(str(HERE / "by_hand.py"))
    beside.submit("byhand", by_hand.MODULE.format(functions=functions, bootstrap=bootstrap, delivery="at-least-once"))
    shared = [os.getpid(), run.child("kafka.Kafka"), run.child("StandaloneSession")]
    processes = {
        HAND: [*shared, *beside.processes],
        OURS: [*shared, taskmanager, run.child("functions.py")],
    }
    # It reads all answers too, which nobody does of those to the side by hand.
    with run.asleep("gateway.py"):
        measured = asyncio.run(compare(app, bootstrap, processes, options))
    beside.close()
    run.process.terminate()
    run.wait()
    return measured


def main() -> None:
    options = given("Compare the target statefun with an application written by hand.", burst=3000, singles=100)
    with tempfile.TemporaryDirectory() as name:
        app = App.load(compiled(SHOP, Path(name) / "shop", "statefun"))
        report(rounds_of(lambda folder: play(app, folder, options), options.pairs), SIDES, HAND)
        report_sizes(sizes(app))


if __name__ == "__main__":
    main()
