"""The proof that the proof works: small faults in the compiler and the run-time, each of which the differential test finds.

A fault is a file of `tests/faults`: what is broken, in which file, which text becomes which, and the program of
`fixtures/constructs` that shows it.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path

from scenarios.compiler import ROOT

FOLDER = ROOT / "tests/faults"


@dataclass(frozen=True)
class Fault:
    """A small change that breaks something."""

    name: str
    breaks: str
    """What it does, in a few words."""
    file: str
    old: str
    new: str
    program: str
    """The program that shows it."""

    @property
    def is_compilers(self) -> bool:
        """Whether it is one of the compiler."""
        return self.file.startswith("src/")

    def applied(self, text: str) -> str:
        """The file's text with the fault. An AssertionError says that it fits no longer."""
        assert text.count(self.old) == 1, f"{self.name}: {self.file} has {text.count(self.old)} of {self.old!r}, not 1"
        return text.replace(self.old, self.new)


def faults() -> list[Fault]:
    """All of them."""
    return [_load(path) for path in sorted(FOLDER.glob("*.toml"))]


def _load(path: Path) -> Fault:
    return Fault(name=path.stem, **tomllib.loads(path.read_text(encoding="utf-8")))
