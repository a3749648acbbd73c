"""Where in a value the part is that cannot be encoded, in the words of Python: `['friends'][3].callback`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from stateflow.errors import StateflowError
from stateflow.wire import codes
from stateflow.wire.errors import Unencodable
from stateflow.wire.values import SCALARS, Encoder, Wire


def explain(wire: Wire, where: str, values: Iterable[tuple[str, object]], error: Unencodable) -> StateflowError:
    """Return the exception to raise where one of the labelled values could not be encoded, for the given reason."""
    seen: set[int] = set()
    for label, value in values:
        found = _find(wire, label, value, seen)
        if found is not None:
            return StateflowError(f"{where}: {found}")
    return StateflowError(f"{where}: {error}")


def _find(wire: Wire, label: str, root: object, seen: set[int]) -> str | None:
    """Search depth first, in the order of the value, without recursion: it may be nested too deeply for that."""
    stack: list[Iterator[tuple[str, object]]] = [iter([(label, root)])]
    keep: list[object] = []
    while stack:
        step = next(stack[-1], None)
        if step is None:
            stack.pop()
            continue
        path, value = step
        kind = type(value)
        if kind in SCALARS or id(value) in seen:
            continue
        seen.add(id(value))
        keep.append(value)
        try:
            encoder = None if kind is list or kind is dict else wire.encoder(kind)
            content = value if encoder is None else _content(encoder, value)
        except Unencodable as error:
            return f"{path}: {error}"
        stack.append(_children(path, encoder, content))
    return None


def _content(encoder: Encoder, value: object) -> object:
    if encoder.code in (codes.SET, codes.FROZENSET):
        return list(value)  # type: ignore[call-overload]
    return encoder.parts(value)[1]


def _children(path: str, encoder: Encoder | None, content: Any) -> Iterator[tuple[str, object]]:
    code = None if encoder is None else encoder.code
    if code == codes.EXCEPTION:
        args, state, members, cause, context, *_ = content
        yield from _children(f"{path}.args", None, args)
        yield from _attributes(path, {**(members or {}), **(state or {})})
        yield from ((f"{path}.__cause__", cause), (f"{path}.__context__", context))
    elif code == codes.OBJECT:
        yield from _attributes(path, content)
    elif code == codes.SUBCLASS:
        yield from _children(path, None, content[0])
        yield from _attributes(path, content[1])
    elif code == codes.DEFAULTDICT:
        yield f"{path}.default_factory", content[0]
        yield from _children(path, None, content[1])
    elif code == codes.DEQUE:
        yield from _children(path, None, content[1])
    elif type(content) is dict:
        for key, value in content.items():
            yield f"{path} key {key!r}", key
            yield f"{path}[{key!r}]", value
    elif type(content) is list:
        inside = "{}" if code in (codes.SET, codes.FROZENSET) else None
        for index, value in enumerate(content):
            yield f"{path}{inside or f'[{index}]'}", value


def _attributes(path: str, state: Mapping[str, object]) -> Iterator[tuple[str, object]]:
    for name, value in state.items():
        yield f"{path}.{name}", value
