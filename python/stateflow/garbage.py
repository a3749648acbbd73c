"""The garbage collection of processes that run steps."""

from __future__ import annotations

import gc

YOUNG = 10_000
OLDER = 20
"""How many collections of a generation come before one of the next."""


def collect_seldom() -> None:
    """To be called once all is loaded: what is there stays, and no collection looks at it again. Steps and requests leave no cycles, so that
    collections find little; what many requests hold at once is looked at less often."""
    gc.freeze()
    gc.set_threshold(YOUNG, OLDER, OLDER)
