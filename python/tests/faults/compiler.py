"""A compiler with all of the compiler's faults, of which a variable of the environment chooses one.

They are built at once: each text that a fault changes becomes a choice between the two.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from scenarios.compiler import ROOT

from . import Fault

CHOICE = "STATEFLOW_FAULT"
"""The variable that names the fault."""

_COPIED = (
    "src",
    "templates",
    "deployment",
    "docs/codes",
    "python/stateflow",
    "build.rs",
    "pyproject.toml",
    "Cargo.toml",
    "Cargo.lock",
)
_NAME = "stateflow-faults"
_CHOOSE = f"""
/// Whether that fault is chosen.
fn fault(name: &str) -> bool {{
    std::env::var("{CHOICE}").is_ok_and(|chosen| chosen == name)
}}
"""


def built(faults: Sequence[Fault]) -> Path:
    """The faulty compiler."""
    copy = ROOT / "target/faults"
    sources = _sources(ROOT)
    for left in _sources(copy):
        if ROOT / left.relative_to(copy) not in sources:
            left.unlink()
    for source in sources:
        path = source.relative_to(ROOT).as_posix()
        text = source.read_text(encoding="utf-8")
        for fault in faults:
            if fault.file == path:
                text = _choice(fault).applied(text)
        _write(copy / path, _renamed(path, text))
    target = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
    command = ["cargo", "build", "--quiet", "--locked", "--manifest-path", str(copy / "Cargo.toml")]
    environment = os.environ | {"CARGO_TARGET_DIR": str(target)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return target / "debug" / _NAME


def compiled(binary: Path, fault: Fault, app: Path, bundle: Path) -> str | None:
    """Compiles an app by the faulty compiler; what it says where it refuses."""
    shutil.rmtree(bundle, ignore_errors=True)
    command: list[str | Path] = [binary, "compile", app, "--target", "local", "-o", bundle]
    environment = os.environ | {CHOICE: fault.name}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=60)
    return None if done.returncode == 0 else done.stderr


def _sources(root: Path) -> list[Path]:
    paths = [root / name for name in _COPIED]
    files = [[path] if path.is_file() else sorted(path.rglob("*")) for path in paths]
    return [path for found in files for path in found if path.is_file() and path.suffix not in {".pyc", ".snap"}]


def _choice(fault: Fault) -> Fault:
    """A fault that is there only where it is chosen: for an expression, or for statements."""
    both = f'if crate::fault("{fault.name}") {{ {fault.new} }} else {{ {fault.old} }}'
    is_statement = fault.old.rstrip().endswith((";", "}"))
    return replace(fault, new=both if is_statement else f"({both})")


def _renamed(path: str, text: str) -> str:
    """The file of a package that does not get in the way of the real one."""
    if path == "Cargo.toml":
        text = re.sub(r"\[\[bench\]\]\n.*?\n\n", "", text, flags=re.DOTALL)
        text = text.replace('[package]\nname = "stateflow"', f'[package]\nname = "{_NAME}"')
        text = text.replace('[[bin]]\nname = "stateflow"', f'[[bin]]\nname = "{_NAME}"')
        return text + "\n[workspace]\n"
    if path == "Cargo.lock":
        return text.replace('name = "stateflow"\n', f'name = "{_NAME}"\n')
    return text + _CHOOSE if path == "src/lib.rs" else text


def _write(path: Path, text: str) -> None:
    """Writes a file unless it is there already, which would have it compiled anew."""
    if path.exists() and path.read_text(encoding="utf-8") == text:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
