//! The functions that a split method becomes.

use super::gather;
use super::leave::{self, Onward};
use super::module::Split;
use super::writer::Writer;
use crate::ir::{Block, Case, Code, Handler, Node, Transition, Variable};

/// How wide a generated line may be before it is broken.
pub const WIDTH: usize = 120;

/// Writes the blocks of a function, a blank line between them. Gives the first and the last line of each and the
/// function's qualified name.
pub fn write(writer: &mut Writer, split: &Split<'_>) -> Vec<(u32, u32, String)> {
    let mut functions = Vec::new();
    for (index, block) in split.function.blocks.iter().enumerate() {
        if index > 0 {
            writer.raw("", None);
        }
        let first = writer.count() + 1;
        if index == 0 {
            writer.code(&split.function.header, "");
        } else {
            write_signature(writer, split, block);
        }
        writer.indented(|writer| write_body(writer, split, block));
        functions.push((first, writer.count(), split.function.name.clone()));
    }
    functions
}

fn write_signature(writer: &mut Writer, split: &Split<'_>, block: &Block) {
    writer.line(&decorator(split, block), None);
    let parameters = parameters(split, block);
    let def = match split.function.is_async {
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

fn decorator(split: &Split<'_>, block: &Block) -> String {
    let mut arguments = format!("\"{}\"", split.name());
    if !block.handling.is_empty() {
        let names = block.handling.iter();
        let names: Vec<String> = names.map(|name| format!("\"{name}\"")).collect();
        arguments.push_str(&format!(", handling=[{}]", names.join(", ")));
    }
    match block.resumes_at {
        Some(line) => {
            let path = &split.function.origin.path;
            format!("@{}.resume({arguments})  # {path}:{line}", split.flow)
        }
        None => format!("@{}.block({arguments})", split.flow),
    }
}

fn parameters(split: &Split<'_>, block: &Block) -> Vec<String> {
    let mut parameters: Vec<String> = split.function.receiver.iter().cloned().collect();
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
        split.function.receiver.as_deref() == Some(name)
            || block.live.iter().any(|variable| variable.name == name)
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
        Node::Match { subject, cases } => write_match(writer, split, subject, cases),
        Node::Try { body, handlers } => write_try(writer, split, body, handlers),
        Node::Call {
            callee,
            arguments,
            line,
            then,
            ..
        } => leave::call(writer, split, callee, arguments, onward(*line, then)),
        Node::Read {
            receiver,
            attributes,
            line,
            then,
            ..
        } => leave::read(writer, split, receiver, attributes, onward(*line, then)),
        Node::Create {
            class,
            arguments,
            line,
            then,
            ..
        } => leave::create(writer, split, class, arguments, onward(*line, then)),
        Node::Gather {
            branches,
            return_exceptions,
            line,
            then,
        } => {
            let what = gather::Gather {
                branches,
                return_exceptions: return_exceptions.as_ref(),
                line: *line,
            };
            gather::write(writer, split, &what, onward(*line, then));
        }
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
    write_head(writer, keyword, test, "");
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

/// Writes `KEYWORD CODE AFTER:`, the code in brackets where it stands on several lines.
fn write_head(writer: &mut Writer, keyword: &str, code: &Code, after: &str) {
    let (first, last) = (code.lines.first().copied(), code.lines.last().copied());
    if code.text.contains('\n') {
        writer.line(&format!("{keyword} ("), first);
        writer.indented(|writer| writer.code(code, ""));
        writer.line(&format!("){after}:"), last);
    } else {
        writer.line(&format!("{keyword} {}{after}:", code.text), first);
    }
}

fn write_match(writer: &mut Writer, split: &Split<'_>, subject: &Code, cases: &[Case]) {
    write_head(writer, "match", subject, "");
    writer.indented(|writer| {
        for case in cases {
            write_case(writer, &case.pattern, case.guard.as_ref());
            writer.indented(|writer| write_nodes(writer, split, &case.body));
        }
    });
}

/// Writes `case PATTERN if GUARD:`; a guard from other lines stands on lines of its own.
fn write_case(writer: &mut Writer, pattern: &Code, guard: Option<&Code>) {
    let line = pattern.lines.last().copied();
    let is_short = |code: &Code| !code.text.contains('\n') && code.lines.last().copied() == line;
    match guard {
        None => write_head(writer, "case", pattern, ""),
        Some(guard) if is_short(pattern) && is_short(guard) => {
            writer.line(&format!("case {} if {}:", pattern.text, guard.text), line);
        }
        Some(guard) => {
            writer.line("case (", pattern.lines.first().copied());
            writer.indented(|writer| writer.code(pattern, ""));
            writer.line(") if (", line);
            writer.indented(|writer| writer.code(guard, ""));
            writer.line("):", guard.lines.last().copied());
        }
    }
}

fn write_try(writer: &mut Writer, split: &Split<'_>, body: &[Node], handlers: &[Handler]) {
    writer.line("try:", None);
    writer.indented(|writer| write_nodes(writer, split, body));
    for handler in handlers {
        let name = handler.name.as_ref();
        let name = name.map_or_else(String::new, |name| format!(" as {name}"));
        match &handler.classes {
            None => writer.line("except:", None),
            Some(classes) => write_head(writer, "except", classes, &name),
        }
        writer.indented(|writer| write_nodes(writer, split, &handler.body));
    }
}
