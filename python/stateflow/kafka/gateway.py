"""The gateway in front of an engine that reads Kafka. A bundle's `gateway.py` calls `main`."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from stateflow.gateway.logs import Log
from stateflow.gateway.metrics import Metrics
from stateflow.gateway.run import serve
from stateflow.kafka.log import verify
from stateflow.kafka.options import add_kafka
from stateflow.kafka.service import KafkaService, to_log
from stateflow.kafka.topics import Topics
from stateflow.step.app import App


def main(bundle: Path, name: str, arguments: Sequence[str] | None = None) -> int:
    """Serve a bundle whose engine reads a log, until it is told to stop; returns the exit status: 0, or 2 where it could not be
    served."""
    parser = gateway_parser()
    add_kafka(parser, name)
    return serve(bundle, parser, _start, arguments)


def gateway_parser() -> argparse.ArgumentParser:
    """Return what all gateways before an engine are told."""
    return argparse.ArgumentParser(
        prog="gateway.py",
        description="Serve the entities of this bundle over HTTP; an engine runs them.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )


def _start(options: argparse.Namespace, app: App, metrics: Metrics, log: Log) -> KafkaService:
    del metrics, log
    topics = Topics(options.prefix)
    verify(options.bootstrap, topics)
    return KafkaService(app, options.bootstrap, topics, to_log(topics))
