"""Scenarios on a `Service`: what every adapter of a compiled app gives."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterable
from typing import Any

from stateflow.adapters.service import Request, Service
from stateflow.step.app import App
from stateflow.step.message import Address
from stateflow.step.record import Record
from stateflow.step.reply import Failure, Reply

from .play import Json, Step
from .tracebacks import merged
from .values import decode, encode

Records = Callable[[], Iterable[tuple[Address, Record]]]
Wait = Callable[[Coroutine[Any, Any, Any]], Any]


def at_once(work: Coroutine[Any, Any, Any]) -> Any:
    """Runs a coroutine that waits for nothing but its turn."""
    while True:
        try:
            work.send(None)
        except StopIteration as done:
            return done.value


class ServiceWorld:
    """The entities of a compiled app, behind a service.

    `records` gives what is stored when it has come to rest; `wait` runs what the service gives to its end.
    """

    def __init__(self, app: App, service: Service, records: Records, wait: Wait) -> None:
        self._app = app
        self._wait = wait
        self._service = service
        self._records = records
        self._requests = 0
        self._decoded: dict[bytes, Json] = {}

    def create(self, step: Step) -> Json:
        """Creates an entity."""
        return self.call(step)

    def call(self, step: Step) -> Json:
        """Sends a request and waits for its answer."""
        self._requests += 1
        arguments = {name: decode(value, Address) for name, value in step.arguments.items()}
        request = Request(f"request-{self._requests}", step.entity, step.key, step.method, arguments)
        return self._outcome(self._wait(self._service.submit(request)))

    def states(self) -> dict[str, Json]:
        """The fields of every entity that exists."""
        found = {}
        for (entity, key), record in self._records():
            if record.fields is not None:
                found[f"{entity}/{key!r}"] = self._fields(record.fields, record)
        return dict(sorted(found.items()))

    def _fields(self, encoded: bytes, record: Record) -> Json:
        """The fields of a record; those that did not change are decoded once."""
        if encoded not in self._decoded:
            fields = self._app.fields(record) or {}
            self._decoded[encoded] = {name: encode(value, _address_of) for name, value in fields.items()}
        return self._decoded[encoded]

    def _outcome(self, reply: Reply) -> Json:
        try:
            return {"value": encode(self._app.result(reply), _address_of)}
        except Exception as error:  # noqa: BLE001 - what an app raises is an outcome
            return {"raised": _raised(self._app.failure(reply), error)}


def _raised(failure: Failure, error: BaseException) -> Json:
    """What a client learns of an exception, with what its instance carries."""
    parts: dict[str, Json] = {
        "type": failure.type,
        "message": failure.message,
        "args": encode(list(error.args), _address_of),
        "lines": merged([f"{line.path}:{line.line} {line.function}" for line in failure.lines]),
    }
    attributes = {name: part for name, part in vars(error).items() if not name.startswith("__")}
    if attributes:
        parts["attributes"] = encode(attributes, _address_of)
    if failure.notes:
        parts["notes"] = list(failure.notes)
    if failure.cause is not None:
        assert error.__cause__ is not None
        parts["cause"] = _raised(failure.cause, error.__cause__)
    elif failure.context is not None:
        assert error.__context__ is not None
        parts["context"] = _raised(failure.context, error.__context__)
    if isinstance(error, BaseExceptionGroup):
        held = zip(failure.exceptions, error.exceptions, strict=True)
        parts["exceptions"] = [_raised(failure, error) for failure, error in held]
    return parts


def _address_of(value: object) -> tuple[str, str | int] | None:
    if isinstance(value, Address):
        return value.entity, value.key
    return None
