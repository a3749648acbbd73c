mod nodes;

use super::module::{Emitted, emit};
use crate::ir::{
    App, Block, Code, Function, Lines, Module, Node, Recorded, Transition, VERSION, Variable,
};
use crate::source::{LineIndex, SourceFile, Sources};

/// A method to be split: its name, its lines, its header and its blocks.
struct Cut {
    name: &'static str,
    lines: (u32, u32),
    header: Code,
    blocks: Vec<Block>,
}

fn code(text: &str, first: u32) -> Code {
    let count = text.split('\n').count() as u32;
    Code {
        text: text.to_owned(),
        lines: (first..first + count).collect(),
        verbatim: Vec::new(),
    }
}

fn to(block: &str, live: &[&str]) -> Option<Transition> {
    Some(Transition {
        block: block.to_owned(),
        live: variables(live),
        along: Vec::new(),
    })
}

/// Variables by name; a `?` behind it says that it may be unbound.
fn variables(names: &[&str]) -> Vec<Variable> {
    names
        .iter()
        .map(|name| Variable {
            name: name.trim_end_matches('?').to_owned(),
            maybe_unbound: name.ends_with('?'),
        })
        .collect()
}

fn entry(name: &str, body: Vec<Node>) -> Block {
    block(name, None, None, &[], body)
}

fn block(
    name: &str,
    result: Option<&str>,
    resumes_at: Option<u32>,
    live: &[&str],
    body: Vec<Node>,
) -> Block {
    Block {
        name: name.to_owned(),
        digest: String::new(),
        result: result.map(str::to_owned),
        resumes_at,
        takes_errors: false,
        handling: Vec::new(),
        live: variables(live),
        body,
    }
}

fn call(callee: Code, arguments: Code, then: Option<Transition>) -> Node {
    Node::Call {
        line: callee.lines[0],
        callee,
        arguments,
        targets: vec!["Item.update_stock".to_owned()],
        then,
    }
}

/// Emits a module of one class with these methods cut; what comes out has to parse.
fn emitted(source: &str, imports_before: u32, receiver: &str, cuts: Vec<Cut>) -> Emitted {
    let class = source
        .split("class ")
        .nth(1)
        .and_then(|rest| rest.split(['(', ':']).next())
        .expect("a class");
    let functions = cuts.into_iter().map(|cut| Function {
        module: "shop".to_owned(),
        name: format!("{class}.{}", cut.name),
        origin: Lines {
            path: "shop.py".to_owned(),
            first: cut.lines.0,
            last: cut.lines.1,
        },
        is_async: false,
        header: cut.header,
        receiver: Some(receiver.to_owned()),
        blocks: cut.blocks,
    });
    let app = App {
        version: VERSION,
        name: "shop".to_owned(),
        requires_python: None,
        requirements: Vec::new(),
        modules: vec![Module {
            name: "shop".to_owned(),
            path: "shop.py".to_owned(),
            source: source.to_owned(),
            imports_before,
            recorded: Recorded::default(),
        }],
        entities: Vec::new(),
        functions: functions.collect(),
    };
    let emitted = emit(&app, &app.modules[0]);
    assert_eq!(
        syntax_errors(&emitted.text),
        Vec::<String>::new(),
        "{}",
        emitted.text
    );
    emitted
}

fn syntax_errors(text: &str) -> Vec<String> {
    let mut sources = Sources::default();
    let file = sources.add(SourceFile {
        path: "shop.py".into(),
        display: "shop.py".into(),
        relative: "shop.py".into(),
        text: text.to_owned(),
        index: LineIndex::new(text),
    });
    let (_, diagnostics) = crate::syntax::parse(
        file,
        sources.file(file),
        crate::syntax::ast::PythonVersion::PY311,
    );
    diagnostics
        .into_iter()
        .map(|diagnostic| diagnostic.message)
        .collect()
}

/// The text with the line of the user's file before each line that has one.
fn annotated(emitted: &Emitted) -> String {
    let origin = |line: u32| {
        let run = emitted
            .map
            .runs
            .iter()
            .find(|run| (run[0]..run[0] + run[2]).contains(&line));
        run.map_or("   ".to_owned(), |run| {
            format!("{:3}", run[1] + line - run[0])
        })
    };
    let lines = (1..).zip(emitted.text.lines());
    lines
        .map(|(number, line)| format!("{} |{line}\n", origin(number)))
        .collect()
}

#[test]
fn a_method_becomes_its_blocks() {
    let source = r#"# -*- coding: latin-1 -*-
"""The shop."""
from __future__ import annotations

import stateflow


@stateflow.entity
class User:
    def __key__(self):
        return self.name

    # Buys.
    @traced(
        lambda x: x,
    )
    def buy_item(
        self,
        amount: int = 1,  # how many
        *, item: "Item",
    ) -> bool:  # whether it could
        """Buys an item."""
        total_price = amount * item.price
        if self.balance < total_price:
            return False

        # Take it from the shelf.
        ok = item.update_stock(-amount)
        return ok

    # Between.
    def other(self): ...
"#;
    let blocks = vec![
        entry(
            "buy_item",
            vec![
                Node::Code(code("\"\"\"Buys an item.\"\"\"", 22)),
                Node::Read {
                    receiver: code("item", 23),
                    attributes: vec!["price".to_owned()],
                    parameter: None,
                    targets: vec!["Item.price".to_owned()],
                    line: 23,
                    then: to("buy_item__after_price", &["amount", "item"]),
                },
            ],
        ),
        block(
            "buy_item__after_price",
            Some("item_price"),
            Some(23),
            &["amount", "item"],
            vec![
                Node::Code(code(
                    "total_price = amount * item_price\nif self.balance < total_price:\n    return False\n\n# Take it from the shelf.",
                    23,
                )),
                call(
                    code("item.update_stock", 28),
                    code("-amount", 28),
                    to("buy_item__after_update_stock", &[]),
                ),
            ],
        ),
        block(
            "buy_item__after_update_stock",
            Some("ok"),
            Some(28),
            &[],
            vec![Node::Code(code("return ok", 29))],
        ),
    ];
    let header = code(
        "@traced(\n    lambda x: x,\n)\ndef buy_item(\n    self,\n    amount: int = 1,  # how many\n    *, item: \"Item\",\n) -> bool:  # whether it could",
        14,
    );
    let cut = Cut {
        name: "buy_item",
        lines: (14, 29),
        header,
        blocks,
    };
    let emitted = emitted(source, 5, "self", vec![cut]);
    insta::assert_snapshot!(annotated(&emitted));
    assert_eq!(
        emitted.map.functions,
        [
            (15, 24, "User.buy_item".to_owned()),
            (26, 33, "User.buy_item".to_owned()),
            (35, 37, "User.buy_item".to_owned()),
        ]
    );
}

