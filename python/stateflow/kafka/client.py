"""A client of an app, over Kafka: for programs that do not want to pass by the gateway.

    with StateflowKafkaClient("127.0.0.1:9092", "shop") as client:
        client.create("Item", name="apple", price=3)
        client.call("Item", "apple", "update_stock", amount=5)

Every call has a future: `client.send(…)` gives a `concurrent.futures.Future`, `await client.ask(…)` is for asyncio. It needs nothing
of the app but its name: requests and answers are the JSON of docs/guide/kafka.md.
"""

from __future__ import annotations

import asyncio
import json
import threading
from concurrent.futures import Future
from types import TracebackType
from typing import Any, Self
from uuid import uuid4

from stateflow.adapters.service import Unavailable
from stateflow.errors import StateflowError
from stateflow.kafka.link import Link
from stateflow.kafka.topics import Topics

TIMEOUT = 30.0
"""Seconds that `call` and `create` wait, unless told otherwise."""


class RequestFailed(StateflowError):
    """A request was refused, or the app raised an exception."""

    def __init__(self, problem: dict[str, Any]) -> None:
        super().__init__(f"{problem['title']}: {problem['detail']}")
        self.problem = problem
        """The problem document (RFC 9457), as the HTTP gateway gives it."""


class StateflowKafkaClient:
    """Sends requests to an app and hands out the answers. Several clients of one app do not disturb each other; each may be used
    by several threads."""

    def __init__(self, bootstrap: str, prefix: str) -> None:
        """`prefix` begins the names of the app's topics, which is the app's name unless somebody chose otherwise.

        Raises `Unavailable` where Kafka does not answer.
        """
        self._topics = Topics(prefix)
        self._lock = threading.Lock()
        self._waiting: dict[str, Future[Any]] = {}
        self._link = Link(bootstrap, self._topics.client_reply, self._got)

    def send(
        self,
        entity: str,
        key: str | int | None,
        method: str | None,
        arguments: dict[str, Any],
        *,
        id: str | None = None,
        traceparent: str | None = None,
    ) -> Future[Any]:
        """Send a request, and return the future of its result as JSON data; without key and method it creates an entity.

        The future raises `RequestFailed` where the request is refused or the app raises, and `StateflowError` where Kafka did not take
        it. A request that is sent again under the same `id`, by whomever, runs once and gives the same answer.
        """
        request: dict[str, Any] = {"id": id or str(uuid4()), "entity": entity, "arguments": arguments}
        request |= {} if key is None else {"key": key, "method": method}
        request |= {} if traceparent is None else {"traceparent": traceparent}
        record = json.dumps(request, allow_nan=False).encode()
        with self._lock:
            future = self._waiting.get(request["id"])
            if future is None or future.done():
                future = self._waiting[request["id"]] = Future()
        try:
            self._link.write(self._topics.client_request, request["id"].encode(), record, self._written(request["id"]))
        except Unavailable as error:
            self._settle(request["id"], error)
        return future

    def create(self, entity: str, /, *, timeout: float = TIMEOUT, **arguments: Any) -> Any:
        """Create an entity and return its key. Raises as the future of `send` does, and `TimeoutError`."""
        return self.send(entity, None, None, arguments).result(timeout)["key"]

    def call(self, entity: str, key: str | int, method: str, /, *, timeout: float = TIMEOUT, **arguments: Any) -> Any:
        """Call a method and return its result. Raises as the future of `send` does, and `TimeoutError`."""
        return self.send(entity, key, method, arguments).result(timeout)

    async def ask(
        self, entity: str, key: str | int | None = None, method: str | None = None, /, **arguments: Any
    ) -> Any:
        """Call a method, or create an entity, and return the result, for asyncio; a timeout is for `asyncio.timeout`."""
        return await asyncio.wrap_future(self.send(entity, key, method, arguments))

    def close(self, grace: float = 10.0) -> None:
        """Write what has been sent, and stop. Requests that wait for an answer fail, and go on."""
        self._link.close(grace)
        with self._lock:
            waiting, self._waiting = self._waiting, {}
        for future in waiting.values():
            if not future.done():
                future.set_exception(StateflowError("the client was closed before the answer came"))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, _: type[BaseException] | None, __: BaseException | None, ___: TracebackType | None) -> None:
        self.close()

    def _got(self, records: list[bytes]) -> None:
        for record in records:
            answer = json.loads(record)
            if answer["id"] in self._waiting:
                problem = answer.get("problem")
                self._settle(answer["id"], answer.get("result") if problem is None else RequestFailed(problem))

    def _written(self, id: str) -> Any:
        def done(reason: str | None) -> None:
            if reason is not None:
                self._settle(
                    id, StateflowError(f"Kafka did not say that it has the request ({reason}); it may still be run")
                )

        return done

    def _settle(self, id: str, outcome: Any) -> None:
        with self._lock:
            future = self._waiting.pop(id, None)
        if future is None or future.done():
            return
        if isinstance(outcome, Exception):
            future.set_exception(outcome)
        else:
            future.set_result(outcome)
