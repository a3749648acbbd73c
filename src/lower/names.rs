//! The local names that pieces of code bind.

use std::collections::{BTreeSet, HashSet};

use crate::syntax::ast::visitor::{self, Visitor};
use crate::syntax::ast::{self, Expr, ExprContext, Stmt};

/// A set of names.
pub type Names = BTreeSet<String>;

/// The names that a pattern binds by itself.
pub fn captures(pattern: &ast::Pattern) -> Vec<&str> {
    let name = match pattern {
        ast::Pattern::MatchAs(pattern) => pattern.name.as_ref(),
        ast::Pattern::MatchStar(pattern) => pattern.name.as_ref(),
        ast::Pattern::MatchMapping(pattern) => pattern.rest.as_ref(),
        _ => None,
    };
    name.map(|name| name.as_str()).into_iter().collect()
}

/// The name that an import binds; of a whole module, its first part.
pub fn bound_by(alias: &ast::Alias, whole: bool) -> &str {
    match &alias.asname {
        Some(name) => name,
        None if whole => alias.name.split('.').next().unwrap_or(&alias.name),
        None => &alias.name,
    }
}

/// The names of a function's parameters.
pub fn names_of_parameters(parameters: &ast::Parameters) -> HashSet<String> {
    let names = parameters.iter().map(|parameter| parameter.name());
    names.map(ToString::to_string).collect()
}

/// The names of a lambda's own: its parameters, and what it binds with `:=`.
pub fn names_of_lambda(lambda: &ast::ExprLambda) -> HashSet<String> {
    let parameters = lambda.parameters.as_deref().map(names_of_parameters);
    let mut names = parameters.unwrap_or_default();
    names.extend(names_of(&lambda.body));
    names
}

/// The names that a function's body binds, without those of inner scopes.
pub fn locals(body: &[Stmt]) -> HashSet<String> {
    let mut bound = Bound::default();
    bound.visit_body(body);
    for name in bound.outer {
        bound.names.remove(&name);
    }
    bound.names
}

/// The names that an expression binds: a target, or one with `:=`.
pub fn names_of(target: &Expr) -> HashSet<String> {
    let mut bound = Bound::default();
    bound.visit_expr(target);
    bound.names
}

#[derive(Default)]
struct Bound {
    names: HashSet<String>,
    outer: Vec<String>,
    comprehensions: usize,
}

impl<'a> Visitor<'a> for Bound {
    fn visit_expr(&mut self, expr: &'a Expr) {
        match expr {
            Expr::Name(name) if name.ctx != ExprContext::Load => {
                if self.comprehensions == 0 {
                    self.names.insert(name.id.to_string());
                }
            }
            Expr::Named(named) => {
                if let Expr::Name(name) = &*named.target {
                    self.names.insert(name.id.to_string());
                }
                self.visit_expr(&named.value);
            }
            Expr::Lambda(_) => {}
            Expr::ListComp(_) | Expr::SetComp(_) | Expr::DictComp(_) | Expr::Generator(_) => {
                self.comprehensions += 1;
                visitor::walk_expr(self, expr);
                self.comprehensions -= 1;
            }
            _ => visitor::walk_expr(self, expr),
        }
    }

    fn visit_stmt(&mut self, stmt: &'a Stmt) {
        match stmt {
            Stmt::FunctionDef(def) => drop(self.names.insert(def.name.to_string())),
            Stmt::ClassDef(def) => drop(self.names.insert(def.name.to_string())),
            Stmt::Import(stmt) => self.names.extend(
                stmt.names
                    .iter()
                    .map(|alias| bound_by(alias, true).to_owned()),
            ),
            Stmt::ImportFrom(stmt) => self.names.extend(
                stmt.names
                    .iter()
                    .map(|alias| bound_by(alias, false).to_owned()),
            ),
            Stmt::Global(stmt) => self
                .outer
                .extend(stmt.names.iter().map(ToString::to_string)),
            Stmt::Nonlocal(stmt) => self
                .outer
                .extend(stmt.names.iter().map(ToString::to_string)),
            _ => visitor::walk_stmt(self, stmt),
        }
    }

    fn visit_except_handler(&mut self, handler: &'a ast::ExceptHandler) {
        let ast::ExceptHandler::ExceptHandler(inner) = handler;
        self.names
            .extend(inner.name.iter().map(ToString::to_string));
        visitor::walk_except_handler(self, handler);
    }

    fn visit_pattern(&mut self, pattern: &'a ast::Pattern) {
        self.names
            .extend(captures(pattern).into_iter().map(str::to_owned));
        visitor::walk_pattern(self, pattern);
    }
}
