"""`match`, with patterns of every form."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from .types import ABLE, BOX, EITHER, INT, INTS, PAIR, STR, TABLE, Type, entity, maybe

if TYPE_CHECKING:
    from .statements import Lines, Statements


class Matches:
    """Makes `match`."""

    def __init__(self, statements: Statements) -> None:
        self._statements = statements
        self._expressions = statements.expressions
        self._draw = statements.draw
        self._scope = statements.scope

    def make(self, depth: int) -> Lines:
        """A `match` over a value of any type."""
        name = self._draw.one(self._expressions.model.entities).name
        references = [entity(name), EITHER, ABLE, maybe(name)]
        type = self._draw.one([INT, INT, STR, PAIR, INTS, TABLE, BOX, *references])
        subject = self._expressions.make(type, 2)
        if type in references:
            type = self._expressions.references.tested(subject, type)
        lines = [f"match {subject}:"]
        for _ in range(self._draw.number(1, 3)):
            lines += self._case(type, depth)
        if self._draw.chance(0.4):
            lines += ["    case _:", *self._body(depth)]
        return lines

    def _case(self, type: Type, depth: int) -> Lines:
        bound = set(self._scope.bound)
        pattern = self._pattern(type)
        guarded = pattern.isidentifier() or self._draw.chance(0.4)
        guard = f" if {self._expressions.condition(1)}" if guarded else ""
        lines = [f"    case {pattern}{guard}:", *self._body(depth)]
        self._scope.bound &= bound
        return lines

    def _body(self, depth: int) -> Lines:
        return [f"        {line}" for line in self._statements.branch(depth)]

    def _pattern(self, type: Type) -> str:
        number, capture = self._number, self._capture
        forms: dict[Type, list[Callable[[], str]]] = {
            INT: [
                number,
                lambda: f"{number()} | {number()}",
                lambda: f"{number()} | {number()} as {capture(INT)}",
                lambda: capture(INT),
                lambda: f"int({capture(INT)})",
                lambda: "str() | None",
                lambda: f"{number()} | {self._remote()}",
                self._remote,
            ],
            STR: [lambda: '"a" | ""', lambda: '"xyz"', lambda: f"str({capture(STR)})", lambda: capture(STR)],
            PAIR: [
                lambda: f'({capture(INT)}, "a" | "")',
                lambda: f"({number()}, {capture(STR)})",
                lambda: f"[int({capture(INT)}), _]",
                lambda: "(_, _, _)",
                lambda: f"({self._remote()}, {capture(STR)})",
            ],
            INTS: [
                lambda: "[]",
                lambda: f"[{capture(INT)}]",
                lambda: f"[{capture(INT)}, *{capture(INTS)}]",
                lambda: f"[*_, {number()} | 3]",
                lambda: f"[_, _] as {capture(INTS)}",
                lambda: f"[{capture(INT)}, {self._remote()}, *{capture(INTS)}]",
            ],
            TABLE: [
                lambda: f'{{"a": {capture(INT)}}}',
                lambda: f'{{"b": {number()}, **{capture(TABLE)}}}',
                lambda: "{}",
            ],
            BOX: [
                lambda: f"Box({capture(INT)})",
                lambda: f"Box({number()}, items=[{capture(INT)}, *_])",
                lambda: f"Box(items={capture(INTS)})",
                lambda: f"Box(n=_) as {capture(BOX)}",
            ],
        }
        return self._draw.one(forms.get(type) or self._of_references(type))()

    def _of_references(self, type: Type) -> list[Callable[[], str]]:
        inner = type.inside[0] if type.name == "Optional" else type
        known = entity(self._draw.one(self._expressions.model.behind(inner)))
        forms = [
            lambda: f"{known.name}()",
            lambda: f"{known.name}() as {self._capture(known)}",
            lambda: self._attributes(known, lambda: f"fixed={self._number()} | 4, key=_"),
            lambda: self._attributes(known, lambda: f"fixed={self._capture(INT)}"),
        ]
        return [*forms, lambda: "None"] if type.name == "Optional" else forms

    def _leaves(self) -> bool:
        return not self._expressions.local and self._expressions.sites > 0

    def _remote(self) -> str:
        """The name of an attribute of what is referred to by a name; a number where there is none."""
        here = self._expressions
        reference = here.make(entity(self._draw.one(here.model.entities).name), 0)
        is_dotted = reference.replace(".", "").isidentifier() and reference != "_"
        if not self._leaves() or not is_dotted:
            return self._number()
        here.sites -= 1
        return f"{reference}.fixed"

    def _attributes(self, type: Type, attributes: Callable[[], str]) -> str:
        """A pattern that looks at an entity; at its class alone where nothing can leave."""
        if not self._leaves():
            return f"{type.name}() as {self._capture(type)}"
        self._expressions.sites -= 1
        return f"{type.name}({attributes()})"

    def _number(self) -> str:
        return str(self._draw.one([0, 1, 2, 3, 5, -1]))

    def _capture(self, type: Type) -> str:
        name = self._expressions.new_name(type)
        while name.startswith("_"):
            name = self._expressions.new_name(type)
        self._scope.bound.add(name)
        return name
