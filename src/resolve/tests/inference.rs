use super::*;

#[test]
fn a_parameter_an_attribute_and_a_result_are_references() {
    assert_eq!(
        sites(
            ", item: Item",
            "if item.update_stock(-1):\n    return item.price\nself.first.buyer().pay(1)"
        ),
        [
            "call item.update_stock(-1) -> Item.update_stock",
            "read item.price -> Item.price",
            "call self.first.buyer() -> Item.buyer",
            "call self.first.buyer().pay(1) -> User.pay",
        ]
    );
}

#[test]
fn a_chain_of_reads_leaves_at_each_step() {
    assert_eq!(
        sites(", item: Item", "return item.owner.name"),
        [
            "read item.owner -> Item.owner",
            "read item.owner.name -> User.name"
        ]
    );
}

#[test]
fn what_stays_here_is_no_site() {
    assert_eq!(
        sites(
            ", item: Item",
            "other = item\nself.items.append(item)\nself.chosen = item\nreturn other is item and item in self.items"
        ),
        [""; 0]
    );
}

#[test]
fn loops_give_elements() {
    let body = "
for item in self.items:
    item.price
for key, item in self.lookup.items():
    item.stock
for i, item in enumerate(reversed(self.items)):
    item.name
for a, (b, c) in zip(self.items, zip(self.items, self.lookup.values())):
    a.price + b.stock + c.update_stock(1)
for item in sorted(self.items, key=str)[1:]:
    item.tags";
    assert_eq!(
        sites("", body.trim()),
        [
            "read item.price -> Item.price",
            "read item.stock -> Item.stock",
            "read item.name -> Item.name",
            "read a.price -> Item.price",
            "read b.stock -> Item.stock",
            "call c.update_stock(1) -> Item.update_stock",
            "read item.tags -> Item.tags",
        ]
    );
}

#[test]
fn what_a_loop_assigns_reaches_its_head() {
    assert_eq!(
        sites(
            "",
            "best = None\nfor item in self.items:\n    if best is None or best.price < item.price:\n        best = item\nreturn best.name"
        ),
        [
            "read best.price -> Item.price",
            "read item.price -> Item.price",
            "read best.name -> Item.name",
        ]
    );
}

#[test]
fn a_name_may_hold_several_entities() {
    assert_eq!(
        sites(
            ", item: Item, user: User",
            "x = item if item else user\nreturn x.name"
        ),
        ["read x.name -> Item.name|User.name"]
    );
}

#[test]
fn isinstance_and_match_tell_them_apart() {
    assert_eq!(
        sites(
            ", x: Item | User | int",
            "if isinstance(x, Item):\n    x.update_stock(1)\nelif isinstance(x, User):\n    x.pay(1)\nreturn x + 1"
        ),
        [
            "call x.update_stock(1) -> Item.update_stock",
            "call x.pay(1) -> User.pay"
        ]
    );
    assert_eq!(
        sites(
            ", x: Item | User",
            "match x:\n    case Item():\n        x.update_stock(1)\n    case User() as user:\n        user.pay(1)"
        ),
        [
            "call x.update_stock(1) -> Item.update_stock",
            "call user.pay(1) -> User.pay"
        ]
    );
    assert_eq!(
        sites(
            ", x: Item | User",
            "return isinstance(x, Item) and x.price or not isinstance(x, User) and x.stock"
        ),
        ["read x.price -> Item.price", "read x.stock -> Item.stock"]
    );
}

#[test]
fn what_a_test_leaves_no_value_reaches_nothing() {
    assert_eq!(
        sites(
            ", x: Item, user: User",
            "(user if isinstance(x, Item) else [x][0]).name\nreturn (x if isinstance(x, (Item, User)) else user).name"
        ),
        [
            "read (user if isinstance(x, Item) else [x][0]).name -> User.name",
            "read (x if isinstance(x, (Item, User)) else user).name -> Item.name|User.name"
        ]
    );
}

#[test]
fn any_test_narrows_what_is_not_known() {
    assert_eq!(
        sites(
            ", x",
            "if isinstance(x, Item):\n    return x.price\nassert isinstance(x, (User, int))\nx.pay(1)"
        ),
        ["read x.price -> Item.price", "call x.pay(1) -> User.pay"]
    );
}

