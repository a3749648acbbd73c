"""The topics of an engine that reads a log, and what has to be true of them.

All that entities ever see is one log: requests and messages in a topic that is partitioned by address. It must never lose a
record that was acknowledged, and never change its number of partitions: either would change what a step sees when it is run
again.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from secrets import token_hex
from typing import Any

from confluent_kafka import Consumer, KafkaError, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

from stateflow.kafka.cluster import WAIT, TopicsWrong, check_settings, connect, durable, existing, make, reason
from stateflow.kafka.topics import PARTITIONS, Topics

FORMAT = 1
"""Of what is in the topics."""


@dataclass(frozen=True, slots=True)
class About:
    """What was decided when the topics were made."""

    partitions: int
    """Of the log."""
    secret: bytes
    """From which, with the id of a message, follows what its step draws at random."""


def provide(bootstrap: str, topics: Topics, partitions: int | None, replication: int) -> About:
    """Make the topics that are not there, and check those that are. Raises `TopicsWrong`."""
    admin = connect(bootstrap)
    there = existing(admin)
    if topics.about not in there:
        if topics.log in there:
            raise TopicsWrong(
                f"there is a topic {topics.log}, but no {topics.about} that says how it was made: it is not of this app, or "
                "something is lost; use another --prefix"
            )
        make(admin, [NewTopic(topics.about, 1, replication, config={"cleanup.policy": "compact"})])
    about = _read_about(bootstrap, topics)
    if not about:
        settings = durable(replication)
        count = partitions or PARTITIONS
        wanted = [NewTopic(name, count, replication, config=settings) for name in topics.partitioned()]
        make(admin, [*wanted, NewTopic(topics.dead_letters, 1, replication, config=settings)])
        _write_about(bootstrap, topics, count)
        about, there = _read_about(bootstrap, topics), existing(admin)
    return _check(admin, topics, there, about, partitions)


def verify(bootstrap: str, topics: Topics) -> About:
    """Check the topics. Raises `TopicsWrong`."""
    admin = connect(bootstrap)
    there = existing(admin)
    about = _read_about(bootstrap, topics) if topics.about in there else {}
    return _check(admin, topics, there, about)


def _check(
    admin: AdminClient,
    topics: Topics,
    there: Mapping[str, int],
    about: Mapping[str, Any],
    partitions: int | None = None,
) -> About:
    missing = [name for name in (topics.about, *topics.partitioned(), topics.dead_letters) if name not in there]
    if missing:
        raise TopicsWrong(f"there is no topic {missing[0]}; topics.py makes it")
    if about.get("format") != FORMAT:
        raise TopicsWrong(f"{topics.about} tells of format {about.get('format')}; this bundle reads {FORMAT}")
    wanted = about["partitions"]
    if partitions is not None and partitions != wanted:
        raise TopicsWrong(
            f"{topics.log} has {wanted} partitions, which cannot become {partitions}: it is fixed when it is made"
        )
    if there[topics.log] != wanted:
        raise TopicsWrong(
            f"{topics.log} has {there[topics.log]} partitions and had {wanted} when it was made: entities are no longer where "
            "their records are"
        )
    check_settings(admin, [topics.log])
    return About(wanted, bytes.fromhex(about["secret"]))


def _write_about(bootstrap: str, topics: Topics, partitions: int) -> None:
    failed: list[KafkaError] = []
    producer = Producer({"bootstrap.servers": bootstrap, "acks": "all", "log_level": 0})
    producer.produce(
        topics.about,
        key=b"about",
        value=json.dumps({"format": FORMAT, "partitions": partitions, "secret": token_hex(32)}),
        on_delivery=lambda error, _: failed.append(error) if error else None,
    )
    if producer.flush(30) or failed:
        raise TopicsWrong(f"{topics.about} cannot be written: {failed[0] if failed else 'Kafka does not answer'}")


def _read_about(bootstrap: str, topics: Topics) -> dict[str, Any]:
    """Return the last record of the topic."""
    settings = {"bootstrap.servers": bootstrap, "group.id": topics.about, "enable.auto.commit": False, "log_level": 0}
    consumer = Consumer(settings)
    deadline = time.monotonic() + WAIT
    try:
        while True:
            try:
                return _read_last(consumer, topics.about, deadline)
            except KafkaException as error:
                # A topic that has just been made has no leader for a moment.
                if time.monotonic() > deadline:
                    raise TopicsWrong(f"{topics.about} cannot be read: {reason(error)}") from None
                time.sleep(0.1)
    finally:
        consumer.close()


def _read_last(consumer: Consumer, topic: str, deadline: float) -> dict[str, Any]:
    start, end = consumer.get_watermark_offsets(TopicPartition(topic, 0), timeout=10)
    consumer.assign([TopicPartition(topic, 0, start)])
    about: dict[str, Any] = {}
    while start < end:
        record = consumer.poll(1)
        if record is not None and record.error() is not None:
            raise KafkaException(record.error())
        if record is not None:
            start = (record.offset() or 0) + 1
            about = json.loads(record.value() or b"{}")
        elif time.monotonic() > deadline:
            raise TopicsWrong(f"{topic} cannot be read to its end")
    return about
