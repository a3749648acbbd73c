//! Parts of trees that several phases ask for.

use super::ast::{Expr, ExprName, Stmt};

/// The name at the root of attributes, subscripts and the like.
pub fn root(expr: &Expr) -> Option<&ExprName> {
    match expr {
        Expr::Name(name) => Some(name),
        Expr::Attribute(attribute) => root(&attribute.value),
        Expr::Subscript(subscript) => root(&subscript.value),
        _ => None,
    }
}

/// Whether the first statement of a body is its docstring.
pub fn is_docstring(first: &Stmt) -> bool {
    matches!(first, Stmt::Expr(expression) if expression.value.is_string_literal_expr())
}
