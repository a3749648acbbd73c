"""The same program on more lines: what tracebacks name depends on them."""

from __future__ import annotations

import io
import tokenize
from collections.abc import Callable

Breaks = Callable[[], bool]
OPENING, CLOSING = ("(", "[", "{"), (")", "]", "}")
BEFORE = (
    "+",
    "-",
    "*",
    "/",
    "//",
    "%",
    "&",
    "|",
    "^",
    "<",
    ">",
    "<=",
    ">=",
    "==",
    "!=",
    ".",
    "and",
    "or",
    "if",
    "else",
    "in",
    "is",
)


def spread(source: str, breaks: Breaks) -> str:
    """The source with line ends where it may have them: inside brackets, and where `breaks` says so."""
    lines = source.splitlines(keepends=True)
    places: list[tuple[int, int]] = []
    depth = string = 0
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        kind = tokenize.tok_name[token.type]
        string += (kind == "FSTRING_START") - (kind == "FSTRING_END")
        if token.type == tokenize.OP and token.string in CLOSING:
            depth -= 1
        if depth > 0 and not string and token.string in BEFORE and breaks():
            places.append(token.start)
        if token.type == tokenize.OP and token.string in OPENING:
            depth += 1
        if depth > 0 and not string and token.string in (*OPENING, ",") and breaks():
            places.append(token.end)
    for row, column in sorted(set(places), reverse=True):
        line = lines[row - 1]
        lines[row - 1] = f"{line[:column]}\n  {line[column:].lstrip(' ')}"
    return "".join(lines)
