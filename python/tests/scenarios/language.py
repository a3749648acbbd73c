"""`python -m scenarios.language`: writes the table of the language, `docs/language.md`, from the fixtures.

What is accepted comes from `fixtures/constructs`: the docstring of a program is its title, the first word of its name says
in which part of the table it stands, and the messages between entities are counted while its scenario is played in memory.
What is refused comes from `fixtures/errors` and the pages of the codes.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from stateflow.adapters.memory import Memory
from stateflow.step.app import App

from .compiler import ROOT
from .forked import forked
from .play import Step
from .programs import FIXTURES, Program, bundle, constructs
from .service import ServiceWorld, at_once

PAGE = ROOT / "docs/language.md"
REFUSED = re.compile(r"E0[234]\d\d")

INTRODUCTION = """\
# The language

What the compiler makes of each construct of Python in a method that calls other entities. The tables are made from the programs that the tests
play: `python -m scenarios.language`, from `python/tests`, writes this page anew.

**Accepted** constructs do what they do in plain CPython: results, exceptions, tracebacks and states agree, in memory under seeds, crashes and
duplicates, and on the target `local`. *Hops* are the messages between entities that one call of a client took, from the least to the most of the
program's scenario: a call that waits for an answer takes two, one that gives on its answer (a tail call) takes one.

**Refused** constructs are errors with a code, a place, a reason and an advice. What is not in these tables and cannot be cut is refused too, by the
name of the construct; it is never compiled into something else.
"""

PARTS = {
    "Assignments and names": "assign delete walrus unbound name private receiver",
    "Expressions": "comparison conditional constants deep evaluation expression fstrings order short slices string closures comprehensions generators keys",
    "Branches and loops": "asserts for if match return while",
    "Exceptions and context managers": "except raise traceback try with finally",
    "Calls": "async await call callbacks class functions gather helpers many module objects plain reads recursion remote state super",
    "Entities and references": "create dictionary entities entity import inherit init properties types",
    "Values and sharing": "alias big collections mutation numbers values",
    "Code between the calls": "local recorded",
    "Together": "mixed",
}
"""The parts of the table, each with the first words of the programs' names."""

OTHERS = "More"


def table() -> str:
    """The page's text."""
    return "\n".join([INTRODUCTION, "## Accepted\n", *_accepted(), "## Refused\n", *_refused()])


def _accepted() -> Iterator[str]:
    programs: dict[str, list[Program]] = {part: [] for part in [*PARTS, OTHERS]}
    for program in constructs():
        programs[_part(program)].append(program)
    for part, of_part in programs.items():
        if of_part:
            yield f"### {part}\n"
            yield from _rows(("construct", "program", "hops"), map(_construct, of_part))


def _part(program: Program) -> str:
    word = program.name.partition("_")[0]
    return next((part for part, words in PARTS.items() if word in words.split()), OTHERS)


def _construct(program: Program) -> tuple[str, str, str]:
    link = f"[{program.name}](../{program.app.relative_to(ROOT)})"
    return title(program.app), link, hops(program)


def title(app: Path) -> str:
    """What a program shows: the first line of its docstring."""
    doc = ast.get_docstring(ast.parse(app.read_bytes()))
    assert doc, f"{app.relative_to(ROOT)} needs a docstring that says what it shows"
    return doc.splitlines()[0].removesuffix(".")


def hops(program: Program) -> str:
    """How many messages between entities a call takes: `2`, `0 to 4`."""
    counts = forked(_count, bundle(program), program.steps())
    least, most = min(counts), max(counts)
    return f"{least}" if least == most else f"{least} to {most}"


def _count(bundle: Path, steps: list[Step]) -> list[int]:
    memory = Memory(App.load(bundle))
    world = ServiceWorld(memory.app, memory, list, at_once)
    counts = []
    for step in steps:
        before = memory.steps
        world.call(step)
        memory.run()
        if step.key is not None:
            counts.append(memory.steps - before - 1)
    return counts


def _refused() -> Iterator[str]:
    codes = sorted(path.name for path in (FIXTURES / "errors").iterdir() if REFUSED.fullmatch(path.name))
    yield from _rows(("construct", "reason", "code"), map(_refusal, codes))


def _refusal(code: str) -> tuple[str, str, str]:
    page = (ROOT / f"docs/codes/{code}.md").read_text(encoding="utf-8")
    heading, _, rest = page.partition("\n")
    _, _, why = rest.partition("\n## Why\n")
    paragraph = " ".join(why.strip().partition("\n\n")[0].split())
    construct = _quoted(heading.removeprefix(f"# {code}: "))
    return construct[0].upper() + construct[1:], sentence(paragraph), f"[{code}](codes/{code}.md)"


def _quoted(heading: str) -> str:
    """A heading with Python's names as code."""
    return re.sub(r"__\w+__|\w+\(\)", lambda name: f"`{name[0]}`", heading)


def sentence(paragraph: str) -> str:
    """The first sentence."""
    return re.split(r"(?<=[.:]) (?=[A-Z`])", paragraph)[0].rstrip(".:")


def _rows(columns: tuple[str, ...], rows: Iterator[tuple[str, ...]]) -> Iterator[str]:
    yield _row(columns)
    yield "|" + "---|" * len(columns)
    yield from map(_row, rows)
    yield ""


def _row(cells: tuple[str, ...]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


if __name__ == "__main__":
    PAGE.write_text(table(), encoding="utf-8")
