"""Objects that are reached twice: found, and encoded so that they are one object again.

A value in which something is shared is a root and a table. What is shared stands in the table once; elsewhere an entry of the
table stands for it. Entries are encoded one by one, so that the reader can make an object before what is in it: a cycle is
nothing special.

Two more lists go with the table. Marks give tokens to entries: the object of that entry is known by that token from then on. It
need not be in the value: an object that the entity has let go of stands in the table for the frames that still hold it.
Aliases say by which token the reader may already have the object of an entry; where it does not, it takes the entry.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from typing import Any

import msgpack

from stateflow.wire import codes
from stateflow.wire.errors import Unencodable
from stateflow.wire.values import NOTHING, LoweredKey, Wire, extension

_STRINGS = frozenset({str})
_BY_VALUE = (tuple, frozenset)

DEEP = 64
"""How many levels of nesting msgpack is given as they are."""

INLINE = 10
"""In what is nested deeper, how many levels stand in each other before the next object goes to the table."""

TOO_DEEP = 50
"""How many levels of tuples, which cannot go to the table before what they hold, are accepted there."""

_OF_CONTAINERS = frozenset({codes.EXCEPTION, codes.DEFAULTDICT, codes.DEQUE})
"""Types whose content has lists and dictionaries that were made for it."""


class Scan:
    """What is reached from values: raises `Unencodable` where that includes what has no encoding."""

    def __init__(self, wire: Wire, *roots: object) -> None:
        self.seen: dict[int, object] = {}
        """Every object that may be shared, by its `id`."""
        self.shared: set[int] = set()
        """Those that were reached more than once."""
        self.plain = True
        """Whether msgpack can be given the value as it is."""
        self.deep = False
        """Whether it is nested too deeply for that."""
        self._temporary: list[object] = []
        self._walk(wire, roots)

    def aliases(self, other: Scan) -> list[object]:
        """Return the objects with an identity of their own that are reached in `other` too, in order."""
        return [value for ident, value in self.seen.items() if ident in other.seen and type(value) not in _BY_VALUE]

    def _walk(self, wire: Wire, roots: tuple[object, ...]) -> None:
        level: list[Any] = [*roots]
        depth = 0
        while level:
            level = self._inside(wire, level)
            depth += 1
        self.deep = depth > DEEP

    def _inside(self, wire: Wire, level: list[Any]) -> list[Any]:
        """Note the objects of one level of nesting, and return those of the next."""
        seen, flat = self.seen, wire.flat
        inside: list[Any] = []
        for value in level:
            kind = type(value)
            if kind in flat:
                continue
            encoder = None
            if kind is not list and kind is not dict:
                encoder = wire.encoder(kind)
                if encoder.leaf:
                    continue
            ident = id(value)
            if ident in seen:
                self.shared.add(ident)
                continue
            seen[ident] = value
            if encoder is not None:
                if kind is bytearray:
                    self.plain = False
                    continue
                value = encoder.parts(value)[1]
                self._temporary.append(value)
            if type(value) is dict:
                if not _STRINGS.issuperset(map(type, value)):
                    inside.extend(value)
                value = value.values()
            elif type(value) is not list:
                continue
            if not flat.issuperset(map(type, value)):
                inside.extend(value)
        return inside


def encode(
    wire: Wire,
    root: object,
    scan: Scan,
    marks: Mapping[bytes, object] | None = None,
    aliases: Mapping[bytes, object] | None = None,
) -> bytes:
    """Encode a value that has been scanned, together with the objects that are to be marked.

    `marks` and `aliases` are objects by token. Those of `marks` need not be in the value, those of `aliases` are.
    """
    marks, aliases = marks or {}, aliases or {}
    if scan.plain and not scan.deep and not scan.shared and not marks and not aliases:
        return wire.pack(root)
    tabled = scan.shared | {id(value) for known in (marks, aliases) for value in known.values()}
    while True:
        try:
            return _Lowering(wire, tabled, marks, aliases).encode(root)
        except _Cycle as cycle:
            tabled.add(cycle.through)


def encode_value(wire: Wire, root: object) -> bytes:
    """Encode a value by itself. Raises `Unencodable`."""
    return wire.pack(root) if _is_simple(wire, root) else encode(wire, root, Scan(wire, root))


def _is_simple(wire: Wire, root: Any) -> bool:
    """Tell at a glance whether msgpack can be given a value as it is: most values hold lists and dictionaries at most, each once, in
    which there are no more of them. What this does not tell is found out by a scan."""
    flat = wire.flat
    kind = type(root)
    if kind in flat:
        return True
    if kind is dict and _STRINGS.issuperset(map(type, root)):
        root = root.values()
    elif kind is not list:
        return False
    met = set()
    for value in root:
        kind = type(value)
        if kind in flat:
            continue
        if id(value) in met:
            return False
        met.add(id(value))
        if kind is dict and _STRINGS.issuperset(map(type, value)):
            value = value.values()
        elif kind is not list:
            return False
        if not flat.issuperset(map(type, value)):
            return False
    return True


class _Cycle(Exception):
    """A tuple leads back to itself: what it goes through has to stand in the table, to be there before it is filled."""

    def __init__(self, through: int) -> None:
        super().__init__(through)
        self.through = through


class _Lowering:
    """Rewrites a value to what msgpack has forms for, with the shared objects in a table."""

    def __init__(
        self, wire: Wire, tabled: set[int], marks: Mapping[bytes, object], aliases: Mapping[bytes, object]
    ) -> None:
        self._wire = wire
        self._flat = wire.flat
        self._marks = marks
        self._aliases = aliases
        self._tabled = tabled
        self._open: list[object] = []
        self._index: dict[int, int] = {}
        self._entries: list[bytes] = []
        self._waiting: deque[tuple[int, object]] = deque()
        self._temporary: list[object] = []
        """What stands for the contents of objects: no other may get its `id`."""

    def encode(self, root: object) -> bytes:
        lowered = self._pack(self._lower(root))
        for marked in self._marks.values():
            self._lower(marked)
        while self._waiting:
            index, value = self._waiting.popleft()
            self._entries[index] = self._pack(self._body(value))
        if not self._entries:
            return lowered
        table = [lowered, self._entries, self._tokens(self._marks), self._tokens(self._aliases)]
        return self._pack(extension(codes.SHARED, self._pack(table)))

    def _tokens(self, objects: Mapping[bytes, object]) -> list[list[object]]:
        return [[token, self._index[id(value)]] for token, value in objects.items()]

    def _pack(self, lowered: object) -> bytes:
        return self._wire.pack(lowered)

    def _lower(self, value: Any) -> Any:
        if type(value) in self._flat:
            return value
        ident = id(value)
        index = self._index.get(ident)
        deep = index is None and len(self._open) >= INLINE and self._wire.is_made_empty(type(value))
        if ident not in self._tabled and not deep:
            return self._body(value)
        if index is None:
            index = self._index[ident] = len(self._entries)
            self._entries.append(b"")
            if deep:
                self._tabled.add(ident)
                self._waiting.append((index, value))
            else:
                self._entries[index] = self._pack(self._body(value))
        elif not self._entries[index]:
            self._check_cycle(value)
        return extension(codes.SHARED_REF, index.to_bytes(4, "big").lstrip(b"\0"))

    def _check_cycle(self, value: object) -> None:
        """See to it that something on the way from an object that is being encoded to itself can be made empty."""
        start = next((index for index, candidate in enumerate(self._open) if candidate is value), len(self._open))
        holders = [candidate for candidate in self._open[start:] if self._wire.is_made_empty(type(candidate))]
        if holders and not any(id(holder) in self._tabled for holder in holders):
            raise _Cycle(id(holders[-1]))

    def _body(self, value: Any) -> Any:
        if len(self._open) > TOO_DEEP:
            raise Unencodable("a value is nested too deeply")
        self._open.append(value)
        body = self._make_body(value)
        self._open.pop()
        return body

    def _make_body(self, value: Any) -> Any:
        kind = type(value)
        if kind is list or kind is dict:
            return self._inside(value)
        encoder = self._wire.encoder(kind)
        if encoder.leaf:
            return value
        prefix, content = encoder.parts(value)
        if content is NOTHING:
            return extension(encoder.code, prefix)
        self._temporary.append(content)
        if encoder.code == codes.SUBCLASS:
            base = self._wire.plan(kind).base
            assert base is not None
            of, state = content
            lowered: Any = [self._parts(base.code, of), self._inside(state)]
        else:
            lowered = self._parts(encoder.code, content)
        return extension(encoder.code, prefix + self._pack(lowered))

    def _parts(self, code: int | None, content: Any) -> Any:
        """Rewrite what an object is filled with. Lists and dictionaries that were made for that stand in it: in the table, one may be
        filled later than what it is taken for."""
        if code not in _OF_CONTAINERS:
            return self._inside(content)
        return [self._inside(part) if type(part) in (list, dict) else self._lower(part) for part in content]

    def _inside(self, content: Any) -> Any:
        if type(content) is list:
            if self._flat.issuperset(map(type, content)):
                return content
            return [self._lower(value) for value in content]
        if type(content) is dict:
            if _STRINGS.issuperset(map(type, content)):
                return {key: self._lower(value) for key, value in content.items()}
            return {self._key(key): self._lower(value) for key, value in content.items()}
        return content

    def _key(self, key: Any) -> Any:
        lowered = self._lower(key)
        return LoweredKey(lowered) if type(lowered) is msgpack.ExtType else lowered
