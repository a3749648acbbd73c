"""`python -m faults.detect`: plays a scenario with the package of this process, and says where it differs.

The task comes on standard input. The exit status is 0 where all worlds agree with plain CPython, 1 otherwise.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from scenarios.forked import forked
from scenarios.play import Json, in_the_end, load, text
from scenarios.worlds import in_memory, in_place, under_faults


def differing(task: dict[str, Any]) -> Iterator[str]:
    """The worlds that differ, and how."""
    bundle, steps = Path(task["bundle"]), load(Path(task["scenario"]))
    transcript = json.loads(task["transcript"])
    expected = text(transcript)
    worlds: list[tuple[str, str, Callable[[], list[Json]]]] = [
        ("in memory", expected, lambda: forked(in_memory, bundle, steps, range(2), 4096)),
        ("in place", expected, lambda: [forked(in_place, bundle, steps)]),
        ("with parked frames", expected, lambda: forked(in_memory, bundle, steps, range(1), 0)),
        ("under faults", text(in_the_end(transcript)), lambda: forked(under_faults, bundle, steps, range(20))),
    ]
    for world, right, played in worlds:
        try:
            if any(text(found) != right for found in played()):
                yield f"{world} it differs"
        except AssertionError as error:
            yield f"{world}: {error}"


if __name__ == "__main__":
    found = next(differing(json.load(sys.stdin)), None)
    if found is not None:
        print(found)
        sys.exit(1)
