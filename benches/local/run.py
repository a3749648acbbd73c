"""Compares the local target with a service written by hand, on the shop's purchase.

    cargo build --release
    python benches/local/run.py --stateflow target/release/stateflow

Both serve the same purchase at full durability (WAL, `synchronous=FULL`), one after the other in pairs, on one machine with the
load generator. Needs the packages of `python/requirements-dev.txt`.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
SIDES = ("by hand", "stateflow")

Result = dict[str, float]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def compile_shop(stateflow: str, folder: Path) -> Path:
    bundle = folder / "bundle"
    shop = ROOT / "fixtures" / "apps" / "shop" / "shop.py"
    subprocess.run(
        [stateflow, "compile", str(shop), "--target", "local", "-o", str(bundle)], check=True, stdout=subprocess.DEVNULL
    )
    return bundle


@contextmanager
def serving(side: str, bundle: Path) -> Iterator[int]:
    """Serve one side on an empty database; gives the port."""
    port = free_port()
    with tempfile.TemporaryDirectory(dir=bundle.parent) as data:
        if side == "stateflow":
            command = [str(bundle / "main.py"), "--port", str(port), "--data", data, "--log-level", "warning"]
        else:
            command = [str(HERE / "baseline.py"), str(Path(data) / "shop.db"), str(port)]
        process = subprocess.Popen([sys.executable, *command], stdout=subprocess.DEVNULL)
        try:
            wait_until_up(port, process)
            yield port
        finally:
            process.terminate()
            process.wait()


def wait_until_up(port: int, process: subprocess.Popen[bytes]) -> None:
    while process.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise SystemExit(f"the server ended with status {process.returncode}")


def load(port: int, connections: int, seconds: float) -> Result:
    command = [sys.executable, str(HERE / "load.py"), str(port), str(connections), str(seconds)]
    result: Result = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)
    return result


def bytes_per_hop(port: int) -> float:
    """The mean size of the messages between entities, as the step engine encodes them."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics") as response:
        text = response.read().decode()
    found = {
        name: float(value) for name, value in re.findall(r"^stateflow_hop_bytes_(sum|count) (\S+)$", text, re.MULTILINE)
    }
    return found["sum"] / found["count"]


def measure(bundle: Path, connections: int, pairs: int, seconds: float) -> tuple[list[dict[str, Result]], float]:
    """Pairs of results, the sides taking turns at going first, and the bytes per hop."""
    measured = []
    size = 0.0
    for pair in range(pairs):
        results: dict[str, Result] = {}
        for side in SIDES if pair % 2 == 0 else SIDES[::-1]:
            with serving(side, bundle) as port:
                results[side] = load(port, connections, seconds)
                if side == "stateflow":
                    size = bytes_per_hop(port)
        measured.append(results)
        shown = ", ".join(f"{side} {results[side]['rate']:.0f}/s" for side in SIDES)
        print(f"  {connections} connections, pair {pair + 1}: {shown}", file=sys.stderr)
    return measured, size


def spread(values: list[float], digits: int) -> str:
    return f"{statistics.median(values):.{digits}f} ({min(values):.{digits}f} to {max(values):.{digits}f})"


def report(connections: int, measured: list[dict[str, Result]]) -> None:
    print(f"| {connections} | rate, 1/s | " + " | ".join(_of(measured, side, "rate", 0) for side in SIDES), end=" | ")
    print(spread([pair["stateflow"]["rate"] / pair["by hand"]["rate"] for pair in measured], 2) + " |")
    for name in ("p50", "p99"):
        cells = " | ".join(_of(measured, side, name, 2) for side in SIDES)
        ratio = spread([pair["stateflow"][name] / pair["by hand"][name] for pair in measured], 2)
        print(f"| {connections} | {name}, ms | {cells} | {ratio} |")


def _of(measured: list[dict[str, Result]], side: str, name: str, digits: int) -> str:
    return spread([pair[side][name] for pair in measured], digits)


def main() -> None:
    parser = argparse.ArgumentParser(description="Compare the local target with a service written by hand.")
    parser.add_argument("--stateflow", default=str(ROOT / "target" / "release" / "stateflow"), help="the compiler")
    parser.add_argument("--pairs", type=int, default=7)
    parser.add_argument("--seconds", type=float, default=5.0, help="how long each run is measured")
    parser.add_argument("--connections", type=int, nargs="+", default=[1, 32])
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        bundle = compile_shop(options.stateflow, Path(folder))
        sizes = []
        results = []
        for connections in options.connections:
            measured, size = measure(bundle, connections, options.pairs, options.seconds)
            results.append((connections, measured))
            sizes.append(size)
    print(f"{os.cpu_count()} CPUs, {options.pairs} pairs of {options.seconds:g} s; median (lowest to highest)\n")
    print("| connections | measure | " + " | ".join(SIDES) + " | stateflow / by hand |")
    print("|---|---|---|---|---|")
    for connections, measured in results:
        report(connections, measured)
    print(f"\nbytes per hop: {statistics.mean(sizes):.0f}")


if __name__ == "__main__":
    main()
