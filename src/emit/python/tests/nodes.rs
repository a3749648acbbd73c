//! `try` and `match` around transitions.

use super::{Cut, annotated, block, code, emitted, entry, to};
use crate::ir::{Block, Case, Code, Handler, Node};

const SOURCE: &str = "import stateflow


class User:
    def buy(self, item):
        1
        2
        3
        4
        5
        6
        7
";

fn goto(name: &str, live: &[&str]) -> Node {
    Node::Goto(to(name, live).expect("a transition"))
}

fn buy(blocks: Vec<Block>) -> super::Emitted {
    let cut = Cut {
        name: "buy",
        lines: (5, 12),
        header: code("def buy(self, item):", 5),
        blocks,
    };
    emitted(SOURCE, 1, "self", vec![cut])
}

#[test]
fn a_body_hands_its_exceptions_on_and_handlers_stay_as_written() {
    let handlers = vec![Handler {
        classes: Some(Code::hidden("BaseException")),
        name: Some("caught".to_owned()),
        body: vec![goto("buy__except", &["caught", "item?"])],
    }];
    let except = Node::Try {
        body: vec![Node::Code(Code::hidden("flow.throw(caught)"))],
        handlers: vec![
            Handler {
                classes: Some(code("ValueError,\nKeyError", 8)),
                name: Some("error".to_owned()),
                body: vec![Node::Code(code("raise", 10))],
            },
            Handler {
                classes: None,
                name: None,
                body: vec![Node::Code(code("return 1", 12))],
            },
        ],
    };
    let body = vec![Node::Try {
        body: vec![Node::Code(code("item = 1", 6))],
        handlers,
    }];
    let blocks = vec![
        entry("buy", body),
        Block {
            handling: vec!["outer".to_owned(), "caught".to_owned()],
            ..block(
                "buy__except",
                None,
                None,
                &["caught", "item?", "outer"],
                vec![except],
            )
        },
    ];
    let emitted = buy(blocks);
    insta::assert_snapshot!(annotated(&emitted), @r#"
       |from stateflow import flow
     1 |import stateflow
     2 |
     3 |
     4 |class User:
     5 |    def buy(self, item):
       |        try:
     6 |            item = 1
       |        except BaseException as caught:
       |            return flow.goto(User.buy__except, caught=caught, **flow.bound(locals(), "item"))
       |
       |    @flow.block("buy", handling=["outer", "caught"])
       |    def buy__except(self, *, caught, item=flow.UNBOUND, outer):
       |        if item is flow.UNBOUND:
       |            del item
       |        try:
       |            flow.throw(caught)
     8 |        except (
     8 |            ValueError,
     9 |            KeyError
     9 |        ) as error:
    10 |            raise
       |        except:
    12 |            return 1
    "#);
}

#[test]
fn a_guard_from_another_line_stands_on_lines_of_its_own() {
    let case = |pattern: Code, guard: Option<Code>, line: u32| Case {
        pattern,
        guard,
        body: vec![Node::Code(code("pass", line))],
    };
    let cases = vec![
        case(code("1 | 2", 7), Some(code("item", 7)), 7),
        case(code("(3\n| 4)", 8), None, 9),
        case(code("x", 10), Some(code("(x\n> 1)", 10)), 12),
    ];
    let subject = code("(item,\n2)", 6);
    let emitted = buy(vec![entry("buy", vec![Node::Match { subject, cases }])]);
    insta::assert_snapshot!(annotated(&emitted), @"
       |from stateflow import flow
     1 |import stateflow
     2 |
     3 |
     4 |class User:
     5 |    def buy(self, item):
     6 |        match (
     6 |            (item,
     7 |            2)
     7 |        ):
     7 |            case 1 | 2 if item:
     7 |                pass
     8 |            case (
     8 |                (3
     9 |                | 4)
     9 |            ):
     9 |                pass
    10 |            case (
    10 |                x
    10 |            ) if (
    10 |                (x
    11 |                > 1)
    11 |            ):
    12 |                pass
    ");
}
