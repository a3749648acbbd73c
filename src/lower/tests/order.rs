//! Whatever a method computes, its blocks compute the same, by the same calls in the same order, from the variables that
//! they are given.

use proptest::collection::vec;
use proptest::prelude::*;

use super::cut;
use super::machine::run_as_cut;
use super::python::{OUT_OF_BUDGET, run_as_written};
use crate::ir::{Block, Node, Transition};

fn atom() -> impl Strategy<Value = String> {
    prop_oneof![
        Just("a.price".to_owned()),
        Just("a.name".to_owned()),
        Just("self.n".to_owned()),
        Just("a.f(3)".to_owned()),
        Just("a.owner.price".to_owned()),
        Just("self.g(4)".to_owned()),
        Just("LIMIT".to_owned()),
        (0..3_u8).prop_map(|number| number.to_string()),
        prop_oneof![Just("x"), Just("y"), Just("z")].prop_map(str::to_owned),
    ]
}

fn expression() -> BoxedStrategy<String> {
    atom()
        .prop_recursive(4, 20, 3, |inner| {
            let two = (inner.clone(), inner.clone());
            let three = (inner.clone(), inner.clone(), inner.clone());
            let four = (inner.clone(), inner.clone(), inner.clone(), inner.clone());
            prop_oneof![
                two.clone().prop_map(|(a, b)| format!("({a} + {b})")),
                two.clone().prop_map(|(a, b)| format!("a.f({a}, {b})")),
                two.clone().prop_map(|(a, b)| format!("self.g({a}, k={b})")),
                two.clone()
                    .prop_map(|(a, b)| format!("self.g(*[{a}], {b})")),
                two.clone()
                    .prop_map(|(a, b)| format!("a.f(*({a}, {b}), k={a})")),
                two.clone().prop_map(|(a, b)| format!("({a}, {b})[1]")),
                (atom(), atom()).prop_map(|(a, b)| format!("self.g(f'{{{a}}}{{{b}}}')")),
                three
                    .clone()
                    .prop_map(|(a, b, c)| format!("({a} if {b} else {c})")),
                three
                    .clone()
                    .prop_map(|(a, b, c)| format!("({a} and {b} or {c})")),
                three
                    .clone()
                    .prop_map(|(a, b, c)| format!("({a} or {b} and {c})")),
                three.prop_map(|(a, b, c)| format!("({a} < {b} < {c})")),
                four.prop_map(|(a, b, c, d)| format!("({a} < {b} < {c} < {d})")),
                inner.clone().prop_map(|a| format!("(not {a})")),
                inner.clone().prop_map(|a| format!("(x := {a})")),
                inner
                    .clone()
                    .prop_map(|a| format!("(a if {a} else a.owner).f({a})")),
                inner.clone().prop_map(|a| format!("self.xs[self.g({a})]")),
                comprehension(inner.clone()).prop_map(|inside| format!("[{inside}, 1][0]")),
                (inner.clone(), inner.clone(), name())
                    .prop_map(|(a, b, x)| format!("self.g(*[{a} for {x} in (1, 2) if {b}])")),
                (inner, atom(), atom(), name(), name()).prop_map(|(a, b, c, x, y)| format!(
                    "[{a} for {x} in (0, a.f(1)) for {y} in ({b}, {c})][0]"
                )),
            ]
        })
        .boxed()
}

/// A name of a comprehension; the first two are also the method's.
fn name() -> impl Strategy<Value = &'static str> {
    prop_oneof![Just("y"), Just("z"), Just("q")]
}

fn comprehension(inner: BoxedStrategy<String>) -> impl Strategy<Value = String> {
    let function = prop_oneof![Just("any"), Just("all")];
    (function, inner, atom(), name())
        .prop_map(|(function, a, b, x)| format!("{function}({a} for {x} in (0, 1, {b}))"))
}

