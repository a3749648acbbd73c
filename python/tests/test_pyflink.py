"""Every scenario on a real Flink cluster with Kafka: what clients get and what is stored is what plain CPython gives."""

from __future__ import annotations

import asyncio
import shutil
import signal
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from flink.cluster import Cluster, Jobs
from flink.launched import Run, through_http
from flink.played import PATIENCE, play, selected
from generator.sample import sample
from scenarios.compiler import compiled
from scenarios.forked import forked
from scenarios.programs import FIXTURES, Program, apps, constructs
from stateflow.kafka.client import RequestFailed, StateflowKafkaClient
from stateflow.kafka.service import to_log

pytestmark = pytest.mark.engine

SHOP, *OTHERS = apps()
_COPIES = tempfile.TemporaryDirectory(prefix="stateflow-copies-")
OPTIONS = {
    "transactions": ["--delivery", "transactions"],
    "at_least_once": ["--delivery", "at-least-once"],
    "process": ["--execution-mode", "process"],
    "rocksdb": ["--state-backend", "rocksdb"],
    "ttl": ["--state-ttl", "4s"],
}
"""What the shop is compiled with, by what it is called then."""


def _shop(name: str) -> Program:
    """Copy the shop: modules of one name cannot be imported beside each other."""
    app = Path(_COPIES.name) / f"shop_{name}.py"
    shutil.copy(SHOP.app, app)
    return Program(app.stem, app.parent, app, SHOP.scenario)


*SHOPS, EXPIRING = map(_shop, OPTIONS)
RANDOM = sample(Path(_COPIES.name), 12)
PROGRAMS = [*SHOPS, *OTHERS, *constructs(), *RANDOM]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    data = tmp_path_factory.mktemp("pyflink")
    started = Run(FIXTURES / "apps" / "shop" / "shop.py", "--data", str(data))
    yield started
    assert started.end(signal.SIGINT) == 0, "".join(started.said)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("bundles")


@pytest.fixture(scope="module")
def jobs(request: pytest.FixtureRequest, run: Run, folder: Path) -> Iterator[Jobs]:
    programs = [EXPIRING, *selected(request, PROGRAMS)]
    taskmanager = run.child("TaskManagerRunner")
    cluster = Cluster(folder, run.told("Kafka at "), run.told("Flink at "), taskmanager)
    bundles = [_bundle(program, folder) for program in programs]
    submitted = Jobs(cluster, bundles)
    yield submitted
    submitted.end()
    cluster.close()


def _bundle(program: Program, folder: Path) -> Path:
    options = OPTIONS.get(program.name.removeprefix("shop_"), [])
    return compiled(program.app, folder / program.name, "pyflink", *options)


def test_the_shop_through_http(run: Run) -> None:
    forked(through_http, run, SHOP)


def test_clients_over_kafka(run: Run) -> None:
    with (
        StateflowKafkaClient(run.told("Kafka at "), "shop") as client,
        StateflowKafkaClient(run.told("Kafka at "), "shop") as other,
    ):
        assert client.create("Item", name="lamp", price=3, stock=10, timeout=PATIENCE) == "lamp"
        assert other.call("Item", "lamp", "update_stock", amount=5)
        calls = [client.send("Item", "lamp", "update_stock", {"amount": -1}) for _ in range(20)]
        # Their order is nobody's: each has an address of its own first.
        assert sorted(call.result(PATIENCE) for call in calls) == [False] * 5 + [True] * 15
        again = [
            each.send("Item", "lamp", "update_stock", {"amount": 2}, id="again") for each in (client, other, client)
        ]
        assert [call.result(PATIENCE) for call in again] == [True] * 3
        assert run.request("GET", "/Item/lamp")[1]["stock"] == 2
        with pytest.raises(RequestFailed, match="Id Reused"):
            client.send("Item", "lamp", "update_stock", {"amount": 3}, id="again").result(PATIENCE)
        with pytest.raises(RequestFailed, match="OutOfStock") as failed:
            asyncio.run(client.ask("Item", "lamp", "take", amount=5))
        assert failed.value.problem["traceback"][-1]["text"].startswith("raise OutOfStock")
        with pytest.raises(RequestFailed, match="Not Found"):
            client.call("Item", "nothing", "take", amount=5)


def test_an_entity_that_gets_no_message_is_gone(run: Run, jobs: Jobs, folder: Path) -> None:
    bundle = folder / EXPIRING.name
    jobs.job(bundle)
    with StateflowKafkaClient(run.told("Kafka at "), EXPIRING.name) as client:
        client.create("Item", name="lamp", price=3, timeout=PATIENCE)
        for price in range(3, 6):
            time.sleep(1.5)
            assert client.call("Item", "lamp", "change_price", price=price + 1) == price
        time.sleep(5)
        with pytest.raises(RequestFailed, match="Not Found"):
            client.call("Item", "lamp", "change_price", price=3)
        # What is there cannot be made again.
        client.create("Item", name="lamp", price=3)
    jobs.done(bundle)


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.name)
def test_a_job_gives_what_plain_python_gives(program: Program, run: Run, jobs: Jobs, folder: Path) -> None:
    bundle = folder / program.name
    jobs.job(bundle)
    play(program, bundle, run.told("Kafka at "), to_log, random=program in RANDOM)
    jobs.done(bundle)
