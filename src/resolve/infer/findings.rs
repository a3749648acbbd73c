//! What one function contributes.

use std::collections::{HashMap, HashSet};

use super::super::code::CodeId;
use super::super::{Site, Uncarriable};
use crate::diagnostics::Diagnostic;
use crate::model::EntityId;
use crate::source::Span;

/// What was found in a function.
#[derive(Debug, Default)]
pub(crate) struct Findings {
    /// Where it leaves its entity.
    pub sites: Vec<(Span, Site)>,
    /// Calls of methods of `self`, which leave the entity when those do.
    pub self_calls: Vec<SelfCall>,
    /// Calls of other functions of the app's.
    pub own_calls: Vec<OwnCall>,
    /// Calls of methods of entities, by whether the method is asynchronous. Of several, there may be both.
    pub method_calls: HashSet<(Span, bool)>,
    /// The operands of `await`.
    pub awaited: HashSet<Span>,
    /// What is wrong.
    pub diagnostics: Vec<Diagnostic>,
    /// Receivers that are built-in containers or strings.
    pub builtin_receivers: Vec<Span>,
    /// Managers of `with` that cannot be carried, and what they are.
    pub managers: Vec<(Span, String)>,
    /// What its local names were assigned.
    pub locals: HashMap<String, Local>,
}

/// A call of a method of `self`.
#[derive(Debug)]
pub(crate) struct SelfCall {
    /// The call.
    pub at: Span,
    /// The entity and the method.
    pub target: (EntityId, String),
    /// The method.
    pub code: CodeId,
}

/// A use of a function of the app's that is no method of an entity bound to its instance.
#[derive(Debug)]
pub(crate) struct OwnCall {
    /// The call, or the expression that hands the function on.
    pub at: Span,
    /// The function.
    pub code: CodeId,
    /// How it is used.
    pub via: Via,
}

/// How a function is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Via {
    /// Called where it stands.
    Call,
    /// Read as a property.
    Property,
    /// Handed on, to be called by others.
    Value,
}

/// What a local name was assigned.
#[derive(Debug, Default)]
pub(crate) struct Local {
    /// The first value that cannot be carried.
    pub uncarriable: Option<Uncarriable>,
    /// Whether it was also assigned something else.
    pub carriable: bool,
}
