//! What one function contributes.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use super::super::code::CodeId;
use super::super::{Site, Uncarriable};
use crate::diagnostics::Diagnostic;
use crate::source::Span;

/// What was found in a function.
#[derive(Debug, Default)]
pub(crate) struct Findings {
    /// Where it leaves its entity.
    pub sites: Vec<(Span, Site)>,
    /// Uses of functions of the app's that run here, which leave the entity when those do.
    pub own_calls: Vec<OwnCall>,
    /// Calls of methods through a class, which are given their receiver as the first argument.
    pub unbound: Vec<(Span, CodeId)>,
    /// Calls of methods of entities and of functions that run here, with all that each may reach.
    pub method_calls: BTreeMap<Span, BTreeSet<CodeId>>,
    /// The operands of `await`.
    pub awaited: HashSet<Span>,
    /// Calls that are made in parallel, those among others before them.
    pub gathers: Vec<Gather>,
    /// What is wrong.
    pub diagnostics: Vec<Diagnostic>,
    /// Receivers that are built-in containers or strings.
    pub builtin_receivers: Vec<Span>,
    /// Attributes that are methods of those.
    pub builtin_methods: Vec<Span>,
    /// Operators that may look at objects.
    pub object_operators: Vec<Span>,
    /// Those of them that may run functions of the app's.
    pub special_operators: Vec<Span>,
    /// Managers of `with` and what `async for` goes over, where they cannot be carried, and what they are.
    pub kept: Vec<(Span, String)>,
    /// Calls from outside the app whose value may be another one when they are made again: what they call.
    pub asking: Vec<(Span, String)>,
    /// What its local names were assigned.
    pub locals: HashMap<String, Local>,
}

/// A call of `asyncio.gather` or `stateflow.gather`.
#[derive(Debug)]
pub(crate) struct Gather {
    /// The call.
    pub at: Span,
    /// The expressions that may be calls made in parallel.
    pub branches: Vec<Span>,
    /// Whether exceptions are to be among the results.
    pub return_exceptions: Option<Span>,
}

/// A use of a function of the app's that runs at the same entity.
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
    /// Run by an assignment to a property, or by its deletion.
    Access,
    /// Called while an object of its class is made.
    Construction,
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
