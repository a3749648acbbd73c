"""What a generated program consists of, before its methods have bodies."""

from __future__ import annotations

from dataclasses import dataclass, field

from .types import Type


@dataclass(frozen=True)
class Parameter:
    """A parameter of a method."""

    name: str
    type: Type
    default: str | None = None
    kind: str = "plain"
    """`plain`, `star` (the rest of the positional arguments) or `keyword` (keyword-only)."""


@dataclass(frozen=True)
class Method:
    """A method. Its first parameter is always `fuel`, which ends recursion."""

    entity: str
    name: str
    parameters: tuple[Parameter, ...]
    result: Type

    @property
    def helper(self) -> bool:
        """Whether only its own entity calls it, so that it may share objects with its callers."""
        return self.name.startswith("_")


@dataclass
class Entity:
    """A class of entities."""

    name: str
    key: Type
    fields: dict[str, Type]
    """Without the key, the log and the counter of what it created."""
    methods: list[Method] = field(default_factory=list)


@dataclass
class Model:
    """The classes of a program."""

    entities: list[Entity]

    def entity(self, name: str) -> Entity:
        """The class of this name."""
        return next(entity for entity in self.entities if entity.name == name)

    def is_entity(self, type: Type) -> bool:
        """Whether values of a type are references."""
        return any(type.name == entity.name for entity in self.entities)


class Scope:
    """The local variables of a method: their types, and which of them have a value for sure."""

    def __init__(self, types: dict[str, Type]) -> None:
        self.types = types
        self.bound = set(types)

    def names(self, type: Type) -> list[str]:
        """Those of a type that have a value."""
        return sorted(name for name in self.bound if self.types[name] == type)

    def perhaps(self, type: Type) -> list[str]:
        """Those of a type that may have no value."""
        return sorted(name for name, known in self.types.items() if known == type and name not in self.bound)
