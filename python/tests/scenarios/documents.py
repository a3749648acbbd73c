"""The examples of the documentation, run as a reader would type them.

In a page, a fenced block is

- `python NAME`: the file of that name,
- `python`: a program that runs without an error,
- `console`: what a terminal shows: lines that begin with `$ ` are typed, the others are the answer, in which `...` stands
  for anything. `stateflow run` goes on in the background until the answer says `^C`, or the page ends; its log is left out.

`python -m scenarios.documents PAGE ROOT` writes the answers anew.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from .compiler import BINARY, ROOT

FENCE = re.compile(r"^```(?P<language>\w*) ?(?P<name>\S*)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
STANDARD = "127.0.0.1:8000"
"""Where `stateflow run` serves, if nothing else is said."""
TYPED = {"cargo run --release --quiet -- ": "stateflow ", "cargo run --release -- ": "stateflow "}
"""What the reader of a fresh clone types, and what it comes to."""


@dataclass(frozen=True)
class Command:
    """A line that is typed, and the answer that the page shows."""

    typed: str
    answer: str


def blocks(page: Path) -> Iterator[tuple[str, str, str]]:
    """The language, name and text of a page's blocks."""
    for match in FENCE.finditer(page.read_text(encoding="utf-8")):
        yield match["language"], match["name"], match["text"]


def commands(text: str) -> list[Command]:
    """What a `console` block types."""
    parts = re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]
    return [_command(part) for part in parts]


def _command(part: str) -> Command:
    lines = part.splitlines(keepends=True)
    end = next(i for i, line in enumerate(lines) if not line.endswith("\\\n"))
    return Command("".join(lines[: end + 1]).rstrip("\n"), "".join(lines[end + 1 :]))


def agrees(shown: str, actual: str) -> bool:
    """Whether an answer is what the page shows."""
    pattern = "".join(_line(line) for line in shown.rstrip("\n").splitlines()) if shown.strip() else ""
    return re.fullmatch(pattern, actual.rstrip("\n") + "\n" if actual.strip() else "", re.DOTALL) is not None


def _line(line: str) -> str:
    if line.strip() == "...":
        return r"(?:[^\n]*\n)*?"
    return r"[^\n]*".join(re.escape(part) for part in line.split("...")) + r"\n"


@dataclass
class Reader:
    """Somebody with a terminal in a folder of their own."""

    folder: Path
    status: int = 0
    servers: list[tuple[subprocess.Popen[bytes], Path]] = field(default_factory=list)
    address: str = STANDARD

    def write(self, name: str, text: str) -> None:
        """Saves a file."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def run(self, command: Command) -> str:
        """Types a command and gives the answer."""
        line = command.typed
        for typed, meant in TYPED.items():
            line = line.replace(typed, meant)
        if line.startswith("stateflow run"):
            answer = self._serve(line, command.answer)
        else:
            answer = self._complete(line.replace(STANDARD, self.address))
        return answer.replace(self.address, STANDARD).replace(str(self.folder), "/home/me/apps")

    def leave(self) -> None:
        """Ends what still runs."""
        while self.servers:
            self._stop()

    def _complete(self, line: str) -> str:
        script = f"(exit {self.status})\n{line}"
        done = subprocess.run(
            ["bash", "-c", script], cwd=self.folder, env=self._environment(), capture_output=False, check=False,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=300,
        )  # fmt: skip
        self.status = done.returncode
        return done.stdout.decode()

    def _serve(self, line: str, answer: str) -> str:
        log = self.folder.parent / f"server-{len(self.servers)}.log"
        with log.open("wb") as output, log.with_suffix(".err").open("wb") as errors:
            process = subprocess.Popen(
                ["bash", "-c", f"exec {line} --port 0"],
                cwd=self.folder,
                env=self._environment(),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=errors,
            )
        self.servers.append((process, log))
        served = self._served(process, log)
        if "^C" in answer:
            self._stop()
            return log.read_text(encoding="utf-8") + "^C\n"
        return served

    def _served(self, process: subprocess.Popen[bytes], log: Path) -> str:
        while process.poll() is None:
            text = log.read_text(encoding="utf-8")
            match = re.search(r"at http://([\d.]+:\d+)\n", text)
            if match and "Ctrl-C\n" in text:
                self.address = match[1]
                return text
            time.sleep(0.05)
        return log.read_text(encoding="utf-8")

    def _stop(self) -> None:
        process, _ = self.servers.pop()
        process.send_signal(signal.SIGINT)
        process.wait()

    def _environment(self) -> dict[str, str]:
        path = f"{self.folder.parent / 'bin'}:{Path(sys.executable).parent}:{os.environ['PATH']}"
        return os.environ | {"PATH": path, "PYTHONPATH": str(ROOT / "python"), "NO_COLOR": "1", "TERM": "dumb"}


@contextmanager
def reader() -> Iterator[Reader]:
    """A reader who has just cloned the project."""
    with tempfile.TemporaryDirectory() as name:
        top = Path(name)
        (top / "bin").mkdir()
        (top / "bin/stateflow").symlink_to(BINARY)
        curl = f'#!/bin/sh\nexec {shutil.which("curl")} --no-progress-meter "$@"\n'
        (top / "bin/curl").write_text(curl, encoding="utf-8")
        (top / "bin/curl").chmod(0o755)
        shutil.copytree(ROOT / "fixtures/apps", top / "home/fixtures/apps")
        (top / "home/python").symlink_to(ROOT / "python")
        someone = Reader(top / "home")
        try:
            yield someone
        finally:
            someone.leave()


def rewritten(page: Path) -> str:
    """The page's text with the answers that are given now."""
    with reader() as someone:

        def block(match: re.Match[str]) -> str:
            language, name, text = match["language"], match["name"], match["text"]
            if language == "python" and name:
                someone.write(name, text)
            if language != "console":
                return match[0]
            answers = []
            for command in commands(text):
                actual = someone.run(command).rstrip("\n")
                kept = command.answer if agrees(command.answer, actual) else f"{actual}\n" if actual else ""
                answers.append(f"$ {command.typed}\n{kept}")
            return f"```console\n{''.join(answers)}```"

        return FENCE.sub(block, page.read_text(encoding="utf-8"))


if __name__ == "__main__":
    for argument in sys.argv[1:]:
        Path(argument).write_text(rewritten(Path(argument)), encoding="utf-8")
