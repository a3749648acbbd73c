//! What comes out of containers, attributes and exceptions that nobody was seen to fill, or that a function fills.

use super::*;

/// The functions, and a plain class, that the methods of these tests use.
const FUNCTIONS: &str = "
class Shelf:
    def __init__(self):
        self.slot = None
        self.row = [1]

def fill(into, thing):
    into.append(thing)

def fill_more(into, some, at=0):
    for one in some:
        fill(into, one)

def put(into, key, thing):
    into[key] = thing

def place(shelf, thing):
    shelf.slot = thing
    shelf.row.append(thing)

def say(into: list[Item], thing: Item):
    into.append(thing)

class Sink:
    def __init__(self, into, thing):
        into.add(thing)

def through(into, thing):
    return Sink(into=into, thing=thing)
";

fn found(signature: &str, body: &str) -> Vec<String> {
    complaints_of(&format!("{}{FUNCTIONS}", method(signature, body)))
}

/// Each body calls or reads once what cannot be told.
fn assert_refused(bodies: &[&str]) {
    for body in bodies {
        let found = found(", item: Item", body);
        let [one] = found.as_slice() else {
            panic!("{body}: {found:?}");
        };
        assert!(one.starts_with("E0203"), "{body}: {one}");
    }
}

fn assert_accepted(bodies: &[&str]) {
    for body in bodies {
        assert_eq!(found(", item: Item, text: str", body), [""; 0], "{body}");
    }
}

#[test]
fn methods_and_functions_give_what_cannot_be_told() {
    assert_refused(&[
        "self.found.pop().update_stock(1)",
        "self.found.copy().pop().update_stock(1)",
        "self.found.__iter__().__next__().update_stock(1)",
        "max(self.found).update_stock(1)",
        "min(self.found, default=None).update_stock(1)",
        "next(iter(self.found), None).update_stock(1)",
        "for i, x in enumerate(self.found):\n    x.update_stock(i)",
        "for x, y in zip(self.items, self.found):\n    y.update_stock(1)",
        "for x in reversed(sorted(self.found)):\n    x.update_stock(1)",
        "return [x.update_stock(i) for i, x in enumerate(self.found)]",
        "return list(map(lambda x: x.update_stock(1), self.found))",
        "return sum(x.price for x in filter(None, self.found))",
        "import random\nrandom.choice(self.found).update_stock(1)",
        "import heapq\nheapq.heappop(self.found).update_stock(1)",
        "import operator\noperator.itemgetter(0)(self.found).update_stock(1)",
        "table = {}\ntable.get('a').update_stock(1)",
        "table = {}\ntable.get('a', 3).update_stock(1)",
        "table = {}\ntable.setdefault('a', self.found.pop()).update_stock(1)",
        "table = {}\ntable.popitem()[1].update_stock(1)",
        "table = {}\nfor key, x in table.items():\n    x.update_stock(1)",
        "from collections import deque\nline = deque()\nline.popleft().update_stock(1)",
        "from collections import defaultdict\nd = defaultdict(list)\nd['a'].pop().update_stock(1)",
        "seen = set()\nseen.pop().update_stock(1)",
    ]);
}

#[test]
fn what_cannot_be_told_stays_so_wherever_it_goes() {
    assert_refused(&[
        "x = self.found.pop()\nx.update_stock(1)",
        "x = self.found.pop() if self.found else None\nx.update_stock(1)",
        "(self.found.pop() or None).update_stock(1)",
        "(self.found or [1]).pop().update_stock(1)",
        "(self.found + [1]).pop().update_stock(1)",
        "xs = [1]\nxs += self.found\nxs.pop().update_stock(1)",
        "xs = [1]\nxs[0:0] = self.found\nxs.pop().update_stock(1)",
        "xs = [1, *self.found]\nxs.pop().update_stock(1)",
        "while x := self.found.pop():\n    x.update_stock(1)",
        "x = None\nwhile True:\n    if x is not None:\n        x.update_stock(1)\n    x = self.found.pop()",
        "x = None\nfor y in self.found:\n    if x is not None:\n        x.update_stock(1)\n    x = y",
        "self.chosen = self.found.pop()\nself.chosen.update_stock(1)",
        "setattr(self, 'chosen', self.found.pop())\nself.chosen.update_stock(1)",
        "def inner():\n    return self.found.pop()\ninner().update_stock(1)",
        "def inner():\n    return self.found\nmax(inner()).update_stock(1)",
        "(lambda: self.found.pop())().update_stock(1)",
        "take = self.found.pop\ntake().update_stock(1)",
        "match self.found.pop():\n    case x:\n        x.update_stock(1)",
        "match {}:\n    case {'a': x}:\n        x.update_stock(1)",
        "match self.found.pop():\n    case object(price=price):\n        return price",
        "with self.found.pop() as x:\n    x.update_stock(1)",
        "getattr(self, 'found').pop().update_stock(1)",
        "getattr(self.found.pop(), 'price')",
        "self.found.pop().price = 3",
        "self.found.pop().price += 3",
        "del self.found.pop().price",
        "self.found.pop().label",
    ]);
    let helper = "
    def take(self):
        return self.found.pop()

    def other(self):
        self.take().update_stock(1)
        self.chosen.update_stock(1)
";
    let source = method("", "self.chosen = self.take()") + helper;
    assert_eq!(
        complaints_of(&source),
        [
            "E0203 [self.take()] the type of `self.take()` is not known, and it could be an entity",
            "E0203 [self.chosen] the type of `self.chosen` is not known, and it could be an entity",
        ]
    );
}

