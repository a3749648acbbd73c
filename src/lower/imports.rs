//! Names that a method imports for itself. They do not travel: a block that needs one imports it again.

use std::collections::{BTreeMap, BTreeSet};

use crate::ir::Code;
use crate::model::Function;
use crate::source::SourceFile;
use crate::syntax::Ranged;
use crate::syntax::ast::visitor::{self, Visitor};
use crate::syntax::ast::{self, Expr, ExprContext, Stmt};

/// The statement that binds each name which nothing but one import in the method binds.
pub fn imports(source: &SourceFile, function: &Function<'_>) -> BTreeMap<String, Code> {
    let mut found = Found {
        source,
        imports: BTreeMap::new(),
        others: BTreeSet::new(),
    };
    found
        .others
        .extend(function.params.iter().map(|param| param.name.to_owned()));
    found.visit_body(&function.def.body);
    let others = found.others;
    found.imports.retain(|name, _| !others.contains(name));
    found.imports
}

struct Found<'s> {
    source: &'s SourceFile,
    imports: BTreeMap<String, Code>,
    /// Bound by something else, or twice.
    others: BTreeSet<String>,
}

impl Found<'_> {
    fn bind(&mut self, stmt: &Stmt, alias: &ast::Alias, head: &str) {
        let target = &alias.name;
        let (name, text) = match &alias.asname {
            Some(name) => (name.to_string(), format!("{head} {target} as {name}")),
            None => {
                let first = target.split('.').next().unwrap_or(target);
                (first.to_owned(), format!("{head} {target}"))
            }
        };
        let line = self.source.index.line(stmt.start().to_u32());
        let previous = self.imports.insert(name.clone(), Code::line(text, line));
        if previous.is_some() {
            self.others.insert(name);
        }
    }
}

impl<'a> Visitor<'a> for Found<'_> {
    fn visit_stmt(&mut self, stmt: &'a Stmt) {
        match stmt {
            Stmt::Import(import) => {
                for alias in &import.names {
                    self.bind(stmt, alias, "import");
                }
            }
            Stmt::ImportFrom(import) => {
                let dots = ".".repeat(import.level as usize);
                let module = import.module.as_ref().map_or("", |module| module.as_str());
                for alias in &import.names {
                    self.bind(stmt, alias, &format!("from {dots}{module} import"));
                }
            }
            Stmt::FunctionDef(def) => drop(self.others.insert(def.name.to_string())),
            Stmt::ClassDef(def) => drop(self.others.insert(def.name.to_string())),
            _ => visitor::walk_stmt(self, stmt),
        }
    }

    fn visit_expr(&mut self, expr: &'a Expr) {
        if let Expr::Name(name) = expr
            && name.ctx != ExprContext::Load
        {
            self.others.insert(name.id.to_string());
        }
        visitor::walk_expr(self, expr);
    }

    fn visit_except_handler(&mut self, handler: &'a ast::ExceptHandler) {
        let ast::ExceptHandler::ExceptHandler(inner) = handler;
        self.others
            .extend(inner.name.iter().map(ToString::to_string));
        visitor::walk_except_handler(self, handler);
    }

    fn visit_pattern(&mut self, pattern: &'a ast::Pattern) {
        let names = super::names::captures(pattern);
        self.others.extend(names.into_iter().map(str::to_owned));
        visitor::walk_pattern(self, pattern);
    }
}
