"""Builds the Flink job of a bundle. A bundle's `job.py` calls `main`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from pyflink.common import Types, WatermarkStrategy
from pyflink.common.serialization import SerializationSchema
from pyflink.datastream import DataStream, KeyedStream, StreamExecutionEnvironment
from pyflink.datastream.connectors import DeliveryGuarantee
from pyflink.datastream.connectors.kafka import (
    KafkaRecordSerializationSchema,
    KafkaSink,
    KafkaSinkBuilder,
    KafkaSource,
)
from pyflink.datastream.formats.json import JsonRowSerializationSchema
from pyflink.java_gateway import get_gateway

from stateflow.adapters.pyflink import (
    AT_ONCE,
    CLIENT_REPLIES,
    COLLECTED_REPLIES,
    DEAD_LETTERS,
    RECORD,
    REPLIES,
    Entities,
    Requests,
    place_of_streamed,
)
from stateflow.adapters.pyflink_options import Delivery, Options
from stateflow.adapters.pyflink_releases import STREAMED, from_the_beginning, schema
from stateflow.bundle import Description, describe
from stateflow.errors import StateflowError
from stateflow.kafka.cluster import longest_transaction
from stateflow.kafka.log import About, verify
from stateflow.kafka.options import add_kafka
from stateflow.kafka.records import KEY
from stateflow.kafka.topics import MAX_RECORD, Topics

LINGER = 5
"""For how many milliseconds records are collected when there is much to do: a request to Kafka with many of them costs little more than one
with one."""


def main(bundle: Path, name: str, arguments: Sequence[str] | None = None) -> int:
    """Check the topics and submit the job; returns the exit status: 0, or 2 where it could not be submitted."""
    options = _parser(name).parse_args(arguments)
    topics = Topics(options.prefix)
    environment = StreamExecutionEnvironment.get_execution_environment()
    try:
        build(environment, options.bootstrap, topics, verify(options.bootstrap, topics), describe(bundle))
    except StateflowError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    environment.execute(name)
    return 0


def build(
    environment: StreamExecutionEnvironment, bootstrap: str, topics: Topics, about: About, bundle: Description
) -> None:
    """Put the operators of the job that runs a bundle together. Their uids stay the same from bundle to bundle, so that savepoints fit.

    Where they do not fit, the uid is another one: Flink would begin with nothing and say nothing.
    """
    options = Options.read(bundle.options)
    transactions = None
    if options.delivery is Delivery.TRANSACTIONS:
        transactions = longest_transaction(bootstrap)

    def read(topic: str, uid: str) -> DataStream:
        source = _source(bootstrap, topics.prefix, topic, about.partitions)
        stream = environment.from_source(source, WatermarkStrategy.no_watermarks(), uid, STREAMED)
        return stream.uid(uid).name(uid)

    def write(stream: DataStream, topic: str, uid: str, key: str | None, linger: int = 0) -> None:
        sink = _sink(bootstrap, topic, key, linger)
        if transactions is not None:
            _commit_with_checkpoints(sink, f"{topics.prefix}.{uid}", transactions)
        stream.sink_to(sink.build()).uid(uid).name(uid)

    log = read(topics.log, "log")
    is_alone = environment.get_parallelism() == 1 and not options.is_beside
    entities = (
        (_kept_here if is_alone else _shuffled)(log)
        .process(Entities(bundle.digest, about.secret, is_alone), RECORD)
        .uid("entities_beside" if options.is_beside else "entities")
        .name("entities")
    )
    requests = (
        read(topics.client_request, "client_request")
        .process(Requests(bundle.digest), RECORD)
        .uid("requests")
        .name("requests")
    )
    # Each writes to the log by itself, so that what entities send is handed to the sink on the spot.
    write(entities, topics.log, "to_log", KEY, LINGER)
    write(entities.get_side_output(AT_ONCE), topics.log, "at_once_to_log", KEY)
    write(requests, topics.log, "requests_to_log", KEY)
    # Whoever waits for them reads all partitions.
    write(entities.get_side_output(REPLIES), topics.replies, "to_replies", None)
    write(entities.get_side_output(COLLECTED_REPLIES), topics.replies, "collected_to_replies", None, LINGER)
    client_replies = entities.get_side_output(CLIENT_REPLIES).union(requests.get_side_output(CLIENT_REPLIES))
    write(client_replies, topics.client_reply, "to_client_reply", "request")
    dead_letters = entities.get_side_output(DEAD_LETTERS).union(requests.get_side_output(DEAD_LETTERS))
    write(dead_letters, topics.dead_letters, "to_dead_letters", "request")


def _shuffled(log: DataStream) -> KeyedStream:
    """Return the log by place: each record goes to the subtask that has its entity."""
    return log.key_by(place_of_streamed, Types.STRING())


def _kept_here(log: DataStream) -> KeyedStream:
    """Return the log by place where one subtask has all entities: it reads the log itself, and no record waits for another thread."""
    java = get_gateway().jvm.org.apache.flink.streaming.api.datastream
    keyed = _shuffled(log)
    shuffle = keyed._j_data_stream
    placed = java.DataStream(shuffle.getExecutionEnvironment(), shuffle.getTransformation().getInputs().get(0))
    here = java.DataStreamUtils.reinterpretAsKeyedStream(placed, shuffle.getKeySelector(), shuffle.getKeyType())
    return KeyedStream(here, keyed._original_data_type_info, log)


def _source(bootstrap: str, group: str, topic: str, partitions: int) -> KafkaSource:
    """Read a topic from its beginning, where no checkpoint says otherwise. Records that are gone are an error, never skipped."""
    return (
        KafkaSource.builder()
        .set_bootstrap_servers(bootstrap)
        .set_group_id(group)
        .set_topics(topic)
        .set_starting_offsets(from_the_beginning(topic, partitions))
        .set_value_only_deserializer(schema())
        .set_property("isolation.level", "read_committed")
        .set_property("fetch.max.wait.ms", "100")
        .set_property("max.partition.fetch.bytes", str(MAX_RECORD))
        .build()
    )


def _sink(bootstrap: str, topic: str, key: str | None, linger: int) -> KafkaSinkBuilder:
    """Write rows: the second column is the value. Where it has a key, that is a JSON object whose one member is the first column. Each waits
    `linger` milliseconds for others to go with. All is written before a checkpoint is."""
    serializer = KafkaRecordSerializationSchema.builder().set_topic(topic).set_value_serialization_schema(_second())
    if key is not None:
        first = JsonRowSerializationSchema.builder().with_type_info(Types.ROW_NAMED([key], [Types.STRING()]))
        serializer.set_key_serialization_schema(first.build())
    return (
        KafkaSink.builder()
        .set_bootstrap_servers(bootstrap)
        .set_record_serializer(serializer.build())
        .set_delivery_guarantee(DeliveryGuarantee.AT_LEAST_ONCE)
        .set_property("acks", "all")
        .set_property("enable.idempotence", "true")
        .set_property("linger.ms", str(linger))
        .set_property("max.request.size", str(MAX_RECORD))
    )


def _commit_with_checkpoints(sink: KafkaSinkBuilder, id: str, milliseconds: int) -> None:
    """Have nothing read of what is written before the checkpoint is complete that it belongs to. A transaction that is not ended for
    so long is lost, which is how long the job may be down between the two."""
    sink.set_delivery_guarantee(DeliveryGuarantee.EXACTLY_ONCE)
    sink.set_transactional_id_prefix(id)
    sink.set_property("transaction.timeout.ms", str(milliseconds))


def _second() -> SerializationSchema:
    utils = get_gateway().jvm.org.apache.flink.python.util.PythonConnectorUtils
    return SerializationSchema(utils.SecondColumnSerializationSchema(schema()._j_serialization_schema))


def _parser(name: str) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="job.py",
        description="The Flink job of this bundle; `flink run` submits it.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    add_kafka(parser, name)
    return parser
