//! The syntax trees. The only phase that names the parser's crates; the others take the tree from here.

mod annotation;
mod imports;
mod load;
mod locate;
mod nesting;
mod parse;
mod parts;
mod program;
mod prologue;
mod requirements;
mod semantics;
mod stack;
mod stdlib;

pub use annotation::parse_annotation;
pub use imports::{Import, ImportStmt, exported, imports, imports_at_top};
pub use load::load;
pub use parse::parse;
pub use parts::{is_docstring, root};
pub use program::{Module, ModuleId, Program};
pub use prologue::imports_before;
pub use ruff_python_ast as ast;
pub use ruff_text_size::{Ranged, TextRange, TextSize};
pub use stack::with_large_stack;

use crate::source::{FileId, Span};

/// A parsed file.
#[derive(Debug)]
pub struct Tree {
    /// The file.
    pub file: FileId,
    /// Its statements.
    pub body: ast::Suite,
    /// Its comments, in order, each from `#` to the end of its line.
    pub comments: Vec<TextRange>,
}

/// The span of a node of a file.
pub fn span(file: FileId, node: &impl Ranged) -> Span {
    let range = node.range();
    Span {
        file,
        start: range.start().to_u32(),
        end: range.end().to_u32(),
    }
}
