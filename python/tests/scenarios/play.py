"""Playing a scenario and writing down what happened."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

Json = Any


@dataclass(frozen=True)
class Step:
    """One thing that a client does: it creates an entity, or calls a method of one."""

    entity: str
    key: str | int | None
    method: str
    arguments: dict[str, Json]

    def __str__(self) -> str:
        arguments = ", ".join(
            f"{name}={json.dumps(value, ensure_ascii=False)}" for name, value in self.arguments.items()
        )
        target = self.entity if self.key is None else f"{self.entity}[{self.key!r}].{self.method}"
        return f"{target}({arguments})"


class World(Protocol):
    """Where a scenario is played.

    An outcome is `{"value": …}` or `{"raised": …}`, both in the JSON of [`values`][].
    """

    def create(self, step: Step) -> Json:
        """Creates an entity; the value is a reference to it."""

    def call(self, step: Step) -> Json:
        """Calls a method."""

    def states(self) -> dict[str, Json]:
        """The fields of every entity that exists, by `Entity/key`, sorted."""


def load(path: Path) -> list[Step]:
    """The steps of a scenario file."""
    return [step_of(step) for step in json.loads(path.read_text(encoding="utf-8"))]


def step_of(step: dict[str, Json]) -> Step:
    """A step, from `{"create": ENTITY, "with": ARGUMENTS}` or `{"call": [ENTITY, KEY, METHOD], "with": ARGUMENTS}`."""
    arguments = step.get("with", {})
    if "create" in step:
        return Step(step["create"], None, "__init__", arguments)
    entity, key, method = step["call"]
    return Step(entity, key, method, arguments)


def play(world: World, steps: list[Step]) -> list[Json]:
    """What each step gave, and the states that it changed (with `None` for what is gone)."""
    transcript = []
    before: dict[str, Json] = {}
    for step in steps:
        outcome = _outcome(world, step)
        after = world.states()
        transcript.append({**outcome, "states": _changes(before, after)})
        before = after
    return transcript


def play_through(world: World, steps: list[Step]) -> list[Json]:
    """What each step gave, and the states in the end: for a world that comes to rest only then."""
    outcomes = [_outcome(world, step) for step in steps]
    return [*outcomes, {"states": world.states()}]


def in_the_end(transcript: list[Json]) -> list[Json]:
    """What `play_through` gives where `play` gives this."""
    outcomes = [{name: part for name, part in entry.items() if name != "states"} for entry in transcript]
    states = {name: fields for entry in transcript for name, fields in entry["states"].items()}
    return [*outcomes, {"states": dict(sorted(states.items()))}]


def _outcome(world: World, step: Step) -> Json:
    outcome = world.create(step) if step.key is None else world.call(step)
    return {"step": str(step), **outcome}


def _changes(before: dict[str, Json], after: dict[str, Json]) -> dict[str, Json]:
    changed = {
        name: fields
        for name, fields in after.items()
        if name not in before or not (before[name] is fields or alike(before[name], fields))
    }
    return changed | {name: None for name in before if name not in after}


def alike(one: Json, other: Json) -> bool:
    """Whether two have the same `text`, told faster."""
    return json.dumps(one) == json.dumps(other)


def text(transcript: Json) -> str:
    """A transcript as text: two agree exactly where their texts do, the order of dictionaries and the class of numbers included."""
    return json.dumps(transcript, indent=1, ensure_ascii=False)
