"""Hands the requests that clients write as JSON to an engine that does not read them itself."""

from __future__ import annotations

import threading
from collections.abc import Sequence

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, Producer

from stateflow.gateway.logs import Log
from stateflow.kafka.cluster import reason
from stateflow.kafka.edge import Edge, Refused
from stateflow.kafka.link import producer
from stateflow.kafka.service import Route
from stateflow.kafka.topics import MAX_RECORD, Topics
from stateflow.kafka.turn import letter

PAUSE = 1.0
"""Seconds until it is tried again after something has failed."""


class Forwarder:
    """Reads `client_request` on a thread of its own, beside others that do so for the same app.

    A request is read off when it has been written on, or been answered. If something fails between the two it is written twice, which does
    no harm: requests of one id run once.
    """

    def __init__(self, edge: Edge, bootstrap: str, topics: Topics, route: Route, log: Log) -> None:
        self._edge = edge
        self._bootstrap = bootstrap
        self._topics = topics
        self._route = route
        self._log = log
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="forwarder", daemon=True)
        self._thread.start()

    def close(self, grace: float) -> None:
        """Stop within so many seconds; what has not been read is read by the next one."""
        self._ended.set()
        self._thread.join(grace)

    def _run(self) -> None:
        while not self._ended.is_set():
            try:
                self._forward()
            except KafkaException as error:
                self._log.write("warning", "requests of client_request wait", reason=reason(error))
                self._ended.wait(PAUSE)

    def _forward(self) -> None:
        """Forward until it is told to stop. Raises `KafkaException` where Kafka does not take a record."""
        consumer = self._consumer()
        writer = producer(self._bootstrap)
        try:
            consumer.subscribe([self._topics.client_request])
            while not self._ended.is_set():
                first = consumer.poll(0.1)
                if first is not None:
                    # Asked for several, it waits until there are as many or the time is over.
                    self._hand_on([first, *consumer.consume(255, 0)], writer)
                    consumer.commit(asynchronous=True)
        finally:
            consumer.close()

    def _hand_on(self, records: Sequence[Message], writer: Producer) -> None:
        failed: list[KafkaError] = []

        def written(error: KafkaError | None, _: Message) -> None:
            if error is not None:
                failed.append(error)

        for record in records:
            if (error := record.error()) is not None:
                raise KafkaException(error)
            topic, key, value = self._forwarded(record.value() or b"")
            writer.produce(topic, value, key, on_delivery=written)
        writer.flush()
        if failed:
            raise KafkaException(failed[0])

    def _forwarded(self, record: bytes) -> tuple[str, bytes, bytes]:
        """Return the topic, the key and the value of what a record becomes."""
        made = self._edge.message(record)
        if not isinstance(made, Refused):
            return *self._route(made.address), made.encode()
        if made.id is not None:
            return self._topics.client_reply, made.id.encode(), made.answer
        key, value = letter(record, made.reason)
        return self._topics.dead_letters, key.encode(), value

    def _consumer(self) -> Consumer:
        return Consumer(
            {
                "bootstrap.servers": self._bootstrap,
                "group.id": self._topics.client_request,
                "enable.auto.commit": False,
                "auto.offset.reset": "earliest",
                "isolation.level": "read_committed",
                # What one that has ended without a word was reading is read by another after so long.
                "session.timeout.ms": 6000,
                "heartbeat.interval.ms": 2000,
                "fetch.wait.max.ms": 100,
                "fetch.message.max.bytes": MAX_RECORD,
                "log_level": 0,
            }
        )
