"""What clients can address: the entities of `dataflow.json` with their parameters, results and fields."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Type = Mapping[str, Any]
"""A type of the intermediate representation, as parsed JSON (`{"kind": "list", "of": …}`)."""


@dataclass(frozen=True, slots=True)
class Param:
    """A parameter of a method: `kind` is one of the five of the intermediate representation."""

    name: str
    kind: str
    type: Type
    default: str | None


@dataclass(frozen=True, slots=True)
class Method:
    """A method that clients may call."""

    name: str
    doc: str | None
    params: Sequence[Param]
    returns: Type


@dataclass(frozen=True, slots=True)
class Entity:
    """An entity: `key` is "str" or "int", `init` is its creation."""

    name: str
    module: str
    doc: str | None
    key: str
    fields: Mapping[str, Type]
    init: Method
    methods: Mapping[str, Method]


@dataclass(frozen=True, slots=True)
class Surface:
    """All that an app serves; `modules` are the names of its own modules."""

    app: str
    modules: frozenset[str]
    entities: Mapping[str, Entity]


def read_surface(dataflow: Mapping[str, Any]) -> Surface:
    """The surface of an app from its intermediate representation; methods that begin with `_` are left out."""
    entities = {}
    for entity in dataflow["entities"]:
        name = entity["name"]
        entities[name] = Entity(
            name=name,
            module=entity["module"],
            doc=entity["doc"],
            key=entity["key"]["type"],
            fields={field["name"]: field["type"] for field in entity["fields"]},
            init=Method("__init__", None, _params(entity["init"]), {"kind": "entity", "name": name}),
            methods={
                method["name"]: Method(method["name"], method["doc"], _params(method["params"]), method["returns"])
                for method in entity["methods"]
                if not method["name"].startswith("_")
            },
        )
    return Surface(dataflow["name"], frozenset(module["name"] for module in dataflow["modules"]), entities)


def _params(params: Sequence[Mapping[str, Any]]) -> list[Param]:
    return [Param(param["name"], param["kind"], param["type"], param["default"]) for param in params]
