"""Whether two values are the same: in types, contents and in what is one object with what."""

from __future__ import annotations

import struct
from collections import OrderedDict, defaultdict, deque
from enum import Enum
from types import FunctionType
from typing import Any

_ATOMS = (str, int, bool, bytes, type(None), range, complex, type(...), type(NotImplemented))


def difference(one: Any, other: Any) -> str | None:
    """Return where two values differ, or None."""
    return _Comparison().compare("value", one, other)


class _Comparison:
    def __init__(self) -> None:
        self._pairs: dict[int, int] = {}
        self._back: dict[int, int] = {}
        self._keep: list[Any] = []

    def compare(self, path: str, one: Any, other: Any) -> str | None:
        kind = type(one)
        if kind is not type(other):
            return f"{path}: {kind} and {type(other)}"
        if kind is float:
            return None if struct.pack("d", one) == struct.pack("d", other) else f"{path}: {one!r} and {other!r}"
        if isinstance(one, type | FunctionType | Enum):
            return None if one is other else f"{path}: {one!r} and {other!r}"
        if kind is complex:
            return self.compare(f"{path}.real", one.real, other.real) or self.compare(
                f"{path}.imag", one.imag, other.imag
            )
        if kind in _ATOMS or kind.__module__ in ("datetime", "decimal", "uuid", "zoneinfo"):
            return None if repr(one) == repr(other) else f"{path}: {one!r} and {other!r}"
        if not (kind in (tuple, frozenset) and not one):
            if self._pairs.get(id(one), id(other)) != id(other) or self._back.get(id(other), id(one)) != id(one):
                return f"{path}: not one object with the same as before"
            if id(one) in self._pairs:
                return None
        self._pairs[id(one)] = id(other)
        self._back[id(other)] = id(one)
        self._keep += (one, other)
        return self._contents(path, one, other)

    def _contents(self, path: str, one: Any, other: Any) -> str | None:
        if isinstance(one, BaseException):
            for name in ("args", "__cause__", "__context__", "__suppress_context__"):
                found = self.compare(f"{path}.{name}", _value(one, name), _value(other, name))
                if found:
                    return found
        elif isinstance(one, set | frozenset):
            found = self._sets(path, one, other)
        elif isinstance(one, dict):
            found = self._rows(path, list(dict.items(one)), list(dict.items(other)))
            if isinstance(one, OrderedDict):
                found = found or self._rows(f"{path} order", list(one), list(other))
            if isinstance(one, defaultdict):
                found = found or self.compare(f"{path}.default_factory", one.default_factory, other.default_factory)
        elif isinstance(one, list | tuple | deque):
            found = self._rows(path, list(one), list(other))
            if isinstance(one, deque):
                found = found or self.compare(f"{path}.maxlen", one.maxlen, other.maxlen)
        elif isinstance(one, str | bytes | bytearray | int | float):
            plain = next(base for base in (str, bytes, bytearray, int, float) if isinstance(one, base))
            found = None if plain(one) == plain(other) else f"{path}: {one!r} and {other!r}"  # type: ignore[arg-type]
        else:
            found = None
        return found or self._attributes(path, one, other)

    def _attributes(self, path: str, one: Any, other: Any) -> str | None:
        names = {name for base in type(one).__mro__ for name in vars(base).get("__slots__", ()) if name != "__dict__"}
        mangled = {name if not name.startswith("__") else f"_{type(one).__name__}{name}" for name in names}
        for name in sorted(mangled):
            if hasattr(one, name) != hasattr(other, name):
                return f"{path}.{name}: only one has it"
            if hasattr(one, name):
                found = self.compare(f"{path}.{name}", getattr(one, name), getattr(other, name))
                if found:
                    return found
        if hasattr(one, "__dict__"):
            mine = {name: value for name, value in vars(one).items() if name != "__orig_class__"}
            return self._rows(f"{path}.__dict__", list(mine.items()), list(vars(other).items()))
        return None

    def _rows(self, path: str, one: list[Any], other: list[Any]) -> str | None:
        if len(one) != len(other):
            return f"{path}: {len(one)} and {len(other)} elements"
        for index, (left, right) in enumerate(zip(one, other, strict=True)):
            if path.endswith("__dict__") or type(left) is tuple and len(left) == 2 and type(right) is tuple:
                found = self.compare(f"{path} {index} key", left[0], right[0])
                found = found or self.compare(f"{path}[{left[0]!r}]", left[1], right[1])
            else:
                found = self.compare(f"{path}[{index}]", left, right)
            if found:
                return found
        return None

    def _sets(self, path: str, one: Any, other: Any) -> str | None:
        if len(one) != len(other):
            return f"{path}: {len(one)} and {len(other)} elements"
        left = sorted(one, key=lambda value: (str(type(value)), repr(value)))
        right = sorted(other, key=lambda value: (str(type(value)), repr(value)))
        return self._rows(path, left, right)


def _value(error: BaseException, name: str) -> Any:
    value = getattr(error, name)
    return list(value) if name == "args" else value
