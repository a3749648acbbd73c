"""A few generated programs, for engines on which a program takes seconds."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import count, islice
from pathlib import Path

from scenarios.programs import Program

from .compare import MODULE, RefusedOnPurpose, TooLong, difference
from .draw import Draw
from .library import THROWING
from .program import generate


def sample(folder: Path, number: int) -> list[Program]:
    """So many programs, of the first seeds whose programs can be played; their files go to the folder."""
    return list(islice(_programs(folder), number))


def _programs(folder: Path) -> Iterator[Program]:
    for seed in count():
        drawn = generate(Draw(seed))
        try:
            wrong = difference(drawn, worlds=())
        except (TooLong, RefusedOnPurpose):
            continue
        assert wrong is None, f"seed {seed}: {wrong}"
        if THROWING in drawn.source:
            # What CPython itself shows of an exception that is thrown into a generator is not settled.
            continue
        app = folder / f"random_{seed}.py"
        app.write_text(drawn.source, encoding="utf-8")
        scenario = app.with_suffix(".json")
        # Values of the app's own classes are named by their module.
        steps = json.dumps(drawn.scenario).replace(f'"{MODULE}.', f'"{app.stem}.')
        scenario.write_text(steps, encoding="utf-8")
        yield Program(app.stem, folder, app, scenario)
