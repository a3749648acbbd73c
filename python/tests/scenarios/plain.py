"""Scenarios in plain CPython: the module as it is, with the decorator as a no-op."""

from __future__ import annotations

import asyncio
import functools
import inspect
import os
import sys
from collections.abc import Coroutine
from pathlib import Path
from types import ModuleType, TracebackType
from typing import Any

from .play import Json, Step
from .tracebacks import merged
from .values import Address, decode, encode, qualified


class PlainWorld:
    """The entities of an app as ordinary objects of this process."""

    def __init__(self, root: Path, module: str) -> None:
        sys.path.insert(0, str(root))
        __import__(module)
        self._root = root
        self._instances: list[Any] = []
        self._classes = {cls.__name__: cls for module in _modules(root) for cls in _entities(module)}
        for cls in self._classes.values():
            self._watch(cls)

    def create(self, step: Step) -> Json:
        """Creates an entity."""
        return self._outcome(lambda: self._classes[step.entity](**self._arguments(step)))

    def call(self, step: Step) -> Json:
        """Calls a method."""
        assert step.key is not None
        instance = self._find(step.entity, step.key)
        return self._outcome(lambda: getattr(instance, step.method)(**self._arguments(step)))

    def addresses(self) -> list[Address]:
        """Where entities live, by now."""
        return [_address(instance) for instance in self._instances]

    def states(self) -> dict[str, Json]:
        """The fields of every entity."""
        found = {}
        for instance in self._instances:
            entity, key = _address(instance)
            fields = {name: encode(part, self._address_of) for name, part in vars(instance).items()}
            found[f"{entity}/{key!r}"] = fields
        return dict(sorted(found.items()))

    def _watch(self, cls: type) -> None:
        if "__init__" not in vars(cls):
            return
        original = cls.__init__  # type: ignore[misc]

        @functools.wraps(original)
        def watched(instance: Any, *args: Any, **kwargs: Any) -> None:
            original(instance, *args, **kwargs)
            if type(instance).__init__ is watched:
                self._instances.append(instance)

        cls.__init__ = watched  # type: ignore[misc]

    def _arguments(self, step: Step) -> dict[str, Any]:
        return {name: decode(value, self._find) for name, value in step.arguments.items()}

    def _find(self, entity: str, key: str | int) -> object:
        for instance in self._instances:
            found = _address(instance)
            if found == (entity, key) and type(found[1]) is type(key):
                return instance
        raise LookupError(f"the scenario speaks of {entity}/{key!r}, which was never created")

    def _address_of(self, value: object) -> Address | None:
        return _address(value) if type(value) in self._classes.values() else None

    def _outcome(self, act: Any) -> Json:
        try:
            value = act()
            if inspect.iscoroutine(value):
                value = asyncio.run(_whole(value))
            return {"value": encode(value, self._address_of)}
        except Exception as error:  # noqa: BLE001 - what an app raises is an outcome
            return {"raised": self._raised(error, set())}

    def _raised(self, error: BaseException, seen: set[int]) -> Json:
        seen.add(id(error))
        parts: dict[str, Json] = {
            "type": qualified(type(error)),
            "message": str(error),
            "args": encode(list(error.args), self._address_of),
            "lines": merged(self._lines(error.__traceback__)),
        }
        attributes = {name: part for name, part in vars(error).items() if not name.startswith("__")}
        if attributes:
            parts["attributes"] = encode(attributes, self._address_of)
        if getattr(error, "__notes__", None):
            parts["notes"] = error.__notes__
        if error.__cause__ is not None and id(error.__cause__) not in seen:
            parts["cause"] = self._raised(error.__cause__, seen)
        elif error.__context__ is not None and not error.__suppress_context__ and id(error.__context__) not in seen:
            parts["context"] = self._raised(error.__context__, seen)
        if isinstance(error, BaseExceptionGroup):
            parts["exceptions"] = [self._raised(held, seen) for held in error.exceptions]
        return parts

    def _lines(self, traceback: TracebackType | None) -> list[str]:
        lines = []
        while traceback is not None:
            code = traceback.tb_frame.f_code
            path = Path(code.co_filename)
            if path.is_relative_to(self._root):
                lines.append(f"{path.relative_to(self._root).as_posix()}:{traceback.tb_lineno} {code.co_qualname}")
            traceback = traceback.tb_next
        return lines


async def _whole(coroutine: Coroutine[Any, Any, object]) -> object:
    """Awaits a method, and what it leaves behind: `asyncio.gather` does not wait for the others where one raises."""
    try:
        return await coroutine
    finally:
        await asyncio.gather(*(asyncio.all_tasks() - {asyncio.current_task()}), return_exceptions=True)


def _address(instance: Any) -> Address:
    return type(instance).__name__, instance.__key__()


def _modules(root: Path) -> list[ModuleType]:
    inside = f"{root}{os.sep}"
    return [module for module in list(sys.modules.values()) if str(getattr(module, "__file__", "")).startswith(inside)]


def _entities(module: ModuleType) -> list[type]:
    return [
        value
        for value in vars(module).values()
        if isinstance(value, type) and value.__module__ == module.__name__ and hasattr(value, "__key__")
    ]
