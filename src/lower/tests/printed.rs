//! Blocks as text to compare with.

use super::{APP, cut};
use crate::ir::{Block, Branch, Code, Node, Transition, Variable};

/// The blocks of a method, one after the other.
pub fn printed(method: &str) -> String {
    let blocks = cut(method).expect("a method that can be cut");
    let parts: Vec<String> = blocks.iter().map(block).collect();
    parts.join("\n")
}

fn block(block: &Block) -> String {
    let mut text = block.name.clone();
    if let Some(line) = block.resumes_at {
        let result = block.result.as_deref().unwrap_or("_");
        let before = APP.lines().take_while(|line| *line != "METHOD").count() as u32;
        text.push_str(&format!(" <- {result} of line {}", line - before));
    }
    if !block.handling.is_empty() {
        text.push_str(&format!(" handling {}", block.handling.join(", ")));
    }
    text.push_str(&format!("{}:\n", variables(&block.live)));
    nodes(&block.body, 1, &mut text);
    text
}

fn variables(live: &[Variable]) -> String {
    let one = |variable: &Variable| {
        let mark = if variable.maybe_unbound { "?" } else { "" };
        format!("{}{mark}", variable.name)
    };
    format!(" [{}]", live.iter().map(one).collect::<Vec<_>>().join(", "))
}

fn nodes(body: &[Node], depth: usize, text: &mut String) {
    let indent = "    ".repeat(depth);
    for node in body {
        match node {
            Node::If { test, then, orelse } => {
                text.push_str(&format!("{indent}if {}:\n", test.text));
                nodes(then, depth + 1, text);
                if !orelse.is_empty() {
                    text.push_str(&format!("{indent}else:\n"));
                    nodes(orelse, depth + 1, text);
                }
            }
            Node::Match { subject, cases } => {
                text.push_str(&format!("{indent}match {}:\n", subject.text));
                for case in cases {
                    let guard = case.guard.as_ref();
                    let guard = guard.map(|guard| format!(" if {}", guard.text));
                    let guard = guard.unwrap_or_default();
                    text.push_str(&format!("{indent}    case {}{guard}:\n", case.pattern.text));
                    nodes(&case.body, depth + 2, text);
                }
            }
            Node::Try { body, handlers } => {
                text.push_str(&format!("{indent}try:\n"));
                nodes(body, depth + 1, text);
                for handler in handlers {
                    let classes = handler.classes.as_ref();
                    let mut head = "except".to_owned();
                    head.extend(classes.map(|classes| format!(" {}", classes.text)));
                    head.extend(handler.name.as_ref().map(|name| format!(" as {name}")));
                    text.push_str(&format!("{indent}{head}:\n"));
                    nodes(&handler.body, depth + 1, text);
                }
            }
            _ => {
                for line in line(node).lines() {
                    text.push_str(format!("{indent}{line}").trim_end());
                    text.push('\n');
                }
            }
        }
    }
}

fn line(node: &Node) -> String {
    match node {
        Node::Code(code) => code.text.clone(),
        Node::Call {
            callee,
            arguments,
            then,
            ..
        } => format!(
            "call {}({}){}",
            callee.text,
            arguments.text,
            to(then.as_ref())
        ),
        Node::Read {
            receiver,
            attributes,
            parameter,
            then,
            ..
        } => {
            let ahead = parameter.as_ref().map_or("", |_| " ahead");
            let names = attributes.join(",");
            format!("read{ahead} {}.{names}{}", receiver.text, to(then.as_ref()))
        }
        Node::Create {
            class,
            arguments,
            then,
            ..
        } => format!(
            "create {}({}){}",
            class.text,
            arguments.text,
            to(then.as_ref())
        ),
        Node::Gather {
            branches,
            return_exceptions,
            then,
            ..
        } => format!(
            "gather {}{}",
            gathered(branches, return_exceptions.as_ref()),
            to(then.as_ref())
        ),
        Node::Goto(next) => format!("goto{}", to(Some(next))),
        other => format!("{other:?}"),
    }
}

fn gathered(branches: &[Branch], return_exceptions: Option<&Code>) -> String {
    let mut parts: Vec<String> = branches.iter().map(branch).collect();
    parts.extend(
        return_exceptions
            .iter()
            .map(|code| format!("exceptions: {}", code.text)),
    );
    parts.join(", ")
}

fn branch(branch: &Branch) -> String {
    match branch {
        Branch::Call {
            callee, arguments, ..
        } => format!("{}({})", callee.text, arguments.text),
        Branch::Read {
            receiver,
            attribute,
            ..
        } => format!("{}.{attribute}", receiver.text),
        Branch::Create {
            class, arguments, ..
        } => format!("{}({})", class.text, arguments.text),
        Branch::Gather {
            branches,
            return_exceptions,
        } => format!("({})", gathered(branches, return_exceptions.as_ref())),
        Branch::Each { call, clauses } => format!("*[{} {}]", self::branch(call), clauses.text),
        Branch::Value(code) => code.text.clone(),
    }
}

fn to(next: Option<&Transition>) -> String {
    match next {
        Some(next) => format!(" -> {}{}", next.block, variables(&next.live)),
        None => " and forward".to_owned(),
    }
}
