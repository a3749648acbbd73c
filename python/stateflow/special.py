"""Special methods of values."""

from __future__ import annotations

from typing import Any


def special(value: Any, name: str) -> Any:
    """Return a special method of a value, as the interpreter finds it: on its class. None where there is none."""
    kind = type(value)
    for base in kind.__mro__:
        if name in vars(base):
            found = vars(base)[name]
            bind = getattr(type(found), "__get__", None)
            return found if bind is None else bind(found, value, kind)
    return None
