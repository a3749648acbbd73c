"""A program in plain CPython and compiled: where they differ."""

from __future__ import annotations

import builtins
import gc
import itertools
import logging
import re
import resource
import signal
import sys
import tempfile
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scenarios.compiler import stateflow
from scenarios.forked import Died, forked
from scenarios.plain import PlainWorld
from scenarios.play import Step, alike, in_the_end, play, step_of, text
from scenarios.worlds import in_memory, in_place, under_faults

from .kinds import errors_of, shape_of_errors, shape_of_raised
from .library import THROWING
from .program import GUARD, Program

Json = Any
MODULE = "app"
REFUSED = "refused"
ON_PURPOSE = {"E0306", "E0407"}
"""What the compiler refuses although Python accepts it, and programs drawn at random sometimes do: a callee changes an argument
that its caller uses again, a local is read where it surely has no value."""
WORLDS = ("memory", "parked", "faults", "in place")
UNSETTLED = {"UnboundLocalError", "AssertionError"}
"""Exceptions of which CPython does not settle the line that raises them."""
MOST_CALLS = 100
"""A program in which more methods and functions are called is not played."""
_ENTITY = re.compile(r"<\S+ object at 0x[0-9a-f]+>|Address\(entity=[^)]*\)|\w+\[[^\]]*\]")
"""How messages show an entity: plain CPython tells where it lies in memory."""
PLAIN_SECONDS = 0.5
"""Of processor time, after which plain CPython is given up."""
SECONDS = 6
"""Of processor time, after which the worlds are given up."""
_COUNTER = "calls_"


def worlds_of(seed: int) -> tuple[str, ...]:
    """Where a program is played: `parked` differs from `memory` only in where frames are kept, and is played in its place each other time."""
    return tuple(world for world in WORLDS if world != ("memory", "parked")[seed % 2])


class TooLong(BaseException):
    """A program calls too many functions, or CPython does not come to its end."""


class RefusedOnPurpose(Exception):
    """The compiler is right to refuse a program."""


@dataclass(frozen=True)
class Difference:
    """How a compiled program differs from what CPython makes of it."""

    kind: str
    """What a shrunk program has to keep: the world, what is different there, and what errors say but for names and values."""
    text: str


def difference(program: Program, worlds: Sequence[str] = WORLDS) -> Difference | None:
    """Plays a program in worlds; `None` where all agree. Raises `TooLong` or `RefusedOnPurpose` for what is not."""
    with tempfile.TemporaryDirectory(prefix="stateflow-generated-", dir=_folder()) as name:
        return _difference(Path(name), program, worlds)


def _folder() -> str | None:
    """Where files are kept in memory, if there is such a place."""
    return "/dev/shm" if Path("/dev/shm").is_dir() else None


def _difference(folder: Path, program: Program, worlds: Sequence[str]) -> Difference | None:
    path = folder / f"{MODULE}.py"
    path.write_text(program.source, encoding="utf-8")
    steps = [step_of(step) for step in program.scenario]
    try:
        expected = forked(_plain, folder / "plain", program.source, steps)
    except Died as error:
        raise TooLong(str(error)) from error
    except AssertionError as error:
        return Difference(f"plain {_last_line(error)}", str(error))
    if expected is None:
        raise TooLong
    bundle = folder / "bundle"
    done = stateflow("compile", path, "--target", "local", "-o", bundle)
    if done.returncode != 0:
        codes = set(re.findall(r"error\[(E\d+)\]", done.stderr))
        if codes and ON_PURPOSE.issuperset(codes):
            raise RefusedOnPurpose
        errors = errors_of(done.stderr)
        return Difference(f"{REFUSED} {shape_of_errors(errors)}", "\n\n".join(errors) or done.stderr)
    try:
        found = forked(_compiled, bundle, steps, worlds)
    except AssertionError as error:
        return Difference(f"failed {_last_line(error)}", str(error))
    throws = THROWING in program.source
    for world, transcript in found:
        wanted = settled(in_the_end(expected) if world == "faults" else expected, throws)
        transcript = settled(transcript, throws)
        if not alike(wanted, transcript):
            return _describe(world, wanted, transcript)
    return None


