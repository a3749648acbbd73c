use super::*;

#[test]
fn unknown_methods_and_attributes() {
    assert_eq!(
        complaints(
            ", item: Item",
            "item.update_stok(1)\nitem.sell(1)\nitem.prize\nself.nam\nself.gone()\nitem.extra"
        ),
        [
            "E0201 [update_stok] entity `Item` has no method `update_stok`",
            "E0201 [sell] entity `Item` has no method `sell`",
            "E0202 [prize] entity `Item` has no attribute `prize`",
            "E0202 [nam] entity `Shop` has no attribute `nam`",
            "E0201 [gone] entity `Shop` has no method `gone`",
            "E0202 [extra] entity `Item` has no attribute `extra`",
        ]
    );
}

#[test]
fn a_union_must_have_it_in_every_entity() {
    assert_eq!(
        complaints(", x: Item | User | None", "return x.price"),
        ["E0202 [price] entity `User` has no attribute `price`"]
    );
}

#[test]
fn the_nearest_name_is_suggested() {
    let source = method(", item: Item", "item.update_stok(1)");
    let suggestion = resolved(&[("app.py", &source)], |_, _, found| {
        found[0]
            .suggestion
            .as_ref()
            .map(|one| one.replacement.clone())
    });
    assert_eq!(suggestion.as_deref(), Some("update_stock"));
}

#[test]
fn receivers_that_cannot_be_told() {
    for (signature, body, said) in [
        (", item", "item.price", "`item`"),
        (
            ", item, n: int = 3",
            "for x in item:\n    x.update_stock(n)",
            "`x`",
        ),
        (", item: object", "item.price", "`item`"),
        (", item: Missing", "item.price", "`item`"),
        (", items: list", "items[0].price", "`items[0]`"),
        (", *items", "items[0].price", "`items[0]`"),
        (
            ", item: Item",
            "import xml\nxml.wrap(item).price",
            "`xml.wrap(item)`",
        ),
        (
            "",
            "found = []\nother = found\nother.append(self.first)\nfound[0].price",
            "`found[0]`",
        ),
        (", item", "item.price = 3", "`item`"),
        (
            ", item",
            "x = [item]\nf = lambda: x[0].stock\nreturn f",
            "`x[0]`",
        ),
    ] {
        let found = complaints(signature, body);
        let [one] = found.as_slice() else {
            panic!("{signature}: {body}: {found:?}");
        };
        assert!(
            one.starts_with("E0203") && one.contains(&format!("the type of {said} is not known")),
            "{one}"
        );
    }
}

#[test]
fn what_has_no_value_needs_no_type() {
    for body in [
        "[x][0].price\nx = self.first",
        "for y in list(x.related()):\n    [y][0].price\nx = self.first",
        "{'a': (x, 1)}['a'][0].price\nx = self.first",
        "x = None\nif x is not None:\n    [x][0].price\n    Item.update_stock(x, 1)",
        "x = self.first\ndel x\n[not x and x][0].price",
    ] {
        assert_eq!(complaints("", body), [""; 0], "{body}");
    }
    for body in [
        "f = lambda: [x][0].price\nx = self.first\nreturn f",
        "f = ([x][0].price for i in [1])\nx = self.first\nreturn f",
        "def f():\n    nonlocal x\n    x = self.first\nf()\n[x][0].price\nx = None",
        "for i in range(2):\n    if i:\n        found[0].price\n    found = []",
    ] {
        let found = complaints("", body);
        assert!(
            found.iter().any(|one| one.starts_with("E0203")),
            "{body}: {found:?}"
        );
    }
}

#[test]
fn what_surely_holds_no_entity_may_be_unknown() {
    for (signature, body) in [
        ("", "import xml\nxml.thing().price"),
        (", raw: str", "import json\njson.loads(raw).price"),
        (", raw", "import json\njson.loads(raw).price"),
        (", raw", "raw.strip().upper()"),
        (", name: str", "name.price"),
        ("", "from decimal import Decimal\nDecimal('1').price"),
        ("", "import datetime\ndatetime.datetime.now().name"),
        (", x: bytes", "x.name"),
        ("", "x = {}\nx.name"),
        ("", "[].price"),
    ] {
        assert_eq!(complaints(signature, body), [""; 0], "{body}");
    }
}

