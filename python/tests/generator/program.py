"""Whole programs: a module and a scenario."""

from __future__ import annotations

import ast
from dataclasses import dataclass, replace
from typing import Any

from .draw import Draw
from .expressions import Expressions
from .layout import spread
from .model import Entity, Method, Model, Parameter, Scope
from .scenario import make_scenario
from .statements import Statements, indented
from .types import BOOL, BOX, GRID, INT, INTS, PAIR, STR, TABLE, VALUES, WORDS, Type, book, entity, peers, scores

Json = Any
CRATE = "Crate"
PRELUDE = """
from __future__ import annotations

import asyncio
import sys
from contextlib import closing, nullcontext, suppress
from dataclasses import dataclass, field

from stateflow import entity, gather


class Oops(Exception):
    def __init__(self, code: int, why: str) -> None:
        super().__init__(code, why)
        self.code = code


class Worse(Oops):
    pass


@dataclass
class Box:
    n: int
    items: list[int] = field(default_factory=list)


class Held:
    def __init__(self, log: list[str], name: str, swallows=()) -> None:
        self.log = log
        self.name = name
        self.swallows = swallows

    def __enter__(self) -> str:
        self.log.append(f"enter {self.name}")
        return self.name

    def __exit__(self, kind, error, trace) -> bool:
        self.log.append(f"exit {kind and kind.__name__}")
        return kind is not None and issubclass(kind, self.swallows)

    def close(self) -> None:
        self.log.append("close")


def at(items, index):
    return items[index % len(items)] if items else 0


def row(grid: list[list[int]], index: int) -> list[int]:
    return grid[index % len(grid)] if grid else []


def push(items, item) -> None:
    if len(items) < 6:
        items.append(item)


def deep(grid: list[list[int]]) -> list[list[int]]:
    return [list(part) for part in grid]


def copy_box(box: Box) -> Box:
    return Box(box.n, list(box.items))


def clip(number: int, top: int = 50) -> int:
    return number if abs(number) < top else top
"""


@dataclass(frozen=True)
class Program:
    """A generated program: the text of its module, and its steps in the form of scenario files."""

    source: str
    scenario: tuple[Json, ...]


def generate(draw: Draw) -> Program:
    """A program."""
    model = _model(draw)
    parts = [PRELUDE, *_mixin(model)]
    parts += [_class(draw, model, known) for known in (*model.entities, model.crate)]
    parts += ["\n".join(_definition(draw, model, model.crate, function)) for function in model.functions]
    source = ast.unparse(ast.parse("\n".join(parts))) + "\n"
    often = draw.one([0, 0, 0.03, 0.2])
    return Program(spread(source, lambda: draw.chance(often)), tuple(make_scenario(draw, model)))


def _model(draw: Draw) -> Model:
    names = ["P", "Q", "R"][: draw.number(2, 3)]
    crate = Entity(CRATE, STR, _fields(names))
    model = Model([Entity(name, INT if name == "R" else STR, _fields(names)) for name in names], crate)
    model.mixin = draw.chance(0.4)
    for known in model.entities:
        known.methods = [_method(draw, known.name, f"m{i}", names) for i in range(draw.number(2, 4))]
        known.methods += [_method(draw, known.name, f"_h{i}", names) for i in range(draw.number(0, 2))]
        for form, initial in (("static", "s"), ("class", "c"), ("property", "v")):
            if draw.chance(0.3):
                known.methods.append(_method(draw, known.name, f"{initial}0{known.name}", names, form))
    crate.methods = [_method(draw, CRATE, f"b{i}", names, "plain") for i in range(draw.number(0, 2))]
    model.functions = [_method(draw, CRATE, f"f{i}", names, "function") for i in range(draw.number(0, 2))]
    if draw.chance(0.4):
        _inherit(draw, *model.entities[:2])
    return model


def _inherit(draw: Draw, base: Entity, derived: Entity) -> None:
    """Lets a class inherit: of methods of one name, those of the base are overridden or left."""
    derived.base = base.name
    known = {method.name: method for method in base.methods}
    methods = []
    for method in derived.methods:
        if method.name not in known:
            methods.append(method)
        elif draw.chance(0.6):
            methods.append(replace(known[method.name], entity=derived.name))
    derived.methods = methods


