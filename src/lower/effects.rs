//! What code does to the local names: which it reads before it binds them, binds, and deletes.

use std::collections::HashSet;

use super::closures::{self, Closures};
use super::comprehension::Comprehension;
use super::names::{
    Names, bound_by, captures, locals, names_of, names_of_lambda, names_of_parameters,
};
use super::text::Edits;
use crate::syntax::ast::visitor::{self, Visitor};
use crate::syntax::ast::{self, Expr, ExprContext, Stmt};
use crate::syntax::{Ranged, TextRange};

/// What a piece of code does to the local names.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Effects {
    /// Read where no earlier part has surely bound them.
    pub uses: Names,
    /// Bound when its end is reached.
    pub binds: Names,
    /// Bound on some path.
    pub may_bind: Names,
    /// Deleted on some path.
    pub may_delete: Names,
    /// Where the functions, generators and classes stand that it makes.
    pub makes: Vec<TextRange>,
}

impl Effects {
    /// The effects of reading those names.
    pub fn of_uses(names: impl IntoIterator<Item = String>) -> Self {
        Self {
            uses: names.into_iter().collect(),
            ..Self::default()
        }
    }

    /// The effects of binding one name.
    pub fn of_binding(name: &str) -> Self {
        let names = Names::from([name.to_owned()]);
        Self {
            binds: names.clone(),
            may_bind: names,
            ..Self::default()
        }
    }

    /// Adds what comes after.
    pub fn then(&mut self, next: &Self) {
        let exposed = next.uses.difference(&self.binds).cloned();
        self.uses.extend(exposed.collect::<Vec<_>>());
        self.binds.retain(|name| !next.may_delete.contains(name));
        self.binds.extend(next.binds.iter().cloned());
        self.may_bind.extend(next.may_bind.iter().cloned());
        self.may_delete.extend(next.may_delete.iter().cloned());
        self.makes.extend(&next.makes);
    }
}

/// Walks code in the order of evaluation.
pub struct Scan<'a> {
    locals: &'a HashSet<String>,
    edits: &'a Edits,
    closures: &'a Closures<'a>,
    definite: Names,
    shadowed: Vec<HashSet<String>>,
    effects: Effects,
    loads: Vec<(String, TextRange)>,
    unsafe_loads: HashSet<TextRange>,
}

impl<'a> Scan<'a> {
    /// A walk over code of a function with those local names, whose edited parts read what stands for them, and in which a
    /// function that it makes for itself stands for what that reads and binds.
    pub fn new(locals: &'a HashSet<String>, edits: &'a Edits, closures: &'a Closures<'a>) -> Self {
        Self {
            locals,
            edits,
            closures,
            definite: Names::new(),
            shadowed: Vec::new(),
            effects: Effects::default(),
            loads: Vec::new(),
            unsafe_loads: HashSet::new(),
        }
    }

    /// The effects of statements.
    pub fn stmts(mut self, body: &[Stmt]) -> Effects {
        self.visit_body(body);
        self.finish()
    }

    /// The effects of an expression.
    pub fn expr(mut self, expr: &Expr) -> Effects {
        self.visit_expr(expr);
        self.finish()
    }

    /// The effects of a pattern that fits.
    pub fn pattern(mut self, pattern: &ast::Pattern) -> Effects {
        self.visit_pattern(pattern);
        self.finish()
    }

    /// The loads of local names that may have no value there, in a function body with those parameters.
    pub fn unsafe_loads(mut self, params: &Names, body: &[Stmt]) -> HashSet<TextRange> {
        self.definite.clone_from(params);
        self.visit_body(body);
        let deleted = self.effects.may_delete;
        let loads = self.loads.into_iter();
        let of_deleted = loads.filter(|(name, _)| deleted.contains(name));
        self.unsafe_loads.extend(of_deleted.map(|(_, range)| range));
        self.unsafe_loads
    }

    /// What the body of a function inside does to the local names when it is called.
    pub fn body_of(mut self, parameters: &ast::Parameters, body: &[Stmt]) -> Effects {
        let mut inner = names_of_parameters(parameters);
        inner.extend(locals(body));
        self.inner_scope(inner, |scan| scan.visit_body(body));
        self.finish()
    }

    /// What a lambda does to the local names when it is called.
    pub fn body_of_lambda(mut self, lambda: &ast::ExprLambda) -> Effects {
        self.inner_scope(names_of_lambda(lambda), |scan| {
            scan.visit_expr(&lambda.body);
        });
        self.finish()
    }

