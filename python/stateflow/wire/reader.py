"""Bytes as values again."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from enum import Enum, Flag
from typing import Any

import msgpack

from stateflow.wire import codes, raw
from stateflow.wire.containers import BASES
from stateflow.wire.errors import Malformed
from stateflow.wire.exceptions import blank_exception, blank_group, fill_exception
from stateflow.wire.scalars import BY_CODE
from stateflow.wire.values import Wire

_Fill = Callable[[], None]

_FILL_AT_ONCE = 10
"""How many objects of the table may be filled within each other; those further inside are filled afterwards."""


class _Table:
    """The shared objects of a value that is being read."""

    def __init__(self, entries: list[bytes], aliases: dict[int, bytes]) -> None:
        self.entries = entries
        self.aliases = aliases
        self.objects: dict[int, object] = {}
        self.depth = 0
        self.waiting: deque[_Fill] = deque()
        """Objects that are to be filled when those around them are there."""
        self.hashed: list[_Fill] = []
        """Dictionaries and sets of objects, which are filled when all others are: a hash may need what an object holds."""


_NO_TABLE = _Table([], {})


class Reader:
    """Reads values; the references in them, and the objects known by token, are those of one step."""

    def __init__(self, wire: Wire, reference: Callable[[str, Any], object]) -> None:
        self.wire = wire
        self.reference = reference
        self.tokens: dict[bytes, object] = {}
        """The objects of the entity's fields that frames share, as far as they are still there."""
        self.entities: dict[bytes, object] = {}
        """What references are read as, by their bytes: one object for each entity."""
        self._table = _NO_TABLE

    def read(self, data: bytes) -> Any:
        """Return the value of these bytes. Raises `Malformed`."""
        try:
            return self.unpack(data)
        except Malformed:
            raise
        except (ValueError, TypeError, KeyError, IndexError, AttributeError, OverflowError, RecursionError) as error:
            raise Malformed(f"cannot be decoded: {error}") from error

    def unpack(self, data: bytes) -> Any:
        """Read what is nested in another value."""
        pairs_hook = None if self._table is _NO_TABLE else self._mapping
        return msgpack.unpackb(
            data,
            ext_hook=self._extension,
            object_pairs_hook=pairs_hook,
            strict_map_key=False,
            unicode_errors="surrogatepass",
        )

    def shared(self, index: int) -> object:
        """Return the object of an entry of the table, made when it is first asked for."""
        table = self._table
        if index in table.objects:
            return table.objects[index]
        token = table.aliases.get(index)
        if token is not None and token in self.tokens:
            return table.objects.setdefault(index, self.tokens[token])
        return self._make_entry(table.objects, index, table.entries[index])

    def with_table(self, root: bytes, entries: list[bytes], marks: list[Any], aliases: list[Any]) -> object:
        """Read a value and its table of shared objects."""
        outer = self._table
        self._table = _Table(entries, {index: token for token, index in aliases})
        try:
            value = self.unpack(root)
            while self._table.waiting:
                self._table.waiting.popleft()()
            for fill in self._table.hashed:
                fill()
            for token, index in marks:
                self.tokens[token] = self.shared(index)
        finally:
            self._table = outer
        for token, _ in aliases:
            self.tokens.pop(token, None)
        return value

    def _make_entry(self, objects: dict[int, object], index: int, entry: bytes) -> object:
        """Make an object and remember it before what is in it is read, as that may lead back to it."""
        opened = self._open(entry)
        if opened is None:
            return objects.setdefault(index, self.unpack(entry))
        made, fill = opened
        objects[index] = made
        table = self._table
        if table.depth >= _FILL_AT_ONCE:
            table.waiting.append(fill)
            return made
        table.depth += 1
        fill()
        table.depth -= 1
        return made

    def _open(self, entry: bytes) -> tuple[Any, _Fill] | None:
        """Make an object that is filled later; None where there is no such thing for its type."""
        head = entry[0]
        if 0x90 <= head <= 0x9F or head in (0xDC, 0xDD):
            items: list[object] = []
            return items, lambda: items.extend(self.unpack(entry))
        if 0x80 <= head <= 0x8F or head in (0xDE, 0xDF):
            mapping: dict[object, object] = {}
            return mapping, lambda: self.fill_builtin(dict.update, mapping, self.unpack(entry))
        code, data = msgpack.unpackb(entry)
        opener = _OPENERS.get(code)
        return None if opener is None else opener(self, data)

    def fill_builtin(self, fill: Callable[[Any, Any], None], made: object, content: Any) -> None:
        """Fill an instance of a built-in type, or of one that extends it: in a table, after the dictionaries that its content holds."""
        hashed = self._table.hashed
        if hashed or (self._table is not _NO_TABLE and isinstance(made, set) and not self._is_flat(content)):
            hashed.append(lambda: fill(made, content))
        else:
            fill(made, content)

    def _mapping(self, pairs: list[tuple[Any, Any]]) -> dict[Any, Any]:
        if self._is_flat(key for key, _ in pairs):
            return dict(pairs)
        mapping: dict[Any, Any] = {}
        self._table.hashed.append(lambda: mapping.update(pairs))
        return mapping

    def _is_flat(self, values: Iterable[object]) -> bool:
        return self.wire.flat.issuperset(map(type, values))

    def _extension(self, code: int, data: bytes) -> object:
        read = _READERS.get(code)
        if read is None:
            raise Malformed(f"unknown extension type {code}")
        return read(self, data)


