"""A load whose outcome is known whatever the order: purchases of what there is not enough of, and what must be true of them afterwards."""

from __future__ import annotations

import asyncio
import json
import random
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Container, Iterator
from contextlib import contextmanager
from typing import Any

from confluent_kafka import Consumer, TopicPartition
from stateflow.errors import StateflowError
from stateflow.kafka.client import RequestFailed, StateflowKafkaClient
from stateflow.kafka.topics import Topics

PRICE = 3
STOCKS = [100, 1_000, 1_000_000]
"""Of the items: one is sold out soon, one later, one never."""
BALANCES = [100, 1_000, 1_000_000, 1_000_000]
"""Of the users: some run out of money, others do not."""
CLIENTS = 24
PATIENCE = 120.0
"""Seconds that a client waits for an answer."""


class Ledger:
    """What clients asked and were told, of entities of its own."""

    def __init__(self, name: str) -> None:
        self.stocks = {f"{name}-item{number}": stock for number, stock in enumerate(STOCKS)}
        self.balances = {f"{name}-user{number}": balance for number, balance in enumerate(BALANCES)}
        self.answers: dict[str, Any] = {}
        """By request, the result, or what was said in its place."""
        self.asked: dict[str, tuple[str, str, int]] = {}
        """By request, who bought what, and how many."""
        self.sent: Counter[str] = Counter()
        """How often each request was sent."""
        self.longest = 0.0
        """Seconds that a client waited at most."""
        self._name = name
        self._refused = threading.Event()
        self._answered = dict.fromkeys(range(CLIENTS), 0.0)

    @contextmanager
    def load(self, client: StateflowKafkaClient) -> Iterator[None]:
        """Make the entities, and have clients buy until the block ends and all have their answers."""
        for name, stock in self.stocks.items():
            client.create("Item", name=name, price=PRICE, stock=stock, timeout=PATIENCE)
        for name, balance in self.balances.items():
            client.create("User", username=name, balance=balance, timeout=PATIENCE)
        ended = threading.Event()

        async def buy() -> None:
            await asyncio.gather(*(self._buy(client, ended, seed) for seed in range(CLIENTS)))

        clients = threading.Thread(target=lambda: asyncio.run(buy()), name="clients")
        clients.start()
        try:
            yield
        finally:
            ended.set()
            clients.join()

    def wait_answered(self) -> None:
        """Wait until every client has the answer of a request that it has begun from now on."""
        now = time.monotonic()
        while min(self._answered.values()) < now:
            assert time.monotonic() - now < 2 * PATIENCE, "a client gets no answers"
            time.sleep(0.05)

    def wait_refused(self) -> None:
        """Wait until a client has been told that there is not enough of an item, or of money."""
        assert self._refused.wait(2 * PATIENCE), "nothing is ever refused"

    async def _buy(self, client: StateflowKafkaClient, ended: threading.Event, seed: int) -> None:
        """Buy until told to stop, and send each request a second time now and then."""
        draw = random.Random(seed)
        number = 0
        while not ended.is_set():
            number += 1
            id = f"{self._name}-{seed}-{number}"
            user, item, amount = draw.choice([*self.balances]), draw.choice([*self.stocks]), draw.randint(1, 2)
            self.asked[id] = user, item, amount
            started = time.monotonic()
            for _ in range(1 + (draw.random() < 0.2)):
                self.sent[id] += 1
                future = client.send("User", user, "buy_item", {"amount": amount, "item": item}, id=id)
            try:
                self.answers[id] = await asyncio.wait_for(asyncio.wrap_future(future), PATIENCE)
            except RequestFailed as error:
                self.answers[id] = error.problem["title"]
            except StateflowError as error:
                self.answers[id] = str(error)
            except TimeoutError:
                continue
            if self.answers[id] is False:
                self._refused.set()
            self._answered[seed] = started
            self.longest = max(self.longest, time.monotonic() - started)

    def wrong(self, bootstrap: str, topics: Topics, fields: Any) -> list[str]:
        """Return what is not as it must be; `fields` gives the fields of an entity."""
        found = [f"{id} was not answered" for id in self.asked if id not in self.answers]
        found += [f"{id} was answered with {answer}" for id, answer in self.answers.items() if type(answer) is not bool]
        bought: Counter[str] = Counter()
        for id, answer in self.answers.items():
            user, item, amount = self.asked[id]
            if answer is True:
                bought.update({user: amount, item: amount})
        for item, stock in self.stocks.items():
            left = fields("Item", item)["stock"]
            if left != stock - bought[item] or left < 0:
                found.append(f"{left} of {item} left, {bought[item]} of {stock} sold")
        for user, balance in self.balances.items():
            left = fields("User", user)["balance"]
            if left != balance - PRICE * bought[user] or left < 0:
                found.append(f"{user} has {left}, and spent {PRICE * bought[user]} of {balance}")
        return [*found, *contradictions(bootstrap, topics, self.asked)]

    def too_often(self, bootstrap: str, topics: Topics) -> list[str]:
        """Return which requests have more answers than they were sent times. (One that is sent again before it is answered has one.)"""
        answers = {id: len(given) for id, given in told(bootstrap, topics.client_reply).items()}
        return [
            f"{id} was sent {times} times and answered {answers[id]} times"
            for id, times in self.sent.items()
            if answers.get(id, 0) > times
        ]


def contradictions(bootstrap: str, topics: Topics, asked: Container[str]) -> Iterator[str]:
    """Tell of the requests of these ids that have several answers, of which not all are the same."""
    for id, answers in told(bootstrap, topics.client_reply).items():
        if id in asked and len(set(answers)) > 1:
            yield f"{id} has several answers: {sorted(set(answers))}"


def told(bootstrap: str, topic: str) -> dict[str, list[str]]:
    """Return all answers that stand in a topic, by request."""
    settings = {"bootstrap.servers": bootstrap, "group.id": "ledger", "enable.auto.commit": False}
    consumer = Consumer({**settings, "isolation.level": "read_committed"})
    found: dict[str, list[str]] = defaultdict(list)
    try:
        for number in consumer.list_topics(topic, timeout=10).topics[topic].partitions:
            start, end = consumer.get_watermark_offsets(TopicPartition(topic, number), timeout=10)
            consumer.assign([TopicPartition(topic, number, start)])
            while start < end:
                for record in consumer.consume(500, 1):
                    value = record.value() or b"{}"
                    found[json.loads(value)["id"]].append(value.decode())
                # The mark of a transaction's end has an offset too.
                start = consumer.position([TopicPartition(topic, number)])[0].offset
    finally:
        consumer.close()
    return found
