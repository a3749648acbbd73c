//! What cannot be cut is refused, never cut wrongly.

use super::cut;

fn refused(body: &str) -> Vec<&'static str> {
    let body = body.trim_matches('\n').replace('\n', "\n    ");
    let method = format!("def m(self, a: Item, x: int) -> object:\n    {body}");
    cut(&method).expect_err("a method that is refused")
}

fn accepted(body: &str) {
    let body = body.trim_matches('\n').replace('\n', "\n    ");
    let method = format!("def m(self, a: Item, x: int) -> object:\n    {body}");
    assert_eq!(cut(&method).err(), None, "{body}");
}

#[test]
fn a_call_inside_a_lambda() {
    assert_eq!(refused("return lambda: a.f(1)"), ["E0402"]);
}

#[test]
fn a_call_inside_a_generator_that_something_else_consumes() {
    assert_eq!(refused("return iter(a.f(y) for y in self.xs)"), ["E0402"]);
    assert_eq!(
        refused("sum = self.g\nreturn sum(a.f(y) for y in self.xs)"),
        ["E0402"]
    );
    assert_eq!(
        refused("y = z, *w = (a.f(y) for y in self.xs)\nreturn z"),
        ["E0402"]
    );
}

#[test]
fn a_generator_that_awaits() {
    let method = "async def m(self, a: Item) -> object:\n    return sum([await b.h() for b in [a]]) + sum(await b.h() for b in [a])";
    assert_eq!(
        cut(method).expect_err("a method that is refused"),
        ["E0402"]
    );
}

#[test]
fn a_key_that_takes_more_than_an_element() {
    assert_eq!(
        refused("return sorted(self.xs, key=lambda y, z=1: a.f(y))"),
        ["E0402"]
    );
    assert_eq!(
        refused("return max(*self.xs, key=lambda y: a.f(y))"),
        ["E0402"]
    );
}

#[test]
fn a_function_that_outlives_a_comprehension() {
    assert_eq!(
        refused("return [lambda: y for y in self.xs if a.f(y)]"),
        ["E0405"]
    );
}

#[test]
fn a_name_of_a_comprehension_that_has_no_value_yet() {
    assert_eq!(
        refused("return [a.f(y) for x in self.xs for y in [y]]"),
        ["E0407"]
    );
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
    let kept = [
        "key = lambda: x\na.f(1)\nreturn [key][0]()",
        "key = lambda: x\nother = key\na.f(1)\nreturn other()",
        "key = lambda: x\nkey.n = a.f(1)\nreturn key()",
        "key = lambda: x\nkey = lambda: 1\na.f(1)\nreturn key()",
        "if x:\n    key = lambda: x\na.f(1)\nreturn key()",
        "if x:\n    return 1\nelse:\n    key = lambda n=[]: n\na.f(1)\nreturn key()",
        "def key(n: x) -> int:\n    return n\na.f(1)\nreturn key(1)",
        "try:\n    key = lambda: x\n    a.f(1)\nexcept ValueError:\n    pass\nreturn key()",
        "try:\n    key = lambda: x\n    a.f(1)\nfinally:\n    key()",
        "match a.f(1):\n    case 1:\n        key = lambda: x\n    case 2:\n        a.f(2)\nx = 3\nreturn key()",
        "if x:\n    key = lambda: x\nelse:\n    a.f(1)\nx = 3\nreturn key()",
        "found = []\nkey = lambda: x\nfound.append(key)\na.f(1)\nreturn key()",
        "key = lambda n: x\nfound = map(key, [1])\na.f(1)\nreturn list(found)",
    ];
    for body in kept {
        assert_eq!(refused(body), ["E0405"], "{body}");
    }
}

#[test]
fn a_manager_that_cannot_be_encoded() {
    assert_eq!(
        refused("with open('f') as lines:\n    return a.f(lines.read())"),
        ["E0405"]
    );
    assert_eq!(
        refused("kept = open('f')\nwith kept:\n    a.f(1)"),
        ["E0405"]
    );
    assert_eq!(refused("with made() as y:\n    return a.f(y)"), ["E0405"]);
}

#[test]
fn an_asynchronous_manager_that_cannot_be_encoded() {
    for manager in ["asyncio.timeout(5)", "asyncio.Lock()"] {
        let method = format!(
            "async def m(self, a: Item) -> object:\n    import asyncio\n    async with {manager}:\n        return await a.h()"
        );
        assert_eq!(
            cut(&method).expect_err("a method that is refused"),
            ["E0405"],
            "{manager}"
        );
    }
}

#[test]
fn an_asynchronous_generator_that_a_loop_goes_over() {
    let rounds = [
        "async for x in drawn():\n        await a.h()",
        "return [x + await a.h() async for x in drawn()]",
    ];
    for round in rounds {
        let method = format!("async def m(self, a: Item) -> object:\n    {round}");
        assert_eq!(
            cut(&method).expect_err("a method that is refused"),
            ["E0405"],
            "{round}"
        );
    }
}

/// The statements, between making something and asking it, where a way leads past the call.
fn around_a_join(make: &str, change: &str, ask: &str) -> String {
    format!(
        "kept = []\nif x:\n    y = a.f(1)\n    {make}\nelse:\n    y = 2\n    {make}\n{change}\n{ask}"
    )
}

