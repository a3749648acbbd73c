"""The apps' scenarios, played everywhere, give what is checked in."""

from __future__ import annotations

import json

import pytest
from scenarios.play import text
from scenarios.programs import Program, apps


@pytest.mark.parametrize("program", apps(), ids=lambda program: program.name)
def test_plain_python_gives_what_is_checked_in(program: Program) -> None:
    assert text(program.reference().transcript) == text(json.loads(program.expected.read_text(encoding="utf-8")))
