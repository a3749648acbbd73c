"""Every example of the user guide does what the guide says."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from scenarios.compiler import ROOT
from scenarios.documents import Reader, agrees, blocks, commands, reader

PAGES = [ROOT / "README.md", *sorted((ROOT / "docs/guide").glob("*.md"))]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_example_of_the_page_is_true(page: Path) -> None:
    with reader() as someone:
        for language, name, text in blocks(page):
            _play(someone, language, name, text)


def _play(someone: Reader, language: str, name: str, text: str) -> None:
    if language == "console":
        for command in commands(text):
            actual = someone.run(command)
            assert agrees(command.answer, actual), f"$ {command.typed}\n{actual}"
    elif language == "python" and name:
        someone.write(name, text)
    elif language == "python":
        done = subprocess.run(
            [sys.executable, "-c", text], cwd=someone.folder, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
    else:
        assert language == "text", f"a block of {language or 'no language'} cannot be checked"


def test_links_lead_somewhere() -> None:
    for page in PAGES:
        for target in _links(page):
            assert (page.parent / target).exists(), f"{page.name} links to {target}"


def _links(page: Path) -> list[str]:
    found = re.findall(r"\]\(([^)#]+?)(?:#[^)]*)?\)", page.read_text(encoding="utf-8"))
    return [target for target in found if "://" not in target]
