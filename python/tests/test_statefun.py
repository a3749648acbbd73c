"""Every scenario on Stateful Functions with Kafka: what clients get and what is stored is what plain CPython gives."""

from __future__ import annotations

import asyncio
import shutil
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from flink.beside import Beside, play_together
from flink.launched import Run, through_http
from flink.played import play, selected
from generator.sample import sample
from scenarios.compiler import compiled
from scenarios.forked import forked
from scenarios.programs import FIXTURES, Program, apps, bundle, constructs
from stateflow.adapters.service import BadArguments, Request
from stateflow.adapters.statefun_names import to_functions
from stateflow.kafka.service import KafkaService
from stateflow.kafka.topics import LARGEST, Topics
from stateflow.step.app import App

pytestmark = pytest.mark.engine

SHOP, *OTHERS = apps()
_COPIES = tempfile.TemporaryDirectory(prefix="stateflow-copies-")


def _copy(program: Program) -> Program:
    """Copy the shop: the topics of the one that is served have its name."""
    app = Path(_COPIES.name) / "shop_early.py"
    shutil.copy(program.app, app)
    return Program(app.stem, app.parent, app, program.scenario)


RANDOM = sample(Path(_COPIES.name), 12)
PROGRAMS = [_copy(SHOP), *OTHERS, *constructs(), *RANDOM]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    data = tmp_path_factory.mktemp("statefun")
    app = FIXTURES / "apps" / "shop" / "shop.py"
    # Where answers wait for checkpoints, tests wait for them too: test_kill_statefun.py does.
    started = Run(app, "--data", str(data), "--replies", "early", target="statefun")
    yield started
    assert started.end(signal.SIGINT) == 0, "".join(started.said)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("bundles")


@pytest.fixture(scope="module")
def together(request: pytest.FixtureRequest, run: Run, folder: Path) -> Iterator[None]:
    """The job of all programs that are tested."""
    programs = selected(request, PROGRAMS)
    for program in programs:
        compiled(program.app, folder / program.name, "statefun", "--replies", "early")
    beside = Beside(folder, run.told("Flink at "), run.child("TaskManagerRunner"))
    play_together(beside, folder, [program.name for program in programs], run.told("Kafka at "))
    yield
    beside.close()


def test_the_shop_through_http(run: Run) -> None:
    forked(through_http, run, SHOP)


def test_a_request_that_no_record_holds_is_refused(run: Run) -> None:
    forked(_too_large, run.told("Kafka at "), bundle(SHOP))


def _too_large(bootstrap: str, folder: Path) -> None:
    topics = Topics("shop")
    service = KafkaService(App.load(folder), bootstrap, topics, to_functions(topics))
    request = Request("1", "Item", None, "__init__", {"name": "x" * LARGEST, "price": 3}, keep=False)
    with pytest.raises(BadArguments, match="and a record in Kafka holds"):
        asyncio.run(service.submit(request))
    service.close(5)


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.name)
@pytest.mark.usefixtures("together")
def test_functions_give_what_plain_python_gives(program: Program, run: Run, folder: Path) -> None:
    play(program, folder / program.name, run.told("Kafka at "), to_functions, random=program in RANDOM)
