"""Statements, drawn at random."""

from __future__ import annotations

from collections.abc import Callable

from .attempts import Attempts
from .draw import Option
from .expressions import Expressions
from .loops import Loops
from .matches import Matches
from .narrowing import Narrowing
from .targets import Targets
from .types import BOX, FUNCTION, GRID, INT, INTS, STR, TABLE, WORDS, Type

Lines = list[str]
INDENT = "    "


def indented(lines: Lines) -> Lines:
    """The lines, one level deeper."""
    return [INDENT + line for line in lines]


class Statements:
    """Makes the statements of one method."""

    def __init__(self, expressions: Expressions) -> None:
        self.expressions = expressions
        self.draw = expressions.draw
        self.scope = expressions.scope
        self.targets = Targets(expressions)
        self.loops = Loops(self)
        self.attempts = Attempts(self)
        self.matches = Matches(self)
        self.narrowing = Narrowing(self)
        self._narrowed: list[dict[str, Type]] = [{}]
        """The types of names that more is known of, as they were before each open block."""
        self.loop = 0
        """How many loops may be left by `break` here."""

    def body(self, count: int, depth: int) -> Lines:
        """The statements of a method, with its last `return`."""
        lines = self.block(count, depth)
        return [*lines, *self.draw.inside("last return", lambda: [f"return {self.result(2)}"])]

    def block(self, count: int, depth: int) -> Lines:
        """Some statements, at least one."""
        lines: Lines = []
        self._narrowed.append({})
        for _ in range(count):
            lines += self.draw.construct(self._options(depth))
        self.scope.types.update(self._narrowed.pop())
        return lines

    def narrow(self, name: str, type: Type) -> None:
        """Knows more of a name, for the rest of the block."""
        self._narrowed[-1].setdefault(name, self.scope.types[name])
        self.scope.types[name] = type

    def branch(self, depth: int, count: int = 2) -> Lines:
        """A block that may not be run: what it assigns has no value for sure after it."""
        bound = set(self.scope.bound)
        lines = self.block(self.draw.number(1, count), depth - 1)
        self.scope.bound &= bound
        return lines

    def result(self, depth: int) -> str:
        """What the method may return."""
        method = self.expressions.method
        make = self.expressions.make if method.helper else self.expressions.fresh
        return make(method.result, depth)

    def _options(self, depth: int) -> list[Option[Lines]]:
        make = self.expressions.make
        options: list[Option[Lines]] = [
            (6, "assign", lambda: [self.targets.assign(self.expressions.any_type())]),
            (3, "augmented", lambda: self.targets.augmented()),
            (2, "unpack", lambda: [self.targets.unpack()]),
            (1, "chained", lambda: [self.targets.chained(self.expressions.any_type())]),
            (1, "annotated", lambda: [self.targets.annotated(self.expressions.any_type())]),
            (2, "call statement", self._call),
            (2, "mutation", self._mutation),
            (1, "note", lambda: [f"self.note({make(INT, 2)})"]),
            (0.3, "assert", lambda: [f"assert {self.expressions.condition(1)} or {make(INT, 1)} < 90, {make(STR, 1)}"]),
            (0.3, "guarded raise", lambda: self._raise(depth)),
            (0.4, "delete", self._delete),
            (0.2, "pass", lambda: ["pass"]),
        ]
        if self.expressions.method.is_async:
            options.append((0.5, "await", lambda: [f"await {self.draw.one(['asyncio.sleep(0)', 'self._soon(1)'])}"]))
        if depth > 0:
            options += [
                (3, "if", lambda: self._if(depth)),
                (1.5, "for", lambda: self.loops.make_for(depth)),
                (1, "while", lambda: self.loops.make_while(depth)),
                (2, "try", lambda: self.attempts.make_try(depth)),
                (0.8, "with", lambda: self.attempts.make_with(depth)),
                (0.8, "match", lambda: self.matches.make(depth)),
                (1.2, "narrowing", lambda: self.narrowing.make(depth)),
                (0.4, "function", self._function),
            ]
        if depth > 0 and self.attempts.parts == 0:
            options.append(
                (
                    0.4,
                    "early return",
                    lambda: [f"if {self.expressions.condition(1)}:", f"{INDENT}return {self.result(1)}"],
                )
            )
        if self.loop > 0:
            options.append(
                (2, "jump", lambda: [f"if {make(Type('bool'), 1)}:", INDENT + self.draw.one(["break", "continue"])])
            )
        return options

    def _call(self) -> Lines:
        here = self.expressions
        if here.local or here.sites <= 0:
            return ["pass"]
        methods = here.calls.callable()
        return [here.calls.call(self.draw.one(methods), 2)] if methods else ["pass"]

    def _mutation(self) -> Lines:
        make = self.expressions.make
        type = self.draw.one([INTS, INTS, WORDS, GRID])
        name = make(type, 0)
        forms: list[Callable[[], Lines]] = [
            lambda: [f"push({name}, {make(type.inside[0], 2)})"],
            lambda: [f"if len({name}) < 6:", f"{INDENT}{name}.append({make(type.inside[0], 2)})"],
            lambda: [f"if {name}:", f"{INDENT}{name}.pop({self.draw.one(['', '0', '-1'])})"],
            lambda: [f"{name}[0:2] = {make(type, 1)}[:2]"],
            lambda: [f"{make(TABLE, 0)}.update({make(TABLE, 1)})"],
            lambda: [f"{make(TABLE, 0)}.pop({make(STR, 1)}, None)"],
            lambda: [f"push({make(BOX, 0)}.items, {make(INT, 2)})"],
            lambda: [f"{name}.reverse()"],
        ]
        return self.draw.one(forms)()

    def _raise(self, depth: int) -> Lines:
        make = self.expressions.make
        errors: list[Callable[[], str]] = [
            lambda: f"Oops({make(INT, 1)}, {make(STR, 1)})",
            lambda: f"ValueError({make(STR, 1)})",
            lambda: "KeyError",
            lambda: f"Worse({make(INT, 1)}, {make(STR, 0)}) from Oops(1, {make(STR, 0)})",
        ]
        error = self.draw.one(errors)()
        return [f"if {make(INT, 1)} > {self.draw.one([5, 30, 60])}:", f"{INDENT}raise {error}"]

    def _delete(self) -> Lines:
        make = self.expressions.make
        options: list[Callable[[], Lines]] = [
            lambda: [f"del {make(INTS, 0)}[{make(INT, 1)}:]"],
            lambda: [f'{make(TABLE, 0)}.setdefault("c", 1)', f'del {make(TABLE, 0)}["c"]'],
        ]
        names = sorted(self.scope.bound - {"fuel", *self.scope.names(FUNCTION)})
        if names and self.draw.chance(0.5):
            name = self.draw.one(names)
            self.scope.bound.discard(name)
            return [f"del {name}"]
        return self.draw.one(options)()

    def _if(self, depth: int) -> Lines:
        lines = [f"if {self.expressions.condition(2)}:", *indented(self.branch(depth))]
        while self.draw.chance(0.25):
            lines += [f"elif {self.expressions.condition(1)}:", *indented(self.branch(depth))]
        if self.draw.chance(0.5):
            lines += ["else:", *indented(self.branch(depth))]
        return lines

    def _function(self) -> Lines:
        """A function that the rest of the block may call."""
        here = self.expressions
        known = [one for one in self.scope.names(INT) if one != "fuel"]
        name = here.new_name(FUNCTION)
        default = f" = {here.without_calls(lambda: here.make(INT, 1))}" if self.draw.chance(0.3) else ""
        changed = self.draw.one(known) if known and self.draw.chance(0.3) else None
        bound = set(self.scope.bound)
        if changed in self.scope.bound:
            self.scope.bound.discard(changed or "")
        with here.no_walrus():
            body = here.without_calls(lambda: here.make(INT, 1))
        self.scope.bound = bound
        self.scope.bound.add(name)
        if changed is None and self.draw.chance(0.5):
            return [f"{name} = lambda p{default}: p + {body}"]
        lines = [f"def {name}(p: int{default}) -> int:"]
        if changed is not None:
            lines += [f"{INDENT}nonlocal {changed}", f"{INDENT}{changed} = {changed} + p"]
        return [*lines, f"{INDENT}return p + {body}"]
