"""Builds the Flink job of a bundle. A bundle's `job.py` calls `main`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from pyflink.common import Types, WatermarkStrategy
from pyflink.common.serialization import ByteArraySchema
from pyflink.datastream import DataStream, StreamExecutionEnvironment
from pyflink.datastream.connectors import DeliveryGuarantee
from pyflink.datastream.connectors.kafka import (
    KafkaOffsetResetStrategy,
    KafkaOffsetsInitializer,
    KafkaRecordSerializationSchema,
    KafkaSink,
    KafkaSource,
    KafkaTopicPartition,
)
from pyflink.datastream.formats.json import JsonRowSerializationSchema
from pyflink.java_gateway import get_gateway

from stateflow.adapters.pyflink import CLIENT_REPLIES, DEAD_LETTERS, RECORD, REPLIES, Entities, Requests
from stateflow.bundle import digest_of
from stateflow.errors import StateflowError
from stateflow.kafka.options import add_kafka
from stateflow.kafka.records import KEY, place_of
from stateflow.kafka.topics import MAX_RECORD, About, Topics, verify

BYTES = Types.PRIMITIVE_ARRAY(Types.BYTE())


def main(bundle: Path, name: str, arguments: Sequence[str] | None = None) -> int:
    """Check the topics and submit the job; returns the exit status: 0, or 2 where it could not be submitted."""
    options = _parser(name).parse_args(arguments)
    topics = Topics(options.prefix)
    try:
        about = verify(options.bootstrap, topics)
    except StateflowError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    environment = StreamExecutionEnvironment.get_execution_environment()
    build(environment, options.bootstrap, topics, about, digest_of(bundle))
    environment.execute(name)
    return 0


def build(environment: StreamExecutionEnvironment, bootstrap: str, topics: Topics, about: About, digest: str) -> None:
    """Put the operators of the job that runs the bundle of this digest together. Their uids stay the same from bundle to bundle, so that savepoints fit."""

    def read(topic: str, uid: str) -> DataStream:
        source = _source(bootstrap, topics.prefix, topic, about.partitions)
        stream = environment.from_source(source, WatermarkStrategy.no_watermarks(), uid, BYTES)
        return stream.uid(uid).name(uid)

    def write(stream: DataStream, topic: str, uid: str, key: str = "request") -> None:
        stream.sink_to(_sink(bootstrap, topic, key)).uid(uid).name(uid)

    log = read(topics.log, "log")
    entities = (
        log.key_by(place_of, Types.STRING())
        .process(Entities(digest, about.secret), RECORD)
        .uid("entities")
        .name("entities")
    )
    requests = (
        read(topics.client_request, "client_request").process(Requests(digest), RECORD).uid("requests").name("requests")
    )
    write(entities.union(requests), topics.log, "to_log", KEY)
    write(entities.get_side_output(REPLIES), topics.replies, "to_replies")
    client_replies = entities.get_side_output(CLIENT_REPLIES).union(requests.get_side_output(CLIENT_REPLIES))
    write(client_replies, topics.client_reply, "to_client_reply")
    dead_letters = entities.get_side_output(DEAD_LETTERS).union(requests.get_side_output(DEAD_LETTERS))
    write(dead_letters, topics.dead_letters, "to_dead_letters")


def _source(bootstrap: str, group: str, topic: str, partitions: int) -> KafkaSource:
    """Read a topic from its beginning, where no checkpoint says otherwise. Records that are gone are an error, never skipped."""
    beginning = {KafkaTopicPartition(topic, number): 0 for number in range(partitions)}
    return (
        KafkaSource.builder()
        .set_bootstrap_servers(bootstrap)
        .set_group_id(group)
        .set_topics(topic)
        .set_starting_offsets(KafkaOffsetsInitializer.offsets(beginning, KafkaOffsetResetStrategy.NONE))
        .set_value_only_deserializer(ByteArraySchema())
        .set_property("fetch.max.wait.ms", "100")
        .set_property("max.partition.fetch.bytes", str(MAX_RECORD))
        .build()
    )


def _sink(bootstrap: str, topic: str, key: str) -> KafkaSink:
    """Write rows: the key is a JSON object whose one member is the first column, the second is the value. All is written before a checkpoint is."""
    first = JsonRowSerializationSchema.builder().with_type_info(Types.ROW_NAMED([key], [Types.STRING()])).build()
    serializer = (
        KafkaRecordSerializationSchema.builder()
        .set_topic(topic)
        .set_key_serialization_schema(first)
        .set_value_serialization_schema(_second())
        .build()
    )
    return (
        KafkaSink.builder()
        .set_bootstrap_servers(bootstrap)
        .set_record_serializer(serializer)
        .set_delivery_guarantee(DeliveryGuarantee.AT_LEAST_ONCE)
        .set_property("acks", "all")
        .set_property("enable.idempotence", "true")
        .set_property("linger.ms", "0")
        .set_property("max.request.size", str(MAX_RECORD))
        .build()
    )


def _second() -> ByteArraySchema:
    schema = ByteArraySchema()
    utils = get_gateway().jvm.org.apache.flink.python.util.PythonConnectorUtils
    schema._j_serialization_schema = utils.SecondColumnSerializationSchema(schema._j_serialization_schema)
    return schema


def _parser(name: str) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="job.py",
        description="The Flink job of this bundle; `flink run` submits it.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    add_kafka(parser, name)
    return parser
