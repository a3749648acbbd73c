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
    let found = resolved(&[("app.py", &source)], |model, _, found| {
        said(model, &found)
    });
    assert_eq!(
        found,
        [
            "E0210 [helper(self.item)] calling `helper`, which calls other entities, is not supported yet"
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
fn functions_that_leave_are_refused_where_entities_use_them() {
    let source = shop(
        "
def go(self, audit: 'Audit'):
    total(self.item)
    audit.note(self.item)
    self.check(self.item)
    Shop.check(self.item)
    self.value
    sorted([self.item], key=total)
    fine(self.item)
    Audit()
    list(map(self.remote, [1]))

def remote(self, n: int):
    return self.item.price

@staticmethod
def check(item: Item):
    return item.price

@property
def value(self):
    return self.item.price
",
        "
def total(item: Item):
    return inner(item)

def inner(item: Item):
    return item.price

def fine(item: Item):
    return item is None

class Audit:
    def note(self, item: Item):
        item.update_stock(1)
",
    );
    assert_eq!(
        complaints_of(&source),
        [
            "E0210 [total(self.item)] calling `total`, which calls other entities, is not supported yet",
            "E0210 [audit.note(self.item)] calling `Audit.note`, which calls other entities, is not supported yet",
            "E0210 [self.check(self.item)] calling `Shop.check`, which calls other entities, is not supported yet",
            "E0210 [Shop.check(self.item)] calling `Shop.check`, which calls other entities, is not supported yet",
            "E0210 [self.value] calling `Shop.value`, which calls other entities, is not supported yet",
            "E0210 [total] handing on `total`, which calls other entities, is not supported yet",
            "E0210 [self.remote] handing on `Shop.remote`, which calls other entities, is not supported yet",
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
