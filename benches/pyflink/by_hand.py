"""The shop's purchase as somebody would write it for PyFlink by hand: users and items keyed in one function, with messages as JSON in a loop
through Kafka, and no guarantee beyond what Flink gives by itself; or, with `transactions`, Kafka transactions through the loop.

    flink run --python by_hand.py BOOTSTRAP PREFIX none|transactions
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from typing import Any

from pyflink.common import Types, WatermarkStrategy
from pyflink.common.serialization import SimpleStringSchema
from pyflink.datastream import KeyedProcessFunction, OutputTag, RuntimeContext, StreamExecutionEnvironment
from pyflink.datastream.connectors import DeliveryGuarantee
from pyflink.datastream.connectors.kafka import (
    KafkaOffsetsInitializer,
    KafkaRecordSerializationSchema,
    KafkaSink,
    KafkaSource,
)
from pyflink.datastream.state import ValueStateDescriptor

REPLIES = OutputTag("replies", Types.STRING())

Message = dict[str, Any]


class Shop(KeyedProcessFunction):  # type: ignore[misc]
    """Users and items."""

    def open(self, runtime_context: RuntimeContext) -> None:
        self._state = runtime_context.get_state(ValueStateDescriptor("state", Types.STRING()))

    def process_element(self, value: str, ctx: KeyedProcessFunction.Context) -> Iterator[Any]:
        del ctx
        message = json.loads(value)
        stored = self._state.value()
        state = None if stored is None else json.loads(stored)
        changed, sent, reply = _HANDLERS[message["kind"]](state, message)
        if changed is not None:
            self._state.update(json.dumps(changed))
        if sent is not None:
            yield json.dumps(sent)
        if reply is not None:
            yield REPLIES, json.dumps(reply)


Outcome = tuple[Message | None, Message | None, Message | None]
"""The new state, the message and the reply, each if there is one."""


def _create(_: Message | None, message: Message) -> Outcome:
    return message["state"], None, {"id": message["id"], "result": True}


def _buy(_: Message | None, message: Message) -> Outcome:
    return None, {**message, "kind": "price", "key": message["item"]}, None


def _price(state: Message | None, message: Message) -> Outcome:
    assert state is not None
    return None, {**message, "kind": "pay", "key": message["user"], "price": state["price"]}, None


def _pay(state: Message | None, message: Message) -> Outcome:
    assert state is not None
    total = message["amount"] * message["price"]
    if state["balance"] < total:
        return None, None, {"id": message["id"], "result": False}
    state["balance"] -= total
    return state, {**message, "kind": "take", "key": message["item"]}, None


def _take(state: Message | None, message: Message) -> Outcome:
    assert state is not None
    enough = state["stock"] >= message["amount"]
    if enough:
        state["stock"] -= message["amount"]
    done = {**message, "kind": "taken", "key": message["user"], "enough": enough}
    return state if enough else None, done, None


def _taken(state: Message | None, message: Message) -> Outcome:
    assert state is not None
    if message["enough"]:
        bought = state["bought"]
        bought[message["item"]] = bought.get(message["item"], 0) + message["amount"]
    else:
        state["balance"] += message["amount"] * message["price"]
    return state, None, {"id": message["id"], "result": message["enough"]}


_HANDLERS = {"create": _create, "buy": _buy, "price": _price, "pay": _pay, "take": _take, "taken": _taken}


def _key(record: str) -> str:
    key: str = json.loads(record)["key"]
    return key


def _sink(bootstrap: str, topic: str, transactions: bool) -> KafkaSink:
    serializer = (
        KafkaRecordSerializationSchema.builder()
        .set_topic(topic)
        .set_value_serialization_schema(SimpleStringSchema())
        .build()
    )
    builder = KafkaSink.builder().set_bootstrap_servers(bootstrap).set_record_serializer(serializer)
    builder.set_property("linger.ms", "0")
    if transactions:
        builder.set_delivery_guarantee(DeliveryGuarantee.EXACTLY_ONCE).set_transactional_id_prefix(topic)
        builder.set_property("transaction.timeout.ms", "60000")
    else:
        builder.set_delivery_guarantee(DeliveryGuarantee.NONE)
    return builder.build()


def build(environment: StreamExecutionEnvironment, bootstrap: str, prefix: str, transactions: bool) -> None:
    """Put the job together: `PREFIX.log` is the loop, `PREFIX.replies` what clients read."""
    builder = (
        KafkaSource.builder()
        .set_bootstrap_servers(bootstrap)
        .set_group_id(prefix)
        .set_topics(f"{prefix}.log")
        .set_starting_offsets(KafkaOffsetsInitializer.earliest())
        .set_value_only_deserializer(SimpleStringSchema())
    )
    if transactions:
        builder.set_property("isolation.level", "read_committed")
    log = environment.from_source(builder.build(), WatermarkStrategy.no_watermarks(), "log")
    shop = log.key_by(_key, Types.STRING()).process(Shop(), Types.STRING())
    shop.sink_to(_sink(bootstrap, f"{prefix}.log", transactions))
    shop.get_side_output(REPLIES).sink_to(_sink(bootstrap, f"{prefix}.replies", transactions))


def main(bootstrap: str, prefix: str, delivery: str) -> None:
    """Submit the job."""
    environment = StreamExecutionEnvironment.get_execution_environment()
    build(environment, bootstrap, prefix, delivery == "transactions")
    environment.execute(prefix)


if __name__ == "__main__":
    main(*sys.argv[1:])
