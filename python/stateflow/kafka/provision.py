"""Makes and checks the topics of an app. The `topics.py` of bundles does it."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence

from stateflow.errors import StateflowError
from stateflow.kafka.log import provide
from stateflow.kafka.options import add_kafka
from stateflow.kafka.topics import PARTITIONS, Topics

Provide = Callable[[argparse.Namespace], str]
"""Makes what is not there and checks the rest; returns what to say of it. Raises `StateflowError`."""


def main(name: str, arguments: Sequence[str] | None = None) -> int:
    """Make the topics of an app whose engine reads a log, or check those that are there; returns the exit status: 0, or 2 where they
    cannot be used."""
    parser = topics_parser()
    add_kafka(parser, name)
    parser.add_argument(
        "--partitions",
        type=int,
        metavar="N",
        help=f"of the log, fixed when it is made ({PARTITIONS} then, if nothing is said): the most subtasks that a job can have",
    )
    return provided(parser, _provide_log, arguments)


def topics_parser() -> argparse.ArgumentParser:
    """Return what all that make topics are told."""
    parser = argparse.ArgumentParser(
        prog="topics.py",
        description="Make the topics that this bundle uses, or check those that are there.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    parser.add_argument("--replication", type=int, default=1, metavar="N", help="how many brokers keep each record")
    return parser


def provided(parser: argparse.ArgumentParser, provide: Provide, arguments: Sequence[str] | None) -> int:
    """Make topics as the arguments say; returns the exit status."""
    try:
        print(provide(parser.parse_args(arguments)))
    except StateflowError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    return 0


def _provide_log(options: argparse.Namespace) -> str:
    topics = Topics(options.prefix)
    about = provide(options.bootstrap, topics, options.partitions, options.replication)
    return f"{topics.log} has {about.partitions} partitions"
