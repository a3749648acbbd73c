"""The entities of an app as the step engine sees them: their classes, keys and blocks."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping
from types import CodeType, FunctionType
from typing import Any, NamedTuple, NoReturn

from stateflow import flow
from stateflow.errors import StateflowError
from stateflow.step.message import Address
from stateflow.step.references import make_reference_class
from stateflow.wire.errors import article
from stateflow.wire.layout import Layout

_KEY_TYPES: Mapping[str, type] = {"str": str, "int": int}


class Block(NamedTuple):
    """A part of a split method at which frames resume, or which control goes to."""

    name: str
    qualified: str
    """With module and class, for a frame of an entity that has another block of this name."""
    digest: bytes
    function: Callable[..., Any]
    path: str
    line: int
    """Of the call which it resumes from; 0 for the others."""
    takes_errors: bool
    """Whether it takes what the call has raised in the place of its result."""
    method: str
    """The qualified name of its method, for tracebacks."""


class Entity:
    """A class of entities, bound to its blocks."""

    def __init__(self, ir: Mapping[str, Any], cls: type) -> None:
        self.name: str = ir["name"]
        self.cls = cls
        self.layout = Layout(cls)
        self.key_type = _KEY_TYPES[ir["key"]["type"]]
        self.blocks: dict[str, Block] = {}
        """By name."""
        self.parameters: dict[str, list[str]] = {
            method["name"]: [param["name"] for param in method["params"]] for method in ir["methods"]
        }
        """The names of the parameters of each method, without `self`."""
        self.parameters["__init__"] = [param["name"] for param in ir["init"]]
        self.coroutines = frozenset(_coroutines(cls))
        """The code of the asynchronous methods and blocks."""
        self.reference_class = make_reference_class(cls, frozenset(_methods(cls)))
        for method in ir["methods"]:
            if method["body"]["kind"] == "split":
                for block in method["body"]["blocks"][1:]:
                    self.blocks[block["name"]] = _bind(cls, method, block)
        _refuse_calls(cls)

    def blank(self) -> Any:
        """Return an instance without fields."""
        return object.__new__(self.cls)

    def address(self, instance: Any) -> Address:
        """Return where an instance lives. Raises `StateflowError` where its key is not of the type that it must be."""
        key: Any = instance.__key__()
        if not isinstance(key, str | int) or type(key) is not self.key_type:
            raise StateflowError(
                f"{self.name}.__key__() gave {key!r}, {article(type(key).__qualname__)}: "
                f"a key of {self.name} is {article(self.key_type.__name__)}"
            )
        return Address(self.name, key)


def _methods(cls: type) -> list[str]:
    names: dict[str, object] = {}
    for base in reversed(cls.__mro__[:-1]):
        names.update(vars(base))
    return [
        name
        for name, value in names.items()
        if isinstance(value, FunctionType) and not name.startswith("__") and flow.method_of(value) is None
    ]


def _coroutines(cls: type) -> Iterator[CodeType]:
    for base in cls.__mro__[:-1]:
        for value in vars(base).values():
            if inspect.iscoroutinefunction(value):
                yield value.__code__


def _bind(cls: type, method: Mapping[str, Any], block: Mapping[str, Any]) -> Block:
    name: str = block["name"]
    function = next((vars(base)[name] for base in cls.__mro__ if name in vars(base)), None)
    if not isinstance(function, FunctionType):
        raise StateflowError(f"the bundle is not whole: {cls.__qualname__} has no block {name}")
    return Block(
        name,
        f"{function.__module__}:{function.__qualname__}",
        bytes.fromhex(block["digest"]),
        function,
        method["origin"]["path"],
        block["resumes_at"] or 0,
        block["takes_errors"],
        function.__qualname__.removesuffix(name) + method["name"],
    )


def _refuse_calls(cls: type) -> None:
    """Let only the step engine make instances."""

    def refuse(cls: type, *args: object, **kwargs: object) -> NoReturn:
        raise StateflowError(
            f"{cls.__qualname__} cannot be created from here: only in a method of an entity, where the compiler sees it"
        )

    setattr(cls, "__new__", staticmethod(refuse))  # noqa: B010