#[test]
fn functions_fill_what_they_are_given() {
    assert_refused(&[
        "fill(self.found, item)\nself.found.pop().update_stock(1)",
        "xs = [1]\nfill(xs, item)\nxs.pop().update_stock(1)",
        "xs = [1]\nfill_more(xs, [item])\nxs.pop().update_stock(1)",
        "table = {'a': 1}\nput(table, 'a', item)\ntable.get('a').update_stock(1)",
        "table = {'a': [1]}\nfill(table['a'], item)\ntable['a'].pop().update_stock(1)",
        "xs = {1}\nthrough(xs, item)\nxs.pop().update_stock(1)",
        "shelf = Shelf()\nplace(shelf, item)\nshelf.slot.update_stock(1)",
        "shelf = Shelf()\nplace(shelf, item)\nshelf.row.pop().update_stock(1)",
    ]);
    let source = method(
        ", item: Item",
        "fill(self.found, item)\nself.found.pop().update_stock(1)",
    );
    let labels = resolved(
        &[("app.py", &format!("{source}{FUNCTIONS}"))],
        |model, _, found| {
            let labels = found[0].secondary.iter();
            let text = |at| model.program.sources.text(at).to_owned();
            labels
                .map(|label| (text(label.span), label.text.clone()))
                .collect::<Vec<_>>()
        },
    );
    assert_eq!(
        labels,
        [(
            "thing".to_owned(),
            "this parameter has no annotation".to_owned()
        )]
    );
    let body = "say(self.found, item)\nreturn self.found.pop().update_stock(1)";
    let source = format!("{}{FUNCTIONS}", method(", item: Item", body));
    let sites = sites_of(&[("app.py", &source)]);
    assert!(
        sites.contains(&"call self.found.pop().update_stock(1) -> Item.update_stock".to_owned()),
        "{sites:?}"
    );
}

#[test]
fn exceptions_give_back_what_they_were_made_with() {
    for body in [
        "try:\n    raise ValueError(item)\nexcept ValueError as error:\n    error.args[0].update_stock(1)",
        "class Gone(Exception):\n    pass\ntry:\n    raise ValueError(item)\nexcept* ValueError as group:\n    group.exceptions[0].args[0].update_stock(1)",
    ] {
        assert_refused(&[body]);
    }
    let gone = "\nclass Gone(Exception):\n    pass\n";
    let body =
        "try:\n    raise Gone(item)\nexcept Gone as error:\n    error.args[0].update_stock(1)";
    let found = complaints_of(&(method(", item: Item", body) + gone));
    assert!(
        matches!(found.as_slice(), [one] if one.starts_with("E0203 [error.args[0]]")),
        "{found:?}"
    );
}

#[test]
fn what_is_surely_no_entity_is_let_through() {
    assert_accepted(&[
        "self.found.pop().strip()",
        "str(self.found.pop()).price",
        "len(self.found).price",
        "sum(self.found).price",
        "text.split(',').pop().price",
        "words = []\nfor word in text.split():\n    words.append(word)\nmax(words).price",
        "x = self.found.pop()\nif isinstance(x, str):\n    x.price",
        "match self.found.pop():\n    case str() as x:\n        x.price",
        "x: str = self.found.pop()\nx.price",
        "import xml\nxml.get(text, params={}, headers=dict()).price",
        "try:\n    pass\nexcept ValueError as error:\n    error.args[0].price",
        "xs = [1]\nxs.extend([])\nxs.pop().price",
        "return max([], default=None)",
    ]);
}

#[test]
fn what_is_seen_to_be_filled_is_known() {
    for body in [
        "xs = []\nxs.append(item)\nreturn xs.pop().update_stock(1)",
        "xs = []\nfor x in self.items:\n    for y in reversed(xs):\n        y.update_stock(1)\n    xs.append(x)",
        "rows = []\nrows.append([])\nrows[-1].append(item)\nreturn rows[0].pop().update_stock(1)",
        "table = {}\ntable.setdefault('a', []).append(item)\nreturn table['a'].pop().update_stock(1)",
        "take = self.items.pop\nreturn take().update_stock(1)",
        "match self.items[0]:\n    case object(price=price):\n        return price",
    ] {
        let found = sites(", item: Item", body);
        assert_eq!(found.len(), 1, "{body}: {found:?}");
    }
}
