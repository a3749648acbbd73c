//! What a bundle for Stateful Functions can be asked to be like.

use super::super::{Choices, TargetOption, Value, Values};

/// The options.
pub const OPTIONS: &[TargetOption] = &[TargetOption {
    name: REPLIES,
    help: "When an answer is given",
    values: Values::OneOf(&[
        Value {
            name: "committed",
            help: "once a checkpoint holds what it tells of: no failure contradicts it",
        },
        Value {
            name: EARLY,
            help: "at once; a client may see an answer that a failure undoes, and the request may then be answered otherwise",
        },
    ]),
}];

const REPLIES: &str = "replies";
const EARLY: &str = "early";

/// What a bundle was asked to be like, as its templates read it.
pub struct Shape {
    /// Whether an answer waits for nothing.
    pub is_early: bool,
}

impl Shape {
    pub fn of(choices: &Choices) -> Self {
        Self {
            is_early: choices.get(REPLIES) == Some(EARLY),
        }
    }
}
