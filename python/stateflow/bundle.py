"""What stands in the files of a bundle."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from stateflow.errors import StateflowError

ABOUT = "bundle.json"
"""The file that says what a bundle is; a folder that holds one is a bundle."""


def digest_of(bundle: Path) -> str:
    """Return the digits that tell a bundle from others. Raises `StateflowError` where it cannot be read."""
    return str(read_json(bundle / ABOUT)["digest"])


def read_json(path: Path) -> Any:
    """Return what a file holds. Raises `StateflowError` where it cannot be read."""
    try:
        return json.loads(path.read_text("utf-8"))
    except OSError as error:
        raise StateflowError(f"{path} cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise StateflowError(f"{path} is not JSON: {error}") from error
