"""What programs that use the topics are told on the command line."""

from __future__ import annotations

import argparse


def add_bootstrap(parser: argparse.ArgumentParser) -> None:
    """Add the option that says where Kafka is."""
    parser.add_argument("--bootstrap", default="127.0.0.1:9092", metavar="HOST:PORT", help="where Kafka is")


def add_kafka(parser: argparse.ArgumentParser, name: str) -> None:
    """Add the options that say where the topics of an app are."""
    add_bootstrap(parser)
    parser.add_argument("--prefix", default=name, help="what the names of the topics begin with")
