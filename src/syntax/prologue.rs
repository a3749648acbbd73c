//! Where a module's own code begins.

use super::{Ranged, Tree, ast, is_docstring};
use crate::source::SourceFile;

/// The line before which an import can be added: that of the first statement after the docstring and the `__future__`
/// imports that shares its line with none of them; the line after the last where there is no such statement.
pub fn imports_before(tree: &Tree, source: &SourceFile) -> u32 {
    let mut free_from = 1;
    for (index, statement) in tree.body.iter().enumerate() {
        let range = statement.range();
        let first = source.index.line(range.start().to_u32());
        if !opens_module(index, statement) && first >= free_from {
            return first;
        }
        free_from = source.index.line(range.end().to_u32()) + 1;
    }
    source.index.len() + 1
}

fn opens_module(index: usize, statement: &ast::Stmt) -> bool {
    match statement {
        ast::Stmt::ImportFrom(import) => import.module.as_deref() == Some("__future__"),
        _ => index == 0 && is_docstring(statement),
    }
}
