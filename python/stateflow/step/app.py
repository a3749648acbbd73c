"""A bundle, loaded: what the step engine, the adapters and the gateway know of the app."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from types import FunctionType
from typing import Any

from stateflow.bundle import describe, read_json
from stateflow.collectors import COLLECTORS
from stateflow.errors import StateflowError
from stateflow.exits import EXITS, MANAGERS, await_while_handling
from stateflow.groups import Parts
from stateflow.loops import LOOPS
from stateflow.step.entities import Block, Entity, bind_blocks, codes_of_coroutines
from stateflow.step.message import Address
from stateflow.step.record import Record
from stateflow.step.references import Handle, address_of, make_reference
from stateflow.step.reply import Failure, Reply
from stateflow.step.traces import Traces
from stateflow.wire.errors import Malformed, Unencodable
from stateflow.wire.explain import explain
from stateflow.wire.names import Names
from stateflow.wire.reader import Reader
from stateflow.wire.sharing import encode_value
from stateflow.wire.values import Wire

IR_VERSION = 1
"""The version of `dataflow.json` that this package reads."""


class App:
    """The app of one bundle. A process has one: its modules and classes are those of the process."""

    def __init__(self, name: str, digest: str, ir: dict[str, Any], wire: Wire, traces: Traces) -> None:
        self.name = name
        self.digest = digest
        """Of the bundle, in hexadecimal."""
        self.ir = ir
        """`dataflow.json`."""
        self.wire = wire
        self.traces = traces
        self.blocks: dict[Callable[..., Any], Block] = {
            block.function: block for function in ir["functions"] for block in bind_blocks(function)
        }
        """By function."""
        self.qualified_blocks = {block.qualified: block for block in self.blocks.values()}
        functions = {(function["module"], function["name"]): function for function in ir["functions"]}
        self.entities = {
            entity["name"]: Entity(entity, _find_class(entity), self.blocks, functions) for entity in ir["entities"]
        }
        self.classes: Mapping[str, type] = {name: entity.cls for name, entity in self.entities.items()}
        """The classes of the entities, by name."""
        self.by_class = {
            cls: entity for entity in self.entities.values() for cls in (entity.cls, entity.reference_class)
        }
        self.reference_classes = frozenset(entity.reference_class for entity in self.entities.values())
        self.cut_coroutines = frozenset(codes_of_coroutines(ir["functions"]))
        """The code of all blocks of asynchronous functions."""
        self.coroutines = self.cut_coroutines.union(
            {await_while_handling.__code__}, *(entity.coroutines for entity in self.entities.values())
        )
        """The code of all asynchronous methods, functions and blocks, and of what runs them."""
        for entity in self.entities.values():
            wire.add_entity(entity.cls, entity.address)
            wire.add_entity(entity.reference_class, address_of)
        wire.add_entity(Address, tuple)
        wire.trace_with(traces.lines)

    @classmethod
    def load(cls, bundle: Path) -> App:
        """Read a bundle, import the app's modules and bind its entities. Raises `StateflowError` where it is not whole."""
        ir = read_json(bundle / "dataflow.json")
        linemap = read_json(bundle / "linemap.json")
        if ir["version"] != IR_VERSION:
            raise StateflowError(f"{bundle} has an IR of version {ir['version']}; this package reads {IR_VERSION}")
        root = bundle.resolve() / "app"
        if str(root) not in sys.path:
            sys.path.insert(0, str(root))
        names = [module["name"] for module in ir["modules"]]
        _import_modules(root, sorted(names, key=lambda name: name != ir["name"]))
        wire = Wire(Names(names))
        for kind in (*LOOPS, *COLLECTORS, *EXITS, *MANAGERS, Parts):
            wire.names.register(b"@" + kind.__name__.encode(), kind)
        sources = {module["path"]: module["source"] for module in ir["modules"]}
        return cls(ir["name"], describe(bundle).digest, ir, wire, Traces(root, linemap, sources))

    def entity_class(self, value: object) -> Entity | None:
        """Return the entity whose class a value is."""
        return self.by_class.get(value) if isinstance(value, type) else None

    def address_of(self, value: object) -> Address | None:
        """Return the address that a reference stands for; None for any other value."""
        return address_of(value) if type(value) in self.reference_classes else None

    def reference(self, entity: str, key: str | int) -> Any:
        """Return a reference to an entity. Raises `Malformed` where this bundle has none of that class."""
        known = self.entities.get(entity)
        if known is None:
            raise Malformed(f"this bundle has no entity {entity}")
        return make_reference(known.reference_class, Address(entity, key))

    def called_through_class(self, function: object, args: Sequence[object]) -> Handle | None:
        """Return the method that is called where `Class.method` is given another entity first; None for any other call."""
        if not isinstance(function, FunctionType) or not args:
            return None
        address = self.address_of(args[0])
        name = None if address is None else self.entities[address.entity].targets.get(function)
        return None if address is None or name is None else Handle(address, name)

    def encode(self, value: object, where: str = "", label: str = "value") -> bytes:
        """Encode a value. Raises `StateflowError` naming the path to what cannot be encoded."""
        try:
            return encode_value(self.wire, value)
        except Unencodable as error:
            reason = error
        raise explain(self.wire, where, [(label, value)], reason)

    def encode_arguments(self, args: Sequence[object], kwargs: Mapping[str, object], entity: str, method: str) -> bytes:
        """Return the payload of an invocation. Raises `StateflowError` naming the path to what cannot be encoded."""
        try:
            return encode_value(self.wire, [list(args), dict(kwargs)])
        except Unencodable as error:
            reason = error
        known = self.entities.get(entity)
        names = [] if known is None else known.parameters.get(method, [])
        labels = [
            (f"argument {names[index]!r}" if index < len(names) else f"argument {index + 1}", value)
            for index, value in enumerate(args)
        ]
        labels += [(f"argument {name!r}", value) for name, value in kwargs.items()]
        raise explain(self.wire, f"{entity}.{method}", labels, reason)

    def decode(self, data: bytes) -> Any:
        """Return a value, with references as `Address`."""
        return Reader(self.wire, Address).read(data)

    def result(self, reply: Reply) -> object:
        """Return the value of a reply, with references as `Address`, or raise the exception that it holds."""
        value: object = self.decode(reply.payload)
        if reply.ok:
            return value
        if not isinstance(value, BaseException):
            raise Malformed("the reply of a failed request holds no exception")
        raise value

    def failure(self, reply: Reply) -> Failure:
        """Describe the exception that a reply holds."""
        return self.traces.failure(self.decode(reply.payload))

    def fields(self, record: Record | None) -> dict[str, object] | None:
        """Return an entity's fields, with references as `Address`; None where it does not exist."""
        if record is None or record.fields is None:
            return None
        fields: dict[str, object] = self.decode(record.fields)
        return fields


def _import_modules(root: Path, names: Iterable[str]) -> None:
    for name in names:
        if name.rpartition(".")[2] == "__main__":
            continue
        try:
            module = importlib.import_module(name)
        except (Exception, SystemExit) as error:
            raise StateflowError(f"module {name} cannot be imported: {type(error).__name__}: {error}") from error
        file = module.__file__ or next(iter(module.__path__))
        if not Path(file).resolve().is_relative_to(root):
            raise StateflowError(
                f"module {name} has the name of another one, which is in use already ({file}): rename it"
            )


def _find_class(entity: Mapping[str, Any]) -> type:
    found = getattr(sys.modules[entity["module"]], entity["name"], None)
    if not isinstance(found, type):
        raise StateflowError(f"the bundle is not whole: {entity['module']} has no class {entity['name']}")
    return found
