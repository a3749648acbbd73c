"""What differences of one kind have in common: what a program has to keep while it is made smaller."""

from __future__ import annotations

import builtins
import re
import symtable
from typing import Any

Json = Any
_NAMED = re.compile(r"`[^`]*`(?:(?:, | or | and )`[^`]*`)*|'[^']*'|\"[^\"]*\"|\b\w+(?:\.\w+)+|\d+")
"""What a message says of one program rather than of all of its kind."""
_LABEL = re.compile(r"^ *\|([ |^-]*)(.*)$|^ *= (.*)$")
"""A line below the source of a diagnostic, or below all of it."""


def shape(message: str) -> str:
    """A message without names, values and places."""
    return _NAMED.sub("…", message)


def errors_of(stderr: str) -> list[str]:
    """The errors among the compiler's diagnostics."""
    return [block for block in stderr.split("\n\n") if block.startswith("error[")]


def shape_of_errors(errors: list[str]) -> str:
    """What errors of the compiler say: their codes and messages, what stands below the source, the notes and advice."""
    found = set()
    for error in errors:
        first, *rest = error.splitlines()
        labels = (_LABEL.match(line) for line in rest)
        said = {shape(label[2] or label[3] or "") for label in labels if label}
        found.add(" / ".join([shape(first), *sorted(said - {""})]))
    return "; ".join(sorted(found))


def shape_of_raised(expected: Json, found: Json) -> str:
    """How what is raised differs: its types, of what is in both what is not the same, and the messages if they are not."""
    both = [raised for raised in (expected, found) if raised]
    types = ", ".join(str(raised["type"]) for raised in both)
    if len(both) < 2:
        messages = [shape(raised["message"]) for raised in both]
        return " ".join([types, *messages])
    parts = sorted(part for part in expected.keys() | found.keys() if expected.get(part) != found.get(part))
    messages = [shape(raised["message"]) for raised in both] if "message" in parts else []
    return " ".join([types, *parts, *messages])


def undefined(source: str) -> set[str]:
    """The names that are read and that nothing in a module defines; annotations are not counted."""
    top = symtable.symtable(source, "<generated>", "exec")
    tables = [top]
    for table in tables:
        tables += table.get_children()
    symbols = [symbol for table in tables for symbol in table.get_symbols() if table is top or symbol.is_global()]
    known = {symbol.get_name() for symbol in symbols if symbol.is_assigned() or symbol.is_imported()}
    read = {symbol.get_name() for symbol in symbols if symbol.is_referenced()}
    return read - known - vars(builtins).keys()
