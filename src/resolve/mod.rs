//! Types, as far as they are needed to find every expression that leaves its entity.

mod annotations;
mod awaits;
mod builtins;
mod code;
mod dispatch;
mod errors;
mod facts;
mod gathers;
mod generics;
mod graph;
mod infer;
mod locals;
mod names;
mod outside;
pub(crate) mod reads;
mod recorded;
mod signature;
mod to_ir;
mod types;
pub(crate) mod values;

pub(crate) use gathers::{Gathered, gathered};
pub(crate) use infer::changes;
pub(crate) use locals::Locals;
pub(crate) use names::is_defined;
pub use recorded::{Awaited, LeftOut, Recorded, RecordedCall};

use std::collections::{HashMap, HashSet};

use crate::diagnostics::Diagnostic;
use crate::ir;
use crate::model::{ClassRef, EntityId, Function, Model};
use crate::source::Span;
use crate::syntax::span;
use code::Owner;
use facts::Facts;
use graph::Graph;

/// Facts about the whole app are gathered over it this often at most.
const MAX_ROUNDS: u32 = 20;

/// An expression at which control may leave the function. What it may reach is named as people do, sorted: `Item.price`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Site {
    /// A call expression whose callee is a method of another entity, or of one that may be another.
    Call {
        /// What it may reach.
        targets: Vec<String>,
    },
    /// A call expression of a function that runs at the same entity and itself leaves it.
    Helper {
        /// What it may reach.
        targets: Vec<String>,
    },
    /// An attribute expression, or the name of one in a pattern, that reads a field or a property of another entity, or of one that may be another.
    Read {
        /// What it may reach.
        targets: Vec<String>,
    },
    /// An attribute expression, or the name of one in a pattern, that runs a property which runs at the same entity and itself leaves it.
    Getter {
        /// What it may reach.
        targets: Vec<String>,
    },
    /// The name of an attribute that is assigned to or deleted: a property whose function for that runs at the same entity and
    /// itself leaves it.
    Accessor {
        /// What it may reach.
        targets: Vec<String>,
    },
    /// A call expression that creates an entity of that class or of one that inherits from it.
    Create {
        /// The entity.
        entity: EntityId,
    },
    /// A call of `asyncio.gather` or `stateflow.gather` of which an argument is a site: those are left by together.
    Gather,
}

impl Site {
    /// What it may reach, but for a creation.
    fn targets(&mut self) -> Option<&mut Vec<String>> {
        match self {
            Self::Call { targets }
            | Self::Helper { targets }
            | Self::Read { targets }
            | Self::Getter { targets }
            | Self::Accessor { targets } => Some(targets),
            Self::Create { .. } | Self::Gather => None,
        }
    }
}

/// What is known of the program's expressions.
#[derive(Debug, Default)]
pub struct Resolution {
    /// The sites, by the span of their expression (the call with its parentheses; the attribute with its receiver).
    pub sites: HashMap<Span, Site>,
    /// The app's own functions that run in place, by the span of the call (for a property, of the attribute): the spans of their
    /// definitions.
    pub calls: HashMap<Span, Vec<Span>>,
    /// The methods that are called through a class, which are given their receiver as the first argument, by the span of the call:
    /// the spans of their definitions.
    pub unbound: HashMap<Span, Vec<Span>>,
    /// Expressions whose value is a built-in container or string (`list`, `dict`, `set`, `str`, …): looking up a method on
    /// them runs no code.
    pub builtin_receivers: HashSet<Span>,
    /// Attributes that are methods of such a value: looking them up cannot fail either.
    pub builtin_methods: HashSet<Span>,
    /// Operators, and conditional expressions, of which an operand is not known to be a number, a string or `None`: what they
    /// look at may be an object that the entity holds too, so that it counts when they do.
    pub object_operators: HashSet<Span>,
    /// Those of them that may run special methods of the app's classes. Where reading changes nothing, neither do these; but
    /// they may raise for operands of a right type, as Python's own do not.
    pub special_operators: HashSet<Span>,
    /// Whether reading alone may change something or never end, because a special method of the app's may.
    pub changes_by_reading: bool,
    /// Whether a look-up in a container may add what is missing.
    pub adds_what_is_missing: bool,
    /// Local names that hold what cannot be encoded, by the span of the function definition: why, and where they got it.
    pub uncarriable: HashMap<Span, HashMap<String, Uncarriable>>,
    /// Managers of `with` and what `async for` goes over, where they cannot be encoded, by the span of the expression that
    /// gives them: what they are.
    pub uncarriable_kept: HashMap<Span, String>,
    /// Calls of asynchronous functions of the app's that are not awaited where they stand.
    pub coroutines: HashSet<Span>,
    /// The type of each field, by entity and name.
    pub fields: HashMap<(EntityId, String), ir::Type>,
    /// The type of each annotated parameter and result, by the span of the annotation.
    pub annotations: HashMap<Span, ir::Type>,
    /// The definitions of the functions that run as part of an entity's method: those methods and what they call.
    pub reached: HashSet<Span>,
    /// The definitions of the functions that leave the entity they run at, by themselves or in what they call.
    pub leaving: HashSet<Span>,
    /// Calls from outside the app whose value may be another one when they are made again, by their span: what they call.
    pub asking: HashMap<Span, String>,
    /// What is recorded where steps may run again.
    pub recorded: Recorded,
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
    let mut facts = Facts::new(model);
    gather(&mut facts);
    facts.is_complete = true;
    gather(&mut facts);
    let findings: Vec<_> = facts
        .codes
        .ids()
        .map(|code| infer::find(&mut facts, code))
        .collect();
    let mut resolution = Resolution::default();
    surface(&mut facts, &mut resolution);
    let diagnostics = Graph::new(&facts, &findings).finish(&mut resolution);
    resolution.recorded = recorded::find(model, &resolution);
    (resolution, diagnostics)
}

/// Runs over all functions until they add nothing to the facts.
fn gather(facts: &mut Facts<'_>) {
    for _ in 0..MAX_ROUNDS {
        facts.changed = false;
        for code in facts.codes.ids() {
            infer::learn(facts, code);
        }
        if !facts.changed {
            break;
        }
    }
}

/// The types that clients see.
fn surface(facts: &mut Facts<'_>, resolution: &mut Resolution) {
    let model = facts.model;
    for (index, entity) in model.entities.iter().enumerate() {
        let id = EntityId(index as u32);
        for field in &entity.fields {
            let type_ = facts.client_field(Owner::Entity(id), field.name);
            let type_ = to_ir::to_ir(facts, &type_);
            resolution.fields.insert((id, field.name.to_owned()), type_);
        }
        for (_, method) in model.all_methods(ClassRef::Entity(id)) {
            annotations_of(facts, id, method, resolution);
        }
    }
}

fn annotations_of(
    facts: &mut Facts<'_>,
    entity: EntityId,
    method: &Function<'_>,
    resolution: &mut Resolution,
) {
    let model = facts.model;
    let file = model.program.module(method.module).file;
    let params = method.params.iter().filter_map(|param| param.annotation);
    for annotation in params.chain(method.def.returns.as_deref()) {
        if let Some(type_) = facts.annotation(method.module, Owner::Entity(entity), annotation) {
            resolution
                .annotations
                .insert(span(file, annotation), to_ir::to_ir(facts, &type_));
        }
    }
}

#[cfg(test)]
mod tests;
