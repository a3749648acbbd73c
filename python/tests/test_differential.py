"""Each program of `fixtures/constructs` does compiled what it does in plain CPython.

Results, exceptions with their arguments and the user's lines, and all states must agree.
"""

from __future__ import annotations

import pytest
from scenarios.forked import forked
from scenarios.play import in_the_end, text
from scenarios.programs import Program, apps, bundle, constructs, reference
from scenarios.worlds import in_memory, in_place, under_faults

PROGRAMS = [*apps(), *constructs()]
each_program = pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.name)


@each_program
def test_in_memory(program: Program) -> None:
    _agree(program, forked(in_memory, bundle(program), program.steps(), range(5), 4096))


@each_program
def test_in_memory_with_every_frame_parked(program: Program) -> None:
    _agree(program, forked(in_memory, bundle(program), program.steps(), range(2), 0))


@each_program
def test_under_faults(program: Program) -> None:
    expected = text(in_the_end(reference(program).transcript))
    for seed, transcript in enumerate(forked(under_faults, bundle(program), program.steps(), range(20))):
        assert text(transcript) == expected, f"seed {seed}"


@each_program
def test_in_place(program: Program) -> None:
    _agree(program, [forked(in_place, bundle(program), program.steps())])


def _agree(program: Program, transcripts: list[list[object]]) -> None:
    expected = text(reference(program).transcript)
    for transcript in transcripts:
        assert text(transcript) == expected
