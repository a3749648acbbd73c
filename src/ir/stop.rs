//! Calls that travel along with another one.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A call of what only reads, whose operands are there before the call that it travels along with: it can be made on the way
/// back from there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Stop {
    /// A call of a method of an entity.
    Call {
        /// What is called, as an expression of one line.
        callee: String,
        /// The arguments: expressions of one line, the last ones with a name and `=` before them.
        arguments: Vec<String>,
        /// What it may reach, sorted.
        targets: Vec<String>,
    },
    /// A read of attributes of another entity.
    Read {
        /// The reference, as an expression of one line.
        receiver: String,
        /// The attributes.
        attributes: Vec<String>,
        /// What it may reach, sorted.
        targets: Vec<String>,
    },
}
