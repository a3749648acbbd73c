//! What one function may change.

use std::collections::HashSet;

use super::app::App;
use super::bound::Bound;
use super::known;
use crate::model::{Binding, ClassId};
use crate::resolve::reads::Fresh;
use crate::resolve::reads::missing::operator_looks_up;
use crate::resolve::values::{external, unaliased};
use crate::syntax::ModuleId;
use crate::syntax::ast::visitor::{Visitor, walk_expr, walk_pattern, walk_stmt};
use crate::syntax::ast::{self, Expr, Pattern, Stmt};

/// A function that may run.
#[derive(Clone, Copy)]
pub(super) struct Run<'m> {
    pub module: ModuleId,
    pub def: &'m ast::StmtFunctionDef,
    /// The outermost function around its definition.
    pub outer: Option<&'m ast::StmtFunctionDef>,
    /// Whether it fills an object that has just been made.
    pub fills: bool,
}

impl<'m> Run<'m> {
    pub fn new(
        module: ModuleId,
        def: &'m ast::StmtFunctionDef,
        outer: Option<&'m ast::StmtFunctionDef>,
    ) -> Self {
        Self {
            module,
            def,
            outer,
            fills: false,
        }
    }

    /// What tells it from others.
    pub fn id(&self) -> (*const ast::StmtFunctionDef, bool) {
        (self.def, self.fills)
    }
}

/// A function as it is read.
pub(super) struct Body<'a, 'm> {
    pub(super) app: &'a App<'m>,
    pub(super) run: Run<'m>,
    bound: Bound<'m>,
    fresh: Fresh<'m>,
    /// The functions that it may call.
    pub(super) calls: Vec<Run<'m>>,
    /// The classes that it may make instances of.
    pub(super) made: HashSet<ClassId>,
    harmless: bool,
}

impl<'a, 'm> Body<'a, 'm> {
    /// The functions that a function may call, if it changes nothing itself and comes to its end.
    pub fn harmless(app: &'a App<'m>, run: Run<'m>) -> Option<Vec<Run<'m>>> {
        let mut body = Self {
            app,
            run,
            bound: Bound::in_function(run.def, run.outer),
            fresh: Fresh::of(app.model, run.module, run.def),
            calls: Vec::new(),
            made: HashSet::new(),
            harmless: true,
        };
        body.harmless = body.keeps_function();
        body.visit_body(&run.def.body);
        body.harmless.then_some(body.calls)
    }

    fn keeps_function(&self) -> bool {
        self.run.def.decorator_list.iter().all(|decorator| {
            external(self.app.model, self.run.module, &decorator.expression)
                .is_some_and(|name| known::keeps_function(&name))
        })
    }

    /// Whether an expression is the first parameter.
    pub(super) fn is_receiver(&self, expr: &Expr) -> bool {
        let name = expr.as_name_expr();
        name.is_some_and(|name| self.bound.receiver == Some(name.id.as_str()))
    }

    /// What an expression stands for that begins with no local name.
    pub(super) fn binding(&self, expr: &Expr) -> Option<Binding<'m>> {
        let mut root = expr;
        while let Expr::Attribute(attribute) = root {
            root = &attribute.value;
        }
        let name = root.as_name_expr()?;
        let is_local = self.bound.names.contains(name.id.as_str());
        (!is_local).then(|| unaliased(self.app.model, self.run.module, expr))?
    }

    fn is_change(&mut self, expr: &'m Expr) -> bool {
        match expr {
            Expr::Call(call) => !self.call(call),
            Expr::Attribute(attribute) if attribute.ctx.is_load() => !self.load(&attribute.attr),
            Expr::Attribute(attribute) => !self.fills(attribute),
            Expr::Subscript(subscript) => !subscript.ctx.is_load() || self.app.adds_what_is_missing,
            Expr::BinOp(operation) => {
                self.app.adds_what_is_missing && operator_looks_up(operation.op, &operation.right)
            }
            Expr::Await(_) => true,
            _ => false,
        }
    }

    /// Whether an assignment is to an attribute of the object that has just been made.
    fn fills(&self, attribute: &ast::ExprAttribute) -> bool {
        self.run.fills
            && self.is_receiver(&attribute.value)
            && self.decorated(&attribute.attr).next().is_none()
            && self.app.functions("__setattr__").is_empty()
    }

    /// The functions of that name that an attribute may run, as a property does.
    fn decorated(&self, attribute: &str) -> impl Iterator<Item = Run<'m>> {
        let functions = self.app.functions(attribute).iter().copied();
        functions.filter(|one| !one.def.decorator_list.is_empty())
    }

    /// Takes note of the properties of that name; whether it may be told what runs.
    fn load(&mut self, attribute: &str) -> bool {
        let decorated: Vec<_> = self.decorated(attribute).collect();
        self.calls.extend(decorated);
        self.app.values(attribute).iter().all(|value| {
            let makes = value.expr.as_call_expr();
            let class = makes.and_then(|call| external(self.app.model, value.module, &call.func));
            class.is_none_or(|name| name != "builtins.property" && !name.starts_with("functools."))
        })
    }

    /// What a `raise` makes.
    fn raised(&mut self, exception: &Expr) -> bool {
        match self.binding(exception) {
            Some(Binding::Class(id)) => self.makes(id),
            _ => true,
        }
    }
}

impl<'m> Visitor<'m> for Body<'_, 'm> {
    fn visit_stmt(&mut self, stmt: &'m Stmt) {
        self.harmless &= match stmt {
            Stmt::Global(_)
            | Stmt::Nonlocal(_)
            | Stmt::Delete(_)
            | Stmt::With(_)
            | Stmt::While(_)
            | Stmt::ClassDef(_) => false,
            Stmt::FunctionDef(def) => def.decorator_list.is_empty(),
            Stmt::AugAssign(assign) => {
                let name = assign.target.as_name_expr();
                let looks_up = operator_looks_up(assign.op, &assign.value);
                name.is_some_and(|name| self.fresh.kind(&name.id).is_some())
                    && !(self.app.adds_what_is_missing && looks_up)
            }
            Stmt::Raise(raise) => {
                let mut exceptions = [&raise.exc, &raise.cause].into_iter().flatten();
                exceptions.all(|one| self.raised(one))
            }
            _ => true,
        };
        walk_stmt(self, stmt);
    }

    fn visit_expr(&mut self, expr: &'m Expr) {
        self.harmless &= !self.is_change(expr);
        walk_expr(self, expr);
    }

    fn visit_pattern(&mut self, pattern: &'m Pattern) {
        if let Pattern::MatchClass(class) = pattern {
            let arguments = &class.arguments;
            for keyword in &arguments.keywords {
                self.harmless &= self.load(&keyword.attr);
            }
            let is_named = !self.app.values("__match_args__").is_empty();
            self.harmless &= arguments.patterns.is_empty() || !is_named;
        }
        walk_pattern(self, pattern);
    }

    fn visit_annotation(&mut self, _: &'m Expr) {}
}
