//! Code that looks at its own frame.

use super::values::external;
use super::{functions, inside, span_of};
use crate::diagnostics::Diagnostic;
use crate::model::{Function, Model};
use crate::resolve::{Locals, Resolution};
use crate::source::Span;
use crate::syntax::ast::visitor::{Visitor, walk_expr};
use crate::syntax::ast::{self, Expr};
use crate::syntax::span;

/// Reports functions that leave their entity and look at their own variables by name or at their caller.
pub(super) fn check(model: &Model<'_>, resolution: &Resolution, diagnostics: &mut Vec<Diagnostic>) {
    for function in functions(model) {
        let definition = span_of(model, function);
        let first = resolution
            .sites
            .keys()
            .filter(|at| inside(**at, definition))
            .min();
        if let Some(site) = first {
            let mut finder = Finder {
                model,
                function,
                locals: Locals::of(function.def),
                site: *site,
                diagnostics,
            };
            finder.visit_body(&function.def.body);
        }
    }
}

struct Finder<'m, 'd> {
    model: &'m Model<'m>,
    function: &'m Function<'m>,
    locals: Locals,
    site: Span,
    diagnostics: &'d mut Vec<Diagnostic>,
}

impl Finder<'_, '_> {
    fn call(&mut self, call: &ast::ExprCall) {
        let is_local = super::values::root(&call.func)
            .is_some_and(|name| self.locals.bound.contains(name.id.as_str()));
        let Some(name) =
            external(self.model, self.function.module, &call.func).filter(|_| !is_local)
        else {
            return;
        };
        let dynamic = match name.as_str() {
            "builtins.eval"
            | "builtins.exec"
            | "builtins.locals"
            | "builtins.globals"
            | "sys._getframe"
            | "inspect.currentframe"
            | "inspect.stack" => true,
            "builtins.vars" | "builtins.dir" => call.arguments.is_empty(),
            _ => false,
        };
        if dynamic {
            let shown = name.strip_prefix("builtins.").unwrap_or(&name);
            let file = self.model.program.module(self.function.module).file;
            self.diagnostics.push(
                Diagnostic::new(
                    "E0305",
                    format!("`{shown}` cannot be used in a method that leaves its entity"),
                    span(file, call),
                    "",
                )
                .also(self.site, "here it leaves")
                .note("the method is cut there: only the variables that are still needed go on, and its callers are elsewhere")
                .help("move this into a method that does not leave"),
            );
        }
    }
}

impl Visitor<'_> for Finder<'_, '_> {
    fn visit_expr(&mut self, expr: &Expr) {
        if let Expr::Call(call) = expr {
            self.call(call);
        }
        walk_expr(self, expr);
    }
}
