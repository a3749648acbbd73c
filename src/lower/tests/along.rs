//! Calls that travel along with others.

use super::cut;
use crate::ir::{Node, Stop};

/// For each call what travels along with it.
fn along(method: &str) -> Vec<String> {
    let blocks = cut(method).expect("a method that can be cut");
    blocks.iter().flat_map(|block| of(&block.body)).collect()
}

fn of(nodes: &[Node]) -> Vec<String> {
    nodes
        .iter()
        .flat_map(|node| match node {
            Node::Call {
                then: Some(then), ..
            }
            | Node::Read {
                then: Some(then), ..
            } => vec![then.along.iter().map(text).collect::<Vec<_>>().join(", ")],
            Node::If { then, orelse, .. } => [of(then), of(orelse)].concat(),
            _ => Vec::new(),
        })
        .collect()
}

fn text(stop: &Stop) -> String {
    match stop {
        Stop::Call {
            callee, arguments, ..
        } => format!("{callee}({})", arguments.join(", ")),
        Stop::Read {
            receiver,
            attributes,
            ..
        } => format!("{receiver}.{}", attributes.join("+")),
    }
}

#[test]
fn what_comes_next_travels_along() {
    let method = "
def m(self, a: Item, b: Item, x: int) -> list[object]:
    one = a.f(x)
    two = x * one
    three = b.f(-1, x=self.n)
    four = b.price
    five = b.name
    return [one, two, three, four, five, LIMIT]
";
    assert_eq!(along(method), ["b.f(-1, x=self.n), b.price", "b.price", ""]);
}

#[test]
fn so_does_what_is_returned() {
    let method = "
def m(self, a: Item, b: Item, x: int) -> int:
    a.grow()
    return b.f(x)
";
    assert_eq!(along(method), ["b.f(x)"]);
}

#[test]
fn what_needs_the_answer_does_not() {
    let method = "
def m(self, a: Item, b: Item, x: int) -> int:
    x = a.f(x)
    y = b.f(x)
    b = a
    return y + b.f(1)
";
    assert_eq!(along(method), ["", "", ""]);
}

#[test]
fn what_changes_or_calls_something_does_not() {
    let method = "
def m(self, a: Item, b: Item) -> list[object]:
    return [a.f(1), b.grow(), a.f(2), b.ask(), a.f(3)]
";
    assert_eq!(along(method), ["", "a.f(2)", "", "a.f(3)", ""]);
}

#[test]
fn nothing_does_past_what_is_not_calm() {
    for between in [
        "self.n = 1",
        "y = self.n",
        "print(1)",
        "xs.append(1)",
        "xs += [1]",
        "if x: x = 2",
        "y = len(xs)",
        "y = xs[0]",
        "assert x",
        "del y",
    ] {
        let method = format!(
            "
def m(self, a: Item, b: Item, x: int, xs: list[int]) -> list[object]:
    y = 1
    one = a.f(1)
    {between}
    return [one, b.f(2), x, xs]
"
        );
        assert_eq!(along(&method), ["", ""], "{between}");
    }
}

#[test]
fn nothing_does_past_an_operator_that_looks_at_objects() {
    for (between, travels) in [
        ("y = tally + x", ""),
        ("y = -(x + tally)", ""),
        ("y = x - (tally + 1) if x else x", ""),
        ("y = x + 1", "b.f(2)"),
        ("y = x + len_ * 2", "b.f(2)"),
        ("y = tally * x", ""),
        ("y = xs + [x]", ""),
        ("y = x if xs else 2", ""),
        ("y = x in xs", ""),
        ("y = tally is None", "b.f(2)"),
        ("y = [tally, xs]", "b.f(2)"),
    ] {
        let method = format!(
            "
def m(self, a: Item, b: Item, x: int, len_: float, tally: Tally, xs: list[int]) -> list[object]:
    one = a.f(1)
    {between}
    return [one, b.f(2), y]
"
        );
        assert_eq!(along(&method), [travels, ""], "{between}");
    }
}

#[test]
fn what_a_class_names_is_looked_at() {
    let method = "
def m(self, a: Item, b: Item) -> list[object]:
    cls = Item
    return [a.f(1), Item.f(b, 2), Item.grow(b), Item.f(b, x=3), cls.f(b, 4)]
";
    assert_eq!(
        along(method),
        ["Item.f(b, 2)", "", "Item.f(b, x=3)", "", ""]
    );
}

#[test]
fn a_loop_ends_it() {
    let method = "
def m(self, a: Item, items: list[Item]) -> int:
    total = 0
    for item in items:
        total += item.f(1)
        total += a.f(2)
    while True:
        total += a.f(3)
    return total
";
    assert_eq!(along(method), ["a.f(2)", "", "a.f(3)"]);
}
