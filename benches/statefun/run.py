"""Compares the target `statefun` with an application of Stateful Functions written by hand, on the shop's purchase.

    cargo build --release
    STATEFLOW_BIN=target/release/stateflow python benches/statefun/run.py

Two jobs run on one cluster, each with a TaskManager and a process of functions of its own: the shop as it is compiled, with `--replies early`, and
`by_hand.py`, whose answers do not wait for a checkpoint either. They take turns at bursts of purchases and at purchases one after the
other. Needs the packages of `python/requirements-dev.txt`, Java 17 and Maven.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import tempfile
from contextlib import ExitStack, closing
from pathlib import Path
from uuid import uuid4

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path[:0] = [str(ROOT / "python"), str(ROOT / "python" / "tests"), str(HERE), str(HERE.parent)]

import by_hand
from flink.beside import Beside
from flink.kill import FUNCTIONS
from flink.offline import Engine
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
from stateflow.adapters.service import Request
from stateflow.adapters.statefun import Functions
from stateflow.adapters.statefun_names import function_id, to_functions, type_name
from stateflow.step.app import App
from stateflow.step.message import Address

HAND = "by hand"
SIDES = (HAND, OURS)


async def hand(bootstrap: str, clients: ExitStack) -> Buy:
    """The purchase as `by_hand.py` does it."""
    ask = json_client(bootstrap, by_hand.REPLIES, clients)

    async def create(kind: str, key: str, **state: object) -> None:
        await ask(f"byhand.{kind}", key, {"kind": "create", "state": state})

    await create("item", "apple", price=1, stock=RICH)
    for number in range(USERS):
        await create("user", f"user{number}", balance=RICH, bought={})

    async def buy(number: int) -> None:
        await ask("byhand.user", f"user{number}", {"kind": "buy", "item": "apple", "amount": 1})

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
    with ExitStack() as clients:
        jobs = {HAND: await hand(bootstrap, clients), OURS: await ours(app, bootstrap, to_functions, clients)}
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
    with on_engine(folder, "--replies", "early", target="statefun") as run:
        bootstrap = run.told("Kafka at ")
        taskmanager = run.child("TaskManagerRunner")
        shared = [os.getpid(), run.child("kafka.Kafka"), run.child("StandaloneSession")]
        with closing(Beside(folder, run.told("Flink at "), taskmanager)) as beside:
            make_topics(bootstrap, ("byhand.user", "byhand.item", by_hand.REPLIES))
            functions = beside.serve(str(HERE / "by_hand.py"))
            module = by_hand.MODULE.format(functions=functions, bootstrap=bootstrap, delivery="at-least-once")
            beside.submit("byhand", module)
            processes = {
                HAND: [*shared, *beside.processes],
                OURS: [*shared, taskmanager, run.child(FUNCTIONS)],
            }
            return measured(run, compare(app, bootstrap, processes, options))


def main() -> None:
    options = given("Compare the target statefun with an application written by hand.", burst=3000, singles=100)
    with tempfile.TemporaryDirectory() as name:
        app = App.load(compiled(SHOP, Path(name) / "shop", "statefun"))
        report(rounds_of(lambda folder: play(app, folder, options), options.pairs), SIDES, HAND)
        report_sizes(sizes(app))


if __name__ == "__main__":
    main()
