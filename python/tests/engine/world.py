"""An app on the in-memory engine, as tests use it."""

from __future__ import annotations

import tempfile
from functools import cache
from itertools import count
from pathlib import Path

from stateflow.adapters.memory import Faults, Memory
from stateflow.adapters.service import Request
from stateflow.step.app import App
from stateflow.step.message import Address
from stateflow.step.reply import Failure, Reply

from engine.bundles import write_bundle

_FOLDER = tempfile.TemporaryDirectory(prefix="stateflow-tests-")


@cache
def load(app: str) -> App:
    """Return one of the hand-written apps."""
    return App.load(write_bundle(app, Path(_FOLDER.name)))


class World:
    """A client of an app in memory."""

    def __init__(
        self, app: App, *, dedup: bool = False, seed: int = 0, faults: Faults | None = None, park_above: int = 4096
    ) -> None:
        self.app = app
        self.memory = Memory(app, dedup=dedup, seed=seed, faults=faults, park_above=park_above)
        self._ids = count()

    def create(self, entity: str, /, *args: object, **kwargs: object) -> object:
        """Create an entity and return its address, or raise."""
        return self.app.result(self.reply(entity, None, "__init__", *args, **kwargs))

    def call(self, entity: str, key: str | int, method: str, /, *args: object, **kwargs: object) -> object:
        """Call a method and return its result, or raise."""
        return self.app.result(self.reply(entity, key, method, *args, **kwargs))

    def failure(self, entity: str, key: str | int | None, method: str, /, *args: object, **kwargs: object) -> Failure:
        """Call a method, or create an entity, and describe the exception."""
        reply = self.reply(entity, key, method, *args, **kwargs)
        assert not reply.ok, self.app.result(reply)
        return self.app.failure(reply)

    def fields(self, entity: str, key: str | int) -> dict[str, object]:
        """Return the fields of an entity."""
        fields = self.app.fields(self.memory.record(Address(entity, key)))
        assert fields is not None
        return fields

    def reply(self, entity: str, key: str | int | None, method: str, /, *args: object, **kwargs: object) -> Reply:
        """Call a method, or create an entity, and return the answer."""
        request = Request(f"request {next(self._ids)}", entity, key, method, kwargs, positional=args, keep=False)
        self.memory.post(request)
        self.memory.run()
        assert not self.memory.set_aside, self.memory.set_aside
        return self.memory.replies[request.id]


def traced(failure: Failure) -> list[str]:
    """Return the lines of a failure in short."""
    return [f"{line.line} {line.function}: {line.text}" for line in failure.lines]
