"""The programs that scenarios exist for: `fixtures/apps` and `fixtures/constructs`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from .forked import forked
from .plain import PlainWorld
from .play import Json, Step, load, play
from .values import Address

FIXTURES = Path(__file__).parents[3] / "fixtures"


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

    def reference(self) -> Reference:
        """What plain CPython makes of it."""
        reference: Reference = forked(_reference, self)
        return reference


@dataclass(frozen=True)
class Reference:
    """What a scenario does in plain CPython."""

    transcript: list[Json]
    addresses: list[Address]
    """Of every entity that exists in the end."""


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