#[test]
fn arguments_must_match() {
    assert_eq!(
        complaints(
            ", item: Item, args: list[int], kwargs: dict[str, int]",
            "
item.update_stock()
item.update_stock(1, 2)
item.update_stock(1, nota='x')
item.update_stock(1, amount=1)
item.update_stock(*args)
item.update_stock(**kwargs)
item.update_stock(*args, note='', amont=1)
Item()
Item('a', 1, [], 4)
Item(price=1)
Item(name='a')
User(name='a', nam='b')
self.go(item, args)
"
            .trim()
        ),
        [
            "E0204 [()] the call of `Item.update_stock` lacks the argument `amount`",
            "E0204 [2] `Item.update_stock` takes 1 positional argument, but 2 are given",
            "E0204 [nota] `Item.update_stock` has no parameter `nota`",
            "E0204 [amount] `Item.update_stock` gets two values for `amount`",
            "E0204 [amont] `Item.update_stock` has no parameter `amont`",
            "E0204 [()] the call of `Item` lacks the argument `name`",
            "E0204 [4] `Item` takes 3 positional arguments, but 4 are given",
            "E0204 [(price=1)] the call of `Item` lacks the argument `name`",
            "E0204 [nam] `User` has no parameter `nam`",
            "E0204 [(item, args)] the call of `Shop.go` lacks the argument `kwargs`",
        ]
    );
}

#[test]
fn attributes_of_references_are_not_assigned() {
    let found = complaints(
        ", item: Item, user: User",
        "item.price = 1\nitem.stock += 1\ndel item.name\nfor item.price in [1]:\n    pass\na, user.balance = 1, 2\nself.first.price = 3\nself.chosen = item",
    );
    let places: Vec<&str> = found
        .iter()
        .filter_map(|one| one.strip_prefix("E0205 [")?.split(']').next())
        .collect();
    assert_eq!(
        places,
        [
            "item.price",
            "item.stock",
            "item.name",
            "item.price",
            "user.balance",
            "self.first.price"
        ]
    );
    assert_eq!(found.len(), places.len());
}

#[test]
fn copies_are_not_changed() {
    let found = complaints(
        ", item: Item, user: User",
        "item.tags.append('x')\nitem.tags[0] = 'y'\ndel item.tags[0]\nuser.cart.pop('x')\nitem.tags.index('x')\nself.items.append(item)",
    );
    let places: Vec<&str> = found
        .iter()
        .filter_map(|one| one.strip_prefix("E0206 [")?.split("] ").next())
        .collect();
    assert_eq!(
        places,
        [
            "item.tags.append('x')",
            "item.tags[0]",
            "item.tags[0]",
            "user.cart.pop('x')"
        ]
    );
    assert_eq!(found.len(), places.len());
}

#[test]
fn what_cannot_be_done_with_a_reference_yet() {
    for (body, code) in [
        ("f = item.update_stock", "E0207"),
        ("return sorted([1], key=item.update_stock)", "E0207"),
        ("return item.__key__()", "E0208"),
        ("return Item.update_stock(*[item, 1])", "E0209"),
        ("return Item.update_stock(self=item, amount=1)", "E0209"),
        ("return User.pay(item, 1)", "E0209"),
        ("return Item.update_stock(self.lookup.get('x'), 1)", "E0209"),
        ("return Item.__init__(item, 'x')", "E0209"),
        ("return list(map(Item.related, self.items))", "E0209"),
        ("return getattr(item, 'price')", "E0212"),
        ("setattr(item, 'price', 1)", "E0212"),
        ("match item:\n    case Item(1):\n        pass", "E0212"),
        (
            "match item:\n    case Item(related=1):\n        pass",
            "E0212",
        ),
        ("return list(map(Item, ['a']))", "E0213"),
        ("return item.__dict__", "E0202"),
    ] {
        let found = complaints(", item: Item", body);
        let codes: Vec<&str> = found
            .iter()
            .filter_map(|one| one.split(' ').next())
            .collect();
        assert_eq!(codes, [code], "{body}: {found:?}");
    }
}

#[test]
fn what_can_be_done_with_a_class() {
    assert_eq!(
        complaints(
            ", item: Item",
            "Item.LIMIT\nItem.parse('x')\nitem.parse('x')\nself.first.__class__\ntype(item) is Item\nisinstance(item, Item)\nitem.__class__.__name__"
        ),
        [""; 0]
    );
}

#[test]
fn methods_are_called_through_their_class() {
    assert_eq!(
        sites(", item: Item", "return Item.update_stock(item, 1)"),
        ["call Item.update_stock(item, 1) -> Item.update_stock"]
    );
}

#[test]
fn a_dropped_read_is_a_warning() {
    assert_eq!(
        complaints(", item: Item", "item.price"),
        ["W0501 [item.price] the value read here is not used"]
    );
    assert_eq!(
        complaints(", item: Item", "self.items\nx = item.price"),
        [""; 0]
    );
}

#[test]
fn one_mistake_is_said_once() {
    assert_eq!(
        complaints(
            ", item: Item",
            "for i in range(3):\n    while i:\n        item.nothing()"
        )
        .len(),
        1
    );
}
