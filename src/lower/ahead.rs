//! The read that a method begins with: it can be made on the way to the method, by whoever calls it.
//!
//! Only where nothing comes before it is the meaning the same: no call, no write and nothing that may raise.

use super::cfg::{Leaving, Term};
use crate::ir::{Block, Node, ParamKind};
use crate::model::Function;
use crate::syntax::is_docstring;

/// Whether a basic block ends by reading fields, which runs no code.
pub fn is_read_of_fields(term: &Term) -> bool {
    let Term::Leave { leaving, .. } = term else {
        return false;
    };
    matches!(leaving, Leaving::Read { is_field: true, .. })
}

/// Notes at the read that a method begins with, if there is such a thing, the parameter that refers to what is read.
pub fn note(blocks: &mut [Block], function: &Function<'_>) {
    let (def, params) = (function.def, &function.params);
    let mut kinds = params.iter().map(|param| param.kind);
    let is_plain = kinds.all(|kind| matches!(kind, ParamKind::Regular | ParamKind::KeywordOnly));
    if !is_plain || !def.decorator_list.is_empty() {
        return;
    }
    let Some(
        [
            before @ ..,
            Node::Read {
                receiver,
                then: Some(_),
                parameter,
                ..
            },
        ],
    ) = blocks.first_mut().map(|entry| &mut *entry.body)
    else {
        return;
    };
    let docstrings = usize::from(def.body.first().is_some_and(is_docstring));
    let is_param = params.iter().any(|param| param.name == receiver.text);
    if is_param && before.iter().filter(|node| !is_comment(node)).count() == docstrings {
        *parameter = Some(receiver.text.clone());
    }
}

fn is_comment(node: &Node) -> bool {
    let Node::Code(code) = node else {
        return false;
    };
    let mut lines = code.text.lines().map(str::trim);
    lines.all(|line| line.is_empty() || line.starts_with('#'))
}
