"""Lines of tracebacks, as they are compared."""

from __future__ import annotations

import re

_INNER = re.compile(r"((\.<locals>)?\.<(listcomp|setcomp|dictcomp|genexpr|lambda)>)+$")


def merged(lines: list[str]) -> list[str]:
    """The lines `path:line function`, with those of comprehensions and lambdas as lines of the function they stand in.

    Whether a comprehension has a frame of its own depends on the version of CPython, and on whether it is cut.
    """
    found: list[str] = []
    for line in lines:
        place, function = line.split(" ", 1)
        outer = _INNER.sub("", function)
        if outer != function and found and found[-1].split(" ", 1)[1] == outer:
            found[-1] = f"{place} {outer}"
        else:
            found.append(line)
    return found
