"""Makes and checks the topics of an app. A bundle's `topics.py` calls `main`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from stateflow.errors import StateflowError
from stateflow.kafka.options import add_kafka
from stateflow.kafka.topics import PARTITIONS, Topics, provide


def main(name: str, arguments: Sequence[str] | None = None) -> int:
    """Make the topics, or check those that are there; returns the exit status: 0, or 2 where they cannot be used."""
    parser = argparse.ArgumentParser(
        prog="topics.py",
        description="Make the topics that this bundle uses, or check those that are there.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    add_kafka(parser, name)
    parser.add_argument(
        "--partitions",
        type=int,
        metavar="N",
        help=f"of the log, fixed when it is made ({PARTITIONS} then, if nothing is said): the most subtasks that a job can have",
    )
    parser.add_argument("--replication", type=int, default=1, metavar="N", help="how many brokers keep each record")
    options = parser.parse_args(arguments)
    topics = Topics(options.prefix)
    try:
        about = provide(options.bootstrap, topics, options.partitions, options.replication)
    except StateflowError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    print(f"{topics.log} has {about.partitions} partitions")
    return 0
