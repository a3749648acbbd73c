"""The apps' scenarios give what is checked in: in plain CPython, and through HTTP on the target `local`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from scenarios.forked import forked
from scenarios.http import HttpWorld, serving, shown, unordered
from scenarios.play import Json, Step, play, text
from scenarios.programs import Program, apps, bundle, reference

each_app = pytest.mark.parametrize("program", apps(), ids=lambda program: program.name)


@each_app
def test_plain_python_gives_what_is_checked_in(program: Program) -> None:
    assert text(reference(program).transcript) == text(json.loads(program.expected.read_text(encoding="utf-8")))


@each_app
def test_http_gives_what_is_checked_in(program: Program, tmp_path: Path) -> None:
    expected = json.loads(program.expected.read_text(encoding="utf-8"))
    forked(_compare, program, tmp_path, expected)


def _compare(program: Program, folder: Path, expected: list[Json]) -> None:
    program.importable()
    with serving(bundle(program), folder / "data") as client:
        world = HttpWorld(client, reference(program).addresses)
        for step, entry in zip(program.steps(), expected, strict=True):
            _compare_step(world, step, entry)


def _compare_step(world: HttpWorld, step: Step, entry: Json) -> None:
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
