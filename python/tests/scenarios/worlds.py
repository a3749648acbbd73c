"""The worlds that a compiled app is played in. Each function runs in a process of its own, which loads one bundle."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Iterable
from pathlib import Path

from stateflow.adapters.local_service import LocalService
from stateflow.adapters.local_store import Store
from stateflow.adapters.memory import Faults, Memory
from stateflow.step.app import App

from .play import Json, Step, play, play_through
from .service import ServiceWorld, at_once


def in_memory(bundle: Path, steps: list[Step], seeds: Iterable[int], park_above: int) -> list[list[Json]]:
    """Message by message, in the order that each seed gives; frames of more than `park_above` bytes are parked."""
    app = App.load(bundle)
    return [play(_resting(app, Memory(app, seed=seed, park_above=park_above)), steps) for seed in seeds]


def under_faults(bundle: Path, steps: list[Step], seeds: Iterable[int]) -> list[list[Json]]:
    """Message by message, while workers crash and messages come twice or late."""
    app = App.load(bundle)
    faults = Faults(crash=0.1, duplicate=0.1, most=40)
    return [play_through(_resting(app, Memory(app, seed=seed, faults=faults)), steps) for seed in seeds]


def in_place(bundle: Path, steps: list[Step], addresses: list[tuple[str, str | int]]) -> list[Json]:
    """Each request as one transaction of SQLite."""
    app = App.load(bundle)
    with tempfile.TemporaryDirectory() as folder:
        store = Store(Path(folder), app.name, {entity["name"]: entity["key"]["type"] for entity in app.ir["entities"]})
        service = LocalService(app, store)
        loop = asyncio.new_event_loop()
        try:
            return play(ServiceWorld(app, service, lambda: addresses, loop.run_until_complete), steps)
        finally:
            service.close(10)
            loop.close()


def _resting(app: App, memory: Memory) -> ServiceWorld:
    def addresses() -> Iterable[tuple[str, str | int]]:
        memory.run()
        return list(memory.addresses())

    return ServiceWorld(app, memory, addresses, at_once)
