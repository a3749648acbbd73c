//! The text of calls that are recorded: what stands around the user's own.
//!
//! `requests.get(url).json()["price"]` becomes `flow.recorded(flow.delayed(requests.get)(url).json()["price"])`: all arguments are
//! evaluated where they stand, and nothing is asked before `flow.recorded` is reached. An `await` in between becomes
//! `flow.awaited`, and the whole is awaited.

use crate::ir;
use crate::resolve::{Awaited, RecordedCall};
use crate::source::{SourceFile, Span};
use crate::syntax::TextSize;

/// Text that stands in the place of other text, or before it.
#[derive(Debug, Clone)]
pub struct Insertion {
    /// Where.
    pub at: TextSize,
    /// The length of the other text.
    pub removed: TextSize,
    /// The text.
    pub text: String,
}

/// What a call that is recorded gets, in the order of the text.
pub fn insertions(call: &RecordedCall, source: &SourceFile, flow: &str) -> Vec<Insertion> {
    let mut found = Vec::new();
    let mut add = |at: u32, removed: u32, text: String| {
        found.push(Insertion {
            at: TextSize::new(at),
            removed: TextSize::new(removed),
            text,
        });
    };
    let (unused, end) = match call.is_unused {
        true => (format!("{flow}.unused("), ")"),
        false => (String::new(), ""),
    };
    let is_awaited = call.awaits.first().is_some_and(|one| one.at == call.at);
    let (whole, recorded, closing) = match &call.awaits[..] {
        [] if !call.is_coroutine => (call.at, format!("{flow}.recorded"), ")"),
        [] => (call.at, format!("{flow}.recorded_async"), ")"),
        [outermost, ..] if is_awaited => (outermost.operand, format!("{flow}.recorded_async"), ")"),
        _ => (
            call.at,
            format!("(await {flow}.recorded_async"),
            ", is_awaited=False))",
        ),
    };
    add(whole.start, 0, format!("{recorded}({unused}"));
    for one in call.awaits.iter().skip(usize::from(is_awaited)) {
        add(
            one.at.start,
            keyword(*one, source),
            format!("{flow}.awaited("),
        );
        add(one.at.end, 0, ")".to_owned());
    }
    add(call.callee.start, 0, format!("{flow}.delayed("));
    add(call.callee.end, 0, ")".to_owned());
    add(whole.end, 0, format!("{end}{closing}"));
    found.sort_by_key(|insertion| insertion.at);
    found
}

/// How long `await` is, with the blanks behind it.
fn keyword(awaited: Awaited, source: &SourceFile) -> u32 {
    let Span { start, .. } = awaited.at;
    let text = &source.text[start as usize..awaited.operand.start as usize];
    let keyword = "await".len();
    let blanks = text[keyword..].len() - text[keyword..].trim_start_matches([' ', '\t']).len();
    (keyword + blanks) as u32
}

/// The same, by lines and columns.
pub fn by_line(insertion: Insertion, source: &SourceFile) -> ir::Insertion {
    let line = source.index.line(insertion.at.to_u32());
    ir::Insertion {
        line,
        column: insertion.at.to_u32() - source.index.start(line),
        removed: insertion.removed.to_u32(),
        text: insertion.text,
    }
}
