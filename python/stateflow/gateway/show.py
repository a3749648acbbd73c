"""Values as JSON, by their run-time type."""

from __future__ import annotations

import base64
import dataclasses
import datetime
import decimal
import enum
import fractions
import functools
import math
import pathlib
import types
import typing
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from stateflow.step.message import Address

MAX_DEPTH = 200
"""How deep a value may be nested."""


class CannotShow(Exception):
    """A value has no form in JSON; the message says which, and where it stands."""


@dataclass(frozen=True, slots=True)
class Shape:
    """What an annotation tells of where entities stand, so that they can be shown by key alone."""

    entity: bool = False
    """An entity that stands here is of a class that the annotation tells."""
    items: Shape | None = None
    """The elements of a sequence or set, or the values of a dict."""
    elements: tuple[Shape, ...] = ()
    """The elements of a tuple, by position."""
    keys: Shape | None = None


ANYTHING = Shape()


class Shower:
    """Turns the values of one app into what `json.dumps` takes."""

    def __init__(self, classes: Mapping[str, type], modules: frozenset[str]) -> None:
        self._classes = classes
        self._modules = modules
        self._shapes: Callable[[type], dict[str, Shape]] = functools.lru_cache(maxsize=4096)(self._field_shapes)

    def shape(self, annotation: Any) -> Shape:
        """The shape that an annotation gives."""
        if isinstance(annotation, type) and any(annotation is class_ for class_ in self._classes.values()):
            below = [class_ for class_ in self._classes.values() if issubclass(class_, annotation)]
            return Shape(entity=len(below) == 1)
        origin, parts = typing.get_origin(annotation), typing.get_args(annotation)
        if origin is typing.Annotated:
            return self.shape(parts[0])
        if origin in (typing.Union, types.UnionType):
            return self._union([part for part in parts if part is not type(None)])
        if origin is tuple and not (len(parts) == 2 and parts[1] is Ellipsis):
            return Shape(elements=tuple(self.shape(part) for part in parts))
        if isinstance(origin, type) and parts:
            if len(parts) == 2 and parts[1] is not Ellipsis:
                return Shape(keys=self.shape(parts[0]), items=self.shape(parts[1]))
            return Shape(items=self.shape(parts[0]))
        return ANYTHING

    def _union(self, parts: list[Any]) -> Shape:
        if len(parts) == 1:
            return self.shape(parts[0])
        nested = [shape for shape in map(self.shape, parts) if shape.items or shape.elements]
        return nested[0] if len(nested) == 1 else ANYTHING

    def show(self, value: object, shape: Shape = ANYTHING) -> Any:
        """Return the value as JSON data; raises `CannotShow`."""
        kind = type(value)
        if kind in _AS_IS:
            return value
        return self._show(value, shape, "$", 0)

    def _show(self, value: Any, shape: Shape, path: str, depth: int) -> Any:
        kind = type(value)
        if kind in _AS_IS:
            return value
        if depth > MAX_DEPTH:
            raise CannotShow(f"the value is nested more than {MAX_DEPTH} deep, or contains itself")
        if kind is float:
            return value if math.isfinite(value) else _NON_FINITE[str(value)]
        if kind is Address:
            return value.key if shape.entity else {"entity": value.entity, "key": value.key}
        for class_, show in _SCALARS:
            if isinstance(value, class_):
                return self._show(show(value), ANYTHING, path, depth + 1)
        return self._container(value, shape, path, depth + 1)

    def _container(self, value: Any, shape: Shape, path: str, depth: int) -> Any:
        if isinstance(value, Mapping):
            keys, items = shape.keys or ANYTHING, shape.items or ANYTHING
            return {
                self._key(key, keys, path): self._show(each, items, f"{path}.{key}", depth)
                for key, each in value.items()
            }
        if isinstance(value, tuple):
            elements = shape.elements or self._named_tuple(type(value))
            return [
                self._show(each, elements[i] if i < len(elements) else shape.items or ANYTHING, f"{path}[{i}]", depth)
                for i, each in enumerate(value)
            ]
        if isinstance(value, (list, set, frozenset, range)) or type(value) in _VIEWS:
            items = shape.items or ANYTHING
            return [self._show(each, items, f"{path}[{i}]", depth) for i, each in enumerate(value)]
        fields = self._object(value)
        if fields is None:
            raise CannotShow(f"{path} is a {type(value).__qualname__}, which has no form in JSON")
        shapes = self._shapes(type(value))
        return {
            name: self._show(each, shapes.get(name, ANYTHING), f"{path}.{name}", depth) for name, each in fields.items()
        }

    def _key(self, key: Any, shape: Shape, path: str) -> str:
        """A key of a dict: strings as they are, others as their JSON text."""
        shown = self._show(key, shape, path, 0)
        if isinstance(shown, str):
            return shown
        if shown is None or isinstance(shown, bool):
            return {None: "null", True: "true", False: "false"}[shown]
        if isinstance(shown, (int, float)):
            return repr(shown)
        if isinstance(shown, dict) and shown.keys() == {"entity", "key"}:
            return str(shown["key"])
        raise CannotShow(f"{path} has a key that is a {type(key).__qualname__}, which has no form in JSON")

    def _object(self, value: Any) -> dict[str, Any] | None:
        """The attributes of a dataclass, or of a plain class of the app's own."""
        if dataclasses.is_dataclass(value) and not isinstance(value, type):
            return {
                each.name: getattr(value, each.name) for each in dataclasses.fields(value) if hasattr(value, each.name)
            }
        if type(value).__module__ not in self._modules or isinstance(value, type) or callable(value):
            return None
        found: dict[str, Any] = {}
        for class_ in reversed(type(value).__mro__):
            slots = vars(class_).get("__slots__", ())
            for name in (slots,) if isinstance(slots, str) else slots:
                if not name.startswith("__") and hasattr(value, name):
                    found[name] = getattr(value, name)
        found.update(getattr(value, "__dict__", {}))
        return found

    def _field_shapes(self, class_: type) -> dict[str, Shape]:
        try:
            hints = typing.get_type_hints(class_)
        except (NameError, TypeError, AttributeError):
            return {}
        return {name: self.shape(hint) for name, hint in hints.items()}

    def _named_tuple(self, class_: type) -> tuple[Shape, ...]:
        names = getattr(class_, "_fields", None)
        if names is None:
            return ()
        shapes = self._shapes(class_)
        return tuple(shapes.get(name, ANYTHING) for name in names)


