"""The programs that scenarios exist for: `fixtures/apps` and `fixtures/constructs`."""

from __future__ import annotations

import sys
import tempfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from .compiler import ROOT, compiled
from .forked import forked
from .plain import PlainWorld
from .play import Json, Step, load, play
from .values import Address

FIXTURES = ROOT / "fixtures"
_FOLDER = tempfile.TemporaryDirectory(prefix="stateflow-bundles-")
BUNDLES = Path(_FOLDER.name)


@dataclass(frozen=True)
class Program:
    """An app with a scenario."""

    name: str
    root: Path
    """The folder that its modules are imported from."""
    app: Path
    """What is given to the compiler."""
    scenario: Path

    @property
    def module(self) -> str:
        """What plain CPython imports."""
        return self.app.stem

    @property
    def expected(self) -> Path:
        """What plain CPython gave, as it is checked in."""
        return self.scenario.with_name("expected.json")

    def steps(self) -> list[Step]:
        """What clients do."""
        return load(self.scenario)

    def importable(self) -> None:
        """Lets this process import its modules as plain CPython does."""
        sys.path.insert(0, str(self.root))


@dataclass(frozen=True)
class Reference:
    """What a scenario does in plain CPython."""

    transcript: list[Json]
    addresses: list[Address]
    """Of every entity that exists in the end."""


@cache
def reference(program: Program) -> Reference:
    """What plain CPython makes of a program."""
    made: Reference = forked(_reference, program)
    return made


@cache
def bundle(program: Program) -> Path:
    """A program's bundle for the target `local`."""
    return compiled(program.app, BUNDLES / program.name)


def _reference(program: Program) -> Reference:
    world = PlainWorld(program.root, program.module)
    return Reference(play(world, program.steps()), world.addresses())


def apps() -> list[Program]:
    """The whole apps."""
    shop, bank = FIXTURES / "apps/shop", FIXTURES / "apps/bank"
    return [
        Program("shop", shop, shop / "shop.py", shop / "scenario.json"),
        Program("bank", bank, bank / "bank", bank / "scenario.json"),
    ]


def constructs() -> list[Program]:
    """The small programs, one for each construct of the language."""
    root = FIXTURES / "constructs"
    return [Program(path.stem, root, path, path.with_suffix(".json")) for path in sorted(root.glob("*.py"))]
