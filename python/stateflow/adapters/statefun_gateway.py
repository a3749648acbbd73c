"""The gateway in front of Stateful Functions. A bundle's `gateway.py` calls `main`."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from stateflow.adapters.statefun_names import to_functions
from stateflow.adapters.statefun_topics import names_of, verify
from stateflow.gateway.logs import Log
from stateflow.gateway.metrics import Metrics
from stateflow.gateway.run import serve
from stateflow.kafka.edge import Edge
from stateflow.kafka.forwarder import Forwarder
from stateflow.kafka.gateway import gateway_parser
from stateflow.kafka.options import add_bootstrap
from stateflow.kafka.service import KafkaService
from stateflow.kafka.topics import Topics
from stateflow.step.app import App


class Gate(KafkaService):
    """Runs the requests of the gateway, and hands on those of `client_request`."""

    def __init__(self, app: App, bootstrap: str, topics: Topics, log: Log) -> None:
        """Raises `Unavailable` where Kafka does not answer."""
        super().__init__(app, bootstrap, topics, to_functions(topics))
        self._forwarder = Forwarder(Edge(app), bootstrap, topics, to_functions(topics), log)

    def close(self, grace: float) -> bool:
        """Stop; requests that have not been answered go on. Returns False where some could not be written in time."""
        self._forwarder.close(grace)
        return super().close(grace)


def main(bundle: Path, name: str, arguments: Sequence[str] | None = None) -> int:
    """Serve a bundle until it is told to stop; returns the exit status: 0, or 2 where it could not be served."""
    parser = gateway_parser()
    add_bootstrap(parser)
    topics = Topics(name)

    def start(options: argparse.Namespace, app: App, metrics: Metrics, log: Log) -> Gate:
        del metrics
        verify(options.bootstrap, names_of(topics, list(app.entities)))
        return Gate(app, options.bootstrap, topics, log)

    return serve(bundle, parser, start, arguments)
