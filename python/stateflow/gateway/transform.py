"""Changes pydantic's core schemas to what the gateway accepts: references, plain time zones, no arbitrary classes."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Mapping, Sequence
from typing import Any, cast

from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from stateflow.gateway.surface import Entity
from stateflow.step.message import Address

ENTITIES = "stateflow_entities"
"""Metadata of a placeholder schema: the names of the entities whose references may stand there."""

TOLD = "stateflow_told"
"""Metadata of a placeholder schema: whether the annotation is the class of the only such entity."""

KEY_OF = "stateflow_key_of"
"""Metadata of the schema of a reference that is given by its key alone."""

REFUSED = "stateflow_refused"
"""Metadata of the schema of what cannot be given as JSON."""

_SCHEMA_KEYS = frozenset(
    {
        "schema",
        "items_schema",
        "keys_schema",
        "values_schema",
        "arguments_schema",
        "extras_schema",
        "var_args_schema",
        "var_kwargs_schema",
        "lax_schema",
        "strict_schema",
        "json_schema",
        "python_schema",
        "choices",
        "steps",
        "definitions",
    }
)


class Transformer:
    """Rewrites the schemas of one app."""

    def __init__(self, entities: Mapping[str, Entity]) -> None:
        self._entities = entities

    def walk(self, schema: CoreSchema) -> CoreSchema:
        """The schema with every part that needs it replaced."""
        return cast(CoreSchema, self._node(cast("dict[str, Any]", schema), alone=True))

    def _node(self, node: dict[str, Any], *, alone: bool) -> dict[str, Any]:
        """A schema or field; `alone` says that no other alternative of a union stands beside it."""
        metadata = node.get("metadata") or {}
        names = metadata.get(ENTITIES)
        if names is not None:
            return cast("dict[str, Any]", self._key(names[0]) if alone and metadata[TOLD] else self._address(names))
        replace = _REPLACED.get(node.get("type", ""))
        if replace is not None:
            return cast("dict[str, Any]", replace(node))
        beside = node.get("type") in {"union", "tagged-union"} and len(node["choices"]) > 1
        alone = not beside and (alone or node.get("type") not in {"default", "nullable"})
        changed = dict(node)
        for name, child in node.items():
            if name == "fields" and node.get("type") in {"typed-dict", "model-fields", "dataclass-args"}:
                changed[name] = self._children(child, alone=True)
            elif name in _SCHEMA_KEYS:
                changed[name] = self._children(child, alone=alone)
        return changed

    def _children(self, child: Any, *, alone: bool) -> Any:
        if isinstance(child, list):
            return [self._children(each, alone=alone) for each in child]
        if isinstance(child, tuple):
            return (self._children(child[0], alone=alone), *child[1:])
        if isinstance(child, dict) and not isinstance(child.get("type"), str):
            if "schema" in child and isinstance(child.get("name"), str):
                return {**child, "schema": self._children(child["schema"], alone=alone)}
            return {name: self._children(each, alone=alone) for name, each in child.items()}
        return self._node(child, alone=alone) if isinstance(child, dict) else child

    def _key(self, entity: str) -> CoreSchema:
        """A reference given by its key."""
        return core_schema.no_info_after_validator_function(
            lambda key: Address(entity, key),
            _key_schema(self._entities[entity].key),
            metadata={KEY_OF: entity},
        )

    def _address(self, names: Sequence[str]) -> CoreSchema:
        """A reference given by the name of its entity and its key."""
        choices: dict[Any, CoreSchema] = {
            name: core_schema.typed_dict_schema(
                {
                    "entity": core_schema.typed_dict_field(core_schema.literal_schema([name]), required=True),
                    "key": core_schema.typed_dict_field(_key_schema(self._entities[name].key), required=True),
                },
                extra_behavior="forbid",
            )
            for name in names
        }
        return core_schema.no_info_after_validator_function(
            lambda given: Address(given["entity"], given["key"]),
            core_schema.tagged_union_schema(choices, discriminator="entity"),
        )


def _key_schema(kind: str) -> CoreSchema:
    return core_schema.int_schema(strict=True) if kind == "int" else core_schema.str_schema(strict=True)


def _plain_zone(value: Any) -> Any:
    """The same time with a time zone of the standard library, which other machines can decode."""
    zone = value.tzinfo
    if zone is None or isinstance(zone, datetime.timezone):
        return value
    offset = zone.utcoffset(value if isinstance(value, datetime.datetime) else None)
    return value.replace(tzinfo=datetime.timezone(offset) if offset else datetime.UTC)


def _with_plain_zone(schema: dict[str, Any]) -> CoreSchema:
    return core_schema.no_info_after_validator_function(_plain_zone, cast(CoreSchema, schema))


def _refused(schema: dict[str, Any]) -> CoreSchema:
    name = getattr(schema.get("cls"), "__qualname__", None)
    what = f"a value of class {name}" if name and name != "Unknown" else "a value of this type"

    def refuse(_: Any) -> Any:
        raise PydanticCustomError("not_from_json", f"{what} cannot be given as JSON")

    return core_schema.no_info_plain_validator_function(refuse, metadata={REFUSED: what})


_REPLACED: dict[str, Callable[[dict[str, Any]], CoreSchema]] = {
    "datetime": _with_plain_zone,
    "time": _with_plain_zone,
    "is-instance": _refused,
    "is-subclass": _refused,
    "callable": _refused,
    "generator": _refused,
}
