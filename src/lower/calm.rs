//! Statements that look at nothing but locals and change nothing else.

use super::builder::Builder;
use crate::resolve::reads::Kind;
use crate::syntax::Ranged;
use crate::syntax::ast::{self, Expr, Stmt};

impl Builder<'_, '_> {
    /// Whether a statement, with what has been replaced in it, computes with locals and assigns to one; what it raises leaves
    /// the method.
    pub fn is_calm(&self, stmt: &Stmt) -> bool {
        let assigns = match stmt {
            Stmt::Pass(_) => true,
            Stmt::Assign(assign) => {
                assign.targets.iter().all(Expr::is_name_expr) && self.is_calm_value(&assign.value)
            }
            Stmt::AnnAssign(assign) => {
                let value = assign.value.as_ref();
                assign.target.is_name_expr() && value.is_none_or(|value| self.is_calm_value(value))
            }
            Stmt::AugAssign(assign) => {
                let name = assign.target.as_name_expr();
                name.is_some_and(|name| self.assigned.kind(&name.id) == Some(Kind::Literal))
                    && !self.looks_at_objects(assign)
                    && self.is_calm_value(&assign.value)
            }
            _ => false,
        };
        assigns && self.zone.is_none()
    }

    /// The same of an expression.
    pub fn is_calm_value(&self, expr: &Expr) -> bool {
        self.zone.is_none() && self.computes(expr)
    }

    /// Whether an operator may look at an object, which may be the entity's too.
    fn looks_at_objects(&self, operator: &impl Ranged) -> bool {
        let operators = &self.resolution.object_operators;
        operators.contains(&self.span(operator))
    }

    fn computes(&self, expr: &Expr) -> bool {
        let all = |exprs: &[Expr]| exprs.iter().all(|one| self.computes(one));
        match expr {
            _ if self.edits.at(expr.range()).is_some() => true,
            Expr::Name(_) => true,
            _ if self.looks_at_objects(expr) => false,
            Expr::BinOp(operation) => {
                self.computes(&operation.left) && self.computes(&operation.right)
            }
            Expr::UnaryOp(operation) => self.computes(&operation.operand),
            Expr::BoolOp(ast::ExprBoolOp { values, .. }) => all(values),
            Expr::Compare(compare) => self.computes(&compare.left) && all(&compare.comparators),
            Expr::If(choice) => {
                let parts = [&choice.test, &choice.body, &choice.orelse];
                parts.into_iter().all(|part| self.computes(part))
            }
            Expr::Tuple(tuple) => all(&tuple.elts),
            Expr::List(list) => all(&list.elts),
            _ => expr.is_literal_expr(),
        }
    }
}
