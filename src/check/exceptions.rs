//! Exceptions that cannot go to whoever called.

use std::collections::HashMap;

use crate::diagnostics::Diagnostic;
use crate::model::{Binding, Function, Model};
use crate::resolve::Resolution;
use crate::resolve::values::unaliased;
use crate::source::Span;
use crate::syntax::ast::visitor::{Visitor, walk_stmt};
use crate::syntax::ast::{self, Expr, Stmt};
use crate::syntax::span;

/// Reports exceptions of classes that are defined inside the function that raises them.
pub(super) fn check(model: &Model<'_>, resolution: &Resolution, diagnostics: &mut Vec<Diagnostic>) {
    for function in model.every_function() {
        if resolution.reached.contains(&model.span_of(function)) {
            let mut finder = Finder {
                model,
                function,
                classes: HashMap::new(),
                diagnostics,
            };
            finder.visit_body(&function.def.body);
        }
    }
}

struct Finder<'m, 'd> {
    model: &'m Model<'m>,
    function: &'m Function<'m>,
    /// The classes that the function defines, with the places of their names.
    classes: HashMap<String, Span>,
    diagnostics: &'d mut Vec<Diagnostic>,
}

impl Finder<'_, '_> {
    fn raise(&mut self, raised: &Expr) {
        let class = match raised {
            Expr::Call(call) => &*call.func,
            class => class,
        };
        let Some(name) = class.as_name_expr() else {
            return;
        };
        let Some(defined) = self.classes.get(name.id.as_str()).copied() else {
            return;
        };
        let file = self.model.program.module(self.function.module).file;
        self.diagnostics.push(
            Diagnostic::new(
                "W0506",
                format!("`{}` cannot be raised across a call", name.id),
                span(file, raised),
                "here it is raised",
            )
            .also(defined, "the class exists in this function only")
            .note("an exception is carried to the caller by the name of its class, and made again there")
            .help(format!("define `{}` at the top of the module", name.id)),
        );
    }

    /// Whether a class extends an exception of Python's or the app's.
    fn is_exception(&self, class: &ast::StmtClassDef) -> bool {
        class.bases().iter().any(|base| {
            let is_local =
                matches!(base, Expr::Name(name) if self.classes.contains_key(name.id.as_str()));
            is_local
                || is_exception(
                    self.model,
                    unaliased(self.model, self.function.module, base),
                    0,
                )
        })
    }
}

fn is_exception(model: &Model<'_>, class: Option<Binding<'_>>, depth: u32) -> bool {
    match class {
        Some(Binding::External(name)) => {
            let name = name.strip_prefix("builtins.").unwrap_or_default();
            name.ends_with("Error") || name.ends_with("Exception") || name.ends_with("Warning")
        }
        Some(Binding::Class(id)) => {
            let class = model.class(id);
            let mut bases = class.class.bases().iter();
            depth < 20
                && bases.any(|base| {
                    is_exception(model, unaliased(model, class.module, base), depth + 1)
                })
        }
        _ => false,
    }
}

impl Visitor<'_> for Finder<'_, '_> {
    fn visit_stmt(&mut self, stmt: &Stmt) {
        match stmt {
            Stmt::ClassDef(class) => {
                if self.is_exception(class) {
                    let file = self.model.program.module(self.function.module).file;
                    self.classes
                        .insert(class.name.to_string(), span(file, &class.name));
                }
            }
            Stmt::FunctionDef(_) => {}
            Stmt::Raise(raise) => {
                if let Some(raised) = &raise.exc {
                    self.raise(raised);
                }
            }
            _ => walk_stmt(self, stmt),
        }
    }
}
