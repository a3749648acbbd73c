"""The answer to a client's request, and what a client learns of an exception."""

from __future__ import annotations

from typing import NamedTuple

from stateflow.frozen import frozen
from stateflow.wire.raw import pack, unpack


class Line(NamedTuple):
    """A line of a traceback: always one of the user's own files."""

    path: str
    """Below the app's root, with `/`."""
    line: int
    """Counted from 1."""
    function: str
    """The qualified name of the function or method that it stands in."""
    text: str
    """The source, without its indentation."""


@frozen
class Failure:
    """An exception, as far as it can be told without its class."""

    type: str
    """The class, as CPython's tracebacks name it: `ValueError`, `bank.errors.InsufficientFunds`."""
    message: str
    """`str(exception)`."""
    lines: tuple[Line, ...]
    """Where it was raised and all calls that led there, the outermost first.

    Empty where no code of the app is involved: the addressed entity does not exist, or the arguments do not fit.
    """
    notes: tuple[str, ...] = ()
    """`exception.__notes__`."""
    cause: Failure | None = None
    """`exception.__cause__`."""
    context: Failure | None = None
    """`exception.__context__`, where it is not suppressed."""
    exceptions: tuple[Failure, ...] = ()
    """What an exception group holds."""


@frozen
class Reply:
    """The answer to a request: `App.result` gives its value or raises, `App.failure` describes its exception."""

    request: str
    """The id of the request."""
    ok: bool
    """Whether `payload` is a result, and not an exception."""
    payload: bytes
    """The result or the exception, encoded."""

    def encode(self) -> bytes:
        """Return the bytes to store or to send."""
        return pack((self.request, self.ok, self.payload))

    @classmethod
    def decode(cls, data: bytes) -> Reply:
        """Return the reply of these bytes."""
        return cls(*unpack(data))