def _split_name(data: bytes) -> tuple[bytes, bytes]:
    end = 2 + int.from_bytes(data[:2], "big")
    return data[2:end], data[end:]


def _open_instance(reader: Reader, data: bytes) -> tuple[object, _Fill] | None:
    name, rest = _split_name(data)
    plan = reader.wire.plan(reader.wire.instance_class(name))
    layout = plan.layout
    if plan.make is not None:
        made = plan.make(plan.cls)
        return made, lambda: layout.fill(made, reader.unpack(rest))
    base = plan.base
    if base is None or base.fill is None:
        return None
    instance, fill = base.make(plan.cls, None), base.fill

    def fill_subclass() -> None:
        content, state = reader.unpack(rest)
        layout.fill(instance, state)
        reader.fill_builtin(fill, instance, content)

    return instance, fill_subclass


def _open_builtin(base: Any, cls: type) -> Callable[[Reader, bytes], tuple[object, _Fill] | None]:
    def open_builtin(reader: Reader, data: bytes) -> tuple[object, _Fill] | None:
        made = base.make(cls, None)
        return made, lambda: reader.fill_builtin(base.fill, made, reader.unpack(data))

    return open_builtin


def _open_exception(reader: Reader, data: bytes) -> tuple[object, _Fill] | None:
    name, rest = _split_name(data)
    cls = reader.wire.names.find(name)
    if not issubclass(cls, BaseException):
        raise Malformed(f"{cls.__qualname__} is not an exception")
    if issubclass(cls, BaseExceptionGroup):
        return None
    made = blank_exception(cls)
    return made, lambda: fill_exception(made, reader.wire.layout(cls), reader.unpack(rest))


def _filled(
    opener: Callable[[Reader, bytes], tuple[object, _Fill] | None],
    whole: Callable[[Reader, bytes], object] | None = None,
) -> Callable[[Reader, bytes], object]:
    def read(reader: Reader, data: bytes) -> object:
        opened = opener(reader, data)
        if opened is None:
            assert whole is not None
            return whole(reader, data)
        made, fill = opened
        fill()
        return made

    return read


def _read_subclass(reader: Reader, data: bytes) -> object:
    """Read an instance of an app's class that extends an immutable built-in."""
    name, rest = _split_name(data)
    plan = reader.wire.plan(reader.wire.instance_class(name))
    if plan.base is None:
        raise Malformed(f"{plan.cls.__qualname__} does not extend a built-in type any more")
    content, state = reader.unpack(rest)
    made = plan.base.make(plan.cls, content)
    if state:
        plan.layout.fill(made, state)
    return made


def _read_group(reader: Reader, data: bytes) -> object:
    name, rest = _split_name(data)
    cls = reader.wire.names.find(name)
    content = reader.unpack(rest)
    made = blank_group(cls, content)
    fill_exception(made, reader.wire.layout(cls), content)
    return made


def _read_enum(reader: Reader, data: bytes) -> object:
    name, rest = _split_name(data)
    cls = reader.wire.names.find(name)
    if not issubclass(cls, Enum):
        raise Malformed(f"{cls.__qualname__} is not an enumeration any more")
    value = reader.unpack(rest)
    return cls(value) if issubclass(cls, Flag) else cls[value]


def _read_entity(reader: Reader, data: bytes) -> object:
    found = reader.entities.get(data)
    if found is None:
        found = reader.entities[data] = reader.reference(*raw.unpack(data))
    return found


def _read_shared(reader: Reader, data: bytes) -> object:
    return reader.with_table(*msgpack.unpackb(data))


def _read_raw(code: int) -> Callable[[Reader, bytes], object]:
    make = BY_CODE[code].make
    return lambda reader, data: make(data)


def _read_scalar(code: int) -> Callable[[Reader, bytes], object]:
    make = BY_CODE[code].make
    return lambda reader, data: make(reader.unpack(data))


def _read_immutable(base: Any, cls: type) -> Callable[[Reader, bytes], object]:
    return lambda reader, data: base.make(cls, reader.unpack(data))


_OPENERS: dict[int, Callable[[Reader, bytes], tuple[object, _Fill] | None]] = {
    codes.OBJECT: _open_instance,
    codes.SUBCLASS: _open_instance,
    codes.EXCEPTION: _open_exception,
} | {base.code: _open_builtin(base, cls) for cls, base in BASES.items() if base.fill is not None and base.code}
"""For what may contain itself: how it is made, and then filled."""

_READERS: dict[int, Callable[[Reader, bytes], object]] = (
    {code: _read_raw(code) if code in codes.RAW else _read_scalar(code) for code in BY_CODE}
    | {base.code: _read_immutable(base, cls) for cls, base in BASES.items() if base.fill is None and base.code}
    | {code: _filled(opener) for code, opener in _OPENERS.items()}
    | {
        codes.SUBCLASS: _filled(_open_instance, _read_subclass),
        codes.EXCEPTION: _filled(_open_exception, _read_group),
        codes.TUPLE: lambda reader, data: tuple(reader.unpack(data)),
        codes.BYTEARRAY: lambda reader, data: bytearray(data),
        codes.NAMED: lambda reader, data: reader.wire.names.find(data),
        codes.ENUM: _read_enum,
        codes.ENTITY: _read_entity,
        codes.SHARED: _read_shared,
        codes.SHARED_REF: lambda reader, data: reader.shared(int.from_bytes(data, "big")),
    }
)
