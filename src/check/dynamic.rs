//! Code that looks at its own frame.

use crate::diagnostics::Diagnostic;
use crate::model::{Function, Model};
use crate::resolve::values::external;
use crate::resolve::{Locals, Resolution};
use crate::source::Span;
use crate::syntax::ast::visitor::{Visitor, walk_expr};
use crate::syntax::ast::{self, Expr};
use crate::syntax::{Ranged, TextRange, root, span};

/// Reports functions that leave their entity and look at their own variables by name or at their caller.
pub(super) fn check(model: &Model<'_>, resolution: &Resolution, diagnostics: &mut Vec<Diagnostic>) {
    for function in model.every_function() {
        let definition = model.span_of(function);
        let first = resolution
            .sites
            .keys()
            .filter(|at| at.is_inside(definition))
            .min();
        if let Some(site) = first {
            let mut finder = Finder {
                model,
                function,
                locals: Locals::of(function.def),
                site: *site,
                scopes: Vec::new(),
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
    /// The comprehensions, generator expressions and lambdas around, each with the part of it that is evaluated outside.
    scopes: Vec<Option<TextRange>>,
    diagnostics: &'d mut Vec<Diagnostic>,
}

impl Finder<'_, '_> {
    fn call(&mut self, call: &ast::ExprCall) {
        let is_local =
            root(&call.func).is_some_and(|name| self.locals.bound.contains(name.id.as_str()));
        let Some(name) =
            external(self.model, self.function.module, &call.func).filter(|_| !is_local)
        else {
            return;
        };
        let dynamic = match name.as_str() {
            "builtins.super" if call.arguments.is_empty() => return self.super_call(call),
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
            self.diagnostics.push(
                Diagnostic::new(
                    "E0305",
                    format!("`{shown}` cannot be used in a method that leaves its entity"),
                    self.span(call),
                    "",
                )
                .also(self.site, "here it leaves")
                .note("the method is cut there: only the variables that are still needed go on, and its callers are elsewhere")
                .help("move this into a method that does not leave"),
            );
        }
    }

    /// Reports `super()` where it has no receiver: it takes the first argument of the function that it stands in.
    fn super_call(&mut self, call: &ast::ExprCall) {
        let mut scopes = self.scopes.iter();
        if scopes.any(|outside| outside.is_none_or(|part| !part.contains_range(call.range()))) {
            self.diagnostics.push(
                Diagnostic::new(
                    "E0305",
                    "`super()` cannot stand in a comprehension or a lambda of a method that leaves its entity",
                    self.span(call),
                    "",
                )
                .also(self.site, "here it leaves")
                .note("it takes the first argument of the function that it stands in, and that may be the comprehension, or is the lambda: Python raises TypeError or RuntimeError")
                .help("write `super(Class, self)`, with the name of the class"),
            );
        }
    }

    fn span(&self, node: &impl Ranged) -> Span {
        span(self.model.program.module(self.function.module).file, node)
    }
}

impl Visitor<'_> for Finder<'_, '_> {
    fn visit_expr(&mut self, expr: &Expr) {
        if let Expr::Call(call) = expr {
            self.call(call);
        }
        let scope = scope(expr);
        self.scopes.extend(scope);
        walk_expr(self, expr);
        self.scopes
            .truncate(self.scopes.len() - usize::from(scope.is_some()));
    }
}

/// What is evaluated outside of an expression's own scope, where it has one.
fn scope(expr: &Expr) -> Option<Option<TextRange>> {
    let generators = match expr {
        Expr::ListComp(comprehension) => &comprehension.generators,
        Expr::SetComp(comprehension) => &comprehension.generators,
        Expr::DictComp(comprehension) => &comprehension.generators,
        Expr::Generator(generator) => &generator.generators,
        Expr::Lambda(lambda) => return Some(lambda.parameters.as_deref().map(Ranged::range)),
        _ => return None,
    };
    Some(generators.first().map(|clause| clause.iter.range()))
}
