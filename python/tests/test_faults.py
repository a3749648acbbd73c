"""Small faults in the compiler and in the step engine: the differential test finds every one of them."""

from __future__ import annotations

from pathlib import Path

import pytest
from faults import Fault, faults
from faults.compiler import built, compiled
from faults.runtime import SOUND, difference, patched
from scenarios.compiler import ROOT
from scenarios.programs import Program, bundle, constructs

FAULTS = faults()
PROGRAMS = {program.name: program for program in constructs()}


def _each(found: list[Fault]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("fault", found, ids=lambda fault: fault.name)


@pytest.fixture(scope="session")
def compiler() -> Path:
    return built([fault for fault in FAULTS if fault.is_compilers])


def test_there_are_fifty() -> None:
    assert len(FAULTS) >= 50


@_each(FAULTS)
def test_every_fault_fits(fault: Fault) -> None:
    fault.applied((ROOT / fault.file).read_text(encoding="utf-8"))
    assert fault.program in PROGRAMS


@_each([fault for fault in FAULTS if fault.is_compilers])
def test_a_fault_of_the_compiler_is_found(fault: Fault, compiler: Path, tmp_path: Path) -> None:
    program = PROGRAMS[fault.program]
    refused = compiled(compiler, fault, program.app, tmp_path / "bundle")
    assert refused is not None or difference(program, tmp_path / "bundle", SOUND) is not None, fault.breaks


@_each([fault for fault in FAULTS if not fault.is_compilers])
def test_a_fault_of_the_run_time_is_found(fault: Fault, tmp_path: Path) -> None:
    program = PROGRAMS[fault.program]
    assert difference(program, bundle(program), patched(fault, tmp_path)) is not None, fault.breaks


def test_without_a_fault_nothing_is_found(compiler: Path, tmp_path: Path) -> None:
    program: Program = PROGRAMS["for_list"]
    none = Fault("none", "", "", "", "", program.name)
    assert compiled(compiler, none, program.app, tmp_path / "bundle") is None
    assert difference(program, tmp_path / "bundle", SOUND) is None
