"""What Stateful Functions makes of a bundle, without a cluster and without a line of Java of ours that is compiled."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

UNDERSTOOD = Path(__file__).with_name("understood.jsh")

OPEN = ["lang", "lang.reflect", "util", "util.concurrent", "util.concurrent.atomic"]
"""Packages below `java` that Flink 1.16 looks into, which a newer Java allows when it is told to."""


class Engine:
    """The archives that a bundle's project asks for."""

    def __init__(self, bundle: Path, folder: Path) -> None:
        self._folder = folder
        output = folder / "class-path"
        command: list[str | Path] = [
            "mvn",
            "-q",
            "-B",
            "-f",
            bundle / "pom.xml",
            "dependency:build-classpath",
            f"-Dmdep.outputFile={output}",
        ]
        subprocess.run(command, check=True)
        self._class_path = output.read_text().strip()

    def plan(self, configuration: Path) -> subprocess.CompletedProcess[str]:
        """Have the engine's client read the module that a configuration names, and build the job."""
        archive = next(path for path in self._class_path.split(os.pathsep) if "minlog" in path)
        return subprocess.run(
            [
                "java",
                *[f"--add-opens=java.base/java.{name}=ALL-UNNAMED" for name in OPEN],
                "-cp",
                self._class_path,
                "org.apache.flink.client.cli.CliFrontend",
                "info",
                "--class",
                "org.apache.flink.statefun.flink.core.StatefulFunctionsJob",
                archive,
            ],
            env={**os.environ, "FLINK_CONF_DIR": str(configuration)},
            capture_output=True,
            text=True,
            check=False,
        )

    def understood(self, configurations: Sequence[Path]) -> list[Any]:
        """Return what the engine has taken from each configuration and the module that it names."""
        command: list[str | Path] = [
            "jshell",
            f"-J-Djava.util.prefs.userRoot={self._folder}",
            f"-R-Dconfigurations={os.pathsep.join(map(str, configurations))}",
            "--class-path",
            self._class_path,
            UNDERSTOOD,
        ]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        lines = [line for line in done.stdout.splitlines() if line.startswith("{")]
        assert len(lines) == len(configurations), done.stdout + done.stderr
        return [json.loads(line) for line in lines]
