//! Whether special methods change something.

use super::resolved;

/// An app with a class that has BODY in it.
const APP: &str = "
from __future__ import annotations
import abc, functools, heapq, itertools, math, operator, random, time
from dataclasses import dataclass, field, replace
from decimal import Decimal
import stateflow

@stateflow.entity
class Shelf:
    def __init__(self, name: str) -> None:
        self.name = name

    def __key__(self) -> str:
        return self.name

ASKED: list[int] = []
SHARED: object = None
ids = itertools.count()

def bump(box: Box) -> int:
    box.asked += 1
    return box.asked

def bump_in_turn(box: Box) -> int:
    return bump(box)

def looked(box: Box) -> int:
    return box.asked

def log(one: int) -> int:
    print(one)
    return one

def applied(function: object, one: object) -> object:
    return function(one)

def grown(box: Box) -> int:
    asked = box.items
    asked += [1]
    return len(asked)

def forever(number: int) -> int:
    while number:
        number = number * 2 % 7
    return number

class Noisy:
    def __init__(self) -> None:
        ASKED.append(1)

class Child(Noisy):
    pass

class Strict:
    def __new__(cls) -> Strict:
        return SHARED

class Unknown(random.Random):
    pass

class Meta(abc.ABCMeta):
    pass

class Made(metaclass=Meta):
    pass

@dataclass
class Defaulted:
    number: int = field(default_factory=lambda: next(ids))

@dataclass
class Checked:
    number: int

    def __post_init__(self) -> None:
        log(self.number)

class Filled:
    def __init__(self, number: int) -> None:
        self.number = abs(number)

class Deeper(Filled):
    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.more = [number]

class Passing:
    def __init__(self, box: Box) -> None:
        box.asked = 3

@dataclass
class Pair:
    left: int
    right: int

class Problem(Exception):
    pass

@dataclass(frozen=True)
class Frozen:
    number: int

    def __post_init__(self) -> None:
        object.__setattr__(self, 'number', abs(self.number))

class Box:
    def __init__(self) -> None:
        self.asked = 0
        self.items: list[int] = []
        self.name = ''
        self.amount = Decimal(0)
        self.pairs: dict[str, int] = {}

    @property
    def shown(self) -> int:
        return self.asked

    @property
    def counted(self) -> int:
        self.asked += 1
        return self.asked

    @functools.cached_property
    def kept(self) -> int:
        return self.asked

    def more(self) -> int:
        self.asked += 1
        return self.asked

    def in_turn(self) -> int:
        return self.more()

    def plus(self, by: int) -> int:
        return self.asked + by

    @classmethod
    def empty(cls) -> Box:
        return cls()

    BODY
";

/// Whether an app counts as having special methods that change something, where a class has these statements in its body.
fn changes(body: &str) -> bool {
    let body = body.trim().replace('\n', "\n    ");
    let app = APP.replace("BODY", &body);
    resolved(&[("app.py", &app)], |_, resolution, _| {
        resolution.changes_by_reading
    })
}

/// The same of a special method that gives the value of an expression.
fn gives(value: &str) -> bool {
    changes(&format!("def __len__(self) -> int:\n    return {value}"))
}

/// The same of one with a body.
fn does(body: &str) -> bool {
    let body = body.replace('\n', "\n    ");
    changes(&format!("def __len__(self) -> int:\n    {body}"))
}

#[test]
fn calls_that_change_something() {
    let found = [
        "self.more()",
        "self.in_turn()",
        "self.counted",
        "self.kept",
        "bump(self)",
        "bump_in_turn(self)",
        "applied(bump, self)",
        "grown(self)",
        "forever(3)",
        "log(1)",
        "int(Noisy() is None)",
        "int(Child() is None)",
        "int(Strict() is None)",
        "int(Unknown() is None)",
        "int(Made() is None)",
        "int(Passing(self) is None)",
        "Defaulted().number",
        "Checked(1).number",
        "type(self)().plus(1)",
        "self.__class__().plus(1)",
        "self.items.pop()",
        "next(iter(self.items))",
        "next(ids)",
        "heapq.heappop(self.items)",
        "operator.iadd(self.items, [1])[0]",
        "random.randint(1, 3)",
        "int(time.time())",
        "self.__dict__.setdefault('asked', 1)",
        "list.__iadd__(self.items, [1])[0]",
        "max(self.items, key=self.items.remove)",
        "max(self.items, key=log)",
        "sum(map(log, self.items))",
        "sum(map(heapq.heappop, [self.items]))",
        "[self.more][0]()",
        "replace(Pair(1, 2), left=3).left",
        "getattr(self, 'more')()",
        "iter(self.more, 3).__length_hint__()",
        "eval('1')",
    ];
    let wrong = found.iter().filter(|value| !gives(value));
    assert_eq!(wrong.collect::<Vec<_>>(), [&""; 0]);
}

