//! Who may keep a function that a method makes for itself.

use std::collections::{BTreeSet, HashSet};

use super::closures::{Closures, defaults, defaults_of};
use super::comprehension::Comprehension;
use super::names::{Names, locals, names_of_parameters};
use crate::model::Function;
use crate::syntax::ast::visitor::{self, Visitor};
use crate::syntax::ast::{Expr, ExprContext, Stmt};

/// Takes out the functions that something else may keep: those that are not only called, or given to functions of Python's own.
pub fn drop_kept(
    closures: &mut Closures<'_>,
    function: &Function<'_>,
    is_builtin: &dyn Fn(&str) -> bool,
) {
    let names: Names = closures.keys().cloned().collect();
    let mut uses = Uses {
        names: &names,
        is_builtin,
        hidden: Vec::new(),
        kept: BTreeSet::new(),
    };
    uses.visit_body(&function.def.body);
    closures.retain(|name, _| !uses.kept.contains(name));
}

/// Uses of functions by which somebody may keep them.
struct Uses<'n> {
    names: &'n Names,
    is_builtin: &'n dyn Fn(&str) -> bool,
    /// The names of scopes inside.
    hidden: Vec<HashSet<String>>,
    kept: BTreeSet<String>,
}

impl Uses<'_> {
    fn is_closure(&self, expr: &Expr) -> bool {
        let is_hidden = |name: &str| self.hidden.iter().any(|scope| scope.contains(name));
        matches!(expr, Expr::Name(name) if self.names.contains(name.id.as_str()) && !is_hidden(&name.id))
    }

    fn inside(&mut self, names: HashSet<String>, walk: impl FnOnce(&mut Self)) {
        self.hidden.push(names);
        walk(self);
        self.hidden.pop();
    }

    /// Whether a function asks what it is given only while it runs.
    fn keeps_nothing(&self, func: &Expr) -> bool {
        const FUNCTIONS: &[&str] = &[
            "all",
            "any",
            "dict",
            "frozenset",
            "list",
            "max",
            "min",
            "set",
            "sorted",
            "sum",
            "tuple",
        ];
        match func {
            Expr::Name(name) => {
                FUNCTIONS.contains(&name.id.as_str()) && (self.is_builtin)(&name.id)
            }
            Expr::Attribute(method) => method.attr.as_str() == "sort",
            _ => false,
        }
    }

    /// What a call is given that runs to its end before the call does: `map` and `filter` within one that consumes them.
    fn argument(&mut self, argument: &Expr, consumed: bool) {
        match argument {
            Expr::Call(call) if consumed && self.is_lazy(&call.func) => {
                for part in &call.arguments.args {
                    if !self.is_closure(part) {
                        self.visit_expr(part);
                    }
                }
            }
            _ => self.visit_expr(argument),
        }
    }

    fn is_lazy(&self, func: &Expr) -> bool {
        matches!(func, Expr::Name(name) if matches!(name.id.as_str(), "map" | "filter") && (self.is_builtin)(&name.id))
    }
}

impl<'a> Visitor<'a> for Uses<'_> {
    fn visit_expr(&mut self, expr: &'a Expr) {
        match expr {
            Expr::Name(name) if name.ctx != ExprContext::Store && self.is_closure(expr) => {
                self.kept.insert(name.id.to_string());
            }
            Expr::Call(call) => {
                if !self.is_closure(&call.func) {
                    self.visit_expr(&call.func);
                }
                let consumed = self.keeps_nothing(&call.func);
                for argument in &call.arguments.args {
                    self.argument(argument, consumed);
                }
                for keyword in &call.arguments.keywords {
                    let is_key = keyword.arg.as_deref() == Some("key");
                    if !(consumed && is_key && self.is_closure(&keyword.value)) {
                        self.visit_expr(&keyword.value);
                    }
                }
            }
            Expr::Lambda(lambda) => {
                defaults_of(lambda.parameters.as_deref())
                    .for_each(|(_, default)| self.visit_expr(default));
                let names = lambda.parameters.as_deref().map(names_of_parameters);
                self.inside(names.unwrap_or_default(), |this| {
                    this.visit_expr(&lambda.body)
                });
            }
            _ => match Comprehension::of(expr) {
                Some(comprehension) => {
                    self.visit_expr(comprehension.first_iterable());
                    self.inside(comprehension.names(), |this| {
                        for part in comprehension.inner_parts() {
                            this.visit_expr(part);
                        }
                    });
                }
                None => visitor::walk_expr(self, expr),
            },
        }
    }

    fn visit_stmt(&mut self, stmt: &'a Stmt) {
        let Stmt::FunctionDef(def) = stmt else {
            return visitor::walk_stmt(self, stmt);
        };
        def.decorator_list
            .iter()
            .for_each(|one| self.visit_expr(&one.expression));
        defaults(stmt).for_each(|(_, default)| self.visit_expr(default));
        let mut names = names_of_parameters(&def.parameters);
        names.extend(locals(&def.body));
        self.inside(names, |this| this.visit_body(&def.body));
    }
}
