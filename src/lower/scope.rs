//! Names of a comprehension's own, or a lambda's, in a method that it is written into.
//!
//! Such a name stays what it is where nothing else in the method is called so. Otherwise it gets another one, in every place
//! where it is meant.

use std::collections::{HashMap, HashSet};

use super::builder::Builder;
use super::closures::defaults_of;
use super::comprehension::Comprehension;
use super::names::{locals, names_of, names_of_parameters};
use super::refuse;
use super::text::Edit;
use crate::model::Function;
use crate::syntax::ast::visitor::{self, Visitor};
use crate::syntax::ast::{self, Expr, ExprContext};

/// What is going to be written into the method.
pub enum Inner<'e> {
    /// A comprehension.
    Comprehension(Comprehension<'e>),
    /// A lambda.
    Lambda(&'e ast::ExprLambda),
}

impl<'e> Inner<'e> {
    fn names(&self) -> HashSet<String> {
        match self {
            Self::Comprehension(comprehension) => comprehension.names(),
            Self::Lambda(lambda) => {
                let mut names = names_of(&lambda.body);
                names.extend(
                    lambda
                        .parameters
                        .iter()
                        .flat_map(|all| names_of_parameters(all)),
                );
                names
            }
        }
    }

    /// Its parts, but for what is evaluated in the scope around it.
    fn parts(&self) -> Vec<&'e Expr> {
        match self {
            Self::Comprehension(comprehension) => comprehension.inner_parts(),
            Self::Lambda(lambda) => vec![&*lambda.body],
        }
    }

    /// How a name of the method that has no value is read as CPython reads it in there: what is raised differs.
    fn read_unbound(&self, name: &str) -> String {
        match self {
            Self::Comprehension(inner) if !inner.is_generator() => {
                let other = if name == "_" { "once" } else { "_" };
                format!("[{name} for {other} in (0,)][0]")
            }
            _ => format!("(lambda: {name})()"),
        }
    }
}

/// A scope whose names are in use.
pub struct Scope {
    names: Vec<String>,
    renamed: HashMap<String, String>,
}

impl Scope {
    /// What one of its names is in the method.
    pub fn name<'n>(&'n self, name: &'n str) -> &'n str {
        self.renamed.get(name).map_or(name, String::as_str)
    }
}

impl Builder<'_, '_> {
    /// Makes the names of a scope names of the method, until it is left.
    pub fn enter_scope(&mut self, inner: &Inner<'_>) -> Scope {
        let mut names: Vec<String> = inner.names().into_iter().collect();
        names.sort();
        let mut renamed = HashMap::new();
        for name in &names {
            let is_kept = self.inner_names.contains(name) && !self.names_in_use.contains(name);
            if is_kept {
                self.locals.insert(name.clone());
            } else {
                renamed.insert(name.clone(), self.temporary(name));
            }
        }
        self.names_in_use.extend(names.iter().cloned());
        self.rename(inner, &renamed, &names);
        if let Inner::Comprehension(comprehension) = inner {
            self.refuse_early_reads(comprehension);
        }
        self.refuse_escapes(inner, &names);
        Scope { names, renamed }
    }

    /// Ends the use of the names of a scope.
    pub fn leave_scope(&mut self, scope: &Scope) {
        let kept = self.names_in_use.len() - scope.names.len();
        self.names_in_use.truncate(kept);
    }

    fn rename(&mut self, inner: &Inner<'_>, renamed: &HashMap<String, String>, own: &[String]) {
        let found = Occurrences::of(own.iter().cloned().collect(), inner.parts());
        for name in found.own {
            if let Some(new) = renamed.get(name.id.as_str()) {
                self.replace(name.range, new);
            }
        }
        for name in found.others {
            let id = name.id.as_str();
            if self.locals.contains(id) && self.may_be_unbound(name.range) {
                let edit = Edit {
                    text: inner.read_unbound(id),
                    uses: vec![id.to_owned()],
                };
                self.edits.set(name.range, edit);
            }
        }
        for field in found.fields {
            self.keep_shown_text(field);
        }
    }

