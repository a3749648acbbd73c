"""Values that a client could send, for the OpenAPI document."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass

from stateflow.gateway.schemas import Schemas
from stateflow.gateway.surface import Entity, Type


class NoExample(Exception):
    """Nothing that is likely to fit can be said of a type."""


@dataclass(frozen=True, slots=True)
class Examples:
    """Makes examples for the types of one app."""

    entities: Mapping[str, Entity]
    schemas: Schemas

    def of(self, type_: Type) -> object:
        """An example of a type. Raises `NoExample`."""
        kind = type_["kind"]
        if kind == "entity":
            return self._key(type_["name"])
        if kind == "literal":
            return type_["values"][0]
        if kind == "union":
            if any(each["kind"] == "entity" for each in type_["of"]) and len(type_["of"]) > 2:
                raise NoExample
            return self.of(type_["of"][0])
        if kind == "tuple":
            return [self.of(each) for each in type_["of"]]
        if kind in {"list", "set", "frozenset", "tuple_of"}:
            return [self.of(type_["of"])]
        if kind == "dict":
            return {}
        return self._class(type_) if kind == "class" else _EXAMPLES[kind]

    def _key(self, name: str) -> object:
        if any(issubclass(self._entity(each), self._entity(name)) for each in self.entities if each != name):
            return {"entity": name, "key": key_example(self.entities[name])}
        return key_example(self.entities[name])

    def _entity(self, name: str) -> type:
        class_: type = self.schemas.annotation({"kind": "entity", "name": name})
        return class_

    def _class(self, type_: Type) -> object:
        example = _CLASS_EXAMPLES.get(f"{type_['module']}.{type_['name']}")
        if example is not None:
            return example
        class_ = self.schemas.annotation(type_)
        if isinstance(class_, type) and issubclass(class_, enum.Enum):
            for member in class_:
                return member.value
        raise NoExample


def key_example(entity: Entity) -> object:
    """A key that an entity could have."""
    return 1 if entity.key == "int" else entity.name.lower()


_EXAMPLES: dict[str, object] = {
    "any": "anything",
    "none": None,
    "bool": True,
    "int": 1,
    "float": 1.5,
    "str": "text",
    "bytes": "Ynl0ZXM=",
}

_CLASS_EXAMPLES = {
    "datetime.datetime": "2026-01-31T12:00:00Z",
    "datetime.date": "2026-01-31",
    "datetime.time": "12:00:00",
    "datetime.timedelta": "PT1H",
    "decimal.Decimal": "1.50",
    "uuid.UUID": "12345678-1234-5678-1234-567812345678",
}