#[test]
fn calls_that_change_nothing() {
    let found = [
        "looked(self)",
        "self.shown",
        "self.plus(1)",
        "len(self.items)",
        "hash((self.name, repr(self.asked), type(self).__name__))",
        "isinstance(self, Box) + self.name.count('x')",
        "Filled(1).number",
        "Deeper(1).number",
        "Frozen(1).number",
        "(lambda: 1)()",
        "Pair(1, 2).left",
        "int(self.amount.quantize(Decimal('0.1')))",
        "len(self.name.replace('a', 'b').join(map(str, self.items)))",
        "max(self.items, key=lambda one: -one)",
        "max(self.items, key=abs)",
        "sum(one for one in self.items if one in self.pairs.values())",
        "sum(map(Filled(1).number.__add__, self.items))",
        "math.floor(1.5) + self.items[0]",
        "super().__hash__()",
    ];
    let wrong = found.iter().filter(|value| gives(value));
    assert_eq!(wrong.collect::<Vec<_>>(), [&""; 0]);
}

#[test]
fn statements_that_change_something() {
    let found = [
        "self.asked = 1",
        "self.items[0] = 1",
        "del self.items[0]",
        "global ids\nids = 3",
        "items = self.items\nitems += [1]",
        "while self.asked:\n    pass",
        "with open('x'):\n    pass",
        "for self.asked in self.items:\n    pass",
        "raise Noisy",
        "bump = looked\nreturn bump(self)",
        "@applied\ndef inner() -> int:\n    return 1\nreturn 1",
        "match self:\n    case Box(counted=one):\n        return one",
    ];
    let wrong = found.iter().filter(|body| !does(body));
    assert_eq!(wrong.collect::<Vec<_>>(), [&""; 0]);
}

#[test]
fn statements_that_change_nothing() {
    let found = [
        "total = 0\nfor one in self.items:\n    total += one\nreturn total",
        "if not self.items:\n    raise Problem(self.name) from None\nreturn 1",
        "raise Problem",
        "try:\n    return self.items[0]\nexcept IndexError as error:\n    return len(str(error))",
        "match self:\n    case Box(shown=one):\n        return one",
    ];
    let wrong = found.iter().filter(|body| does(body));
    assert_eq!(wrong.collect::<Vec<_>>(), [&""; 0]);
}

#[test]
fn what_a_special_method_is_made_of() {
    let found = [
        "__len__ = more",
        "__len__ = lambda self: self.more()",
        "__len__ = functools.partialmethod(more)",
        "@functools.cache\ndef __len__(self) -> int:\n    return 1",
        "def __getitem__(self, index: int) -> int:\n    return self.more()",
        "def put(self) -> None:\n    Box.__len__ = Box.more",
        "def put(self) -> None:\n    setattr(Box, '__len__', Box.more)",
        "total = property(more)\ndef __len__(self) -> int:\n    return self.total",
    ];
    let wrong = found.iter().filter(|body| !changes(body));
    assert_eq!(wrong.collect::<Vec<_>>(), [&""; 0]);
    let found = [
        "__slots__ = ('asked', 'items')",
        "__hash__ = None",
        "__hash__ = object.__hash__",
        "__index__ = shown",
        "def __call__(self) -> int:\n    return self.more()",
        "def __enter__(self) -> int:\n    return self.more()",
        "async def __anext__(self) -> int:\n    return self.more()",
        "def __eq__(self, other: object) -> bool:\n    return super().__eq__(other)",
    ];
    let wrong = found.iter().filter(|body| changes(body));
    assert_eq!(wrong.collect::<Vec<_>>(), [&""; 0]);
}

#[test]
fn look_ups_that_add() {
    let looks = "def __getitem__(self, key: str) -> int:\n    return self.pairs[key]";
    assert!(!changes(looks));
    let local = "def kinds(self) -> object:\n    from collections import defaultdict\n    return defaultdict(int)";
    assert!(!changes(local));
    assert!(changes(&format!("{looks}\n{local}")));
    for value in [
        "len('%(asked)s' % self.pairs)",
        "len('{asked}'.format_map(self.pairs))",
        "len('asked'.translate(self.pairs))",
        "operator.mod('%(asked)s', self.pairs)",
    ] {
        assert!(!gives(value), "{value}");
        let looks = format!("def __len__(self) -> int:\n    return {value}");
        assert!(changes(&format!("{looks}\n{local}")), "{value}");
    }
}
