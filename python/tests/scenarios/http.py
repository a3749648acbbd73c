"""Scenarios through the HTTP gateway of a compiled bundle that runs as its users run it."""

from __future__ import annotations

import dataclasses
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from datetime import time as clock_time
from decimal import Decimal
from enum import Enum
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote
from uuid import UUID

import httpx

from .play import Json, Step, play
from .programs import Program, reference
from .values import decode

READY = "listening on "


class Ref(NamedTuple):
    """An entity."""

    entity: str
    key: str | int


class HttpWorld:
    """The entities of a bundle that serves at an address."""

    def __init__(self, client: httpx.Client, addresses: list[tuple[str, str | int]]) -> None:
        self._client = client
        self._addresses = addresses

    def create(self, step: Step) -> Json:
        """`POST /{Entity}`."""
        response = self._client.post(f"/{step.entity}", json=self._arguments(step))
        return self._outcome(response, 201)

    def call(self, step: Step) -> Json:
        """`POST /{Entity}/{key}/{method}`."""
        response = self._client.post(f"{_path(step.entity, step.key)}/{step.method}", json=self._arguments(step))
        return self._outcome(response, 200)

    def states(self) -> dict[str, Json]:
        """`GET /{Entity}/{key}` of each."""
        found = {}
        for entity, key in self._addresses:
            response = self._client.get(_path(entity, key))
            if response.status_code != 404:
                found[f"{entity}/{key!r}"] = self._outcome(response, 200)["value"]
        return dict(sorted(found.items()))

    def _arguments(self, step: Step) -> Json:
        return {name: form(decode(value, Ref)) for name, value in step.arguments.items()}

    def _outcome(self, response: httpx.Response, status: int) -> Json:
        if response.status_code == status:
            return {"value": response.json()}
        assert response.headers["content-type"] == "application/problem+json", response.text
        assert response.status_code == 400, response.text
        return {"raised": response.json()}


def _path(entity: str, key: str | int | None) -> str:
    return f"/{entity}/{quote(str(key), safe='')}"


def form(value: Any) -> Json:
    """A value in the JSON that the gateway speaks: what an entity, a date or an amount looks like to a client."""
    if isinstance(value, Ref):
        return value.key
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, (datetime, date, clock_time)):
        return value.isoformat()
    if isinstance(value, (Decimal, UUID)):
        return str(value)
    if isinstance(value, (list, tuple, set, frozenset)):
        return [form(element) for element in value]
    if isinstance(value, dict):
        return {str(form(key)): form(element) for key, element in value.items()}
    if dataclasses.is_dataclass(value):
        return {field.name: form(getattr(value, field.name)) for field in dataclasses.fields(value)}
    return value


def shown(typed: Json) -> Json:
    """What the gateway should show of a value of a transcript."""
    return unordered(form(decode(typed, Ref)))


def unordered(value: Json) -> Json:
    """A JSON in which the order of a list of plain strings does not count (a set is such a list), and an entity is its key."""
    if isinstance(value, list):
        elements = [unordered(element) for element in value]
        return sorted(elements) if all(isinstance(element, str) for element in elements) else elements
    if isinstance(value, dict):
        if value.keys() == {"entity", "key"}:
            return value["key"]
        return {name: unordered(element) for name, element in value.items()}
    return value


def compare(client: httpx.Client, program: Program) -> None:
    """Plays a program's scenario, and asserts that it gives what is checked in."""
    program.importable()
    world = HttpWorld(client, reference(program).addresses)
    expected = json.loads(program.expected.read_text(encoding="utf-8"))
    for step, entry in zip(program.steps(), expected, strict=True):
        _compare_step(world, step, entry)


def _compare_step(world: HttpWorld, step: Step, entry: Json) -> None:
    """Plays a step, and asserts that it gives what is checked in."""
    (played,) = play(world, [step])
    if "raised" in entry:
        raised = _problem(played["raised"])
        assert raised == {name: entry["raised"][name] for name in raised}, entry["step"]
    elif step.key is None:
        assert played["value"]["key"] == entry["value"]["$entity"][1], entry["step"]
    else:
        assert unordered(played["value"]) == shown(entry["value"]), entry["step"]
    for address, fields in entry["states"].items():
        assert unordered(played["states"][address]) == shown(fields), f"{address} after {entry['step']}"


def _problem(problem: Json) -> Json:
    """What a problem document tells of an exception."""
    assert (problem["status"], problem["title"]) == (400, problem["exception"].rpartition(".")[2])
    lines = [f"{line['path']}:{line['line']} {line['function']}" for line in problem["traceback"]]
    parts = {"type": problem["exception"], "message": problem["detail"], "lines": lines}
    return parts


@contextmanager
def serving(bundle: Path, data: Path) -> Iterator[httpx.Client]:
    """A client of a bundle that runs in a process of its own until the block ends."""
    command = [sys.executable, str(bundle / "main.py"), "--port", "0", "--data", str(data)]
    log = data.with_suffix(".log")
    with log.open("wb") as output, subprocess.Popen(command, stdout=output, stderr=output) as process:
        try:
            with httpx.Client(base_url=_address(process, log), timeout=30) as client:
                yield client
        finally:
            process.terminate()


def _address(process: subprocess.Popen[bytes], log: Path) -> str:
    """Where the server says that it listens."""
    ended = False
    while True:
        for line in log.read_text(encoding="utf-8").splitlines(keepends=True):
            if line.startswith(READY) and line.endswith("\n"):
                return line.removeprefix(READY).strip()
        assert not ended, f"the server ended with status {process.returncode}:\n{log.read_text(encoding='utf-8')}"
        ended = process.poll() is not None
        time.sleep(0.02)