    /// What a generator expression does to the local names when it is asked for its elements.
    pub fn body_of_generator(mut self, generator: &Comprehension<'_>) -> Effects {
        self.inner_scope(generator.names(), |scan| {
            let parts = generator.inner_parts();
            parts.into_iter().for_each(|part| scan.visit_expr(part));
        });
        self.finish()
    }

    fn finish(mut self) -> Effects {
        self.effects.binds = self.definite;
        self.effects
    }

    fn is_local(&self, name: &str) -> bool {
        self.locals.contains(name) && !self.shadowed.iter().any(|scope| scope.contains(name))
    }

    fn load(&mut self, name: &str) -> bool {
        let exposed = self.is_local(name) && !self.definite.contains(name);
        if exposed {
            self.effects.uses.insert(name.to_owned());
        }
        if self.is_local(name) {
            self.captured(name);
        }
        exposed
    }

    fn load_at(&mut self, name: &ast::ExprName) {
        if self.is_local(&name.id) {
            self.loads.push((name.id.to_string(), name.range));
        }
        if self.load(&name.id) {
            self.unsafe_loads.insert(name.range);
        }
    }

    /// What a function that the method makes for itself does to its names when it is called.
    fn captured(&mut self, name: &str) {
        let Some(closure) = self.closures.get(name) else {
            return;
        };
        let uses = &closure.captures - &self.definite;
        self.effects.uses.extend(uses);
        self.effects.may_bind.extend(closure.binds.iter().cloned());
        self.effects.makes.push(closure.range());
    }

    fn store(&mut self, name: &str) {
        if self.is_local(name) {
            self.definite.insert(name.to_owned());
            self.effects.may_bind.insert(name.to_owned());
        }
    }

    fn delete(&mut self, name: &str) {
        self.load(name);
        if self.is_local(name) {
            self.forget(name);
        }
    }

    fn forget(&mut self, name: &str) {
        self.definite.remove(name);
        self.effects.may_delete.insert(name.to_owned());
    }

    /// Walks something that may not run, or not to its end; gives what is surely bound after it.
    fn aside(&mut self, walk: impl FnOnce(&mut Self)) -> Names {
        let before = self.definite.clone();
        let deleted = std::mem::take(&mut self.effects.may_delete);
        walk(self);
        let kept = &before - &self.effects.may_delete;
        self.effects.may_delete.extend(deleted);
        std::mem::replace(&mut self.definite, kept)
    }

    /// What is bound where several paths meet; those that end elsewhere do not count.
    fn meet(&mut self, paths: Vec<(Names, bool)>) {
        let mut through = paths.into_iter().filter(|(_, leaves)| !leaves);
        if let Some((first, _)) = through.next() {
            self.definite = through.fold(first, |met, (path, _)| &met & &path);
        }
    }

    fn inner_scope(&mut self, names: HashSet<String>, walk: impl FnOnce(&mut Self)) {
        self.shadowed.push(names);
        self.aside(walk);
        self.shadowed.pop();
    }

    fn comprehension(&mut self, generators: &[ast::Comprehension], elements: &[&Expr]) {
        let Some(first) = generators.first() else {
            return;
        };
        self.visit_expr(&first.iter);
        let mut targets = HashSet::new();
        for generator in generators {
            targets.extend(names_of(&generator.target));
        }
        self.inner_scope(targets, |scan| {
            for (index, generator) in generators.iter().enumerate() {
                if index > 0 {
                    scan.visit_expr(&generator.iter);
                }
                scan.visit_expr(&generator.target);
                for test in &generator.ifs {
                    scan.visit_expr(test);
                }
            }
            for element in elements {
                scan.visit_expr(element);
            }
        });
    }

    fn parameters(&mut self, parameters: &ast::Parameters) -> HashSet<String> {
        for parameter in parameters.iter_non_variadic_params() {
            if let Some(default) = &parameter.default {
                self.visit_expr(default);
            }
        }
        names_of_parameters(parameters)
    }

    fn function(&mut self, def: &ast::StmtFunctionDef) {
        for decorator in &def.decorator_list {
            self.visit_expr(&decorator.expression);
        }
        self.effects.makes.push(def.range);
        let mut inner = self.parameters(&def.parameters);
        inner.extend(locals(&def.body));
        self.inner_scope(inner, |scan| scan.visit_body(&def.body));
        self.store(&def.name);
    }

    /// Making a function that can be made again. What that reads it reads when it is called; what it binds has to be there.
    fn closure(&mut self, name: &str, stmt: &Stmt) -> bool {
        let Some(closure) = self.closures.get(name) else {
            return false;
        };
        for (_, default) in closures::defaults(stmt) {
            self.visit_expr(default);
        }
        self.effects.uses.extend(&closure.binds - &self.definite);
        self.store(name);
        true
    }

