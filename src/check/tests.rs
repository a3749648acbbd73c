use std::path::Path;

use super::*;
use crate::source::Memory;
use crate::syntax::load;

const HEAD: &str = "
import itertools, time
import stateflow
from collections import deque, defaultdict
from decimal import Decimal

LIMIT = 3
CACHE = {}
LOG: list[str] = list()
IDS = itertools.count()
RECENT = deque(maxlen=3)

class Config:
    table = {}
    size = 1

@stateflow.entity
class Item:
    SEEN = []

    def __init__(self, name: str, price: int = 1):
        self.name = name
        self.price = price

    def __key__(self):
        return self.name

    def show(self) -> str:
        return self.name
";

/// What is said about a method of an entity `User`, and what follows the class.
fn said(method: &str, after: &str) -> Vec<String> {
    let method = method.trim().replace('\n', "\n    ");
    let source = format!(
        "{HEAD}
@stateflow.entity
class User:
    TABLE = {{}}
    RATE = 2

    def __init__(self, name: str, item: Item):
        self.name = name
        self.item = item
        self.notes: list[str] = []

    def __key__(self):
        return self.name

    {method}

{after}
"
    );
    said_of(&source)
}

pub(super) fn said_of(source: &str) -> Vec<String> {
    let memory = Memory::from_iter([("app.py", source)]);
    let (program, found) = load(&memory, Path::new("app.py")).unwrap();
    assert_eq!(found, []);
    let (model, found) = crate::model::build(&program);
    assert_eq!(found, []);
    let (resolution, found) = crate::resolve::resolve(&model);
    assert_eq!(found, []);
    let mut found = check(&model, &resolution);
    found.sort_by_key(|one| one.primary.span);
    found
        .iter()
        .map(|one| format!("{} [{}]", one.code, program.sources.text(one.primary.span)))
        .collect()
}

#[test]
fn init_and_key_stay() {
    let source = format!(
        "{HEAD}
@stateflow.entity
class User:
    def __init__(self, name: str, item: Item):
        self.name = name
        self.item = item
        self.price = item.price
        self.other = Item(name)
        item.show()
        self.label = self.make_label()

    def __key__(self):
        return self.name

    def make_label(self):
        return self.item.show()
"
    );
    assert_eq!(
        said_of(&source),
        [
            "E0301 [item.price]",
            "E0301 [Item(name)]",
            "E0301 [item.show()]",
            "E0301 [self.make_label()]",
        ]
    );
}

#[test]
fn shared_state_is_not_written() {
    let method = "
def go(self, x: str):
    global LIMIT
    LIMIT = 4
    LIMIT += 1
    for LIMIT in [1]:
        pass
    CACHE[x] = 1
    CACHE['a']['b'] = 1
    del CACHE[x]
    CACHE.update(a=1)
    LOG.append(x)
    LOG += [x]
    RECENT.append(x)
    next(IDS)
    Config.size = 2
    Config.table[x] = 1
    Config.table.clear()
    User.RATE = 3
    type(self).RATE = 3
    self.__class__.RATE = 3
    self.TABLE[x] = 1
    Item.SEEN.append(x)
    time.zone = 1
    helper(x)
    def inner():
        CACHE.clear()
    return inner
";
    // `LOG += …` makes LOG a local name, which Python itself refuses at run time.
    assert_eq!(
        said(
            method,
            "def helper(x):\n    CACHE.pop(x)\n\ndef main():\n    CACHE.clear()\n"
        ),
        [
            "E0302 [LIMIT]",
            "E0302 [LIMIT]",
            "E0302 [LIMIT]",
            "E0302 [CACHE[x]]",
            "E0302 [CACHE['a']['b']]",
            "E0302 [CACHE[x]]",
            "E0302 [CACHE.update(a=1)]",
            "E0302 [RECENT.append(x)]",
            "E0302 [next(IDS)]",
            "E0302 [Config.size]",
            "E0302 [Config.table[x]]",
            "E0302 [Config.table.clear()]",
            "E0302 [User.RATE]",
            "E0302 [type(self).RATE]",
            "E0302 [self.__class__.RATE]",
            "E0302 [self.TABLE[x]]",
            "E0302 [Item.SEEN.append(x)]",
            "E0302 [time.zone]",
            "E0302 [CACHE.clear()]",
            "E0302 [CACHE.pop(x)]",
        ]
    );
}

#[test]
fn own_state_and_constants_are_fine() {
    let method = "
def go(self, x: str):
    CACHE = {}
    CACHE[x] = LIMIT
    log = list(LOG)
    log.append(x)
    self.notes.append(x)
    self.RATE = 3
    config = Config()
    config.size = 2
    if (found := CACHE.get(x)) is None:
        found = [y for y in LOG]
    found.append(Config.table.get(x))
    next(iter(LOG))
    return User.RATE, CACHE
";
    assert_eq!(said(method, ""), [""; 0]);
}

