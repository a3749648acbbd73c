"""Classes and functions by name: what an app's bytes may name, and nothing else."""

from __future__ import annotations

import builtins
import sys
from collections.abc import Iterable
from types import FunctionType
from typing import Any

from stateflow.wire.errors import Malformed, Unencodable, article


class Names:
    """Names the classes and functions of an app's own modules, built-in types, and exceptions of imported modules."""

    def __init__(self, modules: Iterable[str]) -> None:
        self._modules = frozenset(modules)
        self._found: dict[bytes, Any] = {}
        self._names: dict[Any, bytes] = {}

    def register(self, name: bytes, value: object) -> None:
        """Let `name` stand for a class that is not the app's."""
        self._found[name] = value
        self._names[value] = name

    def owns(self, value: type | FunctionType) -> bool:
        """Tell whether a class or function is defined by one of the app's own modules, or registered."""
        return value.__module__ in self._modules or value in self._names

    def name(self, value: type | FunctionType) -> bytes:
        """Return the name of a class or function. Raises `Unencodable` where it cannot be found by one."""
        name = self._names.get(value)
        if name is None:
            name = self._names[value] = self._make_name(value)
        return name

    def find(self, name: bytes) -> Any:
        """Return what a name stands for. Raises `Malformed` where that is nothing an app's bytes may name."""
        found = self._found.get(name)
        if found is None:
            found = self._found[name] = self._look_up(name)
        return found

    def _make_name(self, value: type | FunctionType) -> bytes:
        text = f"{value.__module__}:{value.__qualname__}"
        name = text.encode("utf-8", "surrogatepass")
        try:
            found = self._look_up(name)
        except Malformed:
            found = None
        if found is not value:
            raise Unencodable(self._why_nameless(value))
        return name

    def _why_nameless(self, value: type | FunctionType) -> str:
        what = "class" if isinstance(value, type) else "function"
        if "<locals>" in value.__qualname__ or "<lambda>" in value.__qualname__:
            kind = "a lambda" if "<lambda>" in value.__qualname__ else f"{article(what)} defined inside a function"
            return f"{kind} cannot be encoded ({value.__module__}.{value.__qualname__})"
        if value.__module__ not in self._modules:
            return f"{value.__module__}.{value.__qualname__} is not {article(what)} of the app"
        return f"{value.__module__}.{value.__qualname__} does not name this {what} any more"

    def _look_up(self, name: bytes) -> Any:
        module_name, _, qualname = name.decode("utf-8", "surrogatepass").partition(":")
        module = sys.modules.get(module_name)
        found: Any = module
        for part in qualname.split("."):
            found = getattr(found, part, None)
        if module is None or not self._allowed(module_name, found):
            raise Malformed(f"{module_name}.{qualname} is not a class or function of the app")
        return found

    def _allowed(self, module: str, found: Any) -> bool:
        if not isinstance(found, type | FunctionType) or found.__module__ != module:
            return False
        if module in self._modules:
            return True
        return isinstance(found, type) and (module == builtins.__name__ or issubclass(found, BaseException))
