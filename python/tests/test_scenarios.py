"""The apps' scenarios give what is checked in: in plain CPython, and through HTTP on the target `local`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from scenarios.forked import forked
from scenarios.http import HttpWorld, compare_step, serving
from scenarios.play import Json, text
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
            compare_step(world, step, entry)
