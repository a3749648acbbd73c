"""The topics of an app."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

PARTITIONS = 8
"""Of a topic, unless told otherwise."""

MAX_RECORD = 8 << 20
"""Bytes of the largest record, as brokers and clients are told."""

LARGEST = MAX_RECORD - 4096
"""Bytes of the largest value: the rest is for its key, and what Kafka adds."""

KEPT = 7 * 24 * 3600 * 1000
"""Milliseconds that records stay at least, which bounds how long an engine may be down."""


@dataclass(frozen=True, slots=True)
class Topics:
    """The names of an app's topics."""

    prefix: str

    @property
    def log(self) -> str:
        """Requests and messages, by address."""
        return f"{self.prefix}.log"

    @property
    def replies(self) -> str:
        """Answers to the requests of gateways, as bytes."""
        return f"{self.prefix}.replies"

    @property
    def client_request(self) -> str:
        """Requests of any client, as JSON."""
        return f"{self.prefix}.client_request"

    @property
    def client_reply(self) -> str:
        """Answers to them, as JSON."""
        return f"{self.prefix}.client_reply"

    @property
    def dead_letters(self) -> str:
        """Records that could not be handled, with the reason."""
        return f"{self.prefix}.dead_letters"

    @property
    def about(self) -> str:
        """What was decided when the topics were made."""
        return f"{self.prefix}.about"

    def partitioned(self) -> Iterator[str]:
        """Those with as many partitions as the log, where an engine has one."""
        yield from (self.log, self.replies, self.client_request, self.client_reply)

    def to(self, name: str) -> str:
        """Requests to what an engine calls by that name, where it has no log."""
        return f"{self.prefix}.to.{name}"
