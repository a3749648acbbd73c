//! Annotations written as strings.

use super::ast;
use super::nesting::too_deep;

/// The expression in a string annotation, with ranges relative to `text`; nothing where it is not one.
pub fn parse_annotation(text: &str) -> Option<ast::Expr> {
    let text = text.trim();
    if too_deep(text).is_some() {
        return None;
    }
    let parsed = ruff_python_parser::parse_expression(text).ok()?;
    Some(parsed.into_expr())
}
