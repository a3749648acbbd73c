//! Methods that do nothing but read.

use std::collections::HashSet;

use super::Scope;
use super::fresh::{Fresh, Kind, added};
use super::missing::{looks_up, operator_looks_up};
use crate::model::{Binding, ClassRef, EntityId, Function, FunctionKind, Model};
use crate::resolve::values::external;
use crate::resolve::{Locals, Resolution, changes};
use crate::syntax::ast::visitor::{Visitor, walk_expr, walk_stmt};
use crate::syntax::ast::{self, Expr, Stmt};

/// Whether all methods that a call of another entity may reach only read.
pub(crate) fn only_read<'m>(
    model: &'m Model<'m>,
    resolution: &'m Resolution,
    targets: &[String],
) -> bool {
    targets.iter().all(|target| {
        let found = named(model, target);
        !found.is_empty()
            && found
                .into_iter()
                .all(|function| reads(Scope::of(model, resolution, function)))
    })
}

/// The methods of that name: `Item.price`.
fn named<'m>(model: &'m Model<'m>, target: &str) -> Vec<&'m Function<'m>> {
    let Some((entity, name)) = target.split_once('.') else {
        return Vec::new();
    };
    let entities = model.entities.iter().enumerate();
    entities
        .filter(|(_, one)| one.name == entity)
        .filter_map(|(index, _)| {
            let class = ClassRef::Entity(EntityId(index as u32));
            Some(model.method(class, name)?.1)
        })
        .collect()
}

/// Whether a method changes nothing, calls none of the app's functions and waits for nothing.
pub(crate) fn reads(scope: Scope<'_>) -> bool {
    let function = scope.function;
    if scope.resolution.changes_by_reading
        || function.kind != FunctionKind::Method
        || function.is_wrapped
        || scope.calls(scope.at(function.def))
    {
        return false;
    }
    let mut reader = Reader {
        scope,
        bound: Locals::of(function.def).bound,
        fresh: Fresh::of(scope.model, function.module, function.def),
        only_reads: true,
    };
    reader.visit_body(&function.def.body);
    reader.only_reads
}

struct Reader<'m> {
    scope: Scope<'m>,
    bound: HashSet<String>,
    fresh: Fresh<'m>,
    only_reads: bool,
}

impl<'m> Reader<'m> {
    /// Whether something is done that does not only read. What is not known is taken to do so.
    fn writes(&self, expr: &Expr) -> bool {
        match expr {
            Expr::Call(call) => !self.is_harmless(call),
            Expr::Attribute(attribute) => !attribute.ctx.is_load(),
            Expr::Subscript(subscript) => {
                !subscript.ctx.is_load() || self.adds_what_is_missing(&subscript.value)
            }
            Expr::BinOp(operation) => {
                self.scope.resolution.adds_what_is_missing
                    && operator_looks_up(operation.op, &operation.right)
            }
            Expr::Lambda(_) | Expr::Await(_) | Expr::Yield(_) | Expr::YieldFrom(_) => true,
            _ => false,
        }
    }

    fn is_harmless(&self, call: &ast::ExprCall) -> bool {
        match &*call.func {
            Expr::Attribute(attribute) => {
                let receivers = &self.scope.resolution.builtin_receivers;
                receivers.contains(&self.scope.at(&*attribute.value))
                    && !changes(&attribute.attr)
                    && !(self.scope.resolution.adds_what_is_missing && looks_up(&attribute.attr))
            }
            func => {
                let mut keywords = call.arguments.keywords.iter();
                self.is_pure_builtin(func)
                    && keywords.all(|keyword| match keyword.arg.as_deref() {
                        Some("key") => self.is_pure_builtin(&keyword.value),
                        name => name.is_some(),
                    })
            }
        }
    }

