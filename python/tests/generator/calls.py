"""Calls, reads and creations: what leaves the entity."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from .draw import Option
from .model import Method, Parameter
from .references import PROTOCOL_FIELDS
from .types import ABLE, BOX, EITHER, GRID, INT, INTS, Type, entity

if TYPE_CHECKING:
    from .expressions import Expressions


class Calls:
    """Makes expressions that leave the entity, or call its own methods."""

    def __init__(self, expressions: Expressions) -> None:
        self._expressions = expressions
        self._draw = expressions.draw

    def options(self, type: Type, depth: int) -> list[Option[str]]:
        """The calls, reads and creations of a type."""
        here = self._expressions
        if here.local or here.sites <= 0:
            return []
        options: list[Option[str]] = []
        if not here.reads_only:
            options += self._calls(type, depth)
        properties = [m for m in self._all() if m.form == "property" and m.result == type]
        if properties and not here.reads_only:
            options.append((2, "property", lambda: self._property(self._draw.one(properties), depth)))
        fields = [
            (entity(known.name), name)
            for known in here.model.entities
            for name, kind in known.fields.items()
            if kind == type
        ]
        if fields:
            options.append((3, "read", partial(self._read_one, fields, type, depth)))
        options += self._through_several(type, depth)
        keyed = here.model.is_entity(type) and here.model.entity(type.name).key.name == "str"
        if keyed and not here.reads_only:
            options.append((0.7, "create", lambda: self._create(type, depth)))
        if type == INT and not here.reads_only:
            options.append((3, "call that reads", lambda: self._looks(depth)))
        if type == INTS and here.may_await == here.method.is_async and not here.reads_only:
            options.append((6, "gather", lambda: self._gather(depth)))
        return options

    def callable(self) -> list[Method]:
        """What can be called from here."""
        here = self._expressions
        own = here.model.inherited(here.own)
        methods = [method for method in self._all() if method.form != "property" and here.may_call(method)]
        return [method for method in methods if method.form != "method" or not method.helper or method in own]

    def _all(self) -> list[Method]:
        model = self._expressions.model
        owned = [method for known in (*model.entities, model.crate) for method in known.methods]
        return [*owned, *model.functions]

    def _calls(self, type: Type, depth: int) -> list[Option[str]]:
        methods = [method for method in self.callable() if method.result == type]
        remote = [method for method in methods if not method.helper]
        local = [method for method in methods if method.helper]
        options: list[Option[str]] = []
        if remote:
            options.append((5, "call", lambda: self.call(self._draw.one(remote), depth)))
            options.append((1, "call through class", lambda: self._through_class(self._draw.one(remote), depth)))
        for method in {m.form: m for m in local}.values():
            same = [other for other in local if other.form == method.form]
            name = "helper" if method.form == "method" else f"{method.form} call"
            options.append((2, name, lambda same=same: self.call(self._draw.one(same), depth)))  # type: ignore[misc]
        supers = self._overridden(type)
        if supers:
            options.append((4, "super", lambda: self.call(self._draw.one(supers), depth, self._super())))
        return options

    def _through_several(self, type: Type, depth: int) -> list[Option[str]]:
        """Calls and reads of references that may lead to entities of several classes."""
        here = self._expressions
        options: list[Option[str]] = []
        for kind, name in ((EITHER, "union"), (ABLE, "protocol")):
            asked = here.own.fields.items() if kind == EITHER else PROTOCOL_FIELDS
            fields = [(kind, field) for field, known in asked if known == type]
            if fields:
                options.append((0.5, f"{name} read", partial(self._read_one, fields, type, depth)))
            methods = [m for m in here.model.common(kind) if m.result == type and here.may_call(m)]
            if methods and not here.reads_only:
                options.append((2, f"{name} call", partial(self._on_several, kind, methods, depth)))
        return options

    def _read_one(self, fields: list[tuple[Type, str]], type: Type, depth: int) -> str:
        return self._read(self._draw.one(fields), type, depth)

    def _on_several(self, kind: Type, methods: list[Method], depth: int) -> str:
        return self.call(self._draw.one(methods), depth, self._expressions.make(kind, depth))

    def _through_class(self, method: Method, depth: int) -> str:
        """The call of the very method of a class, whatever that of the receiver has in its place."""
        here = self._expressions
        here.sites -= 1
        receiver = here.make(entity(method.entity), depth)
        call = f"{method.entity}.{method.name}({receiver}, {self._arguments(method, depth)})"
        return f"(await {call})" if method.is_async else call

    def _super(self) -> str:
        """Without arguments it means nothing where something is gone over."""
        here = self._expressions
        named = here.going_over or self._draw.chance(0.2)
        return f"super({here.own.name}, self)" if named else "super()"

    def _overridden(self, type: Type) -> list[Method]:
        """What `super()` has of what the class itself overrides."""
        here = self._expressions
        if here.own.base is None or here.method.form not in ("method", "property"):
            return []
        base = here.model.inherited(here.model.entity(here.own.base))
        known = {method.name for method in here.own.methods}
        overridden = [m for m in base if m.result == type and m.name in known and m.form == "method"]
        return [method for method in overridden if here.may_call(method)]

    def _gather(self, depth: int) -> str:
        """Calls in parallel, of methods for which no order matters."""
        self._expressions.sites -= 2
        if not self._expressions.may_await:
            return f"gather({', '.join(self._ordinary())})[-6:]"
        if self._draw.chance(0.55):
            return f"(await asyncio.gather({', '.join(self._branches(depth))}))[-6:]"
        with self._expressions.no_walrus():
            calls = self._branches(depth)
            if self._draw.chance(0.4):
                inner = f"asyncio.gather({', '.join(calls)}), asyncio.gather({', '.join(self._safe())})"
                return f"[one for q in await asyncio.gather({inner}) for one in q][-6:]"
        call = f"await asyncio.gather({', '.join([*calls, 'return_exceptions=True'])})"
        return f"[-1 if isinstance(q, Oops) else q for q in {call}][-6:]"

    def _branches(self, depth: int) -> list[str]:
        calls = [self._parallel(depth) for _ in range(self._draw.number(0, 3))]
        return calls + self._expressions.without_calls(self._several)

    def _parallel(self, depth: int) -> str:
        """A call of another entity, or of a helper that calls one."""
        here = self._expressions
        peer = here.make(self._draw.one([EITHER, ABLE, *(entity(known.name) for known in here.model.entities)]), depth)
        number = here.make(INT, depth)
        forms = [f"{peer}.add({number})", f"{peer}.check({number})", f"self._pass({peer}, {number})"]
        return self._draw.one([*forms, f"{peer}.spread({self._peers()}, {number})"])

    def _several(self) -> list[str]:
        here = self._expressions
        forms = [
            [],
            [f"*[q.add({here.make(INT, 0)}) for q in {self._peers()}]"],
            [f"*(q.check(q_) for q_, q in enumerate({self._peers()}) if q_ != {here.make(INT, 0)})"],
            [f"*[self._pass(q, {here.make(INT, 0)}) for q in {self._peers()}]", "self._soon(2)"],
            ["asyncio.sleep(0, 3)", "self._soon(1)", f"*[q.add(1) for q in {self._peers()}[1:]]"],
        ]
        return self._draw.one(forms)

    def _safe(self) -> list[str]:
        """Awaitables none of which can raise while they are made: what runs beside them would not be awaited."""
        forms = ["asyncio.sleep(0, 3)", "self._soon(1)", f"*[q.add(3) for q in {self._peers()}]"]
        return self._draw.some(forms, self._draw.number(1, 3))

    def _ordinary(self) -> list[str]:
        """Arguments of which none but the first can raise: plain Python would not make the calls behind it."""
        peers = self._peers()
        calls = [f"*[q.plus({self._draw.number(0, 9)}) for q in {peers}]", f"*[q.fixed for q in {peers}[1:]]", "4"]
        first = f"{peers}[0].{self._draw.one(['plus(5)', 'fixed'])}"
        return [first, *self._draw.some(calls, self._draw.number(0, 3))]

    def _peers(self) -> str:
        model = self._expressions.model
        return f"self.{self._draw.one(['eithers', 'ables', *(f'{known.name.lower()}s' for known in model.entities)])}"

    def call(self, method: Method, depth: int, receiver: str | None = None) -> str:
        """A call of a method, while there is fuel."""
        here = self._expressions
        here.sites -= 1
        receiver = receiver or self._receiver(method, depth)
        arguments = self._arguments(method, depth, receiver is not None and receiver.startswith("super("))
        if method.form in ("function", "static", "class"):
            arguments = f"{self._crate()}, {arguments}"
        call = f"{receiver}.{method.name}({arguments})" if receiver else f"{method.name}({arguments})"
        return f"(await {call})" if method.is_async else call

    def _crate(self) -> str:
        here = self._expressions
        return "self" if here.own is here.model.crate else "self.crate"

    def _receiver(self, method: Method, depth: int) -> str:
        """What a method is called on; nothing for a function."""
        make = self._expressions.make
        if method.form == "function":
            return ""
        if method.form == "plain":
            return self._crate()
        if method.form in ("static", "class"):
            return method.entity if self._draw.chance(0.6) else make(entity(method.entity), 0)
        return "self" if method.helper else make(entity(method.entity), depth)

    def _property(self, method: Method, depth: int) -> str:
        """A read of a property; what it gives of another entity is copied by itself."""
        self._expressions.sites -= 1
        return f"{self._expressions.make(entity(method.entity), depth)}.{method.name}"

    def _read(self, read: tuple[Type, str], type: Type, depth: int) -> str:
        """A read of another entity's field; what it refers to is copied at once."""
        self._expressions.sites -= 1
        receiver, field = read
        value = f"{self._expressions.make(receiver, depth)}.{field}"
        if not type.mutable:
            return value
        if type == GRID:
            return f"deep({value})"
        if type == BOX:
            return f"copy_box({value})"
        if type.name == "Cell":
            return f"Cell({value}.held)"
        copy = f"{type.name}({value})"
        return self._draw.one([copy, f"{value}[:2]"]) if type == INTS else copy

    def _looks(self, depth: int) -> str:
        """Calls of what only reads, next to each other, and so that they may travel together."""
        looks = [self._look(depth if self._draw.chance(0.3) else 0) for _ in range(self._draw.number(1, 3))]
        return looks[0] if len(looks) == 1 else f"({' - '.join(looks)})"

    def _look(self, depth: int) -> str:
        here = self._expressions
        here.sites -= 1
        known = self._draw.one(here.model.entities)
        return f"{here.make(entity(known.name), depth)}.look({here.make(INT, depth)})"

    def _create(self, type: Type, depth: int) -> str:
        self._expressions.sites -= 1
        make = self._expressions.fresh
        return f"{type.name}(self.new_key(), {make(Type('int'), depth)}, items={make(INTS, depth)})"

    def _arguments(self, method: Method, depth: int, here: bool = False) -> str:
        """The arguments; those of what runs here may be shared with it."""
        shared = method.helper or here
        given: list[str] = ["fuel - 1"]
        named = False
        for parameter in method.parameters[1:]:
            if parameter.default is not None and self._draw.chance(0.4):
                named = True
                continue
            if parameter.kind == "star":
                given += [] if named else self._star(parameter, depth)
                named = True
                continue
            named = named or parameter.kind == "keyword" or self._draw.chance(0.2)
            given.append(self._argument(shared, parameter, depth, named))
        return ", ".join(self._shuffled(given))

    def _argument(self, shared: bool, parameter: Parameter, depth: int, named: bool) -> str:
        value = (self._expressions.make if shared else self._expressions.fresh)(parameter.type, depth)
        if not named:
            return f"*[{value}]" if self._draw.chance(0.06) else value
        return f'**{{"{parameter.name}": {value}}}' if self._draw.chance(0.1) else f"{parameter.name}={value}"

    def _star(self, parameter: Parameter, depth: int) -> list[str]:
        make = self._expressions.make
        return [
            f"*{make(INTS, depth)}" if self._draw.chance(0.4) else make(parameter.type, depth)
            for _ in range(self._draw.number(0, 2))
        ]

    def _shuffled(self, given: list[str]) -> list[str]:
        """The keyword arguments in another order, where none gives a name a value that a later one reads."""
        names = [part for part in given if _is_named(part)]
        drawn = self._draw.some(names, len(names))
        order = iter(names if any(":=" in name for name in names) else drawn)
        return [next(order) if _is_named(part) else part for part in given]


def _is_named(argument: str) -> bool:
    return argument.split("=")[0].isidentifier() and "=" in argument and not argument.split("=", 1)[1].startswith("=")
