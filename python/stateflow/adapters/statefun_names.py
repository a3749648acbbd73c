"""What entities are called on Stateful Functions, in bundles as well: a function type each, and an id."""

from __future__ import annotations

from functools import cache

from stateflow.kafka.records import key_text
from stateflow.kafka.service import Route
from stateflow.kafka.topics import Topics
from stateflow.step.kept import ENTITY as KEPT
from stateflow.step.message import Address

KEPT_REQUESTS = "kept-requests"
"""The function type of requests that may come again. No class has a hyphen in its name."""

EGRESS = "stateflow/egress"

EMPTY = '""'
"""The id for the empty key, as an id is never empty. The ids of other keys have no quotes."""


@cache
def type_name(entity: str) -> str:
    """Return the function type of an entity, in the namespace of its app: in ASCII, as it is part of a topic's name."""
    if entity == KEPT:
        return KEPT_REQUESTS
    return "".join(c if c.isascii() else f"-{ord(c):x}-" for c in entity)


def function_id(address: Address) -> str:
    """Return the id of an entity among those of its type."""
    return key_text(address.key) or EMPTY


def to_functions(topics: Topics) -> Route:
    """Return the way of messages into the engine: each function type has a topic."""
    return lambda address: (topics.to(type_name(address.entity)), function_id(address).encode())
