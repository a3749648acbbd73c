//! The names that are not those of the module.

use std::collections::HashSet;

use crate::syntax::ast::visitor::{
    Visitor, walk_except_handler, walk_expr, walk_parameter, walk_pattern, walk_stmt,
};
use crate::syntax::ast::{self, Expr, Pattern, Stmt};

/// What a function, those in it and those around it bind.
#[derive(Default)]
pub(super) struct Bound<'m> {
    pub names: HashSet<&'m str>,
    /// The first parameter, where nothing else is assigned to it.
    pub receiver: Option<&'m str>,
}

impl<'m> Bound<'m> {
    pub fn in_function(
        def: &'m ast::StmtFunctionDef,
        outer: Option<&'m ast::StmtFunctionDef>,
    ) -> Self {
        let mut bound = Self::default();
        bound.visit_body(&def.body);
        let parameters = &def.parameters;
        let first = parameters.posonlyargs.iter().chain(&parameters.args).next();
        bound.receiver = first
            .map(|parameter| parameter.name().as_str())
            .filter(|name| !bound.names.contains(name));
        bound.visit_parameters(parameters);
        if let Some(outer) = outer {
            bound.visit_parameters(&outer.parameters);
            bound.visit_body(&outer.body);
        }
        bound
    }
}

impl<'m> Visitor<'m> for Bound<'m> {
    fn visit_stmt(&mut self, stmt: &'m Stmt) {
        match stmt {
            Stmt::FunctionDef(def) => {
                self.names.insert(&def.name);
            }
            Stmt::ClassDef(class) => {
                self.names.insert(&class.name);
            }
            _ => {}
        }
        walk_stmt(self, stmt);
    }

    fn visit_expr(&mut self, expr: &'m Expr) {
        if let Expr::Name(name) = expr
            && !name.ctx.is_load()
        {
            self.names.insert(&name.id);
        }
        walk_expr(self, expr);
    }

    fn visit_parameter(&mut self, parameter: &'m ast::Parameter) {
        self.names.insert(&parameter.name);
        walk_parameter(self, parameter);
    }

    fn visit_alias(&mut self, alias: &'m ast::Alias) {
        let bound = alias.asname.as_ref().unwrap_or(&alias.name);
        self.names.extend(bound.split('.').next());
    }

    fn visit_except_handler(&mut self, handler: &'m ast::ExceptHandler) {
        let ast::ExceptHandler::ExceptHandler(clause) = handler;
        self.names.extend(clause.name.as_deref());
        walk_except_handler(self, handler);
    }

    fn visit_pattern(&mut self, pattern: &'m Pattern) {
        let name = match pattern {
            Pattern::MatchAs(capture) => capture.name.as_deref(),
            Pattern::MatchStar(star) => star.name.as_deref(),
            Pattern::MatchMapping(mapping) => mapping.rest.as_deref(),
            _ => None,
        };
        self.names.extend(name);
        walk_pattern(self, pattern);
    }
}
