"""The entities of an app as the step engine sees them: their classes, keys and blocks."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
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
    """A part of a function that was cut, at which frames resume, or which control goes to."""

    name: str
    qualified: str
    """With module and class."""
    digest: bytes
    function: Callable[..., Any]
    is_bound: bool
    """Whether it takes the entity of the step as its first argument."""
    path: str
    line: int
    """Of the call which it resumes from; 0 for the others."""
    takes_errors: bool
    """Whether it takes what the call has raised in the place of its result."""
    method: str
    """The qualified name of the function that it is a part of, for tracebacks."""


def bind_blocks(function: Mapping[str, Any]) -> list[Block]:
    """Find the blocks of a function of `dataflow.json`. Raises `StateflowError` where the bundle is not whole."""
    return [_bind(function, block, _find(function, block["name"])) for block in function["blocks"][1:]]


def codes_of_coroutines(functions: Iterable[Mapping[str, Any]]) -> Iterator[CodeType]:
    """Give the code of every block of the asynchronous ones among the functions of `dataflow.json`."""
    for function in functions:
        if function["is_async"]:
            for block in function["blocks"]:
                found = _find(function, block["name"])
                yield getattr(found, "__func__", found).__code__


def _find(function: Mapping[str, Any], name: str) -> Any:
    """Return what the class or the module of a function has of that name, which a class may keep to itself."""
    home: Any = sys.modules[function["module"]]
    *classes, _ = function["name"].split(".")
    try:
        for outer in classes:
            home = getattr(home, outer)
        found = vars(home)
        if classes and name.startswith("__") and not name.endswith("__"):
            name = f"_{classes[-1].lstrip('_')}{name}"
        return found[name]
    except (AttributeError, KeyError) as error:
        raise StateflowError(f"the bundle is not whole: {function['name']} lacks a block: {error}") from error


def _bind(function: Mapping[str, Any], block: Mapping[str, Any], found: Callable[..., Any]) -> Block:
    return Block(
        block["name"],
        f"{found.__module__}:{found.__qualname__}",
        bytes.fromhex(block["digest"]),
        found,
        function["receiver"] is not None,
        function["origin"]["path"],
        block["resumes_at"] or 0,
        block["takes_errors"],
        function["name"],
    )


class Opening(NamedTuple):
    """The read that a method begins with, of attributes of one of its parameters."""

    parameter: str
    attributes: str
    """With commas between them."""
    block: Block
    """Takes the value."""
    live: Sequence[str]
    """The parameters that the block needs."""
    positional: Sequence[str]
    """The parameters that may be given by position, in order."""
    names: frozenset[str]
    """All parameters."""
    leaves_out: bool
    """Whether the block does not need a parameter that is not the one which is read."""
    defaults: Mapping[str, object]


class Entity:
    """A class of entities."""

    def __init__(
        self,
        ir: Mapping[str, Any],
        cls: type,
        blocks: Mapping[Callable[..., Any], Block],
        functions: Mapping[tuple[str, str], Mapping[str, Any]],
    ) -> None:
        self.name: str = ir["name"]
        self.cls = cls
        self.layout = Layout(cls)
        self.key_type = _KEY_TYPES[ir["key"]["type"]]
        self.blocks = {
            block.name: block
            for base in reversed(cls.__mro__)
            for value in vars(base).values()
            if isinstance(value, FunctionType) and (block := blocks.get(value)) is not None
        }
        """Those of its methods, by name; for two of one name that which the class has."""
        self.parameters: dict[str, list[str]] = {
            method["name"]: [param["name"] for param in method["params"]] for method in ir["methods"]
        }
        """The names of the parameters of each method, without `self`."""
        self.parameters["__init__"] = [param["name"] for param in ir["init"]]
        self.targets = {function: _target(cls, function) for function in _functions(cls)}
        """What the messages that call its methods name, those of base classes too."""
        self.overridden = {name: function for function, name in self.targets.items() if ":" in name}
        """Those of its methods that an instance does not have under their own names."""
        self.coroutines = frozenset(_coroutines(cls))
        """The code of the asynchronous methods and blocks."""
        self.reference_class = make_reference_class(cls, frozenset(_methods(cls)))
        self.openings = dict(_openings(ir, cls, blocks, functions))
        """By the name of the method."""
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


def _openings(
    ir: Mapping[str, Any],
    cls: type,
    blocks: Mapping[Callable[..., Any], Block],
    functions: Mapping[tuple[str, str], Mapping[str, Any]],
) -> Iterator[tuple[str, Opening]]:
    for method in ir["methods"]:
        body = method["body"]
        if body["kind"] != "split":
            continue
        function = functions[body["module"], body["function"]]
        for node in function["blocks"][0]["body"][-1:]:
            if node["kind"] == "read" and node["parameter"] is not None:
                defaults = {
                    name: parameter.default
                    for name, parameter in inspect.signature(getattr(cls, method["name"])).parameters.items()
                    if parameter.default is not inspect.Parameter.empty
                }
                live = [variable["name"] for variable in node["then"]["live"]]
                names = frozenset(param["name"] for param in method["params"])
                yield (
                    method["name"],
                    Opening(
                        node["parameter"],
                        ",".join(node["attributes"]),
                        blocks[_find(function, node["then"]["block"])],
                        live,
                        [param["name"] for param in method["params"] if param["kind"] == "regular"],
                        names,
                        bool(names.difference(live, {node["parameter"]})),
                        defaults,
                    ),
                )


def _methods(cls: type) -> list[str]:
    names: dict[str, object] = {}
    for base in reversed(cls.__mro__[:-1]):
        names.update(vars(base))
    return [
        name
        for name, value in names.items()
        if isinstance(value, FunctionType) and not name.startswith("__") and flow.method_of(value) is None
    ]


def _functions(cls: type) -> Iterator[Callable[..., Any]]:
    for base in cls.__mro__[:-1]:
        yield from (value for value in vars(base).values() if isinstance(value, FunctionType))


def _target(cls: type, function: Callable[..., Any]) -> str:
    """Return the name of a method; one that is overridden, or private to its class, is named with module and class."""
    is_found = getattr(cls, function.__name__, None) is function
    return function.__name__ if is_found else f"{function.__module__}:{function.__qualname__}"


def _coroutines(cls: type) -> Iterator[CodeType]:
    for base in cls.__mro__[:-1]:
        for value in vars(base).values():
            if inspect.iscoroutinefunction(value):
                yield value.__code__


def _refuse_calls(cls: type) -> None:
    """Let only the step engine make instances."""

    def refuse(cls: type, *args: object, **kwargs: object) -> NoReturn:
        raise StateflowError(
            f"{cls.__qualname__} cannot be created from here: only in a method of an entity, where the compiler sees it"
        )

    setattr(cls, "__new__", staticmethod(refuse))  # noqa: B010
