//! Comprehensions and generator expressions.

use super::super::types::Type;
use super::Interpreter;
use crate::syntax::ast::{self, Expr};

impl Interpreter<'_, '_> {
    pub(super) fn comprehension(&mut self, expr: &Expr) -> Type {
        match expr {
            Expr::ListComp(comp) => self.in_clauses(&comp.generators, false, |this| {
                Type::list(this.part(&comp.elt))
            }),
            Expr::SetComp(comp) => self.in_clauses(&comp.generators, false, |this| {
                Type::set(this.part(&comp.elt))
            }),
            Expr::Generator(comp) => {
                let is_late = self.frame.is_late;
                let of = self.in_clauses(&comp.generators, true, |this| this.part(&comp.elt));
                self.frame.is_late = is_late;
                Type::iter(of)
            }
            Expr::DictComp(comp) => self.in_clauses(&comp.generators, false, |this| {
                let key = comp.key.as_ref().map_or(Type::Opaque, |key| this.expr(key));
                let value = this.part(&comp.value);
                Type::dict(key, value)
            }),
            _ => Type::Opaque,
        }
    }

    /// What a comprehension puts into its result: where that cannot be, there is nothing in it that anything could be done to.
    fn part(&mut self, expr: &Expr) -> Type {
        let type_ = self.expr(expr);
        match self.is_nothing(expr) {
            true => Type::Opaque,
            false => type_,
        }
    }

    fn in_clauses(
        &mut self,
        clauses: &[ast::Comprehension],
        is_generator: bool,
        result: impl FnOnce(&mut Self) -> Type,
    ) -> Type {
        let mut names = Vec::new();
        for clause in clauses {
            target_names(&clause.target, &mut names);
        }
        let mut hidden: Vec<(String, Option<Type>)> = Vec::new();
        let mut skipped = None;
        let declared = std::mem::take(&mut self.frame.declared);
        for clause in clauses {
            let iterable = self.expr(&clause.iter);
            let is_nothing = self.is_nothing(&clause.iter);
            let element = self.round(&clause.iter, &iterable, clause.is_async);
            self.frame.is_late |= is_generator;
            skipped.get_or_insert_with(|| self.env.clone());
            for name in &names {
                if !hidden.iter().any(|(known, _)| known == name) {
                    hidden.push((name.clone(), self.env.remove(name)));
                }
            }
            self.assign_clause_target(&clause.target, &element, is_nothing);
            for condition in &clause.ifs {
                self.expr(condition);
                self.narrow(condition, true);
            }
        }
        let result = result(self);
        self.frame.declared = declared;
        self.restore(hidden);
        self.env = std::mem::take(&mut self.env).join(skipped.unwrap_or_default());
        result
    }

    /// The targets of a clause are names of the comprehension's own.
    fn assign_clause_target(&mut self, target: &Expr, element: &Type, is_nothing: bool) {
        let tries = std::mem::take(&mut self.frame.tries);
        let globals = std::mem::take(&mut self.frame.globals);
        let own = self.frame.own.take();
        let findings = self
            .findings
            .as_mut()
            .map(|findings| std::mem::take(&mut findings.locals));
        self.assign_maybe(target, element, None, is_nothing);
        if let (Some(findings), Some(locals)) = (self.findings.as_mut(), findings) {
            findings.locals = locals;
        }
        self.frame.tries = tries;
        self.frame.globals = globals;
        self.frame.own = own;
    }
}

fn target_names(target: &Expr, into: &mut Vec<String>) {
    match target {
        Expr::Name(name) => into.push(name.id.to_string()),
        Expr::Tuple(tuple) => tuple
            .elts
            .iter()
            .for_each(|target| target_names(target, into)),
        Expr::List(list) => list
            .elts
            .iter()
            .for_each(|target| target_names(target, into)),
        Expr::Starred(starred) => target_names(&starred.value, into),
        _ => {}
    }
}