#[test]
fn one_line_methods_tail_calls_and_another_receiver() {
    let source = "import stateflow\n@stateflow.entity\nclass User:\n\tdef forward(this, flow): return flow.m(flow, key=1)\n\tx = 1\n";
    let blocks = vec![entry(
        "forward",
        vec![call(code("flow.m", 4), code("flow, key=1", 4), None)],
    )];
    let cut = Cut {
        name: "forward",
        lines: (4, 4),
        header: code("def forward(this, flow):", 4),
        blocks,
    };
    let emitted = emitted(source, 1, "this", vec![cut]);
    let expected = "from stateflow import flow as flow_\nimport stateflow\n@stateflow.entity\nclass User:\n\tdef forward(this, flow):\n\t\treturn flow_.call(flow.m, flow, key=1).tail(4)\n\tx = 1\n";
    assert_eq!(emitted.text, expected);
}

#[test]
fn choices_nest_and_variables_may_be_unbound() {
    let source = "import stateflow\n\nclass _User:\n    def f(self, a):\n        pass\n";
    let goto = |live: &[&str]| Node::Goto(to("f__join", live).expect("a transition"));
    let choice = |test: Code, then: Vec<Node>, orelse: Vec<Node>| Node::If { test, then, orelse };
    let body = vec![
        choice(
            code("a", 5),
            vec![
                Node::Code(code("__x = 1", 6)),
                call(
                    code("a.m", 7),
                    code("", 7),
                    to("f__after_m", &["__x", "a", "y?"]),
                ),
            ],
            vec![choice(
                code("a and\n        b", 8),
                vec![],
                vec![
                    choice(code("c", 10), vec![goto(&["__x?", "_", "a"])], vec![]),
                    Node::Code(code("# nothing else", 12)),
                ],
            )],
        ),
        Node::Create {
            class: code("Item", 13),
            arguments: code("\n    \"\"\"long\nname\"\"\",\n    price=2,  # each\n", 13),
            entity: "Item".to_owned(),
            line: 13,
            then: to("f__after_item", &[]),
        },
    ];
    let mut blocks = vec![
        entry("f", body),
        block(
            "f__after_m",
            None,
            Some(7),
            &["__x", "_", "a", "y?"],
            vec![],
        ),
        block(
            "f__join",
            None,
            None,
            &["__x?", "_", "a"],
            vec![Node::Code(code("return a", 14))],
        ),
        block("f__after_item", Some("item"), Some(13), &[], vec![]),
    ];
    if let Node::Create { arguments, .. } = &mut blocks[0].body[1] {
        arguments.verbatim = vec![2];
    }
    let cut = Cut {
        name: "f",
        lines: (4, 5),
        header: code("def f(self, a):", 4),
        blocks,
    };
    let emitted = emitted(source, 1, "self", vec![cut]);
    insta::assert_snapshot!(annotated(&emitted));
}

#[test]
fn long_lines_are_broken() {
    let source = "import stateflow\n\nclass User:\n    def f(self, a):\n        pass\n";
    let names: Vec<_> = (0..12)
        .map(|index| format!("a_rather_long_name_{index}"))
        .collect();
    let live: Vec<_> = names.iter().map(String::as_str).collect();
    let blocks = vec![
        entry(
            "f",
            vec![call(code("a.m", 5), code("b", 5), to("f__after_m", &live))],
        ),
        block(
            "f__after_m",
            Some("m"),
            Some(5),
            &live,
            vec![Node::Goto(to("f__loop", &live).expect("one"))],
        ),
        block("f__loop", None, None, &live, vec![]),
    ];
    let cut = Cut {
        name: "f",
        lines: (4, 5),
        header: code("def f(self, a):", 4),
        blocks,
    };
    let emitted = emitted(source, 1, "self", vec![cut]);
    assert!(
        emitted.text.lines().all(|line| line.len() <= 120),
        "{}",
        emitted.text
    );
    insta::assert_snapshot!(annotated(&emitted));
}

#[test]
fn a_module_without_split_methods_keeps_its_text_but_for_its_coding() {
    let source = "#!/usr/bin/env python\n# vim: set fileencoding=cp1252 :\n# coding: not here\nclass User: pass";
    let emitted = emitted(source, 4, "self", Vec::new());
    let expected = "#!/usr/bin/env python\n# vim: set fileencoding=utf-8 :\n# coding: not here\nclass User: pass\n";
    assert_eq!(emitted.text, expected);
    assert_eq!(emitted.map.runs, [[1, 1, 4]]);
}
