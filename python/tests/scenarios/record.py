"""`python -m scenarios.record`: writes what plain CPython makes of the apps' scenarios to `expected.json`."""

from __future__ import annotations

from .play import text
from .programs import apps, reference

for program in apps():
    program.expected.write_text(text(reference(program).transcript) + "\n", encoding="utf-8")