def _last_line(error: AssertionError) -> str:
    return str(error).strip().splitlines()[-1][:60]


def _limit(seconds: float) -> None:
    """Ends this process after so much processor time, or where it takes too much memory."""
    gc.disable()
    logging.disable()
    warnings.simplefilter("ignore")
    resource.setrlimit(resource.RLIMIT_AS, (2 << 30, 2 << 30))
    signal.setitimer(signal.ITIMER_PROF, seconds)


def _plain(root: Path, source: str, steps: list[Step]) -> list[Json] | None:
    """What plain CPython does; `None` where that is too much. Every call with fuel is counted at its guard."""
    _limit(PLAIN_SECONDS)
    root.mkdir()
    counted = source.replace(GUARD, f"if {_COUNTER}() or {GUARD.removeprefix('if ')}")
    (root / f"{MODULE}.py").write_text(counted, encoding="utf-8")
    # A generator that is thrown away may be the one in which it is raised that there were too many calls.
    sys.unraisablehook = lambda _: None
    calls = itertools.repeat(False, MOST_CALLS)
    setattr(builtins, _COUNTER, calls.__next__)
    world = PlainWorld(root, MODULE)
    transcript = play(world, steps)
    is_over = calls.__length_hint__() == 0
    return None if is_over or not all(type(key) in (str, int) for _, key in world.addresses()) else transcript


def _compiled(bundle: Path, steps: list[Step], worlds: Sequence[str]) -> list[tuple[str, Json]]:
    _limit(SECONDS)
    plays: dict[str, Callable[[], list[list[Json]]]] = {
        "memory": lambda: in_memory(bundle, steps, range(1), 4096),
        "parked": lambda: in_memory(bundle, steps, range(1), 0),
        "faults": lambda: under_faults(bundle, steps, range(1)),
        "in place": lambda: [in_place(bundle, steps)],
    }
    return [(world, transcript) for world in worlds for transcript in plays[world]()]


def settled(transcript: list[Json], throws: bool = False) -> list[Json]:
    """The transcript without what CPython itself does not settle.

    Once a function is warm, CPython 3.11 may read an unbound variable together with the instruction before, and then names the line
    of that one. Of an `assert` that spans lines, 3.11, 3.12 and 3.13 each name another line. An exception that the event loop throws
    goes to the innermost coroutine, and misses what those around it handle; in 3.11, the lines of those in between get lost, too.
    """
    return [
        {**entry, "raised": _settled_error(entry["raised"], throws)} if "raised" in entry else entry
        for entry in transcript
    ]


def _settled_error(raised: Json, throws: bool) -> Json:
    settled = {**raised, "message": _ENTITY.sub("…", raised["message"])}
    for led in ("cause", "context"):
        if led in raised:
            settled[led] = _settled_error(raised[led], throws)
    if "exceptions" in raised:
        settled["exceptions"] = [_settled_error(held, throws) for held in raised["exceptions"]]
    if throws:
        settled.pop("context", None)
        settled["lines"] = raised["lines"][:1] + raised["lines"][1:][-1:]
    if raised["type"] in UNSETTLED and settled["lines"]:
        *calls, last = settled["lines"]
        settled["lines"] = [*calls, f"{last.partition(':')[0]} {last.partition(' ')[2]}"]
    return settled


def _describe(world: str, expected: list[Json], found: list[Json]) -> Difference:
    index = next(i for i, (a, b) in enumerate(zip(expected, found, strict=True)) if not alike(a, b))
    wanted, given = expected[index], found[index]
    parts = [part for part in wanted.keys() | given.keys() if not alike(wanted.get(part), given.get(part))]
    raised = shape_of_raised(wanted.get("raised"), given.get("raised"))
    lines = [f"{world}, step {index}: {wanted.get('step')}"]
    for part in sorted(parts):
        lines += [
            f"  {part} in CPython:",
            f"    {_short(wanted.get(part))}",
            f"  {part} compiled:",
            f"    {_short(given.get(part))}",
        ]
    return Difference(f"{world}: {' '.join(sorted(parts))} {raised}", "\n".join(lines))


def _short(value: Json) -> str:
    written = text(value).replace("\n", "\n    ")
    return written if len(written) < 4000 else f"{written[:4000]}…"
