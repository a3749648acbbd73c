"""What one release of PyFlink has and another has not.

Flink 1.20 can read and write strings, and no bytes: there they are strings of Latin-1, which has a character for every byte. Its
connector comes without Kafka's classes in it, so that those have the names that Kafka gives them.
"""

from __future__ import annotations

from typing import Any

from pyflink.common import Types, serialization
from pyflink.datastream.connectors.kafka import (
    KafkaOffsetResetStrategy,
    KafkaOffsetsInitializer,
    KafkaTopicPartition,
)
from pyflink.java_gateway import get_gateway
from pyflink.util.java_utils import get_java_class

IS_OLD = not hasattr(serialization, "ByteArraySchema")

STREAMED = Types.STRING() if IS_OLD else Types.PRIMITIVE_ARRAY(Types.BYTE())
"""The type of what is streamed."""


def schema() -> Any:
    """Return what reads and writes the values of a topic."""
    return serialization.SimpleStringSchema("ISO-8859-1") if IS_OLD else serialization.ByteArraySchema()


def streamed(record: bytes) -> Any:
    """Return what is streamed for the bytes of a record."""
    return record.decode("latin-1") if IS_OLD else record


def received(value: Any) -> bytes:
    """Return the bytes of a record of what is streamed."""
    record: bytes = value.encode("latin-1") if IS_OLD else value
    return record


def from_the_beginning(topic: str, partitions: int) -> KafkaOffsetsInitializer:
    """Return what begins to read a topic at its first record, and fails where that is gone."""
    if not IS_OLD:
        beginning = {KafkaTopicPartition(topic, number): 0 for number in range(partitions)}
        return KafkaOffsetsInitializer.offsets(beginning, KafkaOffsetResetStrategy.NONE)
    java = get_gateway().jvm
    offsets = java.org.apache.flink.python.util.HashMapWrapper(None, get_java_class(java.Long))
    for number in range(partitions):
        offsets.put(java.org.apache.kafka.common.TopicPartition(topic, number), 0)
    never = java.org.apache.kafka.clients.consumer.OffsetResetStrategy.NONE
    initializers = java.org.apache.flink.connector.kafka.source.enumerator.initializer.OffsetsInitializer
    return KafkaOffsetsInitializer(initializers.offsets(offsets.asMap(), never))
