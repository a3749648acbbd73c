"""Comprehensions, generator expressions and keys, in which control may leave the entity."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .draw import Option
from .types import ABLE, BOOL, EITHER, FUNCTION, GRID, INT, INTS, PAIR, STR, TABLE, WORDS, Type, entity, peers

if TYPE_CHECKING:
    from .expressions import Expressions


@dataclass(frozen=True)
class _Form:
    """What a clause may go over."""

    whole: Type
    text: str
    parts: tuple[Type, ...]
    """The types of its targets."""


class Comprehensions:
    """Makes expressions that go over something."""

    def __init__(self, expressions: Expressions) -> None:
        self._expressions = expressions
        self._draw = expressions.draw
        self._scope = expressions.scope

    def options(self, type: Type, depth: int) -> list[Option[str]]:
        """What makes a value of a type."""
        here = self._expressions
        if here.going_over >= 2:
            return []
        if type == INT:
            return self._numbers(depth)
        if type == BOOL:
            return [(0.7, "any or all", lambda: f"{self._draw.one(['any', 'all'])}{self.over(BOOL, depth)}")]
        if type == STR:
            return [(0.4, "join generator", lambda: f'"-".join{self.over(STR, depth)}[-9:]')]
        if type == PAIR:
            return [(0.4, "least pair", lambda: f"min({self.over(PAIR, depth)}, default={here.literal(PAIR)})")]
        if type.name == "list":
            return self._lists(type, depth)
        if type.name == "dict" and type.inside[0] in (STR, *map(self._entity, here.model.entities)):
            return self._tables(type, depth)
        if here.model.is_reference(type):
            whole = peers(type.name)
            return [
                (0.3, "chosen reference", lambda: f"max({here.make(whole, depth)}, key={self.key(type, INT, depth)})")
            ]
        return []

    def over(self, element: Type, depth: int) -> str:
        """A generator expression in parentheses."""
        return f"({self._clauses(lambda: self._expressions.make(element, depth))})"

    def key(self, element: Type, result: Type, depth: int) -> str:
        """A lambda for `key`."""
        here = self._expressions
        name = self._name()
        with here.no_walrus(), self._inner([name]):
            self._bind({name: element})
            body = here.make(result, depth)
        return f"lambda {name}: {body}"

    @staticmethod
    def _entity(known: object) -> Type:
        return entity(known.name)  # type: ignore[attr-defined]

    def _numbers(self, depth: int) -> list[Option[str]]:
        make, over, key = self._expressions.make, self.over, self.key
        function = self._draw.one(["min", "max"])
        return [
            (0.5, "sum of generator", lambda: f"sum{over(INT, depth)}"),
            (0.3, "sum from start", lambda: f"sum({over(INT, depth)}, {make(INT, depth)})"),
            (0.3, "extreme", lambda: f"{function}({over(INT, depth)}, default={make(INT, depth)})"),
            (0.1, "extreme of none", lambda: f"{function}{over(INT, depth)}"),
            (0.2, "extreme by key", lambda: f"{function}([1, *{make(INTS, depth)}], key={key(INT, INT, depth)})"),
            (0.2, "extreme of two", lambda: f"{function}({make(INT, depth)}, 2, key={key(INT, INT, depth)})"),
            (
                0.2,
                "extreme of generator by key",
                lambda: f"{function}({over(INT, depth)}, key={key(INT, PAIR, depth)}, default=3)",
            ),
            (0.3, "len of set", lambda: f"len({{{self._clauses(lambda: make(INT, depth))}}})"),
        ]

    def _lists(self, type: Type, depth: int) -> list[Option[str]]:
        here = self._expressions
        make, inner = here.make, type.inside[0]

        def clauses() -> str:
            return self._clauses(lambda: make(inner, depth))

        options: list[Option[str]] = [
            (1.2, "list comprehension", lambda: f"[{clauses()}][-6:]"),
            (0.3, "list of generator", lambda: f"list({clauses()})[-6:]"),
            (0.3, "unpacked generator", lambda: f"[{make(inner, depth)}, *({clauses()})][-6:]"),
            (0.3, "sorted by key", lambda: f"sorted({make(type, depth)}, key={self._order(inner, depth)})"),
        ]
        if inner in (INT, STR):
            options += [
                (0.2, "sorted generator", lambda: f"sorted(({clauses()}), reverse={make(BOOL, depth)})[-6:]"),
                (0.2, "sorted set", lambda: f"sorted({{{clauses()}}})[-6:]"),
            ]
        if here.may_await and here.sites > 0 and not here.local:
            options.append((1, "async comprehension", lambda: f"[{self.asynchronous(inner, depth)}][-6:]"))
        return options

    def _order(self, element: Type, depth: int) -> str:
        key = self.key(element, self._draw.one([INT, STR, PAIR]), depth)
        return f"{key}, reverse={self._expressions.make(BOOL, depth)}" if self._draw.chance(0.3) else key

    def _tables(self, type: Type, depth: int) -> list[Option[str]]:
        make = self._expressions.make
        key, value = type.inside

        def entry(form: str) -> Callable[[], str]:
            return lambda: form.format(make(key, depth), make(value, depth))

        options: list[Option[str]] = [
            (1, "dict comprehension", lambda: f"{{{self._clauses(entry('{}: {}'))}}}"),
            (0.3, "dict of generator", lambda: f"dict({self._clauses(entry('({}, {})'))})"),
        ]
        if (
            type == TABLE
            and self._expressions.may_await
            and self._expressions.sites > 0
            and not self._expressions.local
        ):
            options.append(
                (0.5, "async dict comprehension", lambda: f"{{{make(STR, 0)}: {self.asynchronous(INT, depth)}}}")
            )
        return options

    def asynchronous(self, element: Type, depth: int) -> str:
        """Clauses that await something, after what they give for each round."""
        here = self._expressions
        name = self._name()
        known = self._draw.one([entity(one.name) for one in here.model.entities] + [EITHER, ABLE])
        with here.no_walrus():
            many, number = here.make(peers(known.name), depth), here.make(INT, depth)
        here.sites -= 1
        with here.no_walrus(), self._inner([name]):
            if self._draw.chance(0.5):
                self._bind({name: INT})
                test = f" if {here.condition(1)}" if self._draw.chance(0.3) else ""
                value = here.make(element, depth)
                return f"{value} async for {name} in Count(self.log, {number} % 4){test}"
            self._bind({name: known})
            call = f"await {name}.{self._draw.one(['add', 'check'])}({here.make(INT, 0)})"
            test = f" if {call} > {here.make(INT, 0)}" if self._draw.chance(0.3) else ""
            value = f"{call} + {here.make(INT, depth)}" if element == INT else here.make(element, depth)
            return f"{value} for {name} in ({many})[:3]{test}"

    def _clauses(self, make: Callable[[], str]) -> str:
        """Clauses, after what they give for each round."""
        forms = [self._form() for _ in range(2 if self._draw.chance(0.25) else 1)]
        names = self._names(sum(len(form.parts) for form in forms))
        first = self._iterable(forms[0])
        clauses = []
        with self._inner(names):
            rest = iter(names)
            for index, form in enumerate(forms):
                values = self._iterable(form) if index else first
                own = [next(rest) for _ in form.parts]
                self._bind(dict(zip(own, form.parts, strict=True)))
                clauses.append(f" for {', '.join(own)} in {values}")
                while self._draw.chance(0.3):
                    clauses.append(f" if {self._expressions.condition(1)}")
            return make() + "".join(clauses)

    def _form(self) -> _Form:
        name = self._draw.one(self._expressions.model.entities).name
        several = self._draw.one([EITHER, ABLE])
        forms = [
            _Form(INTS, "({})[:3]", (INT,)),
            _Form(WORDS, "({})[:3]", (STR,)),
            _Form(GRID, "({})[:3]", (INTS,)),
            _Form(peers(name), "({})[:3]", (entity(name),)),
            _Form(peers(name), "({})[:3]", (entity(name),)),
            _Form(peers(several.name), "({})[:3]", (several,)),
            _Form(TABLE, "({}).items()", (STR, INT)),
            _Form(WORDS, "enumerate({})", (INT, STR)),
            _Form(INT, "range(({}) % 4)", (INT,)),
        ]
        return self._draw.one(forms)

    def _iterable(self, form: _Form) -> str:
        here = self._expressions
        with here.no_walrus():
            values = form.text.format(here.make(form.whole, 1))
            if self._draw.chance(0.15):
                here.going_over += 1
                test = f" if {here.condition(1)}" if self._draw.chance(0.5) else ""
                here.going_over -= 1
                values = f"(w for w in {values}{test})"
            return values

    def _names(self, count: int) -> list[str]:
        """Names of an inner scope, each another."""
        names: list[str] = []
        while len(names) < count:
            name = self._name()
            names.append(f"{name}_{len(names)}" if name in names else name)
        return names

    def _name(self) -> str:
        """A name of an inner scope: often one that means something else around it."""
        types = self._scope.types
        others = sorted(name for name in types if name != "fuel" and types[name] not in (FUNCTION, Type("counter")))
        if others and self._draw.chance(0.4):
            return self._draw.one(others)
        return self._draw.one(["q", "p", "i", "w", "e", "__q"])

    @contextmanager
    def _inner(self, names: list[str]) -> Iterator[None]:
        """A scope with these names, in which what the method binds is bound on some way only."""
        here = self._expressions
        hidden = {name: self._scope.types.pop(name, None) for name in names}
        bound, kept = set(self._scope.bound), set(self._scope.kept)
        self._scope.bound -= set(names)
        self._scope.kept -= set(names)
        here.going_over += 1
        here.iterating.append(set(names))
        try:
            yield
        finally:
            here.iterating.pop()
            here.going_over -= 1
            for name, known in hidden.items():
                self._scope.types.pop(name, None)
                if known is not None:
                    self._scope.types[name] = known
            self._scope.bound, self._scope.kept = bound, kept

    def _bind(self, types: dict[str, Type]) -> None:
        self._scope.types.update(types)
        self._scope.bound |= types.keys()