    fn class(&mut self, def: &ast::StmtClassDef) {
        for decorator in &def.decorator_list {
            self.visit_expr(&decorator.expression);
        }
        if let Some(arguments) = &def.arguments {
            self.visit_arguments(arguments);
        }
        self.effects.makes.push(def.range);
        self.inner_scope(HashSet::new(), |scan| scan.visit_body(&def.body));
        self.store(&def.name);
    }

    fn if_(&mut self, stmt: &ast::StmtIf) {
        self.visit_expr(&stmt.test);
        let mut paths = vec![(
            self.aside(|scan| scan.visit_body(&stmt.body)),
            leaves(&stmt.body),
        )];
        let mut has_else = false;
        for clause in &stmt.elif_else_clauses {
            match &clause.test {
                Some(test) => self.visit_expr(test),
                None => has_else = true,
            }
            let after = self.aside(|scan| scan.visit_body(&clause.body));
            paths.push((after, leaves(&clause.body)));
        }
        if !has_else {
            paths.push((self.definite.clone(), false));
        }
        self.meet(paths);
    }

    fn try_(&mut self, stmt: &ast::StmtTry) {
        let body = self.aside(|scan| {
            scan.visit_body(&stmt.body);
            scan.visit_body(&stmt.orelse);
        });
        let ends = leaves(&stmt.body) || leaves(&stmt.orelse);
        let mut paths = vec![(body, ends)];
        for ast::ExceptHandler::ExceptHandler(handler) in &stmt.handlers {
            let after = self.aside(|scan| scan.handler(handler));
            paths.push((after, leaves(&handler.body)));
        }
        self.aside(|scan| scan.visit_body(&stmt.finalbody));
        self.meet(paths);
        self.visit_body(&stmt.finalbody);
    }

    fn handler(&mut self, handler: &ast::ExceptHandlerExceptHandler) {
        if let Some(type_) = &handler.type_ {
            self.visit_expr(type_);
        }
        if let Some(name) = &handler.name {
            self.store(name);
        }
        self.visit_body(&handler.body);
        if let Some(name) = &handler.name
            && self.is_local(name)
        {
            self.forget(name);
        }
    }

    fn imports(&mut self, names: &[ast::Alias], whole: bool) {
        for alias in names {
            self.store(bound_by(alias, whole));
        }
    }
}

