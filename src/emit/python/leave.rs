//! The statements with which a block hands over: to another entity, or to another block.

use super::block::WIDTH;
use super::module::Split;
use super::writer::Writer;
use crate::ir::{self, Code, Stop, Transition, is_private};

/// Where a result goes.
#[derive(Clone, Copy)]
pub enum Onward<'t> {
    /// To another block.
    Then(&'t Transition),
    /// To the caller; the line is that of the tail call.
    Tail(u32),
}

/// `return flow.call(CALLEE, …).then(…)`.
pub fn call(
    writer: &mut Writer,
    split: &Split<'_>,
    callee: &Code,
    arguments: &Code,
    onward: Onward<'_>,
) {
    let arguments = Arguments::Code(arguments);
    leave(writer, split, "call", callee, &arguments, onward);
}

/// `return flow.read(REFERENCE, "attribute", …).then(…)`.
pub fn read(
    writer: &mut Writer,
    split: &Split<'_>,
    receiver: &Code,
    attributes: &[String],
    onward: Onward<'_>,
) {
    let arguments = Arguments::attributes(split, attributes);
    leave(writer, split, "read", receiver, &arguments, onward);
}

/// `return flow.create(CLASS, …).then(…)`.
pub fn create(
    writer: &mut Writer,
    split: &Split<'_>,
    class: &Code,
    arguments: &Code,
    onward: Onward<'_>,
) {
    let arguments = Arguments::Code(arguments);
    leave(writer, split, "create", class, &arguments, onward);
}

/// `return flow.goto(BLOCK, …)`.
pub fn goto(writer: &mut Writer, split: &Split<'_>, to: &Transition) {
    let handed = handed_over(split, to);
    let whole = format!("return {}.goto({})", split.flow, handed.join(", "));
    if writer.width(&whole) <= WIDTH {
        writer.line(&whole, None);
    } else {
        list(
            writer,
            &format!("return {}.goto(", split.flow),
            &handed,
            None,
        );
    }
}

/// What follows the callee.
pub enum Arguments<'a> {
    Code(&'a Code),
    Text(String),
}

impl Arguments<'_> {
    /// The names of attributes that are read.
    pub fn attributes(split: &Split<'_>, attributes: &[String]) -> Self {
        let names = attributes
            .iter()
            .map(|attribute| format!("\"{}\"", mangled(split, attribute)));
        Self::Text(names.collect::<Vec<_>>().join(", "))
    }

    /// The arguments, where they fit on a line and hold no comment that would hide what follows them. `origin` is where what
    /// stands before them comes from: tracebacks would place what comes from another line there.
    fn on_one_line(&self, origin: Option<u32>) -> Option<&str> {
        match self {
            Self::Code(code) if code.text.trim().is_empty() => Some(""),
            Self::Code(code) if code.text.contains(['\n', '#']) => None,
            Self::Code(code) if code.lines.first().copied() != origin => None,
            Self::Code(code) => Some(code.text.trim()),
            Self::Text(text) => Some(text),
        }
    }
}

fn leave(
    writer: &mut Writer,
    split: &Split<'_>,
    verb: &str,
    callee: &Code,
    arguments: &Arguments<'_>,
    onward: Onward<'_>,
) {
    let origin = callee.lines.last().copied();
    let operation = Operation {
        head: format!("{}.{verb}(", split.flow),
        callee,
        arguments,
    };
    match operation.on_one_line() {
        Some(text) => finish(writer, split, &format!("return {text}"), onward, origin),
        None => {
            writer.line(&format!("return {}", operation.head), origin);
            writer.indented(|writer| write_arguments(writer, callee, arguments));
            finish(writer, split, ")", onward, origin);
        }
    }
}

/// `flow.call(CALLEE, …)` and its like.
pub struct Operation<'a> {
    /// Through the opening parenthesis.
    pub head: String,
    pub callee: &'a Code,
    pub arguments: &'a Arguments<'a>,
}

impl Operation<'_> {
    /// The whole, where it fits on a line.
    pub fn on_one_line(&self) -> Option<String> {
        let arguments = self
            .arguments
            .on_one_line(self.callee.lines.last().copied())
            .filter(|_| !self.callee.text.contains('\n'))?;
        let comma = if arguments.is_empty() { "" } else { ", " };
        Some(format!(
            "{}{}{comma}{arguments})",
            self.head, self.callee.text
        ))
    }
}

/// Writes the callee and the arguments on lines of their own.
pub fn write_arguments(writer: &mut Writer, callee: &Code, arguments: &Arguments<'_>) {
    writer.code(callee, ",");
    match arguments {
        Arguments::Code(code) if code.text.trim().is_empty() => {}
        Arguments::Code(code) => writer.code(&without_blank_ends(code), ""),
        Arguments::Text(text) => writer.line(text, callee.lines.last().copied()),
    }
}

