"""What Prometheus can read of a gateway and the service behind it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, Summary, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4

CONTENT_TYPE = CONTENT_TYPE_PLAIN_0_0_4


class BatchReport(Protocol):
    """What an adapter tells of requests that it handled together."""

    @property
    def requests(self) -> int:
        """How many there were."""

    @property
    def steps(self) -> int:
        """How many steps they took."""

    @property
    def hops(self) -> int:
        """How many messages went from one entity to another."""

    @property
    def hop_bytes(self) -> Sequence[int]:
        """The sizes of some of these."""


class Metrics:
    """The metrics of one process, in a registry of their own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.in_flight = Gauge("stateflow_requests_in_flight", "Requests being handled.", registry=self.registry)
        self._requests = Counter(
            "stateflow_requests", "Requests answered.", ["entity", "method", "status"], registry=self.registry
        )
        self._seconds = Histogram(
            "stateflow_request_seconds",
            "Time from a request to its answer.",
            ["entity", "method"],
            buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30),
            registry=self.registry,
        )
        self._answered: dict[tuple[str, str, int], tuple[Counter, Histogram]] = {}
        self._steps = Counter("stateflow_steps", "Steps run.", registry=self.registry)
        self._hops = Counter("stateflow_hops", "Messages sent from one entity to another.", registry=self.registry)
        self._hop_bytes = Summary(
            "stateflow_hop_bytes", "Bytes of the messages of a sample of the requests.", registry=self.registry
        )
        self._batch = Histogram(
            "stateflow_batch_requests",
            "Requests that were committed together.",
            buckets=(1, 2, 4, 8, 16, 32, 64, 128, 256),
            registry=self.registry,
        )

    def answered(self, entity: str, method: str, status: int, seconds: float) -> None:
        """Count an answer; `entity` and `method` are names of the app, or empty."""
        metrics = self._answered.get((entity, method, status))
        if metrics is None:
            metrics = (self._requests.labels(entity, method, str(status)), self._seconds.labels(entity, method))
            self._answered[entity, method, status] = metrics
        metrics[0].inc()
        metrics[1].observe(seconds)

    def batch_done(self, report: BatchReport) -> None:
        """Count a group of requests; may be called from any thread."""
        self._steps.inc(report.steps)
        self._hops.inc(report.hops)
        self._batch.observe(report.requests)
        for size in report.hop_bytes:
            self._hop_bytes.observe(size)

    def text(self) -> bytes:
        """All metrics in the text format of Prometheus."""
        return generate_latest(self.registry)
