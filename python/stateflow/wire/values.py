"""Values as msgpack, in strict mode: what msgpack has no exact form for becomes an extension type."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum, Flag
from types import FunctionType
from typing import Any, NamedTuple

import msgpack

from stateflow.wire import codes, raw
from stateflow.wire.containers import BASES, Base
from stateflow.wire.errors import Malformed, Unencodable, article
from stateflow.wire.exceptions import exception_content
from stateflow.wire.layout import Layout, blank_maker
from stateflow.wire.names import Names
from stateflow.wire.scalars import EAGER, LAZY, Scalar

SCALARS: frozenset[type] = frozenset({str, int, float, bool, type(None), bytes})
"""The types that msgpack encodes exactly, and that hold no others."""

NOTHING = object()
"""The content of what is all in its prefix."""


_OTHERWISE_ENCODED = (Enum, BaseException)


class LoweredKey:
    """A dictionary key that has become an extension type: two of the same bytes stay two keys."""

    __slots__ = ("extension",)

    def __init__(self, extension: msgpack.ExtType) -> None:
        self.extension = extension


class Encoder(NamedTuple):
    """How the instances of one type become an extension type."""

    code: int
    parts: Callable[[Any], tuple[bytes, Any]]
    """The raw bytes that come first, and a list or dictionary or scalar to encode after them."""
    leaf: bool
    """Whether no value inside can be reached from elsewhere."""


class Plan(NamedTuple):
    """How the instances of one of the app's classes are made."""

    cls: type
    base: Base | None
    """The built-in type that it extends."""
    make: Callable[..., Any] | None
    """Makes an instance without attributes, where it extends none."""
    layout: Layout