    /// Reports names of a comprehension that it reads before any of its `for` has given them a value.
    fn refuse_early_reads(&mut self, comprehension: &Comprehension<'_>) {
        let mut early = comprehension.names();
        for (index, clause) in comprehension.clauses.iter().enumerate() {
            let before = (index > 0).then_some(&clause.iter);
            let parts = before.into_iter().chain([&clause.target]);
            for name in Occurrences::of(early.clone(), parts).own {
                if name.ctx == ExprContext::Load {
                    let at = self.span(name);
                    self.diagnostics.push(refuse::never_bound(&name.id, at));
                }
            }
            for name in names_of(&clause.target) {
                early.remove(&name);
            }
        }
    }

    /// Reports functions that would see the names of a scope when it is over, where they are no longer the same variables.
    fn refuse_escapes(&mut self, inner: &Inner<'_>, names: &[String]) {
        let mut escapes = Escapes {
            names,
            found: Vec::new(),
        };
        match inner {
            Inner::Comprehension(comprehension) => escapes.comprehension(comprehension),
            Inner::Lambda(lambda) => escapes.visit_expr(&lambda.body),
        }
        for expr in escapes.found {
            let what = refuse::uncarriable_value(expr).unwrap_or("a function");
            let refused = refuse::operand(what, self.span(expr));
            self.diagnostics.push(refused);
        }
    }
}

/// Names in a scope that has some of its own.
struct Occurrences<'a> {
    names: HashSet<String>,
    /// How many scopes inside it are open.
    depth: usize,
    own: Vec<&'a ast::ExprName>,
    /// Reads of other names, apart from those in a scope inside.
    others: Vec<&'a ast::ExprName>,
    /// Fields of f-strings that show their text.
    fields: Vec<&'a ast::InterpolatedElement>,
}

impl<'a> Occurrences<'a> {
    fn of(names: HashSet<String>, parts: impl IntoIterator<Item = &'a Expr>) -> Self {
        let mut found = Self {
            names,
            depth: 0,
            own: Vec::new(),
            others: Vec::new(),
            fields: Vec::new(),
        };
        for part in parts {
            found.visit_expr(part);
        }
        found
    }

    fn inside(&mut self, hidden: &HashSet<String>, walk: impl FnOnce(&mut Self)) {
        let names = &self.names - hidden;
        let names = std::mem::replace(&mut self.names, names);
        self.depth += 1;
        walk(self);
        self.depth -= 1;
        self.names = names;
    }
}

impl<'a> Visitor<'a> for Occurrences<'a> {
    fn visit_expr(&mut self, expr: &'a Expr) {
        match expr {
            Expr::Name(name) if self.names.contains(name.id.as_str()) => self.own.push(name),
            Expr::Name(name) if self.depth == 0 && name.ctx == ExprContext::Load => {
                self.others.push(name);
            }
            Expr::Lambda(lambda) => {
                defaults_of(lambda.parameters.as_deref())
                    .for_each(|(_, default)| self.visit_expr(default));
                self.inside(&Inner::Lambda(lambda).names(), |this| {
                    this.visit_expr(&lambda.body);
                });
            }
            _ => match Comprehension::of(expr) {
                Some(comprehension) => {
                    self.visit_expr(comprehension.first_iterable());
                    self.inside(&comprehension.names(), |this| {
                        for part in comprehension.inner_parts() {
                            this.visit_expr(part);
                        }
                    });
                }
                None => visitor::walk_expr(self, expr),
            },
        }
    }

    fn visit_interpolated_string_element(&mut self, element: &'a ast::InterpolatedStringElement) {
        if let Some(field) = element.as_interpolation()
            && field.debug_text.is_some()
        {
            self.fields.push(field);
        }
        visitor::walk_interpolated_string_element(self, element);
    }
}

/// Functions that read a name of a scope around them, but for those that are called where they stand.
struct Escapes<'a, 'n> {
    names: &'n [String],
    found: Vec<&'a Expr>,
}

