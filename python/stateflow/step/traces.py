"""Tracebacks in lines of the user's own files."""

from __future__ import annotations

import os
from bisect import bisect_right
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import CodeType, TracebackType
from typing import Any, NamedTuple

from stateflow.step.message import CallSite
from stateflow.step.reply import Failure, Line
from stateflow.wire.exceptions import LINES


class _Place(NamedTuple):
    """Where a piece of code stands."""

    path: str
    function: str


class Traces:
    """Knows which line of the user's files each line of the bundle's modules comes from."""

    def __init__(self, root: Path, linemap: Mapping[str, Any], sources: Mapping[str, str]) -> None:
        self._root = os.path.join(os.path.realpath(root), "")
        self._maps = {path: _FileMap(entry) for path, entry in linemap.items()}
        self._sources = sources
        self._texts: dict[str, list[str]] = {}
        self._places: dict[CodeType, _Place | None] = {}

    def lines(self, error: BaseException) -> list[Line]:
        """Return the lines of an exception's traceback so far, the outermost first."""
        lines = []
        traceback = error.__traceback__
        while traceback is not None:
            place = self._place(traceback.tb_frame.f_code)
            if place is not None:
                line = self._origin(place.path, traceback.tb_lineno)
                if line is None and traceback.tb_next is None:
                    line = self._origin_behind(place.path, traceback)
                if line is not None:
                    lines.append(self.line(place.path, line, place.function))
            traceback = traceback.tb_next
        lines.extend(Line(*line) for line in error.__dict__.get(LINES, ()))
        return lines

    def site(self, code: CodeType, line: int) -> CallSite | None:
        """Return the call site on a line of the user's file, made by a block of this code."""
        place = self._place(code)
        return None if place is None else CallSite(place.path, line, place.function, 1)

    def line(self, path: str, line: int, function: str) -> Line:
        """Return a line with its text."""
        texts = self._texts.get(path)
        if texts is None:
            texts = self._texts[path] = self._sources.get(path, "").split("\n")
        return Line(path, line, function, texts[line - 1].strip() if line <= len(texts) else "")

    def trail(self, trail: Iterable[CallSite]) -> list[Line]:
        """Return the lines of forwarded calls."""
        return [self.line(site.path, site.line, site.function) for site in trail for _ in range(site.times)]

    def failure(self, error: BaseException) -> Failure:
        """Describe an exception and what led to it."""
        return self._describe(error, set())

    def _describe(self, error: BaseException, described: set[int]) -> Failure:
        described.add(id(error))

        def describe(other: BaseException | None) -> Failure | None:
            return None if other is None or id(other) in described else self._describe(other, described)

        kind = type(error)
        held = error.exceptions if isinstance(error, BaseExceptionGroup) else ()
        return Failure(
            type=kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}",
            message=_message(error),
            lines=tuple(self.lines(error)),
            notes=tuple(str(note) for note in getattr(error, "__notes__", ())),
            cause=describe(error.__cause__),
            context=None if error.__suppress_context__ else describe(error.__context__),
            exceptions=tuple(self._describe(part, described) for part in held),
        )

    def _place(self, code: CodeType) -> _Place | None:
        if code not in self._places:
            self._places[code] = self._find_place(code)
        return self._places[code]

    def _find_place(self, code: CodeType) -> _Place | None:
        filename = os.path.realpath(code.co_filename)
        if not filename.startswith(self._root):
            return None
        path = filename[len(self._root) :].replace(os.sep, "/")
        if path not in self._sources:
            return None
        entry = self._maps.get(path)
        method = None if entry is None else entry.method(code.co_firstlineno)
        if method is None:
            return _Place(path, code.co_qualname)
        _, nested, inner = code.co_qualname.partition(".<locals>")
        return _Place(path, method + nested + inner)

    def _origin_behind(self, path: str, traceback: TracebackType) -> int | None:
        """Return the first line of the user's file behind the line of ours that raised.

        Ours do not raise. But CPython 3.11, in a warm function, reads a local together with the store before it, and
        names that line where the local has no value.
        """
        lines = traceback.tb_frame.f_code.co_lines()
        behind = (line for _, end, line in lines if end > traceback.tb_lasti and line is not None)
        origins = (self._origin(path, line) for line in behind)
        return next((origin for origin in origins if origin is not None), None)

    def _origin(self, path: str, line: int) -> int | None:
        entry = self._maps.get(path)
        return line if entry is None else entry.origin(line)


class _FileMap:
    """The lines of one file; see `linemap.json`."""

    def __init__(self, entry: Mapping[str, Any]) -> None:
        self._runs: list[list[int]] = entry["lines"]
        self._functions: list[list[Any]] = sorted(entry["functions"])

    def origin(self, line: int) -> int | None:
        """Return the line of the user's file that a line comes from."""
        index = bisect_right(self._runs, line, key=lambda run: run[0]) - 1
        if index < 0:
            return None
        first, origin, count = self._runs[index]
        return origin + line - first if line < first + count else None

    def method(self, line: int) -> str | None:
        """Return the name of the method whose block stands on a line."""
        index = bisect_right(self._functions, line, key=lambda function: function[0]) - 1
        if index < 0 or line > self._functions[index][1]:
            return None
        name: str = self._functions[index][2]
        return name


def set_lines(error: BaseException, lines: list[Line]) -> None:
    """Make these lines the traceback of an exception, in place of what it has."""
    error.__traceback__ = None
    error.__dict__[LINES] = lines


def _message(error: BaseException) -> str:
    try:
        return str(error)
    except Exception as failed:  # noqa: BLE001 - it is the app that runs
        return f"<str() failed: {type(failed).__name__}>"