#[test]
fn entities_are_not_created_by_imports() {
    let after = "
FIRST = Item('a')
Thing = Item
class Shelf:
    best = Thing('b')
def make(item=Item('c')):
    return Item('d')
pick = lambda: Item('e')
if __name__ == '__main__':
    Item('f')
else:
    Item('g')
";
    assert_eq!(
        said("", after),
        [
            "E0303 [Item('a')]",
            "E0303 [Thing('b')]",
            "E0303 [Item('c')]",
            "E0303 [Item('g')]",
        ]
    );
}

#[test]
fn defaults_are_constants() {
    let method = "
def go(self, a=[], b={}, c=set(), d=CACHE, e=time.time(), f=Config(), *, g=[x for x in LOG], h=defaultdict(list)):
    pass

def fine(self, a=None, b=(), c=Decimal('1'), d=LIMIT, e=frozenset({1}), f=-1, g=Config.size, h=(1, 'x'), i=LIMIT + 1):
    pass

@staticmethod
def local(a=[]):
    pass
";
    assert_eq!(
        said(method, "def helper(a=[]):\n    pass"),
        [
            "E0304 [[]]",
            "E0304 [{}]",
            "E0304 [set()]",
            "E0304 [CACHE]",
            "E0304 [time.time()]",
            "E0304 [Config()]",
            "E0304 [[x for x in LOG]]",
            "E0304 [defaultdict(list)]",
        ]
    );
}

#[test]
fn methods_that_leave_do_not_look_at_their_frames() {
    let method = "
def go(self, item: Item, text: str):
    price = item.price
    eval(text)
    exec(text)
    vars(self)
    return locals(), vars(), price

def stay(self, text: str):
    return eval(text)

def own(self, item: Item, eval: int):
    vars = print
    vars()
    return item.price
";
    assert_eq!(
        said(method, ""),
        [
            "E0305 [eval(text)]",
            "E0305 [exec(text)]",
            "E0305 [locals()]",
            "E0305 [vars()]"
        ]
    );
}

#[test]
fn what_outgrows_a_loop_is_reported() {
    let loops = |body: &str| {
        let body = body.trim().replace('\n', "\n    ");
        let method = format!("def go(self, xs: list[int], n: int, items: list[Item]):\n    {body}");
        let mut said = said(&method, "");
        said.retain(|one| one.starts_with("W0504"));
        said
    };
    assert_eq!(
        loops("out = []\nwhile n:\n    out.append(self.item.show())"),
        ["W0504 [out.append(self.item.show())]"]
    );
    assert_eq!(
        loops("text = ''\nfor i in range(n):\n    text += self.item.show()"),
        ["W0504 [text += self.item.show()]"]
    );
    assert_eq!(
        loops("found = {}\nfor x in xs:\n    for item in items:\n        found[x] = item.show()"),
        ["W0504 [found[x] = item.show()]"]
    );
    for body in [
        "out = []\nfor item in items:\n    out.append(item.show())",
        "out = []\nfor i in range(3):\n    out.append(self.item.show())",
        "out = []\nwhile n:\n    out.append(n)",
        "total = 0\nwhile n:\n    total += len(self.item.show())",
        "while n:\n    out = []\n    out.append(self.item.show())",
        "row = [0]\nwhile n:\n    row[0] = len(self.item.show())",
        "for x in xs:\n    row = []\n    for item in items:\n        row.append(item.show())",
    ] {
        assert_eq!(loops(body), [] as [String; 0], "{body}");
    }
}

#[test]
fn entities_can_be_created() {
    let with = |init: &str, rest: &str| {
        said(
            "def go(self): pass",
            &format!(
                "
import abc
from dataclasses import dataclass

class Plain:
    pass

@dataclass
class Point:
    x: int

@stateflow.entity
class Made:
    def __init__(self, name: str, {init}):
        self.name = name

    def __key__(self):
        return self.name

    {rest}
"
            ),
        )
    };
    assert_eq!(with("plain: Plain", ""), ["W0505 [Made]"]);
    assert_eq!(with("plain: 'Plain'", ""), ["W0505 [Made]"]);
    assert_eq!(
        with("", "@abc.abstractmethod\n    def m(self): ..."),
        ["W0505 [Made]"]
    );
    for init in [
        "plain: Plain | None",
        "plain: Plain = Plain()",
        "p: Point",
        "plain",
        "*plain: Plain",
        "plain: list[Plain]",
    ] {
        let said = with(init, "");
        assert!(
            !said.contains(&"W0505 [Made]".to_owned()),
            "{init}: {said:?}"
        );
    }
    let another = "def another(self) -> 'Made':\n        return Made('x', Plain())";
    assert_eq!(with("plain: Plain", another), [] as [String; 0]);
}

#[test]
fn raised_classes_are_found_by_name() {
    let method = "
def go(self):
    class Odd(Exception):
        pass
    class Odder(Odd):
        pass
    class Plain:
        pass
    if self.notes:
        raise Odd
    raise Odder(1) from ValueError()
";
    assert_eq!(said(method, ""), ["W0506 [Odd]", "W0506 [Odder(1)]"]);
}
