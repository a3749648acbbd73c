"""What can go wrong between values and bytes."""

from __future__ import annotations

from stateflow.errors import StateflowError


class Unencodable(StateflowError):
    """A value has no bytes. The message says what it is; where it was found is added by whoever knows."""


class Malformed(StateflowError):
    """Bytes are not those of a value of this app."""


def article(noun: str) -> str:
    """Return a noun with its indefinite article."""
    return f"{'an' if noun[:1].lower() in 'aeiou' else 'a'} {noun}"