class Wire:
    """The values of one app. It may be used by several threads."""

    def __init__(self, names: Names) -> None:
        self.names = names
        self.flat: set[type] = set(SCALARS)
        """The types met so far of which no value inside can be reached from elsewhere."""
        self._encoders: dict[type, Encoder] = {}
        self._plans: dict[type, Plan] = {}
        self._layouts: dict[type, Layout] = {}
        self._entities: set[type] = set()
        self._packers: list[msgpack.Packer] = []
        self._lines: Callable[[BaseException], list[Any]] = lambda _: []

    def add_entity(self, cls: type, address: Callable[[Any], tuple[str, str | int]]) -> None:
        """Encode the instances of a class as references."""
        self._entities.add(cls)
        self.flat.add(cls)
        self._encoders[cls] = Encoder(codes.ENTITY, lambda value: (raw.pack(address(value)), NOTHING), True)

    def trace_with(self, lines: Callable[[BaseException], list[Any]]) -> None:
        """Take the traceback lines of exceptions from this function."""
        self._lines = lines

    def pack(self, value: object) -> bytes:
        """Encode a value in which nothing is shared. Raises `Unencodable`."""
        try:
            packer = self._packers.pop()
        except IndexError:
            packer = self._packer()
        try:
            packed: bytes = packer.pack(value)
        except (ValueError, RecursionError) as error:
            raise Unencodable(f"a value is too large: {error}") from error
        self._packers.append(packer)
        return packed

    def encoder(self, kind: type) -> Encoder:
        """Return how a type that msgpack has no form for is encoded. Raises `Unencodable` where it is not."""
        encoder = self._encoders.get(kind)
        if encoder is None:
            encoder = self._encoders[kind] = self._learn(kind)
            if encoder.leaf:
                self.flat.add(kind)
        return encoder

    def plan(self, cls: type) -> Plan:
        """Return how a class of the app's is taken apart and put together. Raises `Unencodable` where it cannot be."""
        plan = self._plans.get(cls)
        if plan is None:
            base = next((BASES[candidate] for candidate in BASES if issubclass(cls, candidate)), None)
            make = blank_maker(cls) if base is None else None
            plan = self._plans[cls] = Plan(cls, base, make, self.layout(cls))
        return plan

    def layout(self, cls: type) -> Layout:
        """Return where the attributes of the instances of a class are."""
        layout = self._layouts.get(cls)
        if layout is None:
            layout = self._layouts[cls] = Layout(cls)
        return layout

    def is_made_empty(self, kind: type) -> bool:
        """Tell whether instances of a type are made before what they hold is read."""
        if kind in BASES or issubclass(kind, tuple(BASES)):
            base = BASES.get(kind) or self.plan(kind).base
            return base is not None and base.fill is not None
        return not issubclass(kind, BaseExceptionGroup)

    def instance_class(self, name: bytes) -> type:
        """Return the plain class of the app's of that name. Raises `Malformed` where it is none."""
        cls = self.names.find(name)
        if not isinstance(cls, type) or cls in self._entities or issubclass(cls, _OTHERWISE_ENCODED):
            raise Malformed(f"{name.decode()} is not a plain class of the app")
        return cls

    def _packer(self) -> msgpack.Packer:
        return msgpack.Packer(default=self._default, strict_types=True, unicode_errors="surrogatepass", buf_size=4096)

    def _default(self, value: Any) -> Any:
        kind = type(value)
        if kind is LoweredKey:
            return value.extension
        code, parts, _ = self._encoders.get(kind) or self.encoder(kind)
        prefix, content = parts(value)
        return extension(code, prefix if content is NOTHING else prefix + self.pack(content))

    def _learn(self, kind: type) -> Encoder:
        scalar = EAGER.get(kind) or LAZY.get(f"{kind.__module__}.{kind.__qualname__}")
        if scalar is not None:
            return _scalar_encoder(scalar)
        if kind in BASES:
            return self._builtin_encoder(BASES[kind], kind)
        if issubclass(kind, type) or kind is FunctionType:
            return Encoder(codes.NAMED, lambda value: (self.names.name(value), NOTHING), True)
        if issubclass(kind, Enum):
            return self._enum_encoder(kind)
        if issubclass(kind, BaseException):
            return self._exception_encoder(kind)
        if self.names.owns(kind):
            return self._instance_encoder(kind)
        raise Unencodable(f"{article(_type_name(kind))} cannot be encoded")

    def _builtin_encoder(self, base: Base, kind: type) -> Encoder:
        if base.code is None:
            raise Unencodable(f"{article(kind.__name__)} cannot be encoded here")
        content = base.content
        if kind is bytearray:
            return Encoder(base.code, lambda value: (bytes(value), NOTHING), False)
        if kind is complex:
            return Encoder(base.code, lambda value: (b"", content(value)), True)
        if kind is set or kind is frozenset:
            return Encoder(base.code, lambda value: (b"", self._in_order(list(value))), False)
        if kind is tuple:
            return Encoder(base.code, lambda value: (b"", list(value)), False)
        return Encoder(base.code, lambda value: (b"", content(value)), False)

    def _enum_encoder(self, kind: type[Enum]) -> Encoder:
        prefix = self._prefix(kind)
        if issubclass(kind, Flag):
            return Encoder(codes.ENUM, lambda value: (prefix, value._value_), True)
        return Encoder(codes.ENUM, lambda value: (prefix, value._name_), True)

    def _exception_encoder(self, kind: type[BaseException]) -> Encoder:
        prefix = self._prefix(kind)
        layout = self.layout(kind)
        return Encoder(
            codes.EXCEPTION,
            lambda value: (prefix, exception_content(value, layout, self._lines(value))),
            False,
        )

    def _instance_encoder(self, kind: type) -> Encoder:
        prefix = self._prefix(kind)
        plan = self.plan(kind)
        state = plan.layout.state
        if plan.base is None:
            return Encoder(codes.OBJECT, lambda value: (prefix, state(value)), False)
        content = plan.base.content
        if issubclass(kind, set | frozenset):
            return Encoder(
                codes.SUBCLASS, lambda value: (prefix, [self._in_order(content(value)), state(value)]), False
            )
        return Encoder(codes.SUBCLASS, lambda value: (prefix, [content(value), state(value)]), False)

    def _prefix(self, kind: type) -> bytes:
        name = self.names.name(kind)
        return len(name).to_bytes(2, "big") + name

    def _in_order(self, elements: Any) -> list[Any]:
        """Order the elements of a set by something that is the same in every process."""
        kinds = set(map(type, elements))
        if len(kinds) == 1 and kinds <= {str, int, bytes}:
            return sorted(elements)
        try:
            return sorted(elements, key=self.pack)
        except RecursionError:
            return list(elements)


def extension(code: int, data: bytes) -> Any:
    """Return an extension type: `ExtType` without its checks."""
    return tuple.__new__(msgpack.ExtType, (code, data))


def _scalar_encoder(scalar: Scalar) -> Encoder:
    content: Callable[[Any], Any] = scalar.content
    if scalar.code in codes.RAW:
        return Encoder(scalar.code, lambda value: (content(value), NOTHING), True)
    return Encoder(scalar.code, lambda value: (b"", content(value)), True)


def _type_name(kind: type) -> str:
    return kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"
