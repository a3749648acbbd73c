//! Calls that are made in parallel: `asyncio.gather` and `stateflow.gather`.

use crate::syntax::ast::{self, Expr};

/// Whether that is the name of a function that makes its arguments' calls in parallel.
pub(super) fn is_gather(name: &str) -> bool {
    matches!(name, "asyncio.gather" | "stateflow.gather")
}

/// An argument of such a function.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Gathered<'e> {
    /// One expression.
    One(&'e Expr),
    /// `*[ELEMENT for … in …]`: what its element gives, again and again.
    Each {
        /// The element.
        element: &'e Expr,
        /// The clauses, at least one.
        clauses: &'e [ast::Comprehension],
        /// The comprehension.
        whole: &'e Expr,
    },
    /// `*VALUES`.
    Unpacked(&'e Expr),
}

impl<'e> Gathered<'e> {
    /// What may be one of the calls, or all of them.
    pub fn element(self) -> Option<&'e Expr> {
        match self {
            Self::One(element) | Self::Each { element, .. } => Some(element),
            Self::Unpacked(_) => None,
        }
    }
}

/// The arguments by position; those in a display that is unpacked stand for themselves.
pub(crate) fn gathered(call: &ast::ExprCall) -> Vec<Gathered<'_>> {
    let mut found = Vec::new();
    for argument in &call.arguments.args {
        match argument {
            Expr::Starred(starred) => match &*starred.value {
                Expr::List(list) => found.extend(list.elts.iter().map(displayed)),
                Expr::Tuple(tuple) => found.extend(tuple.elts.iter().map(displayed)),
                other => found.push(unpacked(other)),
            },
            other => found.push(Gathered::One(other)),
        }
    }
    found
}

fn displayed(element: &Expr) -> Gathered<'_> {
    match element {
        Expr::Starred(starred) => unpacked(&starred.value),
        other => Gathered::One(other),
    }
}

fn unpacked(value: &Expr) -> Gathered<'_> {
    let (element, clauses) = match value {
        Expr::ListComp(comp) => (&comp.elt, &comp.generators),
        Expr::Generator(comp) => (&comp.elt, &comp.generators),
        _ => return Gathered::Unpacked(value),
    };
    if clauses.iter().any(|clause| clause.is_async) {
        return Gathered::Unpacked(value);
    }
    Gathered::Each {
        element,
        clauses,
        whole: value,
    }
}
