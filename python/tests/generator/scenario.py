"""What clients do to a generated program."""

from __future__ import annotations

from typing import Any

from .draw import Draw
from .model import Entity, Method, Model, Parameter
from .types import BOOL, BOX, INT, PAIR, STR, Type

Json = Any
COUNT = 2
"""How many entities of each class there are in the beginning."""


def make_scenario(draw: Draw, model: Model) -> list[Json]:
    """Creations, introductions, and calls of any methods."""
    steps = [_create(known, number) for known in model.entities for number in range(COUNT)]
    steps += [_link(model, known, number) for known in model.entities for number in range(COUNT)]
    for _ in range(draw.number(3, model.size.calls)):
        known = draw.one(model.entities)
        method = draw.one([method for method in model.inherited(known) if method.public])
        steps.append(_call(draw, model, known, method))
    return steps


def _key(known: Entity, number: int) -> str | int:
    return number if known.key == INT else f"{known.name.lower()}{number}"


def _create(known: Entity, number: int) -> Json:
    return {"create": known.name, "with": {"key": _key(known, number), "n": number + 3, "items": [number, 5]}}


def _link(model: Model, known: Entity, number: int) -> Json:
    lists = {f"{other.name.lower()}s": [_reference(other, i) for i in range(COUNT)] for other in model.entities}
    for other in model.entities:
        if other.base is not None:
            lists[f"{other.base.lower()}s"].append(_reference(other, 0))
    return {"call": [known.name, _key(known, number), "link"], "with": lists}


def _reference(known: Entity, number: int) -> Json:
    return {"$entity": [known.name, _key(known, number)]}


def _call(draw: Draw, model: Model, known: Entity, method: Method) -> Json:
    given = {
        parameter.name: _argument(draw, model, parameter)
        for parameter in method.parameters
        if _is_given(draw, parameter)
    }
    return {"call": [known.name, _key(known, draw.number(0, COUNT - 1)), method.name], "with": given}


def _is_given(draw: Draw, parameter: Parameter) -> bool:
    return parameter.kind != "star" and (parameter.default is None or draw.chance(0.5))


def _argument(draw: Draw, model: Model, parameter: Parameter) -> Json:
    if parameter.name == "fuel":
        return draw.number(1, 4)
    return _value(draw, model, parameter.type)


def _value(draw: Draw, model: Model, type: Type) -> Json:
    if type == INT:
        return draw.number(-2, 9)
    if type == STR:
        return draw.one(["", "a", "b", "hey"])
    if type == BOOL:
        return draw.chance(0.5)
    if type == PAIR:
        return {"$tuple": [draw.number(0, 9), "t"]}
    if type == BOX:
        return {"$object": ["app.Box", {"n": draw.number(0, 9), "items": [1]}]}
    if type.name == "Optional":
        return None if draw.chance(0.4) else _value(draw, model, type.inside[0])
    if type.name == "Cell":
        return {"$object": ["app.Cell", {"held": _value(draw, model, type.inside[0])}]}
    if model.is_reference(type):
        actual = draw.one(model.behind(type))
        return _reference(model.entity(actual), draw.number(0, COUNT - 1))
    values = [_value(draw, model, type.inside[-1]) for _ in range(draw.number(1, 3))]
    if type.name == "list":
        return values
    if type.inside[0] == STR:
        return dict(zip("abc", values, strict=False))
    key = _value(draw, model, type.inside[0])
    return {"$dict": [[key, values[0]]]}
