//! Locals that hold nothing but what their function has made.

use std::collections::HashMap;

use crate::model::Model;
use crate::resolve::values::{external, makes_container};
use crate::syntax::ast::visitor::{Visitor, walk_expr, walk_stmt};
use crate::syntax::ast::{self, Expr, Stmt};
use crate::syntax::{ModuleId, Ranged};

/// What a local is assigned, each time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A literal: it never changes.
    Literal,
    /// A new dictionary.
    Dictionary,
    /// Another new container.
    Container,
}

/// The assignments of a function.
pub(crate) struct Fresh<'m> {
    model: &'m Model<'m>,
    module: ModuleId,
    kinds: HashMap<&'m str, Vec<Kind>>,
    /// How often a name is bound in any way.
    bound: HashMap<&'m str, usize>,
    /// How often by `+=` and the like.
    augmented: HashMap<&'m str, usize>,
}

impl<'m> Fresh<'m> {
    pub(crate) fn of(
        model: &'m Model<'m>,
        module: ModuleId,
        def: &'m ast::StmtFunctionDef,
    ) -> Self {
        let mut fresh = Self {
            model,
            module,
            kinds: HashMap::new(),
            bound: HashMap::new(),
            augmented: HashMap::new(),
        };
        for parameter in &def.parameters {
            fresh.bound.insert(parameter.name().as_str(), 1);
        }
        fresh.visit_body(&def.body);
        fresh
    }

    /// What a name holds, where it never holds anything that came from elsewhere.
    pub(crate) fn kind(&self, name: &str) -> Option<Kind> {
        let kinds = self.kinds.get(name)?;
        let augmented = self.augmented.get(name).copied().unwrap_or_default();
        let first = *kinds.first()?;
        let only = self.bound.get(name) == Some(&(kinds.len() + augmented));
        (only && kinds.iter().all(|kind| *kind == first)).then_some(first)
    }

    fn assigned(&mut self, target: &'m Expr, value: &'m Expr) {
        let (model, module) = (self.model, self.module);
        let is_dict = |call: &ast::ExprCall| {
            external(model, module, &call.func).as_deref() == Some("builtins.dict")
        };
        let kind = match value {
            Expr::Dict(_) | Expr::DictComp(_) => Kind::Dictionary,
            Expr::Call(call) if is_dict(call) => Kind::Dictionary,
            _ if value.is_literal_expr() => Kind::Literal,
            _ if makes_container(model, module, value) => Kind::Container,
            _ => return,
        };
        if let Expr::Name(name) = target {
            self.kinds.entry(&name.id).or_default().push(kind);
        }
    }
}

impl<'m> Visitor<'m> for Fresh<'m> {
    fn visit_stmt(&mut self, stmt: &'m Stmt) {
        match stmt {
            Stmt::Assign(assign) => {
                if let [target] = &*assign.targets {
                    self.assigned(target, &assign.value);
                }
            }
            Stmt::AnnAssign(assign) => {
                if let Some(value) = &assign.value {
                    self.assigned(&assign.target, value);
                }
            }
            Stmt::AugAssign(assign) => {
                if let Expr::Name(name) = &*assign.target {
                    *self.augmented.entry(&name.id).or_default() += 1;
                }
            }
            _ => {}
        }
        walk_stmt(self, stmt);
    }

    fn visit_expr(&mut self, expr: &'m Expr) {
        if let Expr::Name(name) = expr
            && !name.ctx.is_load()
        {
            *self.bound.entry(&name.id).or_default() += 1;
        }
        walk_expr(self, expr);
    }
}

/// The name of a container that a statement adds to, and what it adds.
pub(crate) fn added(value: &Expr) -> Option<(&ast::ExprName, &Expr)> {
    let call = value.as_call_expr()?;
    let attribute = call.func.as_attribute_expr()?;
    let name = attribute.value.as_name_expr()?;
    let adds = matches!(
        attribute.attr.as_str(),
        "append" | "appendleft" | "add" | "extend" | "update"
    );
    match &*call.arguments.args {
        [one] if adds && !one.is_starred_expr() && call.arguments.keywords.is_empty() => {
            Some((name, one))
        }
        _ => None,
    }
}

/// The name of a container of which an element is assigned.
pub(crate) fn element_of(target: &Expr) -> Option<&ast::ExprName> {
    target.as_subscript_expr()?.value.as_name_expr()
}

/// Whether a container is used, other than to add to it, before a place in the function: something else may then hold it.
pub(crate) fn escapes(def: &ast::StmtFunctionDef, name: &str, before: u32) -> bool {
    let mut uses = Uses {
        name,
        before,
        found: false,
    };
    uses.visit_body(&def.body);
    uses.found
}

struct Uses<'n> {
    name: &'n str,
    before: u32,
    found: bool,
}

impl Visitor<'_> for Uses<'_> {
    fn visit_stmt(&mut self, stmt: &Stmt) {
        match stmt {
            Stmt::Expr(value) => match added(&value.value) {
                Some((_, element)) => self.visit_expr(element),
                None => walk_stmt(self, stmt),
            },
            Stmt::Assign(assign) => {
                self.visit_expr(&assign.value);
                for target in &assign.targets {
                    match target.as_subscript_expr() {
                        Some(subscript) if subscript.value.is_name_expr() => {
                            self.visit_expr(&subscript.slice);
                        }
                        _ => self.visit_expr(target),
                    }
                }
            }
            _ => walk_stmt(self, stmt),
        }
    }

    fn visit_expr(&mut self, expr: &Expr) {
        if let Expr::Name(name) = expr {
            let at = name.range().start().to_u32();
            self.found |= name.ctx.is_load() && name.id == self.name && at < self.before;
        }
        walk_expr(self, expr);
    }
}
