//! The types of parameters, results and fields, as far as a client or a reviewer needs them.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A type, in terms of run-time classes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Type {
    /// Anything: no annotation, `object`, `Any`, or one that says nothing about run-time classes.
    Any,
    /// `None`.
    None,
    /// `bool`.
    Bool,
    /// `int`.
    Int,
    /// `float`.
    Float,
    /// `str`.
    Str,
    /// `bytes`.
    Bytes,
    /// Another class by its qualified name: `decimal.Decimal`, `bank.audit.Entry`.
    Class {
        /// The module that defines it.
        module: String,
        /// The name there, with dots for nesting.
        name: String,
    },
    /// A reference to an entity.
    Entity {
        /// The entity's name.
        name: String,
    },
    /// `list[of]`.
    List {
        /// The elements.
        of: Box<Type>,
    },
    /// `set[of]`.
    Set {
        /// The elements.
        of: Box<Type>,
    },
    /// `frozenset[of]`.
    Frozenset {
        /// The elements.
        of: Box<Type>,
    },
    /// `dict[key, value]`.
    Dict {
        /// The keys.
        key: Box<Type>,
        /// The values.
        value: Box<Type>,
    },
    /// `tuple[a, b]`.
    Tuple {
        /// The elements, in order.
        of: Vec<Type>,
    },
    /// `tuple[of, ...]`.
    TupleOf {
        /// The elements.
        of: Box<Type>,
    },
    /// One of several; `Optional[T]` is a union with `none`.
    Union(UnionOf),
    /// `Literal[…]`: the values as JSON.
    Literal {
        /// The values.
        values: Vec<serde_json::Value>,
    },
}

/// The alternatives of a union, without repetitions, in the order in which they were written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct UnionOf {
    /// The alternatives: at least two.
    pub of: Vec<Type>,
}
