"""A load whose outcome is known whatever the order: purchases of what there is not enough of, and what must be true of them afterwards."""

from __future__ import annotations

import asyncio
import json
import random
import time
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

from confluent_kafka import Consumer, TopicPartition
from stateflow.kafka.client import RequestFailed, StateflowKafkaClient
from stateflow.kafka.topics import Topics

PRICE, STOCK, BALANCE = 3, 400, 900
ITEMS = [f"item{number}" for number in range(3)]
USERS = [f"user{number}" for number in range(8)]


@dataclass
class Ledger:
    """What clients were told."""

    answers: dict[str, Any] = field(default_factory=dict)
    """By request, the result or the title of the problem."""
    asked: dict[str, tuple[str, str, int]] = field(default_factory=dict)
    """By request, who bought what, and how many."""
    longest: float = 0.0
    """Seconds that a client waited."""


def prepare(client: StateflowKafkaClient) -> None:
    """Create what is bought and who buys."""
    for name in ITEMS:
        client.create("Item", name=name, price=PRICE, stock=STOCK, timeout=90)
    for name in USERS:
        client.create("User", username=name, balance=BALANCE, timeout=90)


async def buy(client: StateflowKafkaClient, ledger: Ledger, until: asyncio.Event, seed: int) -> None:
    """Buy until told to stop, and send each request a second time now and then."""
    draw = random.Random(seed)
    number = 0
    while not until.is_set():
        number += 1
        id, user, item, amount = f"{seed}-{number}", draw.choice(USERS), draw.choice(ITEMS), draw.randint(1, 2)
        ledger.asked[id] = user, item, amount
        started = time.monotonic()
        sent = [client.send("User", user, "buy_item", {"amount": amount, "item": item}, id=id)]
        if draw.random() < 0.2:
            sent.append(client.send("User", user, "buy_item", {"amount": amount, "item": item}, id=id))
        try:
            answer = await asyncio.wait_for(asyncio.wrap_future(sent[-1]), 120)
        except RequestFailed as error:
            answer = error.problem["title"]
        ledger.answers[id] = answer
        ledger.longest = max(ledger.longest, time.monotonic() - started)


def wrong(client: StateflowKafkaClient, bootstrap: str, topics: Topics, ledger: Ledger, fields: Any) -> list[str]:
    """Return what is not as it must be; `fields` gives the fields of an entity."""
    del client
    found = [f"{id} was not answered" for id in ledger.asked if id not in ledger.answers]
    found += [f"{id} was answered with {answer}" for id, answer in ledger.answers.items() if type(answer) is not bool]
    bought: dict[str, int] = defaultdict(int)
    for id, answer in ledger.answers.items():
        user, item, amount = ledger.asked[id]
        if answer is True:
            bought[user] += amount
            bought[item] += amount
    for item in ITEMS:
        left = fields("Item", item)["stock"]
        if left != STOCK - bought[item] or left < 0:
            found.append(f"{left} of {item} left, {bought[item]} of {STOCK} sold")
    for user in USERS:
        left = fields("User", user)["balance"]
        if left != BALANCE - PRICE * bought[user]:
            found.append(f"{user} has {left}, and spent {PRICE * bought[user]} of {BALANCE}")
    for id, answers in _told(bootstrap, topics.client_reply).items():
        if len(answers) > 1:
            found.append(f"{id} has {len(answers)} answers: {sorted(answers)}")
    return found


def _told(bootstrap: str, topic: str) -> dict[str, set[str]]:
    """Return all answers that stand in a topic, by request."""
    consumer = Consumer({"bootstrap.servers": bootstrap, "group.id": "ledger", "enable.auto.commit": False})
    told: dict[str, set[str]] = defaultdict(set)
    try:
        for number in consumer.list_topics(topic, timeout=10).topics[topic].partitions:
            start, end = consumer.get_watermark_offsets(TopicPartition(topic, number), timeout=10)
            consumer.assign([TopicPartition(topic, number, start)])
            while start < end:
                for record in consumer.consume(500, 1):
                    start = (record.offset() or 0) + 1
                    value = record.value() or b"{}"
                    told[json.loads(value)["id"]].add(value.decode())
    finally:
        consumer.close()
    return told