#[test]
fn containers_hand_out_what_was_put_in() {
    assert_eq!(
        sites(
            ", item: Item",
            "found = []\nfound.append(item)\nby_name = {}\nby_name['x'] = found[0]\ngroups = {}\ngroups.setdefault('x', []).append(item)\nfound[-1].price\nby_name.get('x').stock\ngroups['x'].pop().name"
        ),
        [
            "read found[-1].price -> Item.price",
            "read by_name.get('x').stock -> Item.stock",
            "read groups['x'].pop().name -> Item.name",
        ]
    );
}

#[test]
fn unannotated_fields_hold_what_is_assigned_anywhere() {
    let source = program(
        "
@stateflow.entity
class Shop:
    def __init__(self, name: str):
        self.name = name
        self.best = None
        self.found = []
        self.groups = {}

    def __key__(self):
        return self.name

    def put(self, item: Item):
        self.best = item
        self.found.append(item)
        self.groups.setdefault(self.name, set()).add(item)

    def look(self):
        x = self.best.price
        y = [item.stock for item in self.found]
        z = [item.name for items in self.groups.values() for item in items]
        return x, y, z
",
    );
    assert_eq!(
        sites_of(&[("app.py", &source)])[1..],
        [
            "read self.best.price -> Item.price",
            "read item.stock -> Item.stock",
            "read item.name -> Item.name",
        ]
    );
}

#[test]
fn every_place_of_an_expression_is_looked_at() {
    let body = "
total = sum(i.price for i in self.items if i.stock)
text = f'{item.name:>{item.stock}}'
low, *rest = item.related()
first = rest[0].price
if (n := item.stock) > 1 and not item.tags:
    pass
x = {k.name: v.price for k, v in ((a, b) for a in self.items for b in a.related())}
y = (lambda: thing.price)
z = item.price if item.stock else low.price
self.lookup[item.name] = low
a = min(self.items, key=lambda i: i.price)
a.stock
b = [*self.items, item][0].price
";
    let found = sites(", item: Item, thing: Item", body.trim());
    let texts: Vec<&str> = found
        .iter()
        .filter_map(|site| site.split_once(' ')?.1.split(" -> ").next())
        .collect();
    assert_eq!(
        texts,
        [
            "i.price",
            "i.stock",
            "item.name",
            "item.stock",
            "item.related()",
            "rest[0].price",
            "item.stock",
            "item.tags",
            "k.name",
            "v.price",
            "a.related()",
            "thing.price",
            "item.price",
            "item.stock",
            "low.price",
            "item.name",
            "i.price",
            "a.stock",
            "[*self.items, item][0].price",
        ]
    );
}

#[test]
fn tries_and_withs_keep_what_may_have_been_bound() {
    assert_eq!(
        sites(
            ", item: Item, user: User",
            "x = user\ntry:\n    x = item\n    risky()\nexcept ValueError as error:\n    x.name\nfinally:\n    x.name\nwith open('f') as f:\n    y = item\ny.price"
        ),
        [
            "read x.name -> Item.name|User.name",
            "read x.name -> Item.name|User.name",
            "read y.price -> Item.price",
        ]
    );
}

#[test]
fn every_class_of_an_except_star_is_asked() {
    assert_eq!(
        sites(
            ", item: Item, user: User",
            "try:\n    y = user\n    risky()\nexcept* KeyError:\n    y = user\nexcept* (x := item).price:\n    raise\nx.price\ny.name"
        ),
        [
            "read (x := item).price -> Item.price",
            "read x.price -> Item.price",
            "read y.name -> User.name",
        ]
    );
}

#[test]
fn break_and_continue_carry_their_types() {
    assert_eq!(
        sites(
            ", item: Item, user: User",
            "x = None\nwhile True:\n    if item:\n        x = item\n        break\n    if user:\n        x = user\n        continue\nx.price"
        ),
        ["read x.price -> Item.price"]
    );
}

#[test]
fn nested_functions_see_the_names_around_them() {
    assert_eq!(
        sites(
            ", item: Item",
            "def inner(other: Item):\n    return item.price + other.stock\nreturn inner(item)"
        ),
        [
            "read item.price -> Item.price",
            "read other.stock -> Item.stock"
        ]
    );
}

#[test]
fn aliases_of_self_are_self() {
    assert_eq!(
        sites(
            ", other: 'Shop'",
            "me = self\nme.items\nother.items\nit = me if me.name else other\nit.items"
        ),
        [
            "read other.items -> Shop.items",
            "read it.items -> Shop.items"
        ]
    );
}

