"""The exceptions that StateFlow itself raises."""

from __future__ import annotations


class StateflowError(Exception):
    """What an app asks for cannot be done on a dataflow engine, or not in the way it is asked."""


class EntityExists(StateflowError):
    """An entity was created under a key that another entity of its class already has."""

    def __init__(self, entity: str, key: str | int) -> None:
        super().__init__(f"{entity} {key!r} already exists")
        self.entity = entity
        self.key = key


class EntityNotFound(StateflowError):
    """An entity was addressed that has never been created."""

    def __init__(self, entity: str, key: str | int) -> None:
        super().__init__(f"{entity} {key!r} does not exist")
        self.entity = entity
        self.key = key


for _public in (StateflowError, EntityExists, EntityNotFound):
    _public.__module__ = "stateflow"
