"""Python values as JSON that keeps their types.

`None`, booleans, numbers, strings, lists and dictionaries with string keys are themselves. Everything else is an object
with one key that begins with `$`: `{"$tuple": [1, 2]}`, `{"$entity": ["User", "ann"]}`, `{"$decimal": "1.50"}`.
"""

from __future__ import annotations

import dataclasses
import importlib
import math
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from typing import Any
from uuid import UUID

type_name = str
Address = tuple[str, str | int]


def qualified(cls: type) -> type_name:
    """The class's name with its module; built-in classes have none."""
    return cls.__qualname__ if cls.__module__ == "builtins" else f"{cls.__module__}.{cls.__qualname__}"


def encode(value: object, address_of: Callable[[object], Address | None]) -> Any:
    """The JSON of a value; `address_of` knows which objects are entities."""
    return _Encoder(address_of).encode(value)


_BUILT_IN = (list, tuple, dict, set, frozenset)


class _Encoder:
    def __init__(self, address_of: Callable[[object], Address | None]) -> None:
        self._address_of = address_of
        self._open: list[int] = []

    def encode(self, value: object) -> Any:
        if value is None or type(value) in (bool, int, str):
            return value
        if type(value) is float:
            return value if math.isfinite(value) else {"$float": str(value)}
        if type(value) not in _BUILT_IN:
            scalar = _scalar(value)
            if scalar is not None:
                return scalar
            address = self._address_of(value)
            if address is not None:
                return {"$entity": list(address)}
        if id(value) in self._open:
            return {"$cycle": len(self._open) - self._open.index(id(value))}
        self._open.append(id(value))
        try:
            return self._compound(value)
        finally:
            self._open.pop()

    def _compound(self, value: object) -> Any:
        if type(value) is list:
            return [self.encode(element) for element in value]
        if type(value) is tuple:
            return {"$tuple": [self.encode(element) for element in value]}
        if type(value) in (set, frozenset):
            assert isinstance(value, (set, frozenset))
            return {f"${type(value).__name__}": sorted((self.encode(element) for element in value), key=repr)}
        if type(value) is dict:
            if all(type(key) is str and not key.startswith("$") for key in value):
                return {key: self.encode(element) for key, element in value.items()}
            return {"$dict": [[self.encode(key), self.encode(element)] for key, element in value.items()]}
        if isinstance(value, BaseException):
            return {"$exception": [qualified(type(value)), self.encode(list(value.args))]}
        if isinstance(value, tuple) and hasattr(value, "_fields"):
            return {"$named": [qualified(type(value)), [self.encode(element) for element in value]]}
        return {"$object": [qualified(type(value)), {name: self.encode(part) for name, part in _parts(value).items()}]}


def _parts(value: object) -> dict[str, object]:
    if dataclasses.is_dataclass(value):
        return {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
    if isinstance(value, dict):
        return {"entries": dict(value), **getattr(value, "__dict__", {})}
    return vars(value)


def _scalar(value: object) -> Any:
    if isinstance(value, Enum):
        return {"$enum": [qualified(type(value)), value.name]}
    if isinstance(value, type):
        return {"$class": qualified(value)}
    if isinstance(value, datetime):
        return {"$datetime": value.isoformat()}
    if isinstance(value, (date, time)):
        return {f"${type(value).__name__}": value.isoformat()}
    if isinstance(value, timedelta):
        return {"$timedelta": [value.days, value.seconds, value.microseconds]}
    if isinstance(value, (Decimal, UUID, complex)):
        return {f"${type(value).__name__.lower()}": str(value)}
    if isinstance(value, (bytes, bytearray)):
        return {f"${type(value).__name__}": value.hex()}
    return None


def decode(value: Any, refer: Callable[[str, str | int], object]) -> Any:
    """The value of a JSON; `refer` gives the object that stands for an entity."""
    if isinstance(value, list):
        return [decode(element, refer) for element in value]
    if not isinstance(value, dict):
        return value
    if len(value) != 1 or not next(iter(value)).startswith("$"):
        return {key: decode(element, refer) for key, element in value.items()}
    ((tag, content),) = value.items()
    if tag == "$entity":
        return refer(*content)
    if tag in _CONTAINERS:
        return _CONTAINERS[tag](decode(element, refer) for element in content)
    if tag in _SCALARS:
        return _SCALARS[tag](content)
    return _instance(tag, content, refer)


def _instance(tag: str, content: Any, refer: Callable[[str, str | int], object]) -> object:
    if tag == "$dict":
        return {decode(key, refer): decode(element, refer) for key, element in content}
    cls = find_class(content[0])
    if tag == "$enum":
        return cls[content[1]]
    if tag == "$named":
        return cls(*decode(content[1], refer))
    if tag == "$object":
        instance = cls.__new__(cls)
        for name, part in content[1].items():
            object.__setattr__(instance, name, decode(part, refer))
        return instance
    raise ValueError(f"not a typed value: {tag}")


def find_class(name: type_name) -> Any:
    """The class of a qualified name."""
    module, _, rest = name.rpartition(".")
    return getattr(importlib.import_module(module or "builtins"), rest)


_CONTAINERS: dict[str, Callable[[Any], object]] = {"$tuple": tuple, "$set": set, "$frozenset": frozenset}
_SCALARS: dict[str, Callable[[Any], object]] = {
    "$float": float,
    "$decimal": Decimal,
    "$uuid": UUID,
    "$complex": complex,
    "$bytes": bytes.fromhex,
    "$bytearray": bytearray.fromhex,
    "$datetime": datetime.fromisoformat,
    "$date": date.fromisoformat,
    "$time": time.fromisoformat,
    "$timedelta": lambda parts: timedelta(*parts),
}