def _fields(names: list[str]) -> dict[str, Type]:
    fields = {"n": INT, "s": STR, "items": INTS, "more": INTS, "words": WORDS, "grid": GRID, "table": TABLE}
    fields |= {"pair": PAIR, "box": BOX}
    for name in names:
        low = name.lower()
        fields |= {f"{low}s": peers(name), f"{low}_book": book(name), f"{low}_scores": scores(name)}
    return fields


def _method(draw: Draw, owner: str, name: str, names: list[str], form: str = "method") -> Method:
    def type() -> Type:
        if draw.chance(0.4):
            return draw.one(
                [entity(draw.one(names)), entity(draw.one(names)), peers(draw.one(names)), book(draw.one(names))]
            )
        return draw.one([INT, INT, *VALUES])

    if form == "property":
        return Method(owner, name, (), draw.one([INT, INT, STR, BOOL, PAIR, entity(draw.one(names))]), form)
    parameters = [Parameter("fuel", INT)]
    parameters += [Parameter(f"p{i}", type()) for i in range(draw.number(0, 2))]
    if draw.chance(0.3):
        parameters.append(Parameter("d", INT, default="4"))
    if draw.chance(0.2):
        parameters.append(Parameter("rest", INT, kind="star"))
    if draw.chance(0.3):
        parameters.append(Parameter("k", draw.one([INT, STR, INTS]), kind="keyword"))
    if draw.chance(0.15):
        parameters.append(Parameter("kd", STR, default='"kd"', kind="keyword"))
    result = draw.one([INT, INT, INT, STR, INTS, *VALUES, entity(draw.one(names)), peers(draw.one(names))])
    return Method(owner, name, tuple(parameters), result, form, draw.chance(0.4))


SHARED = [
    "def note(self, value: int) -> int:",
    '    self.log.append(f"note {value}")',
    "    return value",
    "def new_key(self) -> str:",
    "    self.made += 1",
    '    return f"{self.key}.{self.made}"',
]


def _mixin(model: Model) -> list[str]:
    return ["\n".join(["class Shared:", *indented(["log: list[str]", "made: int", *SHARED])])] if model.mixin else []


def _class(draw: Draw, model: Model, known: Entity) -> str:
    lines: list[str] = []
    if known.base is None or draw.chance(0.3):
        annotation = known.key.annotation
        lines.append(f"def __init__(self, key: {annotation}, n: int, items: list[int]) -> None:")
        if known.base is not None:
            lines += indented(["super().__init__(key, n, items)", "self.n = n + 1"])
        elif known is model.crate:
            lines += indented(_initial(known))
        else:
            lines += indented([*_initial(known), f'self.crate = {CRATE}(f"{{type(self).__name__}}-{{key}}", n, [n])'])
    if known.base is None:
        lines += ["" if known is model.crate else f"def __key__(self) -> {known.key.annotation}:\n    return self.key"]
        lines += [line for part in _links(model, known) for line in part.split("\n")]
        lines += [] if model.mixin else SHARED
        lines += _commuting(known)
    for method in known.methods:
        lines += _definition(draw, model, known, method)
    bases = [known.base] if known.base is not None else ["Shared"] if model.mixin else []
    header = f"class {known.name}({', '.join(bases)}):"
    body = [line for part in lines for line in part.split("\n")] or ["pass"]
    decorators = [] if known is model.crate else ["@entity"]
    return "\n".join([*decorators, header, *indented(body)])


def _initial(known: Entity) -> list[str]:
    plain = {"n": "n", "s": '"s"', "items": "items", "more": "[n]", "words": '["w"]', "grid": "[[1], [2, n]]"}
    plain |= {"table": '{"a": 1, "b": n}', "pair": '(n, "p")', "box": "Box(n, [n])"}
    lines = ["self.key = key", "self.log: list[str] = []", "self.made = 0", "self.total = 0", "self.fixed = n"]
    lines.append('self.fixed_name = "fixed"')
    for name, type in known.fields.items():
        value = plain.get(name, "[]" if type.name == "list" else "{}")
        lines.append(f"self.{name}: {type.annotation} = {value}")
    return lines


