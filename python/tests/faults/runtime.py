"""Run-time packages with a fault, and the differential test in a process that uses one."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

from scenarios.compiler import ROOT
from scenarios.play import text
from scenarios.programs import Program, reference

from . import Fault

SOUND = ROOT / "python"
"""The folder of the package as it is."""


def patched(fault: Fault, folder: Path) -> Path:
    """A folder with the package and its fault."""
    shutil.copytree(SOUND / "stateflow", folder / "stateflow", ignore=shutil.ignore_patterns("__pycache__"))
    path = folder / fault.file.removeprefix("python/")
    path.write_text(fault.applied(path.read_text(encoding="utf-8")), encoding="utf-8")
    return folder


def difference(program: Program, bundle: Path, package: Path) -> str | None:
    """The first world in which a bundle differs from plain CPython, with the package of that folder; what hangs differs."""
    expected = reference(program)
    task = {
        "bundle": str(bundle),
        "scenario": str(program.scenario),
        "transcript": text(expected.transcript),
    }
    path = os.pathsep.join([str(package), str(ROOT / "python/tests")])
    command = [sys.executable, "-m", "faults.detect"]
    environment = os.environ | {"PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": "1"}
    try:
        done = subprocess.run(
            command, input=json.dumps(task), env=environment, capture_output=True, text=True, check=False, timeout=20
        )
    except subprocess.TimeoutExpired:
        return "it hangs"
    return None if done.returncode == 0 else done.stdout or done.stderr
