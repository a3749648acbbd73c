use super::*;

fn shop(methods: &str, after: &str) -> String {
    let methods = methods.trim().replace('\n', "\n    ");
    program(&format!(
        "
@stateflow.entity
class Shop:
    def __init__(self, name: str, item: Item):
        self.name = name
        self.item = item

    def __key__(self):
        return self.name

    {methods}

{after}
"
    ))
}

#[test]
fn helpers_are_sites_when_they_leave() {
    let source = shop(
        "
def go(self):
    self.plain()
    return self.far(1)

def plain(self):
    return 1

def far(self, n: int):
    return self.near(n - 1)

def near(self, n: int):
    if n:
        return self.far(n)
    return self.item.price
",
        "",
    );
    assert_eq!(
        sites_of(&[("app.py", &source)])[1..],
        [
            "helper self.far(1) -> Shop.far",
            "helper self.near(n - 1) -> Shop.near",
            "helper self.far(n) -> Shop.far",
            "read self.item.price -> Item.price",
        ]
    );
}

#[test]
fn results_without_annotation_are_inferred() {
    let source = shop(
        "
def pick(self):
    if self.name:
        return self.item
    return None

def again(self, n: int):
    return self.again(n - 1) if n else self.pick()

def go(self):
    return self.again(3).price, helper(self.item).stock
",
        "
def helper(item):
    return [item] and Item('a')
",
    );
    assert_eq!(
        sites_of(&[("app.py", &source)]),
        [
            "create User('x') -> User",
            "read self.again(3).price -> Item.price",
            "helper helper(self.item) -> helper",
            "read helper(self.item).stock -> Item.stock",
            "create Item('a') -> Item",
        ]
    );
}

#[test]
fn functions_that_no_entity_calls_are_ignored() {
    let source = shop(
        "
def go(self):
    return clean(self.name)
",
        "
def clean(text):
    return text.strip()

def main():
    user = User('a', 1, 2)
    user.nothing()
    shop = unknown()
    shop.go()
    shop.price

class Client:
    def run(self, item: Item):
        item.price = 3
",
    );
    assert_eq!(
        sites_of(&[("app.py", &source)]),
        ["create User('x') -> User"]
    );
}

#[test]
fn functions_that_leave_are_cut_where_entities_use_them() {
    let source = shop(
        "
def go(self, audit: 'Audit'):
    total(self.item)
    audit.note(self.item)
    self.check(self.item)
    Shop.check(self.item)
    self.value + self.item.label
    fine(self.item)
    Audit()

@staticmethod
def check(item: Item):
    return item.price

@property
def value(self):
    return self.item.price
",
        HELPERS,
    );
    assert_eq!(
        sites_of(&[("app.py", &source)]),
        [
            "create User('x') -> User",
            "helper total(self.item) -> total",
            "helper audit.note(self.item) -> Audit.note",
            "helper self.check(self.item) -> Shop.check",
            "helper Shop.check(self.item) -> Shop.check",
            "getter self.value -> Shop.value",
            "read self.item.label -> Item.label",
            "read item.price -> Item.price",
            "read self.item.price -> Item.price",
            "helper inner(item) -> inner",
            "read item.price -> Item.price",
            "call item.update_stock(1) -> Item.update_stock",
        ]
    );
}

#[test]
fn properties_leave_when_they_are_set_and_deleted() {
    let source = shop(
        "
def go(self):
    self.value = 1
    self.value += 1
    self.fine = 2
    del self.value

@property
def value(self):
    return 1

@value.setter
def value(self, value: int):
    self.item.update_stock(value)

@value.deleter
def value(self):
    self.item.update_stock(0)

@property
def fine(self):
    return 1

@fine.setter
def fine(self, value: int):
    self.number = value
",
        "",
    );
    assert_eq!(
        sites_of(&[("app.py", &source)]),
        [
            "create User('x') -> User",
            "accessor value -> Shop.value",
            "accessor value -> Shop.value",
            "accessor value -> Shop.value",
            "call self.item.update_stock(value) -> Item.update_stock",
            "call self.item.update_stock(0) -> Item.update_stock",
        ]
    );
}

#[test]
fn properties_that_leave_are_not_used_by_name() {
    let refused = |body: &str, kept: &str| {
        let source = shop(
            &format!(
                "
def go(self, name: str):
    {body}

@property
def value(self):
    {kept}

@value.setter
def value(self, value: int):
    self.item.update_stock(value)
"
            ),
            "",
        );
        complaints_of(&source)
    };
    for body in ["getattr(self, 'value')", "hasattr(self, name)"] {
        assert_eq!(refused(body, "return 1"), [""; 0], "{body}");
        let found = refused(body, "return self.item.price");
        assert!(found[0].starts_with("E0210"), "{body}: {found:?}");
    }
    for body in [
        "setattr(self, 'value', 1)",
        "setattr(self, name, 1)",
        "Shop.value.fset(self, 1)",
    ] {
        let found = refused(body, "return 1");
        assert!(found[0].starts_with("E0210"), "{body}: {found:?}");
    }
    assert_eq!(refused("setattr(self, 'other', 1)", "return 1"), [""; 0]);
}

const HELPERS: &str = "
def total(item: Item):
    return inner(item)

def inner(item: Item):
    return item.price

def fine(item: Item):
    return item is None

class Audit:
    def note(self, item: Item):
        item.update_stock(1)
";

#[test]
fn functions_that_leave_are_refused_where_nothing_can_be_cut() {
    let source = shop(
        "
def go(self):
    sorted([self.item], key=total)
    list(map(self.remote, [1]))
    Priced(self.item)
    each([self.item])
    cached(self.item)

def remote(self, n: int):
    return self.item.price
",
        &format!(
            "{HELPERS}
import functools

class Priced:
    def __init__(self, item: Item):
        self.price = item.price

    def __len__(self):
        return inner(self.item)

def each(items: list[Item]):
    for item in items:
        yield item.price

@functools.cache
def cached(item: Item):
    return item.price
"
        ),
    );
    assert_eq!(
        complaints_of(&source),
        [
            "E0210 [total] handing on `total`, which calls other entities, is not supported yet",
            "E0210 [self.remote] handing on `Shop.remote`, which calls other entities, is not supported yet",
            "E0210 [Priced(self.item)] making an object by `Priced.__init__`, which calls other entities, is not supported yet",
            "E0210 [each([self.item])] calling `each`, which calls other entities, is not supported yet",
            "E0210 [cached(self.item)] calling `cached`, which calls other entities, is not supported yet",
            "E0210 [__len__] `Priced.__len__`, which calls other entities, cannot be cut",
        ]
    );
}

#[test]
fn mistakes_in_functions_that_entities_call_are_reported() {
    let source = shop(
        "
def go(self):
    return helper(self.item)
",
        "
def helper(item: Item):
    return item.nothing
",
    );
    assert_eq!(
        complaints_of(&source),
        ["E0202 [nothing] entity `Item` has no attribute `nothing`"]
    );
}
