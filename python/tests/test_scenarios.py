"""The apps' scenarios give what is checked in: in plain CPython, and through HTTP on the target `local`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from scenarios.forked import forked
from scenarios.http import compare, serving
from scenarios.play import text
from scenarios.programs import Program, apps, bundle, reference

each_app = pytest.mark.parametrize("program", apps(), ids=lambda program: program.name)


@each_app
def test_plain_python_gives_what_is_checked_in(program: Program) -> None:
    assert text(reference(program).transcript) == text(json.loads(program.expected.read_text(encoding="utf-8")))


@each_app
def test_http_gives_what_is_checked_in(program: Program, tmp_path: Path) -> None:
    forked(_compare, program, tmp_path)


def _compare(program: Program, folder: Path) -> None:
    with serving(bundle(program), folder / "data") as client:
        compare(client, program)
