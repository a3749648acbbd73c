//! Calls that leave a method together.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Code;

/// One of the calls that leave a method together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Branch {
    /// A call of a method of an entity, or of a split helper of `self`.
    Call {
        /// What is called, as an expression.
        callee: Code,
        /// The arguments as written between the parentheses, but for a lone generator expression, which has its own.
        arguments: Code,
        /// What it may reach, sorted.
        targets: Vec<String>,
        /// The line that CPython names in a traceback through it.
        line: u32,
    },
    /// A read of an attribute of another entity.
    Read {
        /// The reference, as an expression.
        receiver: Code,
        /// The attribute.
        attribute: String,
        /// What it may reach, sorted.
        targets: Vec<String>,
        /// The line that CPython names in a traceback through it.
        line: u32,
    },
    /// The creation of an entity.
    Create {
        /// The class, as an expression.
        class: Code,
        /// The arguments as written between the parentheses, but for a lone generator expression, which has its own.
        arguments: Code,
        /// The entity that is created.
        entity: String,
        /// The line that CPython names in a traceback through it.
        line: u32,
    },
    /// Calls made in parallel whose list of results is one of the results.
    Gather {
        /// The calls, in the order of the results.
        branches: Vec<Branch>,
        /// As for the whole.
        return_exceptions: Option<Code>,
    },
    /// As many calls as the clauses of a comprehension give rounds.
    Each {
        /// The call.
        call: Box<Branch>,
        /// The clauses as written: `for item in items if item is not None`.
        clauses: Code,
    },
    /// An expression, or `*` and one, that does not leave the entity.
    Value(Code),
}

impl Branch {
    /// The line that CPython names in a traceback through it, if that is its own.
    pub fn line(&self) -> Option<u32> {
        match self {
            Self::Call { line, .. } | Self::Read { line, .. } | Self::Create { line, .. } => {
                Some(*line)
            }
            Self::Each { call, .. } => call.line(),
            Self::Gather { .. } | Self::Value(_) => None,
        }
    }

    /// Lets tracebacks name that line.
    pub fn place_at(&mut self, at: u32) {
        match self {
            Self::Call { line, .. } | Self::Read { line, .. } | Self::Create { line, .. } => {
                *line = at;
            }
            Self::Each { call, .. } => call.place_at(at),
            Self::Gather { branches, .. } => {
                branches.iter_mut().for_each(|one| one.place_at(at));
            }
            Self::Value(_) => {}
        }
    }
}