_AS_IS = frozenset({bool, int, str, type(None)})

_NON_FINITE = {"inf": "Infinity", "-inf": "-Infinity", "nan": "NaN"}

_VIEWS = frozenset({type({}.keys()), type({}.values()), type({}.items())})


def _duration(value: datetime.timedelta) -> str:
    """The ISO 8601 form of a duration, exact to the microsecond."""
    sign = "-" if value < datetime.timedelta() else ""
    value = abs(value)
    hours, seconds = divmod(value.seconds, 3600)
    minutes, seconds = divmod(seconds, 60)
    fraction = f".{value.microseconds:06d}".rstrip("0") if value.microseconds else ""
    parts = [(hours, "H"), (minutes, "M")]
    time = "".join(f"{number}{unit}" for number, unit in parts if number)
    if seconds or fraction:
        time += f"{seconds}{fraction}S"
    days = f"{value.days}D" if value.days else ""
    return f"{sign}P{days}T{time}" if time else f"{sign}P{days or '0D'}"


def _exception(value: BaseException) -> dict[str, str]:
    return {"exception": type(value).__qualname__, "message": str(value)}


_SCALARS: list[tuple[type | tuple[type, ...], Callable[[Any], object]]] = [
    (enum.Enum, lambda value: value.value),
    (bool, bool),
    (int, int),
    (float, float),
    (str, lambda value: str.__str__(value)),
    ((bytes, bytearray, memoryview), lambda value: base64.b64encode(value).decode()),
    ((datetime.datetime, datetime.date, datetime.time), lambda value: value.isoformat()),
    (datetime.timedelta, _duration),
    ((decimal.Decimal, uuid.UUID, fractions.Fraction, pathlib.PurePath), str),
    (complex, str),
    (datetime.tzinfo, str),
    (BaseException, _exception),
]
