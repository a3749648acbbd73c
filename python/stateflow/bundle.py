"""What stands in the files of a bundle."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from stateflow.errors import StateflowError

ABOUT = "bundle.json"
"""The file that says what a bundle is; a folder that holds one is a bundle."""


class Description(NamedTuple):
    """What a bundle says of itself."""

    digest: str
    """Digits that tell it from others."""
    options: Mapping[str, str]
    """What it was asked to be like, by the options of its target."""


def describe(bundle: Path) -> Description:
    """Return what a bundle says of itself. Raises `StateflowError` where it cannot be read."""
    about = read_json(bundle / ABOUT)
    return Description(about["digest"], about["options"])


def read_json(path: Path) -> Any:
    """Return what a file holds. Raises `StateflowError` where it cannot be read."""
    try:
        return json.loads(path.read_text("utf-8"))
    except OSError as error:
        raise StateflowError(f"{path} cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise StateflowError(f"{path} is not JSON: {error}") from error
