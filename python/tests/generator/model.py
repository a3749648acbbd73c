"""What a generated program consists of, before its methods have bodies."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from .types import ABLE, EITHER, Type


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
    """A method or function. Its first parameter is always `fuel`, which ends recursion, but for a property, which has none."""

    entity: str
    """The class that it belongs to; that of its crate where it is a function."""
    name: str
    parameters: tuple[Parameter, ...]
    result: Type
    form: str = "method"
    """`method`, `property`, `static`, `class`, `function`, or `plain` (a method of the crate)."""
    is_async: bool = False
    settable: bool = False
    """Whether a property has a setter."""

    @property
    def helper(self) -> bool:
        """Whether it runs where it is called, so that it may share objects with its callers."""
        return self.name.startswith("_") or self.form not in ("method", "property")

    @property
    def public(self) -> bool:
        """Whether clients may call it."""
        return self.form == "method" and not self.helper


@dataclass
class Entity:
    """A class of entities."""

    name: str
    key: Type
    fields: dict[str, Type]
    """Without the key, the log and the counter of what it created."""
    methods: list[Method] = field(default_factory=list)
    """Its own."""
    base: str | None = None
    """The entity that it inherits from."""


@dataclass(frozen=True)
class Size:
    """How much of everything there may be in a program."""

    entities: int
    methods: int
    """Of each class; there are as many helpers, functions and calls of clients as are said further on."""
    helpers: int
    forms: float
    """How likely a class has a static method, a class method and a property."""
    statements: int
    """Of a body."""
    calls: int
    """Of clients."""


SMALL, LARGE = Size(2, 2, 1, 0.15, 4, 5), Size(3, 4, 2, 0.3, 6, 9)
SIZES = (*[SMALL] * 19, LARGE)
"""Small ones find more in the same time, but some things take room."""


@dataclass
class Model:
    """The classes of a program."""

    entities: list[Entity]
    crate: Entity
    """A plain class that is built like an entity, which every entity has one of."""
    size: Size = SMALL
    functions: list[Method] = field(default_factory=list)
    """Of the module."""
    mixin: bool = False
    """Whether what all classes have stands in a class that they inherit from."""
    _common: dict[Type, list[Method]] = field(default_factory=dict)

    @property
    def classes(self) -> list[Entity]:
        """Those of entities, and the crate."""
        return [*self.entities, self.crate]

    def inherited(self, known: Entity) -> list[Method]:
        """The methods of a class: its own, and those of its base that it does not override."""
        if known.base is None:
            return known.methods
        own = {method.name for method in known.methods}
        base = self.inherited(self.entity(known.base))
        return known.methods + [method for method in base if method.name not in own]

    def derived(self, name: str) -> list[str]:
        """The classes that inherit from a class."""
        return [known.name for known in self.entities if known.base == name]

    def entity(self, name: str) -> Entity:
        """The class of this name."""
        return next(entity for entity in self.entities if entity.name == name)

    def is_entity(self, type: Type) -> bool:
        """Whether values of a type are references to entities of one class, or of those that inherit from it."""
        return any(type.name == entity.name for entity in self.entities)

    def is_reference(self, type: Type) -> bool:
        """Whether values of a type are references."""
        return type in (EITHER, ABLE) or self.is_entity(type)

    def behind(self, type: Type) -> list[str]:
        """The classes of the entities that a reference of a type may lead to."""
        if type == ABLE:
            return [known.name for known in self.entities]
        if type == EITHER:
            return [known.name for known in self.entities[:2]]
        return [type.name, *self.derived(type.name)]

    def common(self, type: Type) -> list[Method]:
        """The methods that all entities have that a reference of a type may lead to."""
        if type not in self._common:
            first, *others = [self.inherited(self.entity(name)) for name in self.behind(type)]
            shared = [method for method in first if method.public and all(_has(other, method) for other in others)]
            self._common[type] = shared
        return self._common[type]


def _has(methods: list[Method], wanted: Method) -> bool:
    return any(replace(method, entity=wanted.entity) == wanted for method in methods)


class Scope:
    """The local variables of a method: their types, and which of them have a value for sure."""

    def __init__(self, types: dict[str, Type]) -> None:
        self.types = types
        self.bound = set(types)
        self.kept = {"fuel"}
        """The names that are not assigned again."""

    def names(self, type: Type) -> list[str]:
        """Those of a type that have a value."""
        return sorted(name for name in self.bound if self.types[name] == type)

    def perhaps(self, type: Type) -> list[str]:
        """Those of a type that may have no value."""
        return sorted(name for name, known in self.types.items() if known == type and name not in self.bound)
