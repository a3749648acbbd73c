"""The topics of an app, and what has to be true of them.

All that entities ever see is one log: requests and messages in a topic that is partitioned by address. It must never lose a
record that was acknowledged, and never change its number of partitions: either would change what a step sees when it is run
again.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from secrets import token_hex
from typing import Any

from confluent_kafka import Consumer, KafkaError, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, ConfigEntry, ConfigResource, NewTopic

from stateflow.errors import StateflowError

FORMAT = 1
"""Of what is in the topics."""

PARTITIONS = 8
"""Of the log, unless told otherwise."""

WAIT = 60.0
"""Seconds that a broker is waited for."""

MAX_RECORD = 8 << 20
"""Bytes of the largest record."""

KEPT = 7 * 24 * 3600 * 1000
"""Milliseconds that records stay at least, which bounds how long an engine may be down."""


class TopicsWrong(StateflowError):
    """The topics cannot be used as they are; the message says what to do."""


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
        """Those with as many partitions as the log."""
        yield from (self.log, self.replies, self.client_request, self.client_reply)


def connect(bootstrap: str, wait: float = WAIT) -> AdminClient:
    """Return an administrator of a cluster that answers. Raises `TopicsWrong` where none does."""
    admin = AdminClient({"bootstrap.servers": bootstrap, "log_level": 0})
    deadline = time.monotonic() + wait
    while True:
        try:
            admin.list_topics(timeout=2)
        except KafkaException as error:
            if time.monotonic() > deadline:
                raise TopicsWrong(f"Kafka at {bootstrap} does not answer: {_reason(error)}") from None
        else:
            return admin


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
    there = _partitions(admin)
    if topics.about not in there:
        if topics.log in there:
            raise TopicsWrong(
                f"there is a topic {topics.log}, but no {topics.about} that says how it was made: it is not of this app, or "
                "something is lost; use another --prefix"
            )
        _make(admin, [NewTopic(topics.about, 1, replication, config={"cleanup.policy": "compact"})])
    about = _read_about(bootstrap, topics)
    if not about:
        settings = _log_settings(replication)
        count = partitions or PARTITIONS
        wanted = [NewTopic(name, count, replication, config=settings) for name in topics.partitioned()]
        _make(admin, [*wanted, NewTopic(topics.dead_letters, 1, replication, config=settings)])
        _write_about(bootstrap, topics, count)
        about, there = _read_about(bootstrap, topics), _partitions(admin)
    return _check(admin, topics, there, about, partitions)


def verify(bootstrap: str, topics: Topics) -> About:
    """Check the topics. Raises `TopicsWrong`."""
    admin = connect(bootstrap)
    there = _partitions(admin)
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
    _check_settings(admin, topics.log)
    return About(wanted, bytes.fromhex(about["secret"]))


def longest_transaction(bootstrap: str) -> int:
    """Return how many milliseconds a transaction may take. Raises `TopicsWrong`."""
    admin = connect(bootstrap)
    # Every broker coordinates transactions, and they are told the same.
    broker = str(min(admin.list_topics(timeout=10).brokers))
    return int(str(_settings(admin, ConfigResource(ConfigResource.Type.BROKER, broker))["transaction.max.timeout.ms"]))


def _log_settings(replication: int) -> dict[str, str]:
    return {
        "cleanup.policy": "delete",
        "retention.ms": str(KEPT),
        "retention.bytes": "-1",
        "message.timestamp.type": "LogAppendTime",
        "min.insync.replicas": "2" if replication > 2 else "1",
        "unclean.leader.election.enable": "false",
        "max.message.bytes": str(MAX_RECORD),
    }


def _make(admin: AdminClient, wanted: list[NewTopic]) -> None:
    for name, done in admin.create_topics(wanted).items():
        try:
            done.result()
        except KafkaException as error:
            if error.args[0].code() != KafkaError.TOPIC_ALREADY_EXISTS:
                raise TopicsWrong(f"topic {name} cannot be made: {_reason(error)}") from None
    deadline = time.monotonic() + WAIT
    while not _partitions(admin).keys() >= {topic.topic for topic in wanted}:
        if time.monotonic() > deadline:
            raise TopicsWrong("Kafka does not show the topics that were made")
        time.sleep(0.05)


def _partitions(admin: AdminClient) -> Mapping[str, int]:
    return {name: len(topic.partitions) for name, topic in admin.list_topics(timeout=10).topics.items()}


def _check_settings(admin: AdminClient, log: str) -> None:
    found = _settings(admin, ConfigResource(ConfigResource.Type.TOPIC, log))
    for name, wanted in (
        ("cleanup.policy", "delete"),
        ("message.timestamp.type", "LogAppendTime"),
        ("unclean.leader.election.enable", "false"),
    ):
        if found[name] != wanted:
            raise TopicsWrong(
                f"{log} has {name}={found[name]}, and must have {wanted}: else its records may be lost or change"
            )


def _settings(admin: AdminClient, of: ConfigResource) -> Mapping[str, str | None]:
    try:
        found: Mapping[str, ConfigEntry] = admin.describe_configs([of])[of].result()
    except KafkaException as error:
        raise TopicsWrong(f"the settings of {of.name} cannot be read: {_reason(error)}") from None
    return {name: entry.value for name, entry in found.items()}


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
                    raise TopicsWrong(f"{topics.about} cannot be read: {_reason(error)}") from None
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


def _reason(error: KafkaException) -> str:
    return str(error.args[0].str()) if error.args and isinstance(error.args[0], KafkaError) else str(error)
