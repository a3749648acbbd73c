"""Generating programs, playing them, and shrinking those that differ."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from .compare import REFUSED, WORLDS, Difference, RefusedOnPurpose, TooLong, difference, worlds_of
from .draw import Draw
from .kinds import undefined
from .program import Program, generate
from .shrink import shrink


@dataclass
class Tally:
    """What was played."""

    played: int = 0
    too_long: int = 0
    refused: int = 0
    differ: int = 0
    pairs: Counter[tuple[str, str]] = field(default_factory=Counter)
    """How often a construct stood directly in another one, in the programs that were played."""

    def add(self, other: Tally) -> None:
        """Counts in what another one has counted."""
        self.played += other.played
        self.too_long += other.too_long
        self.refused += other.refused
        self.differ += other.differ
        self.pairs += other.pairs


@dataclass(frozen=True)
class Finding:
    """A program that differs."""

    seed: int
    program: Program
    difference: Difference

    def shrunk(self) -> Finding:
        """A small program with the same difference."""
        world = self.difference.kind.split(":")[0]
        worlds = (world,) if world in WORLDS else WORLDS

        missing = undefined(self.program.source)

        def keeps(program: Program) -> bool:
            try:
                if undefined(program.source) - missing:
                    return False
                found = difference(program, worlds)
            except (TooLong, RefusedOnPurpose, AssertionError, SyntaxError):
                return False
            return found is not None and found.kind == self.difference.kind

        small = shrink(self.program, keeps, whole=self.difference.kind.startswith(REFUSED))
        return Finding(self.seed, small, difference(small, worlds) or self.difference)

    def __str__(self) -> str:
        steps = ",\n".join(json.dumps(step, ensure_ascii=False) for step in self.program.scenario)
        return f"seed {self.seed}: {self.difference.text}\n\n{self.program.source}\n[\n{steps}\n]\n"


def hunt(seeds: range, tally: Tally) -> Iterator[Finding]:
    """The programs that differ, of those that the seeds give."""
    for seed in seeds:
        draw = Draw(seed)
        program = generate(draw)
        try:
            found = difference(program, worlds_of(seed))
        except TooLong:
            tally.too_long += 1
            continue
        except RefusedOnPurpose:
            tally.refused += 1
            continue
        tally.played += 1
        tally.pairs += draw.pairs
        if found is not None:
            tally.differ += 1
            yield Finding(seed, program, found)
