//! `super()` without arguments, which looks at the first parameter of the function that it stands in.

use super::text::{Edit, Edits};
use crate::syntax::Ranged;
use crate::syntax::ast::visitor::{self, Visitor};
use crate::syntax::ast::{Expr, Stmt};

/// The arguments of `super(…)`; nothing where an expression is something else.
pub fn super_arguments(expr: &Expr) -> Option<&[Expr]> {
    let call = expr.as_call_expr()?;
    let is_super = call
        .func
        .as_name_expr()
        .is_some_and(|name| name.id == "super");
    (is_super && call.arguments.keywords.is_empty()).then_some(&call.arguments.args)
}

fn is_super(expr: &Expr) -> bool {
    super_arguments(expr).is_some_and(<[Expr]>::is_empty)
}

/// Writes every `super()` with its arguments, for blocks that are not given the receiver as their first argument.
pub fn write_out(body: &[Stmt], receiver: &str, edits: &mut Edits) {
    Supers { receiver, edits }.visit_body(body);
}

struct Supers<'e> {
    receiver: &'e str,
    edits: &'e mut Edits,
}

impl<'a> Visitor<'a> for Supers<'_> {
    fn visit_stmt(&mut self, stmt: &'a Stmt) {
        if !matches!(stmt, Stmt::FunctionDef(_) | Stmt::ClassDef(_)) {
            visitor::walk_stmt(self, stmt);
        }
    }

    fn visit_expr(&mut self, expr: &'a Expr) {
        if is_super(expr) {
            let edit = Edit {
                text: format!("super(__class__, {})", self.receiver),
                uses: vec![self.receiver.to_owned()],
            };
            self.edits.set(expr.range(), edit);
        } else {
            visitor::walk_expr(self, expr);
        }
    }
}
