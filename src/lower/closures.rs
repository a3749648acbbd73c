//! Functions that a method makes for itself and calls again later. They do not travel: a block that needs one makes it again.
//!
//! Such a function shares its variables with the method, by name. So it is made again from what they are by then, which is
//! what it would see anyway; its defaults have been evaluated once and are kept. That holds as long as nobody else keeps the
//! function itself: it may be called, and be given to Python's own functions.

use std::collections::{BTreeMap, HashSet};

use super::builder::Builder;
use super::comprehension::Comprehension;
use super::effects::Scan;
use super::keepers::{Around, drop_kept};
use super::names::{Names, locals};
use super::text::Edits;
use crate::ir::Code;
use crate::syntax::ast::visitor::{self, Visitor};
use crate::syntax::ast::{self, Expr, ExprContext, Stmt};
use crate::syntax::{Ranged, TextRange};

/// A function that can be made again.
#[derive(Debug, Clone)]
pub struct Closure<'a> {
    /// The statement that makes it.
    stmt: &'a Stmt,
    /// The method's variables that it, or a function that it calls, reads or binds; defaults that have been evaluated.
    pub captures: Names,
    /// Those that it may bind.
    pub binds: Names,
    /// Whether its defaults need not be evaluated again.
    pub is_ready: bool,
}

impl Closure<'_> {
    /// Whether a range lies within it.
    pub fn holds(&self, range: TextRange) -> bool {
        self.stmt.range().contains_range(range)
    }

    /// Where the function itself stands.
    pub fn range(&self) -> TextRange {
        lambda(self.stmt).map_or_else(|| self.stmt.range(), Ranged::range)
    }
}

/// The functions by name.
pub type Closures<'a> = BTreeMap<String, Closure<'a>>;

/// The functions of a method that can be made again.
pub fn closures<'p>(around: Around<'_, 'p>) -> Closures<'p> {
    let (function, bound) = (around.function, around.locals);
    let mut found = Found::default();
    found.visit_body(&function.def.body);
    let params: HashSet<&str> = function.params.iter().map(|param| param.name).collect();
    let mut closures: Closures<'p> = BTreeMap::new();
    for (name, stmt) in &found.made {
        let is_only = found.bindings.iter().filter(|bound| *bound == name).count() == 1;
        if is_only && !params.contains(name.as_str()) && can_be_made_again(stmt, bound) {
            closures.insert(name.clone(), closure(stmt, bound));
        }
    }
    drop_kept(&mut closures, around);
    spread(&mut closures);
    closures
}

fn closure<'p>(stmt: &'p Stmt, bound: &HashSet<String>) -> Closure<'p> {
    let (edits, none) = (Edits::default(), Closures::new());
    let scan = Scan::new(bound, &edits, &none);
    let effects = match stmt {
        Stmt::FunctionDef(def) => scan.body_of(&def.parameters, &def.body),
        _ => lambda(stmt)
            .map(|lambda| scan.body_of_lambda(lambda))
            .unwrap_or_default(),
    };
    Closure {
        stmt,
        captures: &effects.uses | &effects.may_bind,
        binds: effects.may_bind,
        is_ready: defaults(stmt).all(|(_, default)| default.is_literal_expr()),
    }
}

/// Adds what the functions that a function calls read and bind.
fn spread(closures: &mut Closures<'_>) {
    let mut changed = true;
    while changed {
        changed = false;
        for name in closures.keys().cloned().collect::<Vec<_>>() {
            let closure = closures[&name].clone();
            let (mut captures, mut binds) = (closure.captures.clone(), closure.binds.clone());
            for inner in closure.captures.iter().filter_map(|one| closures.get(one)) {
                captures.extend(inner.captures.iter().cloned());
                binds.extend(inner.binds.iter().cloned());
            }
            if captures != closure.captures || binds != closure.binds {
                changed = true;
                closures.insert(
                    name,
                    Closure {
                        captures,
                        binds,
                        ..closure
                    },
                );
            }
        }
    }
}

/// The name of the function that a statement makes.
pub fn made(stmt: &Stmt) -> Option<&str> {
    match stmt {
        Stmt::FunctionDef(def) => Some(&def.name),
        Stmt::Assign(assign) => match (&*assign.targets, &*assign.value) {
            ([Expr::Name(name)], Expr::Lambda(_)) => Some(&name.id),
            _ => None,
        },
        _ => None,
    }
}

fn lambda(stmt: &Stmt) -> Option<&ast::ExprLambda> {
    stmt.as_assign_stmt()?.value.as_lambda_expr()
}

/// The parameters of the function that a statement makes that have defaults.
pub fn defaults(stmt: &Stmt) -> impl Iterator<Item = (&str, &Expr)> {
    defaults_of(match stmt {
        Stmt::FunctionDef(def) => Some(&*def.parameters),
        _ => lambda(stmt).and_then(|lambda| lambda.parameters.as_deref()),
    })
}

