//! Which names a function binds.

use std::collections::HashSet;

use crate::syntax::ast::visitor::{
    Visitor, walk_comprehension, walk_except_handler, walk_expr, walk_pattern, walk_stmt,
};
use crate::syntax::ast::{self, Expr, Pattern, Stmt};

/// The names that a function binds and those that it declares `global`.
#[derive(Debug, Default)]
pub(crate) struct Locals {
    /// Parameters and all that is assigned, imported, defined or caught.
    pub bound: HashSet<String>,
    /// Names declared `global`; they are not among the bound ones.
    pub global: HashSet<String>,
    /// Names declared `nonlocal`; they are not among the bound ones.
    nonlocal: HashSet<String>,
    /// Whether what functions, classes and comprehensions inside bind counts too.
    is_deep: bool,
}

impl Locals {
    /// Those of a function.
    pub fn of(def: &ast::StmtFunctionDef) -> Self {
        let mut locals = Self::default();
        for parameter in &def.parameters {
            locals.add(parameter.name());
        }
        locals.visit_body(&def.body);
        let Self {
            bound,
            global,
            nonlocal,
            ..
        } = &mut locals;
        bound.retain(|name| !global.contains(name) && !nonlocal.contains(name));
        locals
    }

    /// All names that statements bind, or declare and bind elsewhere, and that functions, classes and comprehensions in them do.
    pub fn anywhere_in(body: &[Stmt]) -> HashSet<String> {
        let mut locals = Self {
            is_deep: true,
            ..Self::default()
        };
        locals.visit_body(body);
        locals.bound
    }

    fn add(&mut self, name: &str) {
        self.bound.insert(name.to_owned());
    }

    fn inside(&mut self, definition: &Stmt) {
        if self.is_deep {
            walk_stmt(self, definition);
        }
    }

    fn alias(&mut self, alias: &ast::Alias) {
        let bound = alias.asname.as_ref().unwrap_or(&alias.name);
        self.add(bound.split('.').next().unwrap_or_default());
    }
}

impl Visitor<'_> for Locals {
    fn visit_stmt(&mut self, stmt: &Stmt) {
        match stmt {
            Stmt::FunctionDef(def) => {
                self.add(&def.name);
                self.inside(stmt);
            }
            Stmt::ClassDef(class) => {
                self.add(&class.name);
                self.inside(stmt);
            }
            Stmt::Global(global) => self
                .global
                .extend(global.names.iter().map(ToString::to_string)),
            Stmt::Nonlocal(outer) => self
                .nonlocal
                .extend(outer.names.iter().map(ToString::to_string)),
            Stmt::Import(import) => import.names.iter().for_each(|alias| self.alias(alias)),
            Stmt::ImportFrom(import) => import.names.iter().for_each(|alias| self.alias(alias)),
            _ => walk_stmt(self, stmt),
        }
    }

    fn visit_expr(&mut self, expr: &Expr) {
        match expr {
            Expr::Name(name) if !name.ctx.is_load() => self.add(&name.id),
            Expr::Lambda(_) if !self.is_deep => {}
            _ => walk_expr(self, expr),
        }
    }

    /// A parameter of a function inside.
    fn visit_parameter(&mut self, parameter: &ast::Parameter) {
        self.add(&parameter.name);
    }

    /// The targets of a comprehension are its own.
    fn visit_comprehension(&mut self, comprehension: &ast::Comprehension) {
        if self.is_deep {
            return walk_comprehension(self, comprehension);
        }
        self.visit_expr(&comprehension.iter);
        comprehension
            .ifs
            .iter()
            .for_each(|condition| self.visit_expr(condition));
    }

    fn visit_except_handler(&mut self, handler: &ast::ExceptHandler) {
        let ast::ExceptHandler::ExceptHandler(caught) = handler;
        if let Some(name) = &caught.name {
            self.add(name);
        }
        walk_except_handler(self, handler);
    }

    fn visit_pattern(&mut self, pattern: &Pattern) {
        let captured = match pattern {
            Pattern::MatchAs(as_) => as_.name.as_ref(),
            Pattern::MatchStar(star) => star.name.as_ref(),
            Pattern::MatchMapping(mapping) => mapping.rest.as_ref(),
            _ => None,
        };
        if let Some(name) = captured {
            self.add(name);
        }
        walk_pattern(self, pattern);
    }
}
