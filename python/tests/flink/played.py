"""Playing a scenario on an engine that reads its requests from Kafka."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from generator.compare import settled
from scenarios.forked import forked
from scenarios.play import Json, Step, alike, in_the_end, play_through, text
from scenarios.programs import Program, reference
from scenarios.service import ServiceWorld
from stateflow.kafka.service import KafkaService, Route
from stateflow.kafka.topics import Topics
from stateflow.step.app import App
from stateflow.step.message import Address
from stateflow.step.record import Record

PATIENCE = 90
"""Seconds that the first request may take, and any other."""

Way = Callable[[Topics], Route]


def selected(request: pytest.FixtureRequest, programs: Sequence[Program]) -> list[Program]:
    """Return those of the programs that tests of this file are to play, as the tests come."""
    ours = [item for item in request.session.items if item.path == request.path]
    chosen = [item.callspec.params["program"] for item in ours if hasattr(item, "callspec")]
    return [program for program in programs if program in chosen]


def play(program: Program, bundle: Path, bootstrap: str, way: Way, *, random: bool) -> None:
    """Play the scenario of a program, and assert that clients get what plain CPython gives, and that the same is stored.

    Of a program drawn at random, what CPython itself does not settle is not compared.
    """
    expected = reference(program)
    found = forked(_found, bundle, bootstrap, way, program.steps(), expected.addresses)
    wanted = in_the_end(expected.transcript)
    if random:
        wanted, found = settled(wanted), settled(found)
    assert alike(wanted, found), _difference(wanted, found)


def _found(
    bundle: Path, bootstrap: str, way: Way, steps: list[Step], addresses: list[tuple[str, str | int]]
) -> list[Json]:
    app = App.load(bundle)
    topics = Topics(bundle.name)
    service = KafkaService(app, bootstrap, topics, way(topics))
    loop = asyncio.new_event_loop()

    def wait(work: Coroutine[Any, Any, Any]) -> Any:
        return loop.run_until_complete(asyncio.wait_for(work, PATIENCE))

    def records() -> Iterator[tuple[Address, Record]]:
        for address in map(Address._make, addresses):
            fields = wait(service.fields(address))
            if fields is not None:
                yield address, Record(app.encode(fields))

    try:
        return play_through(ServiceWorld(app, service, records, wait), steps)
    finally:
        service.close(5)
        loop.close()


def _difference(wanted: list[Json], found: list[Json]) -> str:
    pairs = zip(wanted, found, strict=True)
    one, other = next((one, other) for one, other in pairs if not alike(one, other))
    return f"CPython: {text(one)}\nthe engine: {text(other)}"
