use super::*;

/// Whether a parameter with that annotation, used as in `use_`, leads to an item.
fn leads_to_item(head: &str, annotation: &str, use_: &str) {
    let source = program(&format!(
        "
{head}

@stateflow.entity
class Shop:
    def __init__(self, name: str):
        self.name = name

    def __key__(self):
        return self.name

    def go(self, x: {annotation}):
        return {use_}.price
"
    ));
    let found = sites_of(&[("app.py", &source)]);
    let expected = format!("read {use_}.price -> Item.price");
    assert_eq!(found.last(), Some(&expected), "{annotation}");
}

#[test]
fn all_ways_to_write_a_type() {
    let head = "
import typing, typing as t
import collections.abc
from collections import deque, OrderedDict
";
    for (annotation, use_) in [
        ("Item", "x"),
        ("'Item'", "x"),
        ("\"Optional[Item]\"", "x"),
        ("typing.Optional[Item]", "x"),
        ("t.Union[Item, None, int]", "x"),
        ("Item | None", "x"),
        ("'Item | None'", "x"),
        ("None | 'Item'", "x"),
        ("list[Item]", "x[0]"),
        ("typing.List['Item']", "x.pop()"),
        ("dict[str, Item]", "x['a']"),
        ("typing.Dict[str, list[Item]]", "x['a'][0]"),
        ("tuple[int, Item]", "x[1]"),
        ("tuple[int, Item]", "x[-1]"),
        ("tuple[Item, ...]", "x[5]"),
        ("typing.Tuple[Item, ...]", "x[i]"),
        ("set[Item]", "x.pop()"),
        ("frozenset[Item]", "next(iter(x))"),
        ("typing.Iterable[Item]", "next(iter(x))"),
        ("collections.abc.Sequence[Item]", "x[0]"),
        ("collections.abc.Mapping[str, Item]", "x.get('a')"),
        ("typing.Iterator[Item]", "next(x)"),
        ("deque[Item]", "x.popleft()"),
        ("OrderedDict[str, Item]", "x['a']"),
        ("typing.Annotated[Item, 'meta']", "x"),
        ("typing.Callable[[int], Item]", "x(1)"),
        ("type[Item]", "x('a')"),
    ] {
        leads_to_item(head, annotation, use_);
    }
}

#[test]
fn aliases_are_followed() {
    let head = "
from typing import NewType, TypeAlias, TypeVar
Thing = Item
Things: TypeAlias = 'list[Thing]'
type Shelf = dict[str, Things]
Gold = NewType('Gold', Item)
T = TypeVar('T', bound=Item)
";
    for (annotation, use_) in [
        ("Thing", "x"),
        ("Things", "x[0]"),
        ("Shelf", "x['a'][0]"),
        ("Gold", "x"),
        ("T", "x"),
    ] {
        leads_to_item(head, annotation, use_);
    }
}

#[test]
fn aliases_of_themselves_end() {
    let source = program(
        "
type Tree = list[Tree] | dict[str, Tree]
A = 'B'
B = 'A'

@stateflow.entity
class Shop:
    def __init__(self, name: str, tree: Tree, a: A):
        self.name = name
        self.tree = tree
        self.a = a

    def __key__(self):
        return self.name
",
    );
    assert_eq!(
        sites_of(&[("app.py", &source)]),
        ["create User('x') -> User"]
    );
}

#[test]
fn imported_names_and_aliases_are_known() {
    let shop = "
import stateflow

@stateflow.entity
class Item:
    def __init__(self, name: str):
        self.name = name
        self.price = 1

    def __key__(self):
        return self.name
";
    let app = "
from __future__ import annotations
import stateflow as sf
import parts.shop as m
from parts import shop
from parts.shop import Item as I
from typing import TYPE_CHECKING
if TYPE_CHECKING:
    from parts.shop import Item

@sf.entity
class User:
    def __init__(self, name: str, best: m.Item):
        self.name = name
        self.best = best

    def __key__(self):
        return self.name

    def go(self, a: I, b: m.Item, c: 'Item', d: list[shop.Item]):
        from parts.shop import Item as Local
        e = Local('e')
        return a.price, b.price, c.price, d[0].price, e.price, self.best.price
";
    assert_eq!(
        sites_of(&[
            ("app.py", app),
            ("parts/__init__.py", ""),
            ("parts/shop.py", shop)
        ]),
        [
            "create Local('e') -> Item",
            "read a.price -> Item.price",
            "read b.price -> Item.price",
            "read c.price -> Item.price",
            "read d[0].price -> Item.price",
            "read e.price -> Item.price",
            "read self.best.price -> Item.price",
        ]
    );
}

#[test]
fn local_annotations_and_self_types_count() {
    assert_eq!(
        sites(
            ", raw",
            "import json\nitem: Item = json.loads(raw)\nthings: 'list[Item]' = []\nitem.price\nfor thing in things:\n    thing.stock"
        ),
        [
            "read item.price -> Item.price",
            "read thing.stock -> Item.stock"
        ]
    );
}
