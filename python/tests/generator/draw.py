"""Choices by a seed, and a record of which construct was put into which."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from random import Random
from typing import TypeVar

Made = TypeVar("Made")
Option = tuple[float, str, Callable[[], Made]]
"""A weight, the name of a construct, and what makes it."""


class Draw:
    """Draws from a seed."""

    def __init__(self, seed: int | str) -> None:
        self._random = Random(seed)
        self._open = ["program"]
        self.pairs: Counter[tuple[str, str]] = Counter()
        """How often a construct stands directly in another one."""

    def chance(self, probability: float) -> bool:
        """True as often as the probability says."""
        return self._random.random() < probability

    def number(self, low: int, high: int) -> int:
        """A number from `low` to `high`, both included."""
        return self._random.randint(low, high)

    def one(self, choices: Sequence[Made]) -> Made:
        """One of them."""
        return self._random.choice(choices)

    def some(self, choices: Sequence[Made], count: int) -> list[Made]:
        """As many of them, each at most once, in any order."""
        return self._random.sample(choices, min(count, len(choices)))

    def construct(self, options: Sequence[Option[Made]]) -> Made:
        """Makes one of the constructs."""
        _, name, make = self._random.choices(options, [weight for weight, _, _ in options])[0]
        return self.inside(name, make)

    def inside(self, name: str, make: Callable[[], Made]) -> Made:
        """Makes a construct of this name."""
        self.pairs[self._open[-1], name] += 1
        self._open.append(name)
        try:
            return make()
        finally:
            self._open.pop()
