"""Whole programs: a module and a scenario."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from .draw import Draw
from .expressions import Expressions
from .generics import annotation
from .layout import spread
from .library import DEFINITIONS, IMPORTS, SHARED, Used, commuting
from .model import SIZES, Entity, Method, Model, Parameter, Scope
from .references import PROTOCOL_FIELDS
from .scenario import make_scenario
from .statements import Statements, indented
from .types import (
    ABLE,
    BOOL,
    BOX,
    CELL,
    EITHER,
    GRID,
    INT,
    INTS,
    PAIR,
    STR,
    TABLE,
    VALUES,
    WORDS,
    Type,
    book,
    entity,
    maybe,
    peers,
    scores,
)

Json = Any
CRATE = "Crate"
GUARD = "if fuel < 1:"
"""With what every method but a property begins, and every function that calls one."""


@dataclass(frozen=True)
class Program:
    """A generated program: the text of its module, and its steps in the form of scenario files."""

    source: str
    scenario: tuple[Json, ...]


def generate(draw: Draw) -> Program:
    """A program."""
    model = _model(draw)
    drawn = {known.name: _class(draw, model, known) for known in model.classes}
    functions = [_definition(draw, model, model.crate, function) for function in model.functions]
    source = _module(draw, model, drawn, functions)
    often = draw.one([0, 0, 0, 0.1])
    if often:
        source = spread(source, lambda: draw.chance(often))
    return Program(source, tuple(make_scenario(draw, model)))


def _model(draw: Draw) -> Model:
    size = draw.one(SIZES)
    names = ["P", "Q", "R"][: draw.number(2, size.entities)]
    crate = Entity(CRATE, STR, _fields(names))
    entities = [Entity(name, INT if name == "R" else STR, _fields(names)) for name in names]
    model = Model(entities, crate, size)
    model.mixin = draw.chance(0.4)
    for known in model.entities:
        known.methods = [_method(draw, known.name, f"m{i}", names) for i in range(draw.number(1, size.methods))]
        known.methods += [_method(draw, known.name, f"_h{i}", names) for i in range(draw.number(0, size.helpers))]
        for form, initial in (("static", "s"), ("class", "c"), ("property", "v")):
            if draw.chance(size.forms):
                known.methods.append(_method(draw, known.name, f"{initial}0{known.name}", names, form))
    crate.methods = [_method(draw, CRATE, f"b{i}", names, "plain") for i in range(draw.number(0, size.helpers))]
    model.functions = [_method(draw, CRATE, f"f{i}", names, "function") for i in range(draw.number(0, size.helpers))]
    if draw.chance(0.5):
        _share(model.entities)
    if draw.chance(0.4):
        _inherit(draw, *model.entities[:2])
    return model


def _share(entities: list[Entity]) -> None:
    """Gives all classes a first method of one signature."""
    first = entities[0].methods[0]
    for other in entities[1:]:
        other.methods[0] = replace(first, entity=other.name)


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
    fields |= {"pair": PAIR, "box": BOX, "cell": CELL, "eithers": peers(EITHER.name), "ables": peers(ABLE.name)}
    for name in names:
        low = name.lower()
        fields |= {
            f"{low}s": peers(name),
            f"{low}_book": book(name),
            f"{low}_scores": scores(name),
            f"{low}_maybe": maybe(name),
        }
    return fields


def _method(draw: Draw, owner: str, name: str, names: list[str], form: str = "method") -> Method:
    def type() -> Type:
        if draw.chance(0.4):
            name = draw.one(names)
            several = [EITHER, ABLE, peers(EITHER.name), peers(ABLE.name)]
            return draw.one(
                [*[entity(name)] * 2, peers(name), peers(name), book(name), maybe(name), maybe(name), *several]
            )
        return draw.one([INT, INT, *VALUES])

    if form == "property":
        return Method(
            owner,
            name,
            (),
            draw.one([INT, INT, STR, BOOL, PAIR, entity(draw.one(names))]),
            form,
            settable=draw.chance(0.6),
        )
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
    result = draw.one(
        [
            INT,
            INT,
            INT,
            STR,
            INTS,
            *VALUES,
            entity(draw.one(names)),
            peers(draw.one(names)),
            EITHER,
            maybe(draw.one(names)),
        ]
    )
    return Method(owner, name, tuple(parameters), result, form, draw.chance(0.4))


def _class(draw: Draw, model: Model, known: Entity) -> list[list[str]]:
    """The definitions of a class that are drawn."""
    lines = [_definition(draw, model, known, method) for method in known.methods]
    if known.base is not None and draw.chance(0.3):
        lines.insert(0, [_head(known), *indented(["super().__init__(key, n, items)", "self.n = n + 1"])])
    return lines


def _module(draw: Draw, model: Model, drawn: dict[str, list[list[str]]], functions: list[list[str]]) -> str:
    """The module, with what it uses of the library, of the fields, and of what is not an entity."""
    used = Used()
    for known in model.entities:
        used.add_all(drawn[known.name])
    methods = [f"{_headline(draw, method, 'self')} ..." for method in model.common(ABLE)]
    classes = model.entities
    if "crate" in used or CRATE in used:
        classes = [*classes, model.crate]
        used.add_all([*drawn[CRATE], *functions])
    needs_protocol = ABLE.name in used or "ables" in used
    if needs_protocol:
        used.add_all([methods])
    library = {known.name: used.pick(commuting("Q" if known.name == "P" else "P")) for known in classes}
    shared = used.pick(SHARED)
    parts = [_protocol(used, methods)] * needs_protocol + [_mixin(shared, used)] * model.mixin
    for known in classes:
        own = [] if known.base is not None else [*_initial(draw, model, known, used), *_lines(library[known.name])]
        own += [] if known.base is not None or model.mixin else _lines(shared)
        parts.append(_written(model, known, [*own, *(line for lines in drawn[known.name] for line in lines)]))
    parts += ["\n".join(lines) for lines in functions if model.crate in classes]
    used.add("\n".join(parts))
    return "\n\n\n".join([IMPORTS, *used.pick(DEFINITIONS), *parts]) + "\n"


def _mixin(shared: list[str], used: Used) -> str:
    fields = ["log: list[str]", *["made: int"] * ("made" in used)]
    return "\n".join(["class Shared:", *indented([*fields, *_lines(shared)])])


def _lines(parts: list[str]) -> list[str]:
    return [line for part in parts for line in part.split("\n")]


def _written(model: Model, known: Entity, lines: list[str]) -> str:
    bases = [known.base] if known.base is not None else ["Shared"] if model.mixin else []
    decorators = [] if known is model.crate else ["@entity"]
    return "\n".join([*decorators, f"class {known.name}({', '.join(bases)}):", *indented(lines or ["pass"])])


def _head(known: Entity) -> str:
    return f"def __init__(self, key: {known.key.annotation}, n: int, items: list[int]) -> None:"


def _initial(draw: Draw, model: Model, known: Entity, used: Used) -> list[str]:
    """The methods that make an entity, name it, and tell it and its crate of the others."""
    plain = {"n": "n", "s": '"s"', "items": "items", "more": "[n]", "words": '["w"]', "grid": "[[1], [2, n]]"}
    plain |= {"table": '{"a": 1, "b": n}', "pair": '(n, "p")', "box": "Box(n, [n])", "cell": "Cell(n)"}
    always = {"total": "0", "made": "0", "fixed": "n", "fixed_name": '"fixed"'}
    lines = [_head(known), "    self.key = key", "    self.log: list[str] = []"]
    lines += [f"    self.{name} = {value}" for name, value in always.items() if name in used]
    for name, type in known.fields.items():
        if name in used or name == "n":
            value = plain.get(name) or _EMPTY[type.name]
            lines.append(f"    self.{name}: {annotation(draw, type)} = {value}")
    if known is not model.crate:
        lines += [f'    self.crate = {CRATE}(f"{{type(self).__name__}}-{{key}}", n, [n])'] * ("crate" in used)
        lines += [f"def __key__(self) -> {known.key.annotation}:", "    return self.key"]
    return [*lines, *_link(model, known, used)]


_EMPTY = {"list": "[]", "dict": "{}", "Optional": "None"}


def _link(model: Model, known: Entity, used: Used) -> list[str]:
    given = {f"{other.name.lower()}s": peers(other.name) for other in model.entities}
    lines = [f"def link(self, {', '.join(f'{name}: {type.annotation}' for name, type in given.items())}) -> None:"]
    lines.append('    self.log.append("link")')
    for name in given:
        low = name[0]
        values = {
            name: name,
            f"{low}_book": f'{{"a": {name}[0], "b": {name}[-1]}}',
            f"{low}_scores": f"{{{name}[0]: 1}}",
            f"{low}_maybe": f"{name}[0] if self.n % 2 else None",
        }
        lines += [f"    self.{field} = {value}" for field, value in values.items() if field in used]
    several = {"eithers": ["ps", "qs"], "ables": list(given)}
    for name, held in several.items():
        if name in used:
            lines.append(f"    self.{name} = [{', '.join(f'*{part}[:2]' for part in held)}]")
    if known is not model.crate and "crate" in used:
        lines.append(f"    self.crate.link({', '.join(f'list({name})' for name in given)})")
    return lines


def _definition(draw: Draw, model: Model, known: Entity, method: Method) -> list[str]:
    if method.form in ("static", "class"):
        known = model.crate
    scope = Scope({parameter.name: parameter.type for parameter in method.parameters if parameter.kind != "star"})
    scope.kept |= {name for name, type in scope.types.items() if type in (EITHER, ABLE)}
    expressions = Expressions(draw, model, known, method, scope)
    if any(parameter.kind == "star" for parameter in method.parameters):
        scope.types["rest"] = Type("tuple", (INT, Type("...")))
    guard = expressions.without_calls(
        lambda: (expressions.make if method.helper else expressions.fresh)(method.result, 1)
    )
    name = "helper" if method.form == "method" and method.helper else method.form
    if method.form == "property":
        value = draw.inside(name, lambda: expressions.make(method.result, 2))
        getter = ["@property", f"def {method.name}(self) -> {annotation(draw, method.result)}:", f"    return {value}"]
        return [*getter, *draw.inside("setter", lambda: _setter(expressions, method))] if method.settable else getter
    body = draw.inside(name, lambda: Statements(expressions).body(draw.number(1, model.size.statements), 2))
    decorators, receiver = _RECEIVERS.get(method.form, ([], "self"))
    return [
        *decorators,
        _headline(draw, method, receiver),
        f'    self.log.append(f"{method.name} {{fuel}}")',
        f"    {GUARD}",
        f"        return {guard}",
        *indented(body),
    ]


def _setter(expressions: Expressions, method: Method) -> list[str]:
    """It may read other entities."""
    expressions.scope.types["value"] = method.result
    expressions.scope.bound.add("value")
    fields = [name for name, type in expressions.own.fields.items() if type == method.result]
    lines = [f"self.{expressions.draw.one(fields)} = {expressions.make(method.result, 2)}"] if fields else []
    return [
        f"@{method.name}.setter",
        f"def {method.name}(self, value: {annotation(expressions.draw, method.result)}) -> None:",
        *indented([f'self.log.append("set {method.name}")', *lines]),
    ]


def _protocol(used: Used, methods: list[str]) -> str:
    """What every entity has."""
    fields = [f"{name}: {type.annotation}" for name, type in PROTOCOL_FIELDS if name in used]
    asked = [f"{line} ..." for name, line in _ASKED.items() if name in used]
    return "\n".join([f"class {ABLE.name}(Protocol):", *indented([*fields, *asked, *methods])])


_ASKED = {
    "plus": "def plus(self, k: int) -> int:",
    "add": "async def add(self, k: int) -> int:",
    "check": "async def check(self, k: int) -> int:",
    "spread": f"async def spread(self, others: list[{ABLE.name}], k: int) -> int:",
}


def _headline(draw: Draw, method: Method, receiver: str) -> str:
    given, result = _signature(draw, method), annotation(draw, method.result)
    return f"{'async ' * method.is_async}def {method.name}({receiver}, {given}) -> {result}:"


_RECEIVERS = {
    "function": ([], f"self: {CRATE}"),
    "static": (["@staticmethod"], f"self: {CRATE}"),
    "class": (["@classmethod"], f"cls, self: {CRATE}"),
}
"""What runs without an entity of its own takes the crate as what it calls `self`."""


def _signature(draw: Draw, method: Method) -> str:
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
        parts.append(f"{parameter.name}: {annotation(draw, parameter.type)}{default}")
    return ", ".join(parts)
