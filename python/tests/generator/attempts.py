"""Statements that do something when they are left: `try` and `with`."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from .types import BOX, GRID, INT, INTS, PAIR, STR, Type, entity

if TYPE_CHECKING:
    from .statements import Lines, Statements

CLASSES = (
    "Oops",
    "Worse",
    "(KeyError, IndexError)",
    "ZeroDivisionError",
    "(Oops, ValueError)",
    "LookupError",
    "(AttributeError, TypeError, AssertionError)",
    "UnboundLocalError",
    "Exception",
    "Exception",
)
EXCEPTION = Type("exception")


class Attempts:
    """Makes `try` and `with`."""

    def __init__(self, statements: Statements) -> None:
        self._statements = statements
        self._expressions = statements.expressions
        self._draw = statements.draw
        self._scope = statements.scope
        self.handling = 0
        """How many handlers stand around."""
        self.parts = 0
        """How many handlers of `except*` stand around, which no jump may lead out of."""

    def make_try(self, depth: int) -> Lines:
        """A `try` of any form."""
        is_star = self._draw.chance(0.2)
        raises = self._raise_group if is_star else self._raise
        lines = ["try:", *self._indented(lambda: [*self._part("body", depth, 3), *raises(0.3)])]
        has_handler = is_star or self._draw.chance(0.85)
        if is_star:
            lines += self._star_handlers(depth)
        elif has_handler:
            lines += self._handlers(depth)
        if has_handler and self._draw.chance(0.3):
            lines += ["else:", *self._indented(lambda: self._part("else", depth, 2))]
        if not has_handler or self._draw.chance(0.35):
            lines += ["finally:", *self._indented(lambda: self._draw.inside("finally", lambda: self._last(depth)))]
        return lines

    def make_with(self, depth: int) -> Lines:
        """A `with` of any form."""
        if self._expressions.may_await and self._draw.chance(0.4):
            return self._draw.inside("async with", lambda: self._make_with(depth, True))
        return self._make_with(depth, False)

    def _make_with(self, depth: int, asynchronous: bool) -> Lines:
        bound = set(self._scope.bound)
        keyword = "async with" if asynchronous else "with"
        items = [self._item(asynchronous) for _ in range(self._draw.number(1, 2))]
        body = self._indented(lambda: [*self._part("with body", depth, 3), *self._raise(0.2)])
        self._scope.bound &= bound
        if self._draw.chance(0.2):
            return [f"{keyword} (", *[f"    {item}," for item in items], "):", *body]
        return [f"{keyword} {', '.join(items)}:", *body]

    def _item(self, asynchronous: bool) -> str:
        make = self._expressions.make
        type = self._draw.one([INT, INTS, BOX, PAIR, GRID])
        held, closing = ("SoonHeld", "aclosing") if asynchronous else ("Held", "closing")
        forms: list[Callable[[], tuple[str, Type | None]]] = [
            lambda: (f"{held}(self.log, {make(STR, 1)})", STR),
            lambda: (f"{held}(self.log, {make(STR, 0)}, {self._draw.one(CLASSES)})", STR),
            lambda: (f"nullcontext({make(type, 1)})", type),
            lambda: (f"{closing}({held}(self.log, {make(STR, 0)}))", None),
        ]
        if not asynchronous:
            forms.append(lambda: (f"suppress({self._draw.one(CLASSES).strip('()')})", None))
        manager, entered = self._draw.one(forms)()
        if entered is None or self._draw.chance(0.4):
            return manager
        if entered == PAIR and self._draw.chance(0.5):
            targets = self._statements.targets
            return f"{manager} as ({targets.target(INT)}, {targets.target(STR)})"
        return f"{manager} as {self._statements.targets.target(entered)}"

    def _handlers(self, depth: int) -> Lines:
        lines: Lines = []
        for _ in range(self._draw.number(1, 2)):
            name = self._name() if self._draw.chance(0.6) else None
            lines.append(f"except {self._class()}{f' as {name}' if name else ''}:")
            lines += self._indented(lambda name=name: self._handler(depth, name))  # type: ignore[misc]
        if self._draw.chance(0.1):
            lines += ["except:", *self._indented(lambda: self._handler(depth, None))]
        return lines

    def _star_handlers(self, depth: int) -> Lines:
        lines: Lines = []
        loop, self._statements.loop = self._statements.loop, 0
        self.parts += 1
        for _ in range(self._draw.number(1, 3)):
            name = self._name() if self._draw.chance(0.6) else None
            lines.append(f"except* {self._class()}{f' as {name}' if name else ''}:")
            lines += self._indented(lambda name=name: self._handler(depth, name))  # type: ignore[misc]
        self.parts -= 1
        self._statements.loop = loop
        return lines

    def _class(self) -> str:
        """What a clause catches; now and then another entity is asked for it."""
        here = self._expressions
        if here.local or here.sites <= 0 or self._draw.chance(0.85):
            return self._draw.one(CLASSES)
        here.sites -= 1
        return self._draw.inside("asked class", self._asked)

    def _asked(self) -> str:
        make = self._expressions.make
        peer = make(entity(self._draw.one(self._expressions.model.entities).name), 1)
        return f"{peer}.errors({make(INT, 1)})"

    def _name(self) -> str:
        kept = ("fuel", "turns_")
        names = [
            name for name, type in sorted(self._scope.types.items()) if type in (INT, STR) and not name.startswith(kept)
        ]
        if names and self._draw.chance(0.2):
            return self._draw.one(names)
        return self._expressions.new_name(EXCEPTION)

    def _handler(self, depth: int, name: str | None) -> Lines:
        if name is not None:
            self._scope.bound.discard(name)
        self.handling += 1
        lines = self._part("handler", depth, 2)
        self.handling -= 1
        used = "sys.exc_info()[1]" if name is None else name
        make = self._expressions.make
        ends: list[Callable[[], Lines]] = [
            list,
            list,
            lambda: [f"self.log.append(type({used}).__name__)"],
            lambda: ["raise"],
            lambda: ["self.log.append(type(sys.exc_info()[1]).__name__)", "raise"],
            lambda: [f"raise Worse({make(INT, 2)}, 'w') from {used}"],
            lambda: [f"raise {used}"],
            lambda: [f"raise Oops({make(INT, 1)}, 'o') from None"],
        ]
        if name is not None:
            self._scope.bound.discard(name)
        return [*lines, *self._draw.one(ends)()]

    def _last(self, depth: int) -> Lines:
        lines = self._part("last", depth, 2)
        if self.parts == 0 and self._draw.chance(0.1):
            lines += [f"return {self._statements.result(1)}"]
        return lines

    def _part(self, name: str, depth: int, count: int) -> Lines:
        return self._draw.inside(name, lambda: self._statements.branch(depth, count))

    def _raise(self, chance: float) -> Lines:
        if not self._draw.chance(chance):
            return []
        make = self._expressions.make
        raised = self._draw.one(["KeyError", "Oops", "Worse", "ValueError"])
        arguments = f"{make(INT, 1)}, {make(STR, 1)}" if raised in ("Oops", "Worse") else make(STR, 1)
        condition = f"if {make(INT, 1)} > {self._draw.one([-5, 0, 3])}:"
        return [condition, f"    raise {raised}({arguments})"]

    def _raise_group(self, chance: float) -> Lines:
        if not self._draw.chance(chance + 0.3):
            return self._raise(chance)
        make = self._expressions.make
        condition = f"if {make(INT, 1)} > {self._draw.one([-5, 0, 3])}:"
        errors: list[Callable[[], str]] = [
            lambda: f"Oops({make(INT, 1)}, {make(STR, 1)})",
            lambda: f"KeyError({make(STR, 1)})",
            lambda: f"ExceptionGroup('in', [IndexError({make(INT, 1)}), Worse({make(INT, 1)}, {make(STR, 0)})])",
            lambda: f"ZeroDivisionError({make(INT, 1)})",
        ]
        held = [error() for error in self._draw.some(errors, self._draw.number(1, 4))]
        return [condition, f"    raise ExceptionGroup({make(STR, 1)}, [{', '.join(held)}])"]

    def _indented(self, make: Callable[[], Lines]) -> Lines:
        return [f"    {line}" for line in make()]
