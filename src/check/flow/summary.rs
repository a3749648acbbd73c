//! What a function does to what it is given.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::source::Span;

/// What a function does, with all that it calls in place.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Summary {
    /// The fields of the receiver that its result follows from.
    pub result: BTreeSet<String>,
    /// The fields of the receiver that decide whether it raises.
    pub guards: BTreeSet<String>,
    /// The fields of the receiver that it writes without having looked at them first.
    pub writes: BTreeSet<String>,
    /// The fields of the receiver that it looks at and then writes.
    pub checked_writes: BTreeSet<String>,
    /// The parameters whose argument it changes, each with the first place.
    pub changes: BTreeMap<String, Span>,
    /// Whether it changes its receiver.
    pub changes_receiver: bool,
}

/// The summaries by the span of the function's definition.
pub type Summaries = HashMap<Span, Summary>;

/// A field that is written on the strength of a read before a departure.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct CheckThenAct {
    /// The write.
    pub write: Span,
    /// The read.
    pub read: Span,
    /// Where control left in between.
    pub left: Span,
    /// The field.
    pub field: String,
}

/// An argument that a callee elsewhere changes a copy of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Loan {
    /// The argument.
    pub argument: Span,
    /// The callee: `Item.fill`.
    pub callee: String,
    /// The parameter.
    pub param: String,
    /// Where the callee changes it.
    pub change: Span,
    /// Whether it stays in a field of the caller.
    pub kept: bool,
    /// Where the caller uses it afterwards; in a loop that may be the argument itself.
    pub used: BTreeSet<Span>,
}

/// What was found in a function.
#[derive(Debug, Default)]
pub struct Found {
    /// Fields written on the strength of old reads.
    pub stale: BTreeSet<CheckThenAct>,
    /// Arguments changed elsewhere, by the span of the call and the place of the argument.
    pub loans: BTreeMap<Span, Vec<Loan>>,
}
