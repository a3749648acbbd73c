"""What an app imports: it changes nothing and costs nothing."""

from __future__ import annotations

import queue
import subprocess
import sys
from pathlib import Path

import pytest
import stateflow
from engine.bundles import write_bundle
from stateflow.step.app import App


def test_the_decorators_change_nothing() -> None:
    class Shop:
        pass

    assert stateflow.entity(Shop) is Shop
    assert stateflow.entity()(Shop) is Shop
    assert stateflow.stateflow(Shop) is Shop
    assert stateflow.stateflow()(Shop) is Shop
    assert Shop().__dict__ == {}


def test_importing_the_package_imports_nothing_else() -> None:
    code = (
        "import sys; before = set(sys.modules); import stateflow; "
        "print(sorted({name for name in set(sys.modules) - before if not name.startswith('stateflow')}))"
    )
    modules = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env={"PYTHONPATH": "python"}
    ).stdout
    assert "msgpack" not in modules
    assert "fastapi" not in modules
    assert "asyncio" not in modules


def test_a_module_that_cannot_be_imported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", [*sys.path])
    bundle = write_bundle("market", tmp_path)
    for old, new in ((bundle / "app" / "market.py", "raise SystemExit(1)"), (bundle / "dataflow.json", None)):
        text = old.read_text() if new is None else new
        old.write_text(text.replace('"name": "market"', '"name": "failing"'))
    (bundle / "app" / "market.py").rename(bundle / "app" / "failing.py")
    with pytest.raises(stateflow.StateflowError, match="module failing cannot be imported: SystemExit: 1"):
        App.load(bundle)


def test_a_module_whose_name_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", [*sys.path])
    bundle = write_bundle("market", tmp_path)
    (bundle / "app" / "market.py").rename(bundle / "app" / "queue.py")
    dataflow = bundle / "dataflow.json"
    dataflow.write_text(dataflow.read_text().replace('"name": "market"', '"name": "queue"'))
    assert queue.__file__
    with pytest.raises(stateflow.StateflowError, match="module queue has the name of another one"):
        App.load(bundle)


def test_a_folder_that_is_no_bundle(tmp_path: Path) -> None:
    with pytest.raises(stateflow.StateflowError, match="dataflow.json cannot be read: No such file"):
        App.load(tmp_path)
