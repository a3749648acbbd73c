//! The functions that a split method becomes.

use super::leave::{self, Onward};
use super::module::Split;
use super::writer::Writer;
use crate::ir::{Block, Code, Node, Transition, Variable};

/// How wide a generated line may be before it is broken.
pub const WIDTH: usize = 120;

/// Writes a split method's blocks, a blank line between them. Gives the first and the last line of each and the
/// qualified name of the method.
pub fn write(writer: &mut Writer, split: &Split<'_>) -> Vec<(u32, u32, String)> {
    let mut functions = Vec::new();
    for (index, block) in split.blocks.iter().enumerate() {
        if index > 0 {
            writer.raw("", None);
        }
        let first = writer.count() + 1;
        if index == 0 {
            writer.code(split.header, "");
        } else {
            write_signature(writer, split, block);
        }
        writer.indented(|writer| write_body(writer, split, block));
        let name = format!("{}.{}", split.class, split.method.name);
        functions.push((first, writer.count(), name));
    }
    functions
}

fn write_signature(writer: &mut Writer, split: &Split<'_>, block: &Block) {
    let (flow, method) = (split.flow, &split.method.name);
    match block.resumes_at {
        Some(line) => {
            let path = &split.method.origin.path;
            writer.line(
                &format!("@{flow}.resume(\"{method}\")  # {path}:{line}"),
                None,
            );
        }
        None => writer.line(&format!("@{flow}.block(\"{method}\")"), None),
    }
    let parameters = parameters(split, block);
    let def = match split.method.is_async {
        true => "async def",
        false => "def",
    };
    let signature = format!("{def} {}({}):", block.name, parameters.join(", "));
    if writer.width(&signature) <= WIDTH {
        writer.line(&signature, None);
        return;
    }
    writer.line(&format!("{def} {}(", block.name), None);
    writer.indented(|writer| {
        for parameter in &parameters {
            writer.line(&format!("{parameter},"), None);
        }
    });
    writer.line("):", None);
}

fn parameters(split: &Split<'_>, block: &Block) -> Vec<String> {
    let mut parameters = vec![split.receiver.to_owned()];
    if block.resumes_at.is_some() {
        parameters.push(
            block
                .result
                .clone()
                .unwrap_or_else(|| unused_result(split, block)),
        );
    }
    if !block.live.is_empty() {
        parameters.push("*".to_owned());
    }
    parameters.extend(block.live.iter().map(|variable| {
        if variable.maybe_unbound {
            format!("{}={}.UNBOUND", variable.name, split.flow)
        } else {
            variable.name.clone()
        }
    }));
    parameters
}

/// `_`, or more of it where that is one of the block's variables.
fn unused_result(split: &Split<'_>, block: &Block) -> String {
    let taken = |name: &str| {
        name == split.receiver || block.live.iter().any(|variable| variable.name == name)
    };
    let mut name = "_".to_owned();
    while taken(&name) {
        name.push('_');
    }
    name
}

fn write_body(writer: &mut Writer, split: &Split<'_>, block: &Block) {
    for Variable { name, .. } in block.live.iter().filter(|variable| variable.maybe_unbound) {
        writer.line(&format!("if {name} is {}.UNBOUND:", split.flow), None);
        writer.indented(|writer| writer.line(&format!("del {name}"), None));
    }
    write_nodes(writer, split, &block.body);
}

fn write_nodes(writer: &mut Writer, split: &Split<'_>, nodes: &[Node]) {
    if nodes.iter().all(is_comment) {
        writer.line("pass", None);
    }
    for node in nodes {
        write_node(writer, split, node);
    }
}

/// Whether a piece holds nothing that runs, so that alone it would not make a body.
fn is_comment(node: &Node) -> bool {
    let Node::Code(code) = node else { return false };
    let runs = |line: &str| !line.trim().is_empty() && !line.trim_start().starts_with('#');
    !code.text.split('\n').any(runs)
}

fn write_node(writer: &mut Writer, split: &Split<'_>, node: &Node) {
    match node {
        Node::Code(code) => writer.code(code, ""),
        Node::If { test, then, orelse } => write_choice(writer, split, "if", test, then, orelse),
        Node::Call {
            callee,
            arguments,
            line,
            then,
            ..
        } => leave::call(writer, split, callee, arguments, onward(*line, then)),
        Node::Read {
            receiver,
            attribute,
            line,
            then,
            ..
        } => leave::read(writer, split, receiver, attribute, onward(*line, then)),
        Node::Create {
            class,
            arguments,
            line,
            then,
            ..
        } => leave::create(writer, split, class, arguments, onward(*line, then)),
        Node::Goto(to) => leave::goto(writer, split, to),
    }
}

fn onward(line: u32, then: &Option<Transition>) -> Onward<'_> {
    then.as_ref().map_or(Onward::Tail(line), Onward::Then)
}

fn write_choice(
    writer: &mut Writer,
    split: &Split<'_>,
    keyword: &str,
    test: &Code,
    then: &[Node],
    orelse: &[Node],
) {
    if test.text.contains('\n') {
        writer.line(&format!("{keyword} ("), test.lines.first().copied());
        writer.indented(|writer| writer.code(test, ""));
        writer.line("):", test.lines.last().copied());
    } else {
        writer.line(
            &format!("{keyword} {}:", test.text),
            test.lines.first().copied(),
        );
    }
    writer.indented(|writer| write_nodes(writer, split, then));
    match orelse {
        [] => {}
        [Node::If { test, then, orelse }] => {
            write_choice(writer, split, "elif", test, then, orelse)
        }
        _ => {
            writer.line("else:", None);
            writer.indented(|writer| write_nodes(writer, split, orelse));
        }
    }
}