def _links(model: Model, known: Entity) -> list[str]:
    """The method that tells an entity, and its crate, of the others."""
    given = [
        (name, type)
        for name, type in known.fields.items()
        if name.endswith("s") and type.name == "list" and len(name) == 2
    ]
    lines = [f"def link(self, {', '.join(f'{name}: {type.annotation}' for name, type in given)}) -> None:"]
    for name, type in given:
        low = name[0]
        lines += [
            f"    self.{name} = {name}",
            f'    self.{low}_book = {{"a": {name}[0], "b": {name}[-1]}}',
            f"    self.{low}_scores = {{{name}[0]: 1}}",
        ]
    if known is not model.crate:
        lines.append(f"    self.crate.link({', '.join(f'list({name})' for name, _ in given)})")
    return lines


def _commuting(known: Entity) -> list[str]:
    """Methods that give the same whatever runs beside them."""
    other = "Q" if known.name == "P" else "P"
    return f"""
def plus(self, k: int) -> int:
    self.total += k
    return k + 1

async def add(self, k: int) -> int:
    self.total += k
    return k * 2 % 97

async def check(self, k: int) -> int:
    self.total += 1
    if k % 5 == 4:
        raise Oops(k, self.fixed_name)
    return k

async def _pass(self, other: {other}, k: int) -> int:
    got = await other.add(k)
    self.total += got
    return got

async def _soon(self, k: int) -> int:
    await asyncio.sleep(0)
    self.total += k
    return k

async def spread(self, others: list[{other}], k: int) -> int:
    got = await asyncio.gather(*[other.add(k) for other in others], self._soon(k), *[self._pass(o, 1) for o in others])
    self.total += len(got)
    return sum(got) % 97
""".strip().splitlines()


def _definition(draw: Draw, model: Model, known: Entity, method: Method) -> list[str]:
    if method.form in ("static", "class"):
        known = model.crate
    scope = Scope({parameter.name: parameter.type for parameter in method.parameters if parameter.kind != "star"})
    expressions = Expressions(draw, model, known, method, scope)
    if any(parameter.kind == "star" for parameter in method.parameters):
        scope.types["rest"] = Type("tuple", (INT, Type("...")))
    guard = expressions.without_calls(
        lambda: (expressions.make if method.helper else expressions.fresh)(method.result, 1)
    )
    name = "helper" if method.form == "method" and method.helper else method.form
    if method.form == "property":
        value = draw.inside(name, lambda: expressions.make(method.result, 2))
        return ["@property", f"def {method.name}(self) -> {method.result.annotation}:", f"    return {value}"]
    body = draw.inside(name, lambda: Statements(expressions).body(draw.number(2, 6), 2))
    decorators, receiver = _RECEIVERS.get(method.form, ([], "self"))
    return [
        *decorators,
        f"{'async ' * method.is_async}def {method.name}({receiver}, {_signature(method)}) -> {method.result.annotation}:",
        f'    self.log.append(f"{method.name} {{fuel}}")',
        "    if fuel < 1:",
        f"        return {guard}",
        *indented(body),
    ]


_RECEIVERS = {
    "function": ([], f"self: {CRATE}"),
    "static": (["@staticmethod"], f"self: {CRATE}"),
    "class": (["@classmethod"], f"cls, self: {CRATE}"),
}
"""What runs without an entity of its own takes the crate as what it calls `self`."""


def _signature(method: Method) -> str:
    parts: list[str] = []
    star = False
    for parameter in method.parameters:
        default = "" if parameter.default is None else f" = {parameter.default}"
        if parameter.kind == "star":
            star = True
            parts.append(f"*{parameter.name}: {parameter.type.annotation}")
            continue
        if parameter.kind == "keyword" and not star:
            star = True
            parts.append("*")
        parts.append(f"{parameter.name}: {parameter.type.annotation}{default}")
    return ", ".join(parts)
