"""Expressions of a type, drawn at random."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from .calls import Calls
from .comprehensions import Comprehensions
from .draw import Draw, Made, Option
from .generics import Generics
from .model import Entity, Method, Model, Scope
from .references import References
from .types import (
    ABLE,
    BOOL,
    BOX,
    EITHER,
    FUNCTION,
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
    cell,
    entity,
    maybe,
    peers,
    scores,
)

Options = list[Option[str]]
KEYS = ("a", "b", "c")


class Expressions:
    """Makes expressions for one method. Mutable values may be those of other names or of fields; `fresh` ones are not."""

    def __init__(self, draw: Draw, model: Model, own: Entity, method: Method, scope: Scope) -> None:
        self.draw = draw
        self.model = model
        self.own = own
        self.method = method
        self.scope = scope
        self.sites = 9
        """How many more calls of entities may be written."""
        self.local = 0
        """Above 0 where nothing may leave the entity."""
        self.without_walrus = 0
        """Above 0 where no name may be assigned."""
        self.going_over = 0
        """How many scopes of comprehensions and lambdas are open."""
        self.iterating: list[set[str]] = []
        """The names of those scopes, which nothing inside may assign."""
        self.reads_only = method.form == "property"
        """Whether nothing is called: a property has no fuel."""
        self.calls = Calls(self)
        self.comprehensions = Comprehensions(self)
        self.references = References(self)
        self.generics = Generics(self)

    @property
    def may_await(self) -> bool:
        """Whether `await` may stand here; in a generator expression it would make that an asynchronous one."""
        return self.method.is_async and self.going_over == 0

    def may_call(self, method: Method) -> bool:
        """Whether a method can be called here: what is asynchronous has to be awaited."""
        return self.may_await or not method.is_async

    def make(self, type: Type, depth: int) -> str:
        """An expression of a type, of at most this depth."""
        options = self._atoms(type)
        if depth > 0:
            options = options + self._compounds(type, depth - 1)
        return self.draw.construct(options)

    def fresh(self, type: Type, depth: int) -> str:
        """An expression whose value nothing else refers to: what may go to another entity."""
        value = self.make(type, depth)
        if not type.mutable:
            return value
        if type == GRID:
            return f"deep({value})"
        if type == BOX:
            return f"copy_box({value})"
        if type.name == "Cell":
            return f"Cell({value}.held)"
        if type.name == "dict":
            return self.draw.one([f"dict({value})", f"{{**{value}}}", f"({value}).copy()"])
        return self.draw.one([f"list({value})", f"({value})[:]", f"[*{value}]"])

    def condition(self, depth: int) -> str:
        """What is asked for its truth."""
        type = self.draw.one([BOOL, BOOL, BOOL, INT, INTS, STR, TABLE])
        return self.make(type, depth)

    def without_calls(self, make: Callable[[], Made]) -> Made:
        """What this makes, with nothing that leaves the entity."""
        self.local += 1
        try:
            return make()
        finally:
            self.local -= 1

    @contextmanager
    def no_walrus(self) -> Iterator[None]:
        """Where no name may be assigned."""
        self.without_walrus += 1
        try:
            yield
        finally:
            self.without_walrus -= 1

    def without_quotes(self, make: Callable[[], str]) -> str:
        """What this makes, if it may stand in an f-string, or something that may."""
        types = dict(self.scope.types)
        bound = set(self.scope.bound)
        part = make()
        if not any(word in part for word in ("'", "{", "}", "\\", "lambda", ":=")):
            return part
        self.scope.types.clear()
        self.scope.types.update(types)
        self.scope.bound = bound
        return "self.n"

    def any_type(self) -> Type:
        """The type of a value or of references."""
        if self.draw.chance(0.25):
            name = self.draw.one(self.model.entities).name
            of_one = [entity(name), peers(name), book(name), scores(name), maybe(name), cell(entity(name))]
            return self.draw.one([entity(name), *of_one, EITHER, EITHER, ABLE, peers(EITHER.name), peers(ABLE.name)])
        return self.draw.one([INT, INT, INT, *VALUES])

    def _atoms(self, type: Type) -> Options:
        names, fields = self.scope.names(type), [name for name, known in self.own.fields.items() if known == type]
        options: Options = []
        if names:
            options.append((6, "name", lambda: self.draw.one(names)))
        if fields:
            options.append((4, "field", lambda: f"self.{self.draw.one(fields)}"))
        unbound = self.scope.perhaps(type)
        if (
            unbound and type in VALUES
        ):  # the type of what surely has no value is not known, which is refused where it is called
            options.append((0.03, "unbound", lambda: self.draw.one(unbound)))
        if self.model.is_entity(type):
            if type.name in (self.own.name, self.own.base):
                options.append((2, "self", lambda: "self"))
            if self.model.derived(type.name):
                name = self.draw.one(self.model.derived(type.name))
                options.append((2, "derived", lambda: self._peer(entity(name))))
            options.append((3, "peer", lambda: self._peer(type)))
        elif type not in (EITHER, ABLE) and type.name != "Optional":
            options.append((2, "literal", lambda: self.literal(type)))
        return options + self.references.atoms(type)

    def _peer(self, type: Type) -> str:
        if type in (EITHER, ABLE) and self.draw.chance(0.5):
            return self._peer(entity(self.draw.one(self.model.behind(type))))
        lists, books = f"{type.name.lower()}s", f"{type.name.lower()}_book"
        form = self.draw.number(0, 4 if self.model.is_entity(type) else 2)
        if form == 0:
            return f"self.{lists}[({self.without_calls(lambda: self.make(INT, 1))}) % len(self.{lists})]"
        return f"self.{lists}[{form - 2}]" if form < 3 else f'self.{books}["{self.draw.one(KEYS[:2])}"]'

    def literal(self, type: Type) -> str:
        """A constant, or a display of constants."""
        if type == INT:
            return str(self.draw.one([0, 1, 2, 3, 5, 7, -1, 40]))
        if type == STR:
            return f'"{self.draw.one(["", "a", "b", "xyz", "ü"])}"'
        if type == BOOL:
            return self.draw.one(["True", "False"])
        if type == BOX:
            return f"Box({self.literal(INT)}, {self.literal(INTS)})"
        if type == PAIR:
            return f"({self.literal(INT)}, {self.literal(STR)})"
        if type.name == "Cell":
            return f"Cell({self._element(type.inside[0])})"
        if type.name == "list":
            return f"[{', '.join(self._element(type.inside[0]) for _ in range(self.draw.number(1, 3)))}]"
        if type == TABLE or type == book(type.inside[1].name):
            parts = [f'"{key}": {self._element(type.inside[1])}' for key in KEYS[: self.draw.number(1, 3)]]
            return f"{{{', '.join(parts)}}}"
        return f"{{{self._peer(type.inside[0])}: {self.literal(INT)}}}"

    def _element(self, type: Type) -> str:
        return self._peer(type) if self.model.is_reference(type) else self.literal(type)

    def _compounds(self, type: Type, depth: int) -> Options:
        def make(part: Type) -> str:
            return self.make(part, depth)

        options: Options = [
            (1, "conditional", lambda: self._conditional(type, depth)),
            (0.7, "subscript of display", lambda: self._chosen(type, depth)),
        ]
        if not self.local and not self.without_walrus:
            options.append((0.7, "walrus", lambda: self._walrus(type, depth)))
        if not self.model.is_reference(type) and type.name != "Optional":
            options.append(
                (0.7, "short circuit", lambda: f"({make(type)} {self.draw.one(['and', 'or'])} {make(type)})")
            )
        options += self.calls.options(type, depth)
        options += self.comprehensions.options(type, depth)
        options += self.references.compounds(type, depth)
        options += self.generics.options(type, depth)
        options += _BY_TYPE.get(type, _of_references)(self, depth, type)
        return options

    def _conditional(self, type: Type, depth: int) -> str:
        condition = self.condition(depth)
        before = set(self.scope.bound)
        then, bound = self.make(type, depth), self.scope.bound
        self.scope.bound = before
        orelse = self.make(type, depth)
        self.scope.bound |= bound
        return f"({then} if {condition} else {orelse})"

    def _chosen(self, type: Type, depth: int) -> str:
        parts = [self.make(type, depth) for _ in range(self.draw.number(1, 3))]
        index = self._index(depth, len(parts))
        form = self.draw.one(["[{}]", "({},)"])
        return f"{form.format(', '.join(parts))}[{index}]"

    def isinstance(self, depth: int) -> str:
        """A test of the class of an entity."""
        known = self.draw.one([EITHER, ABLE, *(entity(known.name) for known in self.model.entities)])
        value = self.make(known, depth)
        known = self.references.tested(value, known)
        other = self.draw.one([*self.model.behind(known), *["(P, Q)"] * (known in (EITHER, ABLE))])
        return f"isinstance({value}, {other})"

    def _index(self, depth: int, length: int) -> str:
        form = self.draw.number(-1, 1)
        return f"({self.make(INT, depth)}) % {length}" if form == 1 else str(form)

    def end(self, depth: int) -> str:
        """The end of a slice, or nothing."""
        return self.make(INT, depth) if self.draw.chance(0.5) else ""

    def _walrus(self, type: Type, depth: int) -> str:
        taken = self.scope.kept.union(*self.iterating)
        names = [name for name, known in self.scope.types.items() if known == type and name not in taken]
        value = self.make(type, depth)
        name = self.draw.one(names) if names and self.draw.chance(0.5) else self.new_name(type)
        if self.draw.chance(0.7):
            self.scope.bound.add(name)
        return f"({name} := {value})"

    def new_name(self, type: Type) -> str:
        """A local variable of a type; it has no value for sure yet."""
        taken = set(self.scope.types).union(*self.iterating)
        pool = [name for name in _NAMES if name not in taken]
        name = self.draw.one(pool) if pool else f"v{len(self.scope.types)}"
        self.scope.types[name] = type
        return name


_NAMES = (
    *("a", "b", "c", "x", "y", "z", "item", "result", "flow", "block", "_", "_x", "__private", "goto", "after", "live"),
    *("loop", "item_loop", "self_", "a_n", "value", "other", "entity", "stateflow", "call", "e", "after_m0", "bound"),
)


def _int(self: Expressions, depth: int, type: Type) -> Options:
    def make(part: Type) -> str:
        return self.make(part, depth)

    functions = self.scope.names(FUNCTION)
    own: Options = []
    if functions:
        own = [
            (3, "own function", lambda: f"{self.draw.one(functions)}({make(INT)})"),
            (0.5, "key function", lambda: f"max([0, *{make(INTS)}], key={self.draw.one(functions)})"),
            (0.3, "mapped function", lambda: f"sum(map({self.draw.one(functions)}, {make(INTS)}))"),
        ]
    return [
        *own,
        (3, "operator", lambda: f"({make(INT)} {self.draw.one(['+', '-', '&', '|', '^'])} {make(INT)})"),
        (1, "product", lambda: f"({make(INT)} * {make(INT)} % 97)"),
        (0.5, "quotient", lambda: f"({make(INT)} {self.draw.one(['//', '%'])} ({make(INT)} or 3))"),
        (0.7, "unary", lambda: f"({self.draw.one(['-', '~', '+'])}{make(INT)})"),
        (0.7, "element", lambda: f"at({make(INTS)}, {make(INT)})"),
        (0.7, "subscript", lambda: f"[7, *{make(INTS)}][{self._index(depth, 1)}]"),
        (0.5, "pair part", lambda: f"{make(PAIR)}[0]"),
        (0.7, "len", lambda: f"len({make(self.draw.one([INTS, STR, TABLE, GRID]))})"),
        (0.5, "dict get", lambda: f"({make(TABLE)}).get({make(STR)}, {make(INT)})"),
        (0.2, "dict item", lambda: f'({make(TABLE)})["{self.draw.one(KEYS[:2])}"]'),
        (0.5, "attribute", lambda: f"({make(BOX)}).n"),
        (0.7, "built-in", lambda: f"{self.draw.one(['max', 'min'])}({make(INT)}, {make(INT)})"),
        (0.5, "note", lambda: f"self.note({make(INT)})"),
        (0.5, "function", lambda: f"clip({make(INT)}, top={make(INT)})"),
        (0.3, "comprehension", lambda: self.without_calls(lambda: f"sum([q + {make(INT)} for q in {make(INTS)}])")),
        (0.3, "lambda", lambda: f"(lambda q: q + 1)({make(INT)})"),
        (0.3, "pop", lambda: f"({make(INTS)} or [4]).pop()"),
        (0.3, "sum", lambda: f"sum({make(INTS)}, {make(INT)})"),
        (0.3, "bool as int", lambda: f"({make(BOOL)} + {make(INT)})"),
    ]


def _bool(self: Expressions, depth: int, type: Type) -> Options:
    def make(part: Type) -> str:
        return self.make(part, depth)

    def chain() -> str:
        parts = [make(INT)]
        for _ in range(self.draw.number(1, 3)):
            parts += [self.draw.one(["<", "<=", ">", ">=", "==", "!="]), make(INT)]
        return f"({' '.join(parts)})"

    def identity() -> str:
        part = self.draw.one([INTS, GRID, *(entity(known.name) for known in self.model.entities)])
        return f"({make(part)} {self.draw.one(['is', 'is not', '==', '!='])} {make(part)})"

    def membership() -> str:
        name = self.draw.one(self.model.entities).name
        part, whole = self.draw.one(
            [
                (INT, INTS),
                (STR, TABLE),
                (STR, STR),
                (INTS, GRID),
                (entity(name), peers(name)),
                (entity(name), scores(name)),
            ]
        )
        return f"({make(part)} {self.draw.one(['in', 'not in'])} {make(whole)})"

    return [
        (3, "comparison", chain),
        (1, "not", lambda: f"(not {self.condition(depth)})"),
        (1, "identity", identity),
        (1, "membership", membership),
        (0.7, "isinstance", lambda: self.isinstance(depth)),
        (0.5, "mixed chain", lambda: f"({make(INT)} in {make(INTS)} != {make(INTS)})"),
        (0.3, "bool call", lambda: f"bool({self.condition(depth)})"),
    ]


def _str(self: Expressions, depth: int, type: Type) -> Options:
    def make(part: Type) -> str:
        return self.make(part, depth)

    def field() -> str:
        part = self.without_quotes(lambda: make(self.draw.one([INT, STR, BOOL, INTS, PAIR])))
        end = self.draw.one(["", "", "!r", "!s"])
        return f"{{({part}){end}}}" if '"' in part or self.draw.chance(0.8) else f"{{{part} = }}"

    def fstring() -> str:
        return "f'" + "-".join(field() for _ in range(self.draw.number(1, 3))) + "'[-9:]"

    return [
        (2, "f-string", fstring),
        (1, "concatenation", lambda: f"({make(STR)} + {make(STR)})[-9:]"),
        (0.5, "string method", lambda: f"({make(STR)}).{self.draw.one(['upper()', 'title()', 'strip()'])}"),
        (0.5, "join", lambda: f'"-".join({make(WORDS)})[-9:]'),
        (0.5, "str call", lambda: f"str({make(self.draw.one([INT, INTS, PAIR]))})[-9:]"),
        (0.5, "slice", lambda: f"({make(STR)})[{make(INT)}:{self.end(depth)}]"),
        (0.5, "format", lambda: f'"{{}}{{k}}".format({make(INT)}, k={make(STR)})[-9:]'),
        (0.3, "percent", lambda: f'("%s %d" % ({make(STR)}, {make(INT)}))[-9:]'),
        (0.3, "padded", lambda: "f'{self.n:>{abs(self.n) % 5}}'[-9:]"),
        (0.3, "pair part", lambda: f"{make(PAIR)}[1]"),
    ]


def _list(self: Expressions, depth: int, type: Type) -> Options:
    inner = type.inside[0]

    def make(part: Type) -> str:
        return self.make(part, depth)

    def part() -> str:
        return f"*{make(type)}" if self.draw.chance(0.25) else make(inner)

    options: Options = [
        (2, "list display", lambda: f"[{', '.join(part() for _ in range(self.draw.number(1, 3)))}][-6:]"),
        (1, "plain display", lambda: f"[{', '.join(make(inner) for _ in range(self.draw.number(1, 3)))}]"),
        (1, "slice", lambda: f"({make(type)})[{make(INT)}:{self.end(depth)}{self.draw.one(['', '', ':-1'])}]"),
        (0.7, "list sum", lambda: f"({make(type)} + {make(type)})[-6:]"),
        (0.4, "comprehension", lambda: self.without_calls(lambda: f"[q for q in {make(type)} if {self.condition(0)}]")),
    ]
    if type == INTS:
        options += [
            (0.7, "row", lambda: f"row({make(GRID)}, {make(INT)})"),
            (0.5, "attribute", lambda: f"({make(BOX)}).items"),
            (0.5, "sorted", lambda: f"sorted({make(INTS)})"),
            (0.4, "range", lambda: f"list(range({make(INT)} % 4))"),
        ]
    if type == WORDS:
        options.append((0.5, "keys", lambda: f"list({make(TABLE)})"))
    return options


def _table(self: Expressions, depth: int, type: Type) -> Options:
    inner = type.inside[1]

    def display() -> str:
        parts = [f'"{self.draw.one(KEYS)}": {self.make(inner, depth)}' for _ in range(self.draw.number(1, 3))]
        if self.draw.chance(0.3):
            parts.insert(self.draw.number(0, len(parts)), f"**{self.make(type, depth)}")
        return f"{{{', '.join(parts)}}}"

    return [
        (2, "dict display", display),
        (0.5, "dict call", lambda: f"dict(a={self.make(inner, depth)}, b={self.make(inner, depth)})"),
        (0.5, "dict union", lambda: f"({self.make(type, depth)} | {self.make(type, depth)})"),
    ]


def _pair(self: Expressions, depth: int, type: Type) -> Options:
    return [(3, "tuple", lambda: f"({self.make(INT, depth)}, {self.make(STR, depth)})")]


def _box(self: Expressions, depth: int, type: Type) -> Options:
    return [
        (2, "instance", lambda: f"Box({self.make(INT, depth)}, {self.make(INTS, depth)})"),
        (1, "instance by keyword", lambda: f"Box(items={self.make(INTS, depth)}, n={self.make(INT, depth)})"),
    ]


def _of_references(self: Expressions, depth: int, type: Type) -> Options:
    if type.name == "list":
        return _list(self, depth, type)
    if type.name == "dict" and type.inside[0] == STR:
        return _table(self, depth, type)
    if type.name == "dict":
        inner = type.inside[0]
        return [(2, "dict of keys", lambda: f"{{{self.make(inner, depth)}: {self.make(INT, depth)}}}")]
    return []


_BY_TYPE = {
    INT: _int,
    BOOL: _bool,
    STR: _str,
    PAIR: _pair,
    BOX: _box,
    TABLE: _table,
    INTS: _list,
    WORDS: _list,
    GRID: _list,
}
