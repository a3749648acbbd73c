"""Makes and checks the topics of an app on Stateful Functions. A bundle's `topics.py` calls `main`."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from confluent_kafka.admin import NewTopic

from stateflow.adapters.statefun_names import type_name
from stateflow.bundle import read_json
from stateflow.kafka.cluster import TopicsWrong, check_settings, connect, durable, existing, make
from stateflow.kafka.options import add_bootstrap
from stateflow.kafka.provision import provided, topics_parser
from stateflow.kafka.topics import PARTITIONS, Topics
from stateflow.step.kept import ENTITY as KEPT


def main(bundle: Path, name: str, arguments: Sequence[str] | None = None) -> int:
    """Make the topics of a bundle, or check those that are there; returns the exit status: 0, or 2 where they cannot be used."""
    parser = topics_parser()
    add_bootstrap(parser)
    parser.add_argument("--partitions", type=int, default=PARTITIONS, metavar="N", help="of topics that are not there")
    entities = [entity["name"] for entity in read_json(bundle / "dataflow.json")["entities"]]

    def make_them(options: argparse.Namespace) -> str:
        names = names_of(Topics(name), entities)
        made = provide(options.bootstrap, names, options.partitions, options.replication)
        return f"{len(names)} topics, {made} of them made now"

    return provided(parser, make_them, arguments)


def names_of(topics: Topics, entities: Sequence[str]) -> list[str]:
    """Return the names of the topics of an app with these entities."""
    requests = [topics.to(type_name(entity)) for entity in (*entities, KEPT)]
    return [*requests, topics.replies, topics.client_request, topics.client_reply, topics.dead_letters]


def provide(bootstrap: str, names: Sequence[str], partitions: int, replication: int) -> int:
    """Make the topics that are not there, and return how many; check those that are. Raises `TopicsWrong`."""
    admin = connect(bootstrap)
    there = existing(admin)
    missing = [name for name in names if name not in there]
    make(admin, [NewTopic(name, partitions, replication, config=durable(replication)) for name in missing])
    check_settings(admin, names)
    return len(missing)


def verify(bootstrap: str, names: Sequence[str]) -> None:
    """Check that the topics are there. Raises `TopicsWrong`."""
    there = existing(connect(bootstrap))
    missing = next((name for name in names if name not in there), None)
    if missing is not None:
        raise TopicsWrong(f"there is no topic {missing}; topics.py makes it")
