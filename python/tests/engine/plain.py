"""The market in plain CPython: what the engine has to agree with."""

from __future__ import annotations

import importlib.util
import sys
import traceback
from pathlib import Path
from types import ModuleType
from typing import Any

from stateflow.step.message import Address

APPS = Path(__file__).parent / "apps"


def import_app(app: str) -> ModuleType:
    """Import an app as its user wrote it, under a name of its own."""
    spec = importlib.util.spec_from_file_location(f"plain_{app}", APPS / f"{app}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


class PlainWorld:
    """Objects by address, in place of an engine."""

    def __init__(self, module: ModuleType) -> None:
        self._module = module
        self._objects: dict[Address, Any] = {}

    def create(self, entity: str, *args: object) -> object:
        """Create an object."""
        made = getattr(self._module, entity)(*args)
        address = Address(entity, made.__key__())
        self._objects[address] = made
        return address

    def call(self, entity: str, key: str, method: str, *args: object) -> object:
        """Call a method; objects stand as their addresses in arguments and results."""
        result = getattr(self._objects[Address(entity, key)], method)(*map(self._objects_in, args))
        return self._addresses_in(result)

    def fields(self, entity: str, key: str) -> object:
        """Return the attributes of an object."""
        return self._addresses_in(vars(self._objects[Address(entity, key)]))

    def lines(self, error: BaseException) -> list[str]:
        """Return the lines of a traceback that are the app's, as CPython lists them."""
        rows = []
        for frame, line in traceback.walk_tb(error.__traceback__):
            if frame.f_code.co_filename == self._module.__file__:
                text = (APPS / Path(frame.f_code.co_filename).name).read_text().split("\n")[line - 1].strip()
                rows.append(f"{line} {frame.f_code.co_qualname}: {text}")
        return rows

    def _objects_in(self, value: Any) -> Any:
        if isinstance(value, Address):
            return self._objects[value]
        return [self._objects_in(element) for element in value] if isinstance(value, list) else value

    def _addresses_in(self, value: Any) -> Any:
        if type(value).__name__ in ("Item", "User"):
            return Address(type(value).__name__, value.__key__())
        if isinstance(value, list):
            return [self._addresses_in(element) for element in value]
        if isinstance(value, dict):
            return {self._addresses_in(key): self._addresses_in(element) for key, element in value.items()}
        return repr(value) if type(value).__name__ == "Cart" else value
