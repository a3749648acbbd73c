"""Kills the engine's processes under load, many times: `python -m flink.soak --rounds 10`, from python/tests. Prints what clients waited."""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path

from flink.kill import KINDS, play, started

PACE = 25.0
"""Seconds that a round takes at least, so that the launcher does not see a process that ends again and again."""


def main() -> int:
    """Play the rounds; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--target", choices=KINDS, default="pyflink")
    parser.add_argument("--rounds", type=int, default=10, help="of each kind (default: 10)")
    parser.add_argument("--data", type=Path, help="an empty folder for the engine (default: a new one)")
    options = parser.parse_args()
    # This process has the option itself in its command, and only what is below it is the engine's.
    data = (options.data or Path(tempfile.mkdtemp(prefix="stateflow-soak-"))) / "shop"
    waits = defaultdict(list)
    failed = 0
    with started(data, target=options.target) as run:
        for round in range(options.rounds):
            for number, kind in enumerate(KINDS[options.target]):
                begun = time.monotonic()
                ledger, wrong = play(run, kind, f"round{round}-{number}")
                waits[kind].append(ledger.longest)
                failed += bool(wrong)
                told = "\n  ".join(wrong) or "exact"
                print(
                    f"{round + 1} {kind}: {len(ledger.answers)} answers, longest {ledger.longest:.1f} s: {told}",
                    flush=True,
                )
                time.sleep(max(0.0, begun + PACE - time.monotonic()))
        for kind, longest in waits.items():
            median = statistics.median(longest)
            print(f"{kind}: {len(longest)} kills, longest wait: median {median:.1f} s, worst {max(longest):.1f} s")
        print(f"{failed} rounds were not exact")
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main())
