"""A bundle, loaded: what the step engine, the adapters and the gateway know of the app."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

from stateflow.step.record import Record
from stateflow.step.reply import Failure, Reply


class App(Protocol):
    """What adapters and the gateway use of an `App`."""

    name: str
    digest: str
    """Of the bundle, in hexadecimal."""
    ir: dict[str, Any]
    """`dataflow.json`."""
    classes: Mapping[str, type]
    """The classes of the entities, by name."""

    @classmethod
    def load(cls, bundle: Path) -> App:
        """Read a bundle, import the app's modules and bind its entities. Raises `StateflowError` where it is not whole."""

    def encode_arguments(self, args: Sequence[object], kwargs: Mapping[str, object], where: str) -> bytes:
        """Return the payload of an invocation. Raises `StateflowError` naming the path to what cannot be encoded."""

    def result(self, reply: Reply) -> object:
        """Return the value of a reply, with references as `Address`, or raise the exception that it holds."""

    def failure(self, reply: Reply) -> Failure:
        """Describe the exception that a reply holds."""

    def fields(self, record: Record | None) -> dict[str, object] | None:
        """Return an entity's fields, with references as `Address`; None where it does not exist."""
