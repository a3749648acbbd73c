"""What the gateway and the tests drive: every adapter gives a `Service`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from hashlib import blake2b
from typing import TYPE_CHECKING, Protocol

from stateflow.errors import StateflowError
from stateflow.frozen import frozen
from stateflow.step.ahead import ahead
from stateflow.step.engine import PARK_ABOVE
from stateflow.step.message import Address, Kind, Message, request_id
from stateflow.step.reply import Reply

if TYPE_CHECKING:
    from stateflow.step.app import App


class RequestConflict(StateflowError):
    """A request came under the id of an earlier one that asked for something else."""

    def __init__(self, request: str) -> None:
        super().__init__(f"request {request!r} has been used for something else")
        self.request = request


class BadArguments(StateflowError):
    """The arguments of a request cannot be encoded; the message names the path to what cannot."""


class Unavailable(StateflowError):
    """The store or the engine cannot take a request now; nothing of it was done, and it may be sent again."""


@frozen
class Request:
    """What a client asks for: that a method of one entity is run, or that an entity is created."""

    id: str
    """Names the request: a second one of the same id and content gets the same answer and runs nothing."""
    entity: str
    """The name of the entity's class."""
    key: str | int | None
    """Which one; None asks for creation."""
    method: str
    """The method; `__init__` for creation."""
    arguments: Mapping[str, object]
    """By parameter name. An entity stands in them as its `Address`."""
    trace: str | None = None
    """The W3C `traceparent`."""
    positional: Sequence[object] = ()
    """Arguments that can only be given by position, which come before `arguments`."""
    keep: bool = True
    """Whether the client may ask again under this id, so that the answer has to be kept."""

    def message(self, app: App) -> Message:
        """Return the message that sets it off.

        Raises `BadArguments` where one cannot be encoded.
        """
        try:
            payload = app.encode_arguments(self.positional, self.arguments, self.entity, self.method)
        except StateflowError as error:
            raise BadArguments(str(error)) from error
        return self._message(Kind.INVOKE, self.address, self.method, payload)

    def first(self, app: App, message: Message | None = None, limit: int = PARK_ABOVE) -> Message:
        """Return what to send for it: its `message`, which is made where it is not given, or the read that its method begins with.

        A frame of more than `limit` bytes is not sent with the read. Raises `BadArguments` where an argument cannot be encoded.
        """
        begun = ahead(app, self.address, self.method, self.positional, self.arguments, (), limit)
        if begun is None:
            return self.message(app) if message is None else message
        if begun.leaves_out and message is None:
            # What it leaves out is an error all the same where it cannot be encoded.
            self.message(app)
        return self._message(Kind.READ, begun.address, begun.attributes, b"", (begun.unit.encode(),))

    @property
    def address(self) -> Address:
        """The entity that it goes to; for a creation, one that nobody else knows of."""
        return Address(self.entity, self.id if self.key is None else self.key)

    def _message(
        self, kind: Kind, address: Address, target: str, payload: bytes, stack: tuple[bytes, ...] = ()
    ) -> Message:
        id = request_id(self.id)
        return Message(kind, id, address, target, payload, stack, len(stack), (), self.id, self.trace)

    def digest(self, app: App) -> bytes:
        """Return 16 bytes that tell requests of one id but different content apart."""
        return content_digest(self.message(app))


def content_digest(message: Message) -> bytes:
    """Return 16 bytes that tell apart what the first messages of requests of one id ask for."""
    content = (message.address.encode(), message.target.encode("utf-8", "surrogatepass"), message.payload)
    return blake2b(b"".join(len(part).to_bytes(8, "big") + part for part in content), digest_size=16).digest()


class Service(Protocol):
    """Runs requests on some engine."""

    async def submit(self, request: Request) -> Reply:
        """Run a request and return its answer; an exception of the app is an answer.

        The same request again gives the same answer and runs nothing. Raises `RequestConflict` where its id was used for
        something else, `BadArguments` where they cannot be encoded, `Unavailable` where the engine cannot take it now, and
        another `StateflowError` where it failed.
        A caller that stops waiting (is cancelled) leaves the request running.
        """
        ...

    async def fields(self, address: Address) -> dict[str, object] | None:
        """Return the fields of an entity, with references as `Address`; None where it does not exist."""
        ...
