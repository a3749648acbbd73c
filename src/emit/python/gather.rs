//! `return flow.gather(…)`: calls that leave together.

use super::block::WIDTH;
use super::leave::{self, Arguments, Onward, Operation};
use super::module::Split;
use super::writer::Writer;
use crate::ir::{Branch, Code};

/// What is gathered.
pub struct Gather<'a> {
    pub branches: &'a [Branch],
    pub return_exceptions: Option<&'a Code>,
    pub line: u32,
}

impl<'a> Gather<'a> {
    /// Those that are one of these.
    fn inner(&self, branches: &'a [Branch], return_exceptions: Option<&'a Code>) -> Self {
        Self {
            branches,
            return_exceptions,
            line: self.line,
        }
    }
}

/// Writes `return flow.gather(…).then(…)`.
pub fn write(writer: &mut Writer, split: &Split<'_>, gather: &Gather<'_>, onward: Onward<'_>) {
    let origin = Some(gather.line);
    let head = format!("return {}.gather(", split.flow);
    if let Some(branches) = on_one_line(split, gather) {
        let operation = format!("{head}{branches})");
        if writer.width(&operation) <= WIDTH {
            return leave::finish(writer, split, &operation, onward, origin);
        }
    }
    writer.line(&head, origin);
    write_branches(writer, split, gather);
    leave::finish(writer, split, ")", onward, origin);
}

fn write_branches(writer: &mut Writer, split: &Split<'_>, gather: &Gather<'_>) {
    writer.indented(|writer| {
        for branch in gather.branches {
            write_branch(writer, split, gather, branch, ",");
        }
        if let Some(code) = gather.return_exceptions {
            let mut code = code.clone();
            code.text.insert_str(0, "return_exceptions=");
            writer.code(&code, ",");
        }
    });
}

/// All of it, where it fits on a line and comes from one.
fn on_one_line(split: &Split<'_>, gather: &Gather<'_>) -> Option<String> {
    let mut parts = Vec::new();
    for branch in gather.branches {
        let (text, line) = branch_on_one_line(split, gather, branch)?;
        (line == gather.line).then(|| parts.push(text))?;
    }
    if let Some(code) = gather.return_exceptions {
        (code.lines == [gather.line])
            .then(|| parts.push(format!("return_exceptions={}", code.text)))?;
    }
    Some(parts.join(", "))
}

/// A branch and its line, where it fits on one.
fn branch_on_one_line(
    split: &Split<'_>,
    gather: &Gather<'_>,
    branch: &Branch,
) -> Option<(String, u32)> {
    match branch {
        Branch::Value(code) => match code.lines[..] {
            [line] => Some((code.text.clone(), line)),
            _ => None,
        },
        Branch::Gather {
            branches,
            return_exceptions,
        } => {
            let inner = gather.inner(branches, return_exceptions.as_ref());
            let text = on_one_line(split, &inner)?;
            Some((format!("{}.gather({text})", split.flow), gather.line))
        }
        Branch::Each { call, clauses } => {
            let (call, line) = branch_on_one_line(split, gather, call)?;
            (clauses.lines == [line]).then(|| (format!("*[{call} {}]", clauses.text), line))
        }
        _ => with_operation(split, branch, |operation| {
            let text = operation.on_one_line()?;
            let line = *operation.callee.lines.last()?;
            Some((format!("{text}{}", place(gather, branch)), line))
        })?,
    }
}

fn write_branch(
    writer: &mut Writer,
    split: &Split<'_>,
    gather: &Gather<'_>,
    branch: &Branch,
    after: &str,
) {
    if let Some((text, line)) = branch_on_one_line(split, gather, branch) {
        return writer.line(&format!("{text}{after}"), Some(line));
    }
    match branch {
        Branch::Value(code) => writer.code(code, after),
        Branch::Gather {
            branches,
            return_exceptions,
        } => {
            let origin = Some(gather.line);
            writer.line(&format!("{}.gather(", split.flow), origin);
            let inner = gather.inner(branches, return_exceptions.as_ref());
            write_branches(writer, split, &inner);
            writer.line(&format!("){after}"), origin);
        }
        Branch::Each { call, clauses } => {
            let first = clauses.lines.first().copied();
            writer.line("*[", first);
            writer.indented(|writer| {
                write_branch(writer, split, gather, call, "");
                writer.code(clauses, "");
            });
            writer.line(&format!("]{after}"), first);
        }
        _ => {
            let written = with_operation(split, branch, |operation| {
                let origin = operation.callee.lines.last().copied();
                writer.line(&operation.head, origin);
                writer.indented(|writer| {
                    leave::write_arguments(writer, operation.callee, operation.arguments);
                });
                writer.line(&format!("){}{after}", place(gather, branch)), origin);
            });
            debug_assert!(
                written.is_some(),
                "a branch is a value, several, or an operation"
            );
        }
    }
}

/// `flow.call(…)`, `flow.read(…)` or `flow.create(…)`, where a branch is one of these.
fn with_operation<T>(
    split: &Split<'_>,
    branch: &Branch,
    then: impl FnOnce(&Operation<'_>) -> T,
) -> Option<T> {
    let (verb, callee, arguments) = match branch {
        Branch::Call {
            callee, arguments, ..
        } => ("call", callee, Arguments::Code(arguments)),
        Branch::Create {
            class, arguments, ..
        } => ("create", class, Arguments::Code(arguments)),
        Branch::Read {
            receiver,
            attribute,
            ..
        } => (
            "read",
            receiver,
            Arguments::attributes(split, std::slice::from_ref(attribute)),
        ),
        Branch::Gather { .. } | Branch::Each { .. } | Branch::Value(_) => return None,
    };
    Some(then(&Operation {
        head: format!("{}.{verb}(", split.flow),
        callee,
        arguments: &arguments,
    }))
}

/// Where the branch stands, if the line that its exceptions name is not that of the gather.
fn place(gather: &Gather<'_>, branch: &Branch) -> String {
    match branch.line() {
        Some(line) if line != gather.line => format!(".at({line})"),
        _ => String::new(),
    }
}