/// The parameters that have defaults.
pub fn defaults_of(parameters: Option<&ast::Parameters>) -> impl Iterator<Item = (&str, &Expr)> {
    let parameters = parameters
        .into_iter()
        .flat_map(ast::Parameters::iter_non_variadic_params);
    parameters.filter_map(|one| Some((one.parameter.name.as_str(), one.default.as_deref()?)))
}

/// Whether making a function again does nothing that can be seen, apart from evaluating its defaults.
fn can_be_made_again(stmt: &Stmt, bound: &HashSet<String>) -> bool {
    let Stmt::FunctionDef(def) = stmt else {
        return true;
    };
    let annotations = def
        .parameters
        .iter()
        .filter_map(ast::AnyParameterRef::annotation);
    let mut names = Reads::default();
    for annotation in annotations.chain(def.returns.as_deref()) {
        names.visit_expr(annotation);
    }
    !def.is_async
        && def.decorator_list.is_empty()
        && !names.calls
        && !names.found.iter().any(|name| bound.contains(*name))
}

#[derive(Default)]
struct Reads<'a> {
    found: Vec<&'a str>,
    calls: bool,
}

impl<'a> Visitor<'a> for Reads<'a> {
    fn visit_expr(&mut self, expr: &'a Expr) {
        match expr {
            Expr::Name(name) => self.found.push(&name.id),
            Expr::Call(_) | Expr::Named(_) | Expr::Lambda(_) => self.calls = true,
            _ => {}
        }
        visitor::walk_expr(self, expr);
    }
}

/// Functions that are made, and every binding of a name.
#[derive(Default)]
struct Found<'a> {
    made: Vec<(String, &'a Stmt)>,
    bindings: Vec<String>,
}

impl<'a> Visitor<'a> for Found<'a> {
    fn visit_stmt(&mut self, stmt: &'a Stmt) {
        if let Some(name) = made(stmt) {
            self.made.push((name.to_owned(), stmt));
        }
        match stmt {
            Stmt::FunctionDef(def) => {
                self.bindings.push(def.name.to_string());
                let inner = locals(&def.body);
                let mut nonlocals = Found::default();
                nonlocals.visit_body(&def.body);
                let outer = nonlocals
                    .bindings
                    .into_iter()
                    .filter(|name| !inner.contains(name));
                self.bindings.extend(outer);
            }
            Stmt::ClassDef(_) | Stmt::Import(_) | Stmt::ImportFrom(_) => {
                self.bindings.extend(locals(std::slice::from_ref(stmt)));
            }
            _ => visitor::walk_stmt(self, stmt),
        }
    }

    fn visit_expr(&mut self, expr: &'a Expr) {
        match expr {
            Expr::Name(name) if name.ctx != ExprContext::Load => {
                self.bindings.push(name.id.to_string());
            }
            Expr::Lambda(_) => {}
            _ => match Comprehension::of(expr) {
                Some(comprehension) => {
                    let mut inner = Found::default();
                    visitor::walk_expr(&mut inner, expr);
                    let own = comprehension.names();
                    let outer = inner
                        .bindings
                        .into_iter()
                        .filter(|name| !own.contains(name));
                    self.bindings.extend(outer);
                }
                None => visitor::walk_expr(self, expr),
            },
        }
    }

    fn visit_except_handler(&mut self, handler: &'a ast::ExceptHandler) {
        let ast::ExceptHandler::ExceptHandler(inner) = handler;
        self.bindings
            .extend(inner.name.iter().map(ToString::to_string));
        visitor::walk_except_handler(self, handler);
    }

    fn visit_pattern(&mut self, pattern: &'a ast::Pattern) {
        let names = super::names::captures(pattern);
        self.bindings.extend(names.into_iter().map(str::to_owned));
        visitor::walk_pattern(self, pattern);
    }
}

impl Builder<'_, '_> {
    /// Keeps the values of the defaults of a function that is about to be made.
    pub fn keep_defaults(&mut self, stmt: &Stmt) {
        let Some(name) = made(stmt).filter(|name| self.closures.contains_key(*name)) else {
            return;
        };
        for (parameter, default) in defaults(stmt) {
            if !default.is_literal_expr() {
                let kept = self.fresh.lasting(&format!("{name}_{parameter}"));
                self.locals.insert(kept.clone());
                self.assign(&kept, default);
                self.replace(default.range(), &kept);
                self.capture(name, &kept);
            }
        }
        if let Some(closure) = self.closures.get_mut(name) {
            closure.is_ready = true;
        }
    }

    fn capture(&mut self, name: &str, kept: &str) {
        for (other, closure) in &mut self.closures {
            if other == name || closure.captures.contains(name) {
                closure.captures.insert(kept.to_owned());
            }
        }
    }

    /// What makes each function again.
    pub fn remade(&self) -> BTreeMap<String, Code> {
        let ready = self.closures.iter().filter(|(_, closure)| closure.is_ready);
        let code = |closure: &Closure<'_>| self.text.render(closure.stmt.range(), &self.edits);
        ready
            .map(|(name, closure)| (name.clone(), code(closure)))
            .collect()
    }
}
