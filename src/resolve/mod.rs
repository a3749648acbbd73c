//! Types, as far as they are needed to find every expression that leaves its entity.

use std::collections::{HashMap, HashSet};

use crate::diagnostics::Diagnostic;
use crate::ir;
use crate::model::{EntityId, Model};
use crate::source::Span;

/// An expression at which control may leave the method.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Site {
    /// A call expression whose callee is a method of another entity, or of one that may be another.
    Call {
        /// What it may reach: entity and method; at least one.
        targets: Vec<(EntityId, String)>,
    },
    /// A call expression of a method of `self` that itself leaves the entity.
    Helper {
        /// The entity and the method.
        target: (EntityId, String),
    },
    /// An attribute expression that reads a field of another entity.
    Read {
        /// What it may reach: entity and field; at least one.
        targets: Vec<(EntityId, String)>,
    },
    /// A call expression that creates an entity.
    Create {
        /// The entity.
        entity: EntityId,
    },
}

/// What is known of the program's expressions.
#[derive(Debug, Default)]
pub struct Resolution {
    /// The sites, by the span of their expression (the call with its parentheses; the attribute with its receiver).
    pub sites: HashMap<Span, Site>,
    /// Expressions whose value is a built-in container or string (`list`, `dict`, `set`, `str`, …): looking up a method on
    /// them cannot fail or run code.
    pub builtin_receivers: HashSet<Span>,
    /// Local names that hold what cannot be encoded, by the span of the function definition: why, and where they got it.
    pub uncarriable: HashMap<Span, HashMap<String, Uncarriable>>,
    /// The type of each field, by entity and name.
    pub fields: HashMap<(EntityId, String), ir::Type>,
    /// The type of each annotated parameter and result, by the span of the annotation.
    pub annotations: HashMap<Span, ir::Type>,
}

/// Why a local cannot live on across a split.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Uncarriable {
    /// What it holds: `a lambda`, `an open file`.
    pub what: String,
    /// Where it was assigned.
    pub at: Span,
}

/// Finds the sites and reports what is wrong with them: unknown methods and attributes, wrong arguments, receivers whose
/// type cannot be told, assignments to attributes of references.
pub fn resolve(model: &Model<'_>) -> (Resolution, Vec<Diagnostic>) {
    let _ = model;
    (Resolution::default(), Vec::new())
}
