"""Making topics, and checking what is there."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence

from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import AdminClient, ConfigEntry, ConfigResource, NewTopic

from stateflow.errors import StateflowError
from stateflow.kafka.topics import KEPT, MAX_RECORD

WAIT = 60.0
"""Seconds that a broker is waited for."""

AT_ONCE = 200
"""How many topics are made by one request. Brokers refuse requests that stand for too many records."""


class TopicsWrong(StateflowError):
    """The topics cannot be used as they are; the message says what to do."""


def connect(bootstrap: str, wait: float = WAIT) -> AdminClient:
    """Return an administrator of a cluster that answers. Raises `TopicsWrong` where none does."""
    admin = AdminClient({"bootstrap.servers": bootstrap, "log_level": 0})
    deadline = time.monotonic() + wait
    while True:
        try:
            admin.list_topics(timeout=2)
        except KafkaException as error:
            if time.monotonic() > deadline:
                raise TopicsWrong(f"Kafka at {bootstrap} does not answer: {reason(error)}") from None
        else:
            return admin


def longest_transaction(bootstrap: str) -> int:
    """Return how many milliseconds a transaction may take. Raises `TopicsWrong`."""
    admin = connect(bootstrap)
    # Every broker coordinates transactions, and they are told the same.
    broker = str(min(admin.list_topics(timeout=10).brokers))
    (found,) = settings(admin, [ConfigResource(ConfigResource.Type.BROKER, broker)])
    return int(str(found["transaction.max.timeout.ms"]))


def make(admin: AdminClient, wanted: list[NewTopic]) -> None:
    """Make topics, and wait until they are there. Raises `TopicsWrong`."""
    for start in range(0, len(wanted), AT_ONCE):
        for name, done in admin.create_topics(wanted[start : start + AT_ONCE]).items():
            try:
                done.result()
            except KafkaException as error:
                if error.args[0].code() != KafkaError.TOPIC_ALREADY_EXISTS:
                    raise TopicsWrong(f"topic {name} cannot be made: {reason(error)}") from None
    deadline = time.monotonic() + WAIT
    while not existing(admin).keys() >= {topic.topic for topic in wanted}:
        if time.monotonic() > deadline:
            raise TopicsWrong("Kafka does not show the topics that were made")
        time.sleep(0.05)


def existing(admin: AdminClient) -> Mapping[str, int]:
    """Return how many partitions each topic has."""
    return {name: len(topic.partitions) for name, topic in admin.list_topics(timeout=10).topics.items()}


def durable(replication: int) -> dict[str, str]:
    """Return the settings of topics that lose nothing."""
    return {
        "cleanup.policy": "delete",
        "retention.ms": str(KEPT),
        "retention.bytes": "-1",
        "message.timestamp.type": "LogAppendTime",
        "min.insync.replicas": "2" if replication > 2 else "1",
        "unclean.leader.election.enable": "false",
        "max.message.bytes": str(MAX_RECORD),
    }


def check_settings(admin: AdminClient, topics: Sequence[str]) -> None:
    """Check that topics lose nothing. Raises `TopicsWrong`."""
    found = settings(admin, [ConfigResource(ConfigResource.Type.TOPIC, topic) for topic in topics])
    for topic, about in zip(topics, found, strict=True):
        for name, wanted in (
            ("cleanup.policy", "delete"),
            ("message.timestamp.type", "LogAppendTime"),
            ("unclean.leader.election.enable", "false"),
        ):
            if about[name] != wanted:
                raise TopicsWrong(
                    f"{topic} has {name}={about[name]}, and must have {wanted}: else its records may be lost or change"
                )


def settings(admin: AdminClient, of: list[ConfigResource]) -> list[Mapping[str, str | None]]:
    """Return the settings of topics or brokers. Raises `TopicsWrong`."""
    asked = admin.describe_configs(of)
    found: list[Mapping[str, str | None]] = []
    for each in of:
        try:
            entries: Mapping[str, ConfigEntry] = asked[each].result()
        except KafkaException as error:
            raise TopicsWrong(f"the settings of {each.name} cannot be read: {reason(error)}") from None
        found.append({name: entry.value for name, entry in entries.items()})
    return found


def reason(error: KafkaException) -> str:
    """Return what an error says."""
    return str(error.args[0].str()) if error.args and isinstance(error.args[0], KafkaError) else str(error)