impl<'a> Visitor<'a> for Scan<'_> {
    fn visit_expr(&mut self, expr: &'a Expr) {
        if let Some(edit) = self.edits.at(expr.range()) {
            for name in &edit.uses {
                match expr {
                    Expr::Name(renamed) if renamed.ctx == ExprContext::Store => self.store(name),
                    _ => drop(self.load(name)),
                }
            }
            return;
        }
        match expr {
            Expr::Name(name) => match name.ctx {
                ExprContext::Load => self.load_at(name),
                ExprContext::Store => self.store(&name.id),
                ExprContext::Del => self.delete(&name.id),
                ExprContext::Invalid => {}
            },
            Expr::Named(named) => {
                self.visit_expr(&named.value);
                self.visit_expr(&named.target);
            }
            Expr::BoolOp(op) => {
                if let Some((first, rest)) = op.values.split_first() {
                    self.visit_expr(first);
                    self.aside(|scan| rest.iter().for_each(|value| scan.visit_expr(value)));
                }
            }
            Expr::If(choice) => {
                self.visit_expr(&choice.test);
                let then = self.aside(|scan| scan.visit_expr(&choice.body));
                let orelse = self.aside(|scan| scan.visit_expr(&choice.orelse));
                self.meet(vec![(then, false), (orelse, false)]);
            }
            Expr::Compare(compare) => {
                self.visit_expr(&compare.left);
                if let Some((first, rest)) = compare.comparators.split_first() {
                    self.visit_expr(first);
                    self.aside(|scan| rest.iter().for_each(|value| scan.visit_expr(value)));
                }
            }
            Expr::Lambda(lambda) => {
                self.effects.makes.push(lambda.range);
                for (_, default) in closures::defaults_of(lambda.parameters.as_deref()) {
                    self.visit_expr(default);
                }
                self.inner_scope(names_of_lambda(lambda), |scan| {
                    scan.visit_expr(&lambda.body);
                });
            }
            Expr::ListComp(comp) => self.comprehension(&comp.generators, &[&comp.elt]),
            Expr::SetComp(comp) => self.comprehension(&comp.generators, &[&comp.elt]),
            Expr::Generator(comp) => {
                self.effects.makes.push(comp.range);
                self.comprehension(&comp.generators, &[&comp.elt]);
            }
            Expr::DictComp(comp) => {
                let mut elements: Vec<&Expr> = Vec::new();
                elements.extend(comp.key.as_deref());
                elements.push(&comp.value);
                self.comprehension(&comp.generators, &elements);
            }
            _ => visitor::walk_expr(self, expr),
        }
    }

    fn visit_stmt(&mut self, stmt: &'a Stmt) {
        if self.shadowed.is_empty()
            && let Some(name) = closures::made(stmt)
            && self.closure(name, stmt)
        {
            return;
        }
        match stmt {
            Stmt::FunctionDef(def) => self.function(def),
            Stmt::ClassDef(def) => self.class(def),
            Stmt::AugAssign(stmt) => {
                match &*stmt.target {
                    Expr::Name(name) => self.load_at(name),
                    place => self.visit_expr(place),
                }
                self.visit_expr(&stmt.value);
                if stmt.target.is_name_expr() {
                    self.visit_expr(&stmt.target);
                }
            }
            Stmt::AnnAssign(stmt) => {
                if let Some(value) = &stmt.value {
                    self.visit_expr(value);
                    self.visit_expr(&stmt.target);
                }
            }
            Stmt::If(stmt) => self.if_(stmt),
            Stmt::For(stmt) => {
                self.visit_expr(&stmt.iter);
                self.aside(|scan| {
                    scan.visit_expr(&stmt.target);
                    scan.visit_body(&stmt.body);
                });
                self.aside(|scan| scan.visit_body(&stmt.orelse));
            }
            Stmt::While(stmt) => {
                self.visit_expr(&stmt.test);
                self.aside(|scan| scan.visit_body(&stmt.body));
                self.aside(|scan| scan.visit_body(&stmt.orelse));
            }
            Stmt::Try(stmt) => self.try_(stmt),
            Stmt::With(stmt) => {
                for item in &stmt.items {
                    visitor::walk_with_item(self, item);
                }
                self.aside(|scan| scan.visit_body(&stmt.body));
            }
            Stmt::Match(stmt) => {
                self.visit_expr(&stmt.subject);
                for case in &stmt.cases {
                    self.aside(|scan| visitor::walk_match_case(scan, case));
                }
            }
            Stmt::Import(stmt) => self.imports(&stmt.names, true),
            Stmt::ImportFrom(stmt) => self.imports(&stmt.names, false),
            Stmt::Assert(stmt) => {
                self.visit_expr(&stmt.test);
                if let Some(message) = &stmt.msg {
                    self.aside(|scan| scan.visit_expr(message));
                }
            }
            _ => visitor::walk_stmt(self, stmt),
        }
    }

    fn visit_interpolated_string_element(&mut self, element: &'a ast::InterpolatedStringElement) {
        match self.edits.at(element.range()) {
            Some(edit) => {
                for name in &edit.uses {
                    self.load(name);
                }
            }
            None => visitor::walk_interpolated_string_element(self, element),
        }
    }

    /// A pattern binds its names when all of it fits.
    fn visit_pattern(&mut self, pattern: &'a ast::Pattern) {
        let mut inner = PatternParts::default();
        inner.visit_pattern(pattern);
        for expr in inner.exprs {
            self.visit_expr(expr);
        }
        for name in inner.captures {
            self.store(name);
        }
    }
}

#[derive(Default)]
struct PatternParts<'a> {
    exprs: Vec<&'a Expr>,
    captures: Vec<&'a str>,
}

impl<'a> Visitor<'a> for PatternParts<'a> {
    fn visit_expr(&mut self, expr: &'a Expr) {
        self.exprs.push(expr);
    }

    fn visit_pattern(&mut self, pattern: &'a ast::Pattern) {
        self.captures.extend(captures(pattern));
        visitor::walk_pattern(self, pattern);
    }
}

/// Whether control never reaches the end of these statements.
pub fn leaves(body: &[Stmt]) -> bool {
    match body.last() {
        Some(Stmt::Return(_) | Stmt::Raise(_) | Stmt::Break(_) | Stmt::Continue(_)) => true,
        Some(Stmt::If(stmt)) => {
            leaves(&stmt.body)
                && stmt
                    .elif_else_clauses
                    .iter()
                    .all(|clause| leaves(&clause.body))
                && stmt
                    .elif_else_clauses
                    .last()
                    .is_some_and(|clause| clause.test.is_none())
        }
        _ => false,
    }
}
