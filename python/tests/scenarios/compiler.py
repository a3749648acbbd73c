"""The compiler as the tests run it."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[3]
BINARY = Path(os.environ.get("STATEFLOW_BIN", ROOT / "target/debug/stateflow")).absolute()


def stateflow(*arguments: str | Path, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Runs the `stateflow` command that was built last, and gives what it wrote."""
    return subprocess.run([BINARY, *arguments], cwd=cwd, capture_output=True, text=True, check=False)


def compiled(app: Path, bundle: Path, target: str = "local", *options: str) -> Path:
    """Compiles an app; what the compiler says where it refuses is an AssertionError."""
    done = stateflow("compile", app, "--target", target, "-o", bundle, *options)
    assert done.returncode == 0, done.stderr
    return bundle
