"""`python -m generator`: plays generated programs, and prints those that differ, made small."""

from __future__ import annotations

import argparse
import gc
import multiprocessing
import sys
from concurrent.futures import ProcessPoolExecutor, as_completed

from .hunt import Tally, hunt

CHUNK = 20


def main() -> int:
    """Plays as many programs as is asked for; 1 where one differs, or most of them are not worth it."""
    parser = argparse.ArgumentParser(prog="generator", description=__doc__)
    parser.add_argument("--programs", type=int, default=1000, metavar="N")
    parser.add_argument("--seed", type=int, default=0, help="of the first program; the others follow")
    parser.add_argument("--jobs", type=int, default=1, metavar="J")
    parser.add_argument("--whole", action="store_true", help="do not make programs that differ smaller")
    parser.add_argument("--pairs", action="store_true", help="print how often each construct stood in each other one")
    given = parser.parse_args()
    end = given.seed + given.programs
    chunks = [(range(start, min(start + CHUNK, end)), given.whole) for start in range(given.seed, end, CHUNK)]
    total = Tally()
    gc.freeze()
    with ProcessPoolExecutor(given.jobs, multiprocessing.get_context("fork")) as pool:
        for done in as_completed([pool.submit(_play, *chunk) for chunk in chunks]):
            tally, findings = done.result()
            total.add(tally)
            for finding in findings:
                print(finding, flush=True)
    _report(total, given.pairs)
    return 1 if total.differ or total.too_long + total.refused > total.played else 0


def _play(seeds: range, whole: bool) -> tuple[Tally, list[str]]:
    tally = Tally()
    return tally, [str(finding if whole else finding.shrunk()) for finding in hunt(seeds, tally)]


def _report(tally: Tally, every: bool) -> None:
    names = {name for pair in tally.pairs for name in pair}
    print(
        f"{tally.played} programs played, {tally.differ} differ; {tally.too_long} would have taken too long, {tally.refused} are refused"
    )
    print(f"{len(names)} constructs, {len(tally.pairs)} pairs of one in another")
    if every:
        for (outer, inner), count in sorted(tally.pairs.items()):
            print(f"{count:8} {inner} in {outer}")


if __name__ == "__main__":
    sys.exit(main())