#[test]
fn a_function_that_is_kept_while_its_variables_change() {
    let made = [
        "kept.append(lambda: y)",
        "kept.append(y for _ in 'a')",
        "other = key = lambda: y",
        "kept += [lambda: [lambda: y]]",
        "kept += map(lambda z: z + y, self.xs)",
        "kept.append([(lambda: y) for _ in 'a'])",
        "self.g(lambda: y, 1)",
        "[z for z in kept if kept.append(lambda: y)]",
    ];
    for make in made {
        let body = around_a_join(make, "y = 5", "return kept");
        let codes = refused(&body);
        assert!(
            codes.iter().all(|code| *code == "E0405"),
            "{make}: {codes:?}"
        );
        let body = around_a_join(make, "z = 5", "return kept, z, y");
        accepted(&body);
    }
}

#[test]
fn a_function_that_changes_what_it_shares() {
    let make = "kept.append(lambda: (y := 3))";
    accepted(&around_a_join(make, "z = 5", "return y"));
    let body = "def inner() -> object:\n    nonlocal y\n    y = 1\n    yield 2\ny = 0\nif x:\n    a.f(1)\n    z = inner()\nelse:\n    z = inner()\nreturn list(z), y";
    assert_eq!(refused(body).first(), Some(&"E0405"));
}

#[test]
fn what_gives_a_generator_shares_its_variables() {
    let body = "def inner() -> object:\n    yield y\ny = a.f(1)\nif x:\n    a.f(2)\n    z = inner()\nelse:\n    z = inner()\ny = 2\nreturn list(z)";
    assert_eq!(refused(body), ["E0405"]);
    let body = "def inner() -> object:\n    return lambda: y\ny = a.f(1)\nif x:\n    a.f(2)\n    z = inner()\nelse:\n    z = inner()\ny = 2\nreturn z()";
    assert_eq!(refused(body), ["E0405"]);
    let body = "y = 0\nkept = []\nwhile y < 4:\n    if y == 3:\n        a.f(y)\n    kept.append(lambda: y)\n    y += 1\nreturn kept";
    assert_eq!(refused(body), ["E0405"]);
    let body = "try:\n    if x:\n        a.f(1)\n    y = 3\n    z = lambda: y\n    [z][0].n = 1\nexcept AttributeError:\n    y = 2\n    return z()";
    assert_eq!(refused(body), ["E0405"]);
}

#[test]
fn a_function_that_is_used_only_where_it_is_made() {
    let made = [
        "kept.sort(key=lambda z: z + y)",
        "kept += sorted(self.xs, key=lambda z: z + y)",
        "kept += list(map(lambda z: z + y, self.xs))",
        "kept.append(sum(z + y for z in self.xs))",
        "kept += [z for z in (w + y for w in self.xs)]",
        "kept += [z for w in 'a' for z in (w + y for w in self.xs)]",
        "kept += [*(w + y for w in self.xs), self.g(*(y for w in 'a'))]",
        "kept.extend(y for _ in 'a')",
        "kept.append((lambda: y)())",
        "kept.append(lambda y=y: y)",
        "for z in (w + y for w in self.xs): kept.append(z)",
        "kept += [any(y for z in [a.f(1)] for w in (y + v for v in self.xs))]",
    ];
    for make in made {
        accepted(&around_a_join(make, "y = 5", "return kept, y"));
    }
}

#[test]
fn a_function_that_cannot_come_past_a_call() {
    accepted("y = 1\nkept = self.g(lambda: y, 1)\ny = a.f(1)\nreturn kept, y");
}

#[test]
fn what_a_manager_gives_is_not_the_manager() {
    let method = "def m(self, a: Item) -> object:
    with made() as y:
        y += 1
    return a.f(1) + y";
    assert!(cut(method).is_ok());
}

#[test]
fn an_exception_class_that_hides_what_blocks_need() {
    assert_eq!(
        refused("BaseException = x\ntry:\n    a.f(1)\nfinally:\n    x = 2"),
        ["E0406"]
    );
}

#[test]
fn an_attribute_error_that_hides_what_patterns_need() {
    assert_eq!(
        refused("AttributeError = x\nmatch a:\n    case Item(price=1):\n        return 1"),
        ["E0406"]
    );
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
fn a_variable_of_the_method_that_a_function_inside_binds() {
    assert_eq!(
        refused("def inner() -> None:\n    nonlocal x\n    x = 1\nkept = [inner]\nreturn a.f(1)"),
        ["E0406"]
    );
    assert_eq!(
        refused("def inner() -> None:\n    nonlocal y\n    y = 1\ny = a.f(1)\ninner()\nreturn y"),
        ["E0407"]
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

#[test]
fn what_super_gives_across_a_call() {
    assert_eq!(
        refused("base = super()\na.f(1)\nreturn base.__eq__(a)"),
        ["E0405"]
    );
    assert_eq!(
        refused("kind = type(self)\nreturn super(kind, self).__eq__(a.f(1))"),
        ["E0405"]
    );
    accepted("return super().__eq__(a.f(1)), super(User, self).__eq__(a.f(1))");
}

#[test]
fn super_without_arguments_in_a_scope_of_its_own() {
    assert_eq!(
        refused("return [super().__eq__(y) for y in self.xs if a.f(y)]"),
        ["E0305"]
    );
    assert_eq!(
        refused("a.f(1)\nreturn lambda y: super().__eq__(y)"),
        ["E0305"]
    );
    accepted("return [a.f(y) for y in [super().__eq__(1)]]");
    accepted("return [super(User, self).__eq__(a.f(y)) for y in self.xs]");
}