fn without_blank_ends(code: &Code) -> Code {
    let lines: Vec<_> = code.text.split('\n').collect();
    let is_blank = |line: &&str| line.trim().is_empty();
    let first = lines.iter().take_while(|line| is_blank(line)).count();
    let end = lines.len() - lines.iter().rev().take_while(|line| is_blank(line)).count();
    let kept = first..end.max(first);
    Code {
        text: lines[kept.clone()].join("\n"),
        lines: code.lines.get(kept.clone()).unwrap_or_default().to_vec(),
        verbatim: code
            .verbatim
            .iter()
            .filter(|&&line| kept.contains(&(line as usize)))
            .map(|line| line - first as u32)
            .collect(),
    }
}

/// Writes `OPERATION.then(…)`, on one line if it fits.
pub fn finish(
    writer: &mut Writer,
    split: &Split<'_>,
    operation: &str,
    onward: Onward<'_>,
    origin: Option<u32>,
) {
    let (method, tail, along) = match onward {
        Onward::Then(to) => ("then", handed_over(split, to), &to.along[..]),
        Onward::Tail(line) => ("tail", vec![line.to_string()], &[][..]),
    };
    let mut operation = operation.to_owned();
    if !along.is_empty() {
        operation = with_along(writer, split, &operation, along, origin);
    }
    let whole = format!("{operation}.{method}({})", tail.join(", "));
    if writer.width(&whole) <= WIDTH {
        writer.line(&whole, origin);
    } else {
        list(writer, &format!("{operation}.{method}("), &tail, origin);
    }
}

/// Adds `.along(…)`, or writes it where it does not fit on a line; gives what the next line begins with.
fn with_along(
    writer: &mut Writer,
    split: &Split<'_>,
    operation: &str,
    along: &[Stop],
    origin: Option<u32>,
) -> String {
    let calls: Vec<_> = along.iter().map(|stop| deferred(split, stop)).collect();
    let whole = format!("{operation}.along({})", calls.join(", "));
    if writer.width(&format!("{whole}.then(")) <= WIDTH {
        return whole;
    }
    open_list(writer, &format!("{operation}.along("), &calls, origin);
    ")".to_owned()
}

/// `lambda: flow.call(CALLEE, …)`: nothing of it is evaluated where it stands.
fn deferred(split: &Split<'_>, stop: &Stop) -> String {
    let (verb, subject, operands) = match stop {
        Stop::Call {
            callee, arguments, ..
        } => ("call", callee, arguments.join(", ")),
        Stop::Read {
            receiver,
            attributes,
            ..
        } => {
            let attributes = Arguments::attributes(split, attributes);
            let text = attributes.on_one_line(None).unwrap_or_default();
            ("read", receiver, text.to_owned())
        }
    };
    let comma = if operands.is_empty() { "" } else { ", " };
    format!("lambda: {}.{verb}({subject}{comma}{operands})", split.flow)
}

/// Writes an opened bracket's elements, each on its line, and closes it.
fn list(writer: &mut Writer, opened: &str, elements: &[String], origin: Option<u32>) {
    open_list(writer, opened, elements, origin);
    writer.line(")", origin);
}

/// Writes an opened bracket's elements, each on its line.
fn open_list(writer: &mut Writer, opened: &str, elements: &[String], origin: Option<u32>) {
    writer.line(opened, origin);
    writer.indented(|writer| {
        for element in elements {
            writer.line(&format!("{element},"), origin);
        }
    });
}

/// The block and the variables that it is given.
fn handed_over(split: &Split<'_>, to: &Transition) -> Vec<String> {
    let block = match split.class() {
        // The name of such a class would be mangled inside it.
        Some(class) if class.split('.').any(is_private) => format!("__class__.{}", to.block),
        Some(class) => format!("{class}.{}", to.block),
        None => to.block.clone(),
    };
    let mut handed = vec![block];
    let (unsure, bound): (Vec<_>, Vec<_>) =
        to.live.iter().partition(|variable| variable.maybe_unbound);
    for variable in bound {
        let keyword = mangled(split, &variable.name);
        handed.push(format!("{keyword}={}", variable.name));
    }
    if !unsure.is_empty() {
        let names: Vec<_> = unsure
            .iter()
            .map(|variable| format!("\"{}\"", mangled(split, &variable.name)))
            .collect();
        handed.push(format!(
            "**{}.bound(locals(), {})",
            split.flow,
            names.join(", ")
        ));
    }
    handed
}

/// A name of a split function's class, for where it stands as a string or a keyword of a call, which are not mangled.
fn mangled(split: &Split<'_>, name: &str) -> String {
    ir::mangled(split.class(), name)
}