#[test]
fn classes_and_values_of_the_app_lead_to_entities() {
    let source = program(
        "
from dataclasses import dataclass, field
from enum import Enum

class Color(Enum):
    RED = 1

@dataclass
class Line:
    item: Item
    color: Color = Color.RED
    others: list['Item'] = field(default_factory=list)

    def best(self):
        return self.others[0]

class Basket:
    def __init__(self, line: Line):
        self.line = line
        self.extra = None

@stateflow.entity
class Shop:
    def __init__(self, name: str):
        self.name = name

    def __key__(self):
        return self.name

    def go(self, item: Item):
        line = Line(item)
        basket = Basket(line)
        basket.extra = item
        for color in Color:
            color.name
        return basket.line.item.price, line.best().stock, basket.extra.name, Color.RED.name
",
    );
    assert_eq!(
        sites_of(&[("app.py", &source)])[1..],
        [
            "read basket.line.item.price -> Item.price",
            "read line.best().stock -> Item.stock",
            "read basket.extra.name -> Item.name",
        ]
    );
}

#[test]
fn well_known_functions_hand_entities_through() {
    assert_eq!(
        sites(
            "",
            "import random, copy, itertools\nfrom collections import deque, defaultdict\nrandom.choice(self.items).price\nq = deque(self.items)\nq.popleft().stock\ng = defaultdict(list)\ng[1].append(self.first)\ng[1][0].name\nnext(iter(self.items)).tags\nmax(self.items[0], self.first, key=id).owner\nlist(map(lambda i: i.price, filter(None, self.items)))"
        )
        .len(),
        6
    );
}

#[test]
fn what_a_test_says_of_an_attribute_ends_with_a_call() {
    let source = program(
        "
@stateflow.entity
class Shop:
    def __init__(self, name: str, item: Item):
        self.name = name
        self.item = item
        self.best = None

    def __key__(self):
        return self.name

    def choose(self):
        self.best = self.item

    def go(self):
        if self.best is None:
            self.choose()
            return self.best.price
        return None
",
    );
    assert_eq!(
        sites_of(&[("app.py", &source)])[1..],
        ["read self.best.price -> Item.price"]
    );
}

#[test]
fn nested_functions_change_the_names_around_them() {
    let body = "
best = None
found = []
def look(item: Item):
    nonlocal best
    best = item
    found.append(item)
    other = 1
for item in self.items:
    look(item)
other = self.first
best.price
found[0].stock
return other.name
";
    assert_eq!(
        sites("", body.trim()),
        [
            "read best.price -> Item.price",
            "read found[0].stock -> Item.stock",
            "read other.name -> Item.name",
        ]
    );
}

#[test]
fn type_variables_stand_for_what_is_given() {
    let generics = "
from typing import Generic, Protocol, TypeVar
T = TypeVar('T')
A = TypeVar('A')
Named = list[tuple[str, T]]
type Chosen[X] = dict[str, X] | None

class Pair(Generic[T, A]):
    first: T
    second: A
    def __init__(self, first: T, second: A):
        self.first = first
        self.second = second
    def swap(self) -> 'Pair[A, T]':
        return Pair(self.second, self.first)

class Stack[X]:
    held: list[X]
    def top(self) -> X:
        return self.held[-1]

class Items(Stack[Item]):
    pass

def first_of(things: list[T], default: T | None = None) -> T:
    return things[0]
";
    for (body, reads) in [
        (
            "p: Pair[Item, int] = made()\np.first.price",
            "p.first.price",
        ),
        ("Pair(1, item).second.price", "Pair(1, item).second.price"),
        (
            "Pair(1, item).swap().first.price",
            "Pair(1, item).swap().first.price",
        ),
        ("Items().top().price", "Items().top().price"),
        ("for held in Items().held: held.price", "held.price"),
        ("first_of([item]).price", "first_of([item]).price"),
        (
            "first_of([], default=item).price",
            "first_of([], default=item).price",
        ),
        ("for _, one in named: one.price", "one.price"),
        ("if chosen: chosen['a'].price", "chosen['a'].price"),
    ] {
        let signature = ", item: Item, named: Named[Item], chosen: Chosen[Item]";
        let source = format!("{}\n{generics}", method(signature, body));
        let found = sites_of(&[("app.py", &source)]);
        assert!(
            found.contains(&format!("read {reads} -> Item.price")),
            "{body}: {found:?}"
        );
    }
}
