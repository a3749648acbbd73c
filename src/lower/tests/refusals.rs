//! What cannot be cut is refused, never cut wrongly.

use super::cut;

fn refused(body: &str) -> Vec<&'static str> {
    let body = body.trim_matches('\n').replace('\n', "\n    ");
    let method = format!("def m(self, a: Item, x: int) -> object:\n    {body}");
    cut(&method).expect_err("a method that is refused")
}

#[test]
fn a_call_inside_a_lambda() {
    assert_eq!(refused("return lambda: a.f(1)"), ["E0402"]);
}

#[test]
fn a_call_inside_a_nested_function() {
    assert_eq!(
        refused("def inner():\n    return a.f(1)\nreturn inner()"),
        ["E0401"]
    );
}

#[test]
fn an_operand_that_cannot_be_encoded() {
    assert_eq!(refused("return [(y for y in self.xs), a.f(1)]"), ["E0405"]);
    assert_eq!(refused("return [lambda y=x: y, a.f(1)]"), ["E0405"]);
}

#[test]
fn a_local_that_cannot_be_encoded() {
    assert_eq!(refused("key = lambda: x\na.f(1)\nreturn key()"), ["E0405"]);
}

#[test]
fn a_receiver_that_is_assigned() {
    assert_eq!(refused("self = a\nreturn self.f(1)"), ["E0406"]);
}

#[test]
fn a_local_that_hides_what_blocks_need() {
    assert_eq!(refused("import json as User\nreturn a.f(1)"), ["E0406"]);
    assert_eq!(
        refused("if x:\n    locals = 1\na.f(1)\nreturn locals"),
        ["E0406"]
    );
}

#[test]
fn a_local_that_has_no_value_in_the_first_part() {
    assert_eq!(refused("y = z\nz = a.f(1)\nreturn y"), ["E0407"]);
    assert_eq!(
        refused("if x:\n    return self.g(LIMIT, z)\nz = a.f(1)"),
        ["E0407"]
    );
}
