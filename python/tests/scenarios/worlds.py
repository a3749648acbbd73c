"""The worlds that a compiled app is played in. Each function runs in a process of its own, which loads one bundle."""

from __future__ import annotations

import asyncio
import functools
import json
import sqlite3
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path

from stateflow.adapters.local_service import LocalService
from stateflow.adapters.local_store import Store
from stateflow.adapters.memory import Faults, Memory
from stateflow.step.app import App
from stateflow.step.message import Address
from stateflow.step.record import Record

from .play import Json, Step, play, play_through
from .service import ServiceWorld, at_once


def in_memory(bundle: Path, steps: list[Step], seeds: Iterable[int], park_above: int) -> list[list[Json]]:
    """Message by message, in the order that each seed gives; frames of more than `park_above` bytes are parked."""
    app = _load(bundle)
    return [play(_resting(app, Memory(app, seed=seed, park_above=park_above)), steps) for seed in seeds]


def under_faults(bundle: Path, steps: list[Step], seeds: Iterable[int]) -> list[list[Json]]:
    """Message by message, while workers crash and messages come twice or late."""
    app = _load(bundle)
    faults = Faults(crash=0.1, duplicate=0.1, most=40)
    return [play_through(_resting(app, Memory(app, seed=seed, faults=faults)), steps) for seed in seeds]


def in_place(bundle: Path, steps: list[Step]) -> list[Json]:
    """Each request as one transaction of SQLite."""
    app = _load(bundle)
    with tempfile.TemporaryDirectory(dir=bundle.parent) as folder:
        store = Store(Path(folder), app.name, {entity["name"]: entity["key"]["type"] for entity in app.ir["entities"]})
        service = LocalService(app, store)
        loop = asyncio.new_event_loop()
        database = sqlite3.connect(Path(folder) / "state.db")
        try:
            return play(ServiceWorld(app, service, lambda: _stored(database), loop.run_until_complete), steps)
        finally:
            database.close()
            service.close(10)
            loop.close()


_load = functools.cache(App.load)


def _stored(database: sqlite3.Connection) -> Iterator[tuple[Address, Record]]:
    for entity, key, value in database.execute("SELECT entity, key, value FROM records"):
        yield Address(entity, json.loads(key)), Record.decode(value)


def _resting(app: App, memory: Memory) -> ServiceWorld:
    def records() -> Iterator[tuple[Address, Record]]:
        memory.run()
        for address in memory.addresses():
            record = memory.record(address)
            assert record is not None
            yield address, record

    return ServiceWorld(app, memory, records, at_once)