fn simple() -> impl Strategy<Value = String> {
    let one = expression();
    let two = (expression(), expression());
    prop_oneof![
        one.clone().prop_map(|a| format!("x = {a}")),
        one.clone().prop_map(|a| format!("z = y = {a}")),
        one.clone().prop_map(|a| format!("x += {a}")),
        one.clone().prop_map(|a| format!("z += {a}")),
        one.clone().prop_map(|a| format!("self.n += {a}")),
        one.clone().prop_map(|a| format!("return {a}")),
        one.clone().prop_map(|a| a),
        two.clone()
            .prop_map(|(a, b)| format!("self.xs[self.g({a})] += {b}")),
        two.clone()
            .prop_map(|(a, b)| format!("self.xs[self.g({a})] = {b}")),
        two.clone()
            .prop_map(|(a, b)| format!("y, self.xs[a.f({a})], z = x, {b}, y")),
        two.clone()
            .prop_map(|(a, b)| format!("self.xs[a.f({a})] = z = {b}")),
        two.prop_map(|(a, b)| format!("assert {a}, {b}")),
        Just("del z".to_owned()),
        one.clone().prop_map(|a| format!("a.fail({a})")),
        one.prop_map(|a| format!("y = a.f(a.fail({a}))")),
        Just("raise".to_owned()),
        Just("break".to_owned()),
        Just("continue".to_owned()),
        Just("pass".to_owned()),
    ]
}

fn indented(body: &[String]) -> String {
    let lines = body.join("\n");
    format!("    {}", lines.replace('\n', "\n    "))
}

fn statement() -> impl Strategy<Value = String> {
    simple().prop_recursive(3, 16, 3, |inner| {
        let body = vec(inner, 1..4).prop_map(|body| indented(&body)).boxed();
        let two = (body.clone(), body.clone());
        prop_oneof![
            (expression(), body.clone()).prop_map(|(a, b)| format!("if {a}:\n{b}")),
            (expression(), two.clone()).prop_map(|(a, (b, c))| format!("if {a}:\n{b}\nelse:\n{c}")),
            (expression(), expression(), two.clone()).prop_map(|(a, b, (c, d))| format!(
                "if {a}:\n{c}\nelif {b}:\n{d}\nelse:\n    pass"
            )),
            (expression(), body.clone()).prop_map(|(a, b)| format!("while self.g({a}):\n{b}")),
            (expression(), two.clone())
                .prop_map(|(a, (b, c))| format!("while a.f({a}):\n{b}\nelse:\n{c}")),
            (expression(), expression(), two.clone())
                .prop_map(|(a, b, (c, d))| format!("for z in [{a}, {b}, 1]:\n{c}\nelse:\n{d}")),
            (expression(), body.clone())
                .prop_map(|(a, b)| format!("for x, y in [(1, {a}), (2, 3)]:\n{b}")),
            attempt(body.clone()),
            attempt(body.clone()),
            (expression(), expression(), two.clone()).prop_map(|(a, b, (c, d))| format!(
                "match {a}:\n    case 0 | 1 as y if {b}:\n{}\n    case z:\n{}",
                deeper(&c),
                deeper(&d)
            )),
            (expression(), expression(), two).prop_map(|(a, b, (c, d))| format!(
                "match {a}:\n    case x if {b}:\n{}\n    case 2:\n{}",
                deeper(&c),
                deeper(&d)
            )),
        ]
    })
}

fn attempt(body: BoxedStrategy<String>) -> impl Strategy<Value = String> {
    let head = prop_oneof![
        Just("except ValueError as z"),
        Just("except TypeError"),
        Just("except (AssertionError, UnboundLocalError) as x"),
        Just("except Exception as y"),
        Just("except"),
    ];
    let parts = (head, body.clone(), body.clone(), body.clone(), body);
    (0..5_u8, parts).prop_map(|(form, (head, a, b, c, d))| match form {
        0 => format!("try:\n{a}\n{head}:\n{b}"),
        1 => format!("try:\n{a}\nfinally:\n{b}"),
        2 => format!("try:\n{a}\n{head}:\n{b}\nelse:\n{c}"),
        3 => format!("try:\n{a}\n{head}:\n{b}\nfinally:\n{c}"),
        _ => format!("try:\n{a}\n{head}:\n{b}\nelse:\n{c}\nfinally:\n{d}"),
    })
}

fn deeper(body: &str) -> String {
    indented(&[body.to_owned()])
}

/// A body without jumps that stand in no loop.
fn body() -> impl Strategy<Value = String> {
    (any::<bool>(), vec(statement(), 1..4)).prop_map(|(begins, body)| {
        let mut lines = Vec::new();
        if begins {
            lines.push("z = 5".to_owned());
        }
        let mut loops: Vec<usize> = Vec::new();
        for line in body.join("\n").lines() {
            let depth = line.len() - line.trim_start().len();
            loops.retain(|outer| *outer < depth);
            match line.trim_start() {
                "break" | "continue" if loops.is_empty() => {
                    lines.push(format!("{}pass", &line[..depth]));
                    continue;
                }
                start if start.starts_with("while ") || start.starts_with("for ") => {
                    loops.push(depth);
                }
                _ => {}
            }
            lines.push(line.to_owned());
        }
        lines.push("z = x".to_owned());
        lines.push("return (x, y, self.n, self.xs, a.price)".to_owned());
        lines.join("\n")
    })
}