    fn is_pure_builtin(&self, function: &Expr) -> bool {
        let is_local = function
            .as_name_expr()
            .is_none_or(|name| self.bound.contains(name.id.as_str()));
        let found = external(self.scope.model, self.scope.function.module, function);
        let builtin = found
            .as_deref()
            .and_then(|one| one.strip_prefix("builtins."));
        !is_local && builtin.is_some_and(is_pure)
    }

    /// Whether a look-up may add an element: where some do, it is harmless only in what the method has made itself.
    fn adds_what_is_missing(&self, container: &Expr) -> bool {
        let is_made = match container {
            Expr::Name(name) => self.fresh.kind(&name.id).is_some(),
            Expr::List(_) | Expr::Tuple(_) | Expr::Dict(_) => true,
            Expr::ListComp(_) | Expr::DictComp(_) | Expr::FString(_) => true,
            _ => container.is_literal_expr(),
        };
        self.scope.resolution.adds_what_is_missing && !is_made
    }

    /// What a `raise` makes may be an exception of Python's or the app's; one whose `__init__` is the app's has been found before.
    fn raised(&mut self, exc: &'m Expr) {
        let class = exc.as_call_expr().map_or(exc, |call| &call.func);
        let is_local = class
            .as_name_expr()
            .is_none_or(|name| self.bound.contains(name.id.as_str()));
        let binding = self
            .scope
            .model
            .dotted(self.scope.function.module, class)
            .filter(|_| !is_local);
        match binding {
            Some(Binding::External(dotted)) if dotted.starts_with("builtins.") => {}
            Some(Binding::Class(_)) => {}
            _ => self.only_reads = false,
        }
        if let Expr::Call(call) = exc {
            self.visit_arguments(&call.arguments);
        }
    }
}

impl<'m> Visitor<'m> for Reader<'m> {
    fn visit_stmt(&mut self, stmt: &'m Stmt) {
        match stmt {
            Stmt::Expr(value) => match added(&value.value) {
                Some((name, element))
                    if matches!(
                        self.fresh.kind(&name.id),
                        Some(Kind::Container | Kind::Dictionary)
                    ) =>
                {
                    self.visit_expr(element);
                }
                _ => walk_stmt(self, stmt),
            },
            Stmt::Raise(raise) => {
                if let Some(exc) = &raise.exc {
                    self.raised(exc);
                }
                self.only_reads &= raise.cause.is_none();
            }
            Stmt::AugAssign(assign) => {
                let name = assign.target.as_name_expr();
                self.only_reads &= name.is_some_and(|name| self.fresh.kind(&name.id).is_some());
                let looks_up = operator_looks_up(assign.op, &assign.value);
                self.only_reads &= !(self.scope.resolution.adds_what_is_missing && looks_up);
                walk_stmt(self, stmt);
            }
            Stmt::For(for_) => {
                self.only_reads &= !for_.is_async;
                walk_stmt(self, stmt);
            }
            Stmt::Return(_)
            | Stmt::Assign(_)
            | Stmt::AnnAssign(_)
            | Stmt::If(_)
            | Stmt::Assert(_)
            | Stmt::Pass(_)
            | Stmt::Break(_)
            | Stmt::Continue(_) => walk_stmt(self, stmt),
            _ => self.only_reads = false,
        }
    }

    fn visit_expr(&mut self, expr: &'m Expr) {
        self.only_reads &= !self.writes(expr);
        walk_expr(self, expr);
    }

    /// An annotation of a local is not evaluated.
    fn visit_annotation(&mut self, _: &'m Expr) {}
}

/// Whether a built-in function changes nothing of what it is given.
pub(crate) fn is_pure(builtin: &str) -> bool {
    matches!(
        builtin,
        "abs"
            | "all"
            | "any"
            | "bool"
            | "dict"
            | "enumerate"
            | "float"
            | "int"
            | "isinstance"
            | "len"
            | "list"
            | "max"
            | "min"
            | "range"
            | "reversed"
            | "round"
            | "set"
            | "sorted"
            | "str"
            | "sum"
            | "tuple"
            | "zip"
    )
}
