"""A process's connection to the topics: it writes records, and hands out the answers that come."""

from __future__ import annotations

import threading
from collections.abc import Callable

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, Producer, TopicPartition

from stateflow.adapters.service import Unavailable
from stateflow.kafka.topics import MAX_RECORD

Written = Callable[[str | None], None]
"""Told why a record could not be written, or None once it is."""


def producer(bootstrap: str) -> Producer:
    """Return what writes records in their order and loses none, to the partitions that other clients choose for the same keys."""
    return Producer(
        {
            "bootstrap.servers": bootstrap,
            "partitioner": "murmur2",
            "acks": "all",
            "enable.idempotence": True,
            "linger.ms": 0,
            "message.max.bytes": MAX_RECORD,
            "log_level": 0,
        }
    )


class Link:
    """Writes to topics of one cluster, and reads one of them from now on. Its callbacks run on threads of its own."""

    def __init__(self, bootstrap: str, reads: str, got: Callable[[list[bytes]], None]) -> None:
        """Begin to read a topic: `got` is called with the values of the records that come from now on.

        Raises `Unavailable` where the topic cannot be read.
        """
        self._got = got
        self._ended = threading.Event()
        self._producer = producer(bootstrap)
        self._consumer = Consumer(
            {
                "bootstrap.servers": bootstrap,
                # Never joined nor committed: partitions are assigned by hand.
                "group.id": f"{reads}.unused",
                "enable.auto.commit": False,
                "auto.offset.reset": "error",
                "isolation.level": "read_committed",
                "fetch.wait.max.ms": 100,
                "fetch.message.max.bytes": MAX_RECORD,
                "log_level": 0,
            }
        )
        self._assign(reads)
        self._threads = [
            threading.Thread(target=self._read, name="kafka-read", daemon=True),
            threading.Thread(target=self._write, name="kafka-write", daemon=True),
        ]
        for thread in self._threads:
            thread.start()

    def write(self, topic: str, key: bytes, value: bytes, done: Written) -> None:
        """Write a record. Raises `Unavailable` where there is no room for it."""
        try:
            self._producer.produce(topic, value, key, on_delivery=lambda error, _: done(_reason(error)))
        except BufferError:
            raise Unavailable("too many requests wait for Kafka") from None
        except KafkaException as error:
            raise Unavailable(f"the request cannot be written to Kafka: {error.args[0].str()}") from None

    def close(self, grace: float) -> bool:
        """Write what has been given, and stop. Returns False where that took more than `grace` seconds."""
        left = self._producer.flush(grace)
        self._ended.set()
        for thread in self._threads:
            thread.join(5)
        self._consumer.close()
        return bool(left == 0)

    def _assign(self, topic: str) -> None:
        try:
            found = self._consumer.list_topics(topic, timeout=10).topics[topic]
            places = [TopicPartition(topic, number) for number in found.partitions]
            if not places:
                raise Unavailable(f"there is no topic {topic}")
            for place in places:
                place.offset = self._consumer.get_watermark_offsets(place, timeout=10)[1]
        except KafkaException as error:
            raise Unavailable(f"topic {topic} cannot be read: {error.args[0].str()}") from None
        self._consumer.assign(places)

    def _read(self) -> None:
        while not self._ended.is_set():
            first = self._consumer.poll(0.1)
            if first is not None:
                # Asked for several, it waits until there are as many or the time is over.
                records = [first, *self._consumer.consume(255, 0)]
                values = [value for record in records if (value := _value(record)) is not None]
                if values:
                    self._got(values)

    def _write(self) -> None:
        while not self._ended.is_set():
            self._producer.poll(0.1)


def _value(record: Message) -> bytes | None:
    return record.value() if record.error() is None else None


def _reason(error: KafkaError | None) -> str | None:
    return None if error is None else str(error.str())