/// The names of variables that a block is given and neither reads nor hands on.
fn idle(block: &Block) -> Vec<&str> {
    let text = text(&block.body);
    let words: Vec<&str> = text
        .split(|c: char| !(c.is_alphanumeric() || c == '_'))
        .collect();
    let names = block.live.iter().map(|variable| variable.name.as_str());
    let names = names.filter(|name| !block.handling.iter().any(|held| held == name));
    names.filter(|name| !words.contains(name)).collect()
}

fn text(body: &[Node]) -> String {
    let handed = |next: Option<&Transition>| {
        let live = next.map(|next| next.live.iter().map(|variable| variable.name.clone()));
        live.map(|live| live.collect::<Vec<_>>().join(" "))
            .unwrap_or_default()
    };
    let mut words = Vec::new();
    for node in body {
        words.push(match node {
            Node::Code(code) => code.text.clone(),
            Node::If { test, then, orelse } => {
                format!("{} {} {}", test.text, text(then), text(orelse))
            }
            Node::Call {
                callee,
                arguments,
                then,
                ..
            } => format!(
                "{} {} {}",
                callee.text,
                arguments.text,
                handed(then.as_ref())
            ),
            Node::Read { receiver, then, .. } => {
                format!("{} {}", receiver.text, handed(then.as_ref()))
            }
            Node::Match { subject, cases } => {
                let cases = cases.iter().map(|case| {
                    let guard = case.guard.as_ref().map_or("", |guard| &guard.text);
                    format!("{} {guard} {}", case.pattern.text, text(&case.body))
                });
                format!("{} {}", subject.text, cases.collect::<Vec<_>>().join(" "))
            }
            Node::Try { body, handlers } => {
                let handlers = handlers.iter().map(|handler| text(&handler.body));
                format!("{} {}", text(body), handlers.collect::<Vec<_>>().join(" "))
            }
            Node::Goto(next) => handed(Some(next)),
            other => panic!("{other:?}"),
        });
    }
    words.join(" ")
}

#[test]
fn reads_made_together_hide_no_earlier_value() {
    for body in [
        "return (a.price + (a.f(1) + (a.price + a.price)))",
        "return (a.price + (a.f(1) + (a.price + (a.name and a.price))))",
        "owner = a.owner\nreturn (a.owner.price + (a.f(1) + (owner.price + owner.price)))",
        "return a.price + [a.price + a.price for y in (0, a.f(1))][0]",
    ] {
        let method = format!(
            "def m(self, a: Item, x: int, y: int):\n    {}",
            body.replace('\n', "\n    ")
        );
        let (expected, _) = run_as_written(body);
        let (result, _) = run_as_cut(&cut(&method).expect("a method that can be cut"));
        assert_eq!(expected, result, "{body}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn blocks_do_what_the_method_does(body in body()) {
        let method = format!("def m(self, a: Item, x: int, y: int):\n{}", indented(std::slice::from_ref(&body)));
        let blocks = match cut(&method) {
            Ok(blocks) => blocks,
            // What is surely unbound, or a type that a local gets only in these programs, is for other tests.
            Err(codes) => {
                prop_assert!(codes.iter().all(|code| *code == "E0407"), "{codes:?} in {method}");
                return Ok(());
            }
        };
        let (expected, written) = run_as_written(&body);
        let (result, cut) = run_as_cut(&blocks);
        let ends = [&expected, &result].iter().all(|result| **result != Err(OUT_OF_BUDGET.to_owned()));
        if ends {
            prop_assert_eq!((&written.log, expected), (&cut.log, result), "{}", body);
        } else {
            // Which of the two has made more reads by then is not the same.
            prop_assert!(written.log.iter().zip(&cut.log).all(|(one, other)| one == other), "{}", body);
        }
        for block in &blocks {
            prop_assert_eq!(idle(block), Vec::<&str>::new(), "{} of {}", block.name, method);
        }
    }
}
