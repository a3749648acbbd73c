"""What a bundle for Flink was asked to be like, as the job reads it; how the cluster is set up stands in `config.yaml`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Self


class Delivery(StrEnum):
    """What holds when something fails."""

    LOG = "log"
    """What is done again changes nothing, as entities remember the messages that they have handled."""
    TRANSACTIONS = "transactions"
    """What is done again was never seen, as it is read when the checkpoint is complete that it belongs to."""
    AT_LEAST_ONCE = "at-least-once"
    """What is done again counts twice."""


@dataclass(frozen=True, slots=True)
class Options:
    """The choices of `stateflow compile` that the job knows of."""

    delivery: Delivery
    is_beside: bool
    """Whether Python runs beside the TaskManager. Flink keeps its state in another form then."""
    ttl: int | None
    """Milliseconds of the log's time without a message after which an entity is gone."""

    @classmethod
    def read(cls, given: Mapping[str, str]) -> Self:
        """Return the options that a bundle describes."""
        ttl = given.get("state-ttl")
        beside = given["execution-mode"] == "process"
        return cls(Delivery(given["delivery"]), beside, None if ttl is None else int(ttl))