impl<'a> Escapes<'a, '_> {
    fn comprehension(&mut self, comprehension: &Comprehension<'a>) {
        for (index, clause) in comprehension.clauses.iter().enumerate() {
            if index > 0 {
                self.consumed(&clause.iter);
            }
            self.visit_expr(&clause.target);
            clause.ifs.iter().for_each(|test| self.visit_expr(test));
        }
        for part in comprehension.elements() {
            self.visit_expr(part);
        }
    }

    /// What is called, or asked for its elements, where it stands.
    fn consumed(&mut self, expr: &'a Expr) {
        match (expr, Comprehension::of(expr)) {
            (Expr::Lambda(lambda), _) => self.visit_expr(&lambda.body),
            (Expr::Generator(_), Some(generator)) => {
                self.consumed(generator.first_iterable());
                self.comprehension(&generator);
            }
            _ => self.visit_expr(expr),
        }
    }

    fn call(&mut self, call: &'a ast::ExprCall) {
        self.consumed(&call.func);
        for argument in &call.arguments.args {
            match argument {
                Expr::Generator(_) => self.consumed(argument),
                _ => self.visit_expr(argument),
            }
        }
        for keyword in &call.arguments.keywords {
            match keyword.arg.as_deref() {
                Some("key") => self.consumed(&keyword.value),
                _ => self.visit_expr(&keyword.value),
            }
        }
    }
}

impl<'a> Visitor<'a> for Escapes<'a, '_> {
    fn visit_expr(&mut self, expr: &'a Expr) {
        match expr {
            Expr::Call(call) => self.call(call),
            Expr::Starred(starred) => self.consumed(&starred.value),
            Expr::Lambda(_) | Expr::Generator(_) => {
                let names = self.names.iter().cloned().collect();
                if !Occurrences::of(names, [expr]).own.is_empty() {
                    self.found.push(expr);
                }
            }
            _ => match Comprehension::of(expr) {
                Some(comprehension) => {
                    self.consumed(comprehension.first_iterable());
                    self.comprehension(&comprehension);
                }
                None => visitor::walk_expr(self, expr),
            },
        }
    }
}

/// The names that a function's comprehensions and lambdas have for themselves, and that mean nothing else in it; `taken` do.
pub fn inner_names<'a>(
    function: &Function<'a>,
    taken: impl Iterator<Item = &'a str>,
) -> HashSet<String> {
    let mut found = Meanings::default();
    found.visit_body(&function.def.body);
    found.outer.extend(locals(&function.def.body));
    let params = function.params.iter().map(|param| param.name);
    let taken = taken.chain(function.receiver).chain(params);
    found.outer.extend(taken.map(str::to_owned));
    &found.inner - &found.outer
}

#[derive(Default)]
struct Meanings {
    scopes: Vec<HashSet<String>>,
    inner: HashSet<String>,
    outer: HashSet<String>,
}

impl Meanings {
    fn inside<'a>(&mut self, names: HashSet<String>, parts: impl IntoIterator<Item = &'a Expr>) {
        self.inner.extend(names.iter().cloned());
        self.scopes.push(names);
        for part in parts {
            self.visit_expr(part);
        }
        self.scopes.pop();
    }
}

impl<'a> Visitor<'a> for Meanings {
    fn visit_expr(&mut self, expr: &'a Expr) {
        match expr {
            Expr::Name(name) => {
                if !self
                    .scopes
                    .iter()
                    .any(|scope| scope.contains(name.id.as_str()))
                {
                    self.outer.insert(name.id.to_string());
                }
            }
            Expr::Lambda(lambda) => {
                defaults_of(lambda.parameters.as_deref())
                    .for_each(|(_, default)| self.visit_expr(default));
                self.inside(Inner::Lambda(lambda).names(), [&*lambda.body]);
            }
            _ => match Comprehension::of(expr) {
                Some(comprehension) => {
                    self.visit_expr(comprehension.first_iterable());
                    self.inside(comprehension.names(), comprehension.inner_parts());
                }
                None => visitor::walk_expr(self, expr),
            },
        }
    }
}
