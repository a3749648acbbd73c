//! `match`. The patterns stay as they are; a guard that leaves the method ends the cases before it, and those behind it are
//! tried when it does not hold.

use super::builder::Builder;
use super::cfg::{BlockId, Case, Role, Term};
use super::effects::Effects;
use super::refuse;
use crate::ir::Code;
use crate::syntax::ast::{self, MatchCase, Stmt};
use crate::syntax::{Ranged, TextRange};

impl Builder<'_, '_> {
    pub fn lower_match(&mut self, stmt: &Stmt, inner: &ast::StmtMatch) {
        let mut cases = inner.cases.iter();
        if let Some(case) = cases.find(|case| self.has_site(case.pattern.range())) {
            let refused = refuse::pattern(self, &case.pattern);
            return self.diagnostics.push(refused);
        }
        self.lower_expr(&inner.subject);
        let inside = TextRange::new(inner.subject.end(), stmt.end());
        if !self.has_site(inside) && !self.jumps_out(stmt) {
            return self.push_stmt(stmt, stmt.start());
        }
        if self.guards_after(&inner.cases, 0).is_some()
            && self.edits.at(inner.subject.range()).is_none()
        {
            self.save(&inner.subject);
        }
        let end = self.block(Role::Join("match"));
        let mut first = 0;
        while let Some(last) = self.guards_after(&inner.cases, first) {
            let next = match last + 1 == inner.cases.len() {
                true => end,
                false => self.block(Role::Part("case")),
            };
            self.lower_cases(inner, &inner.cases[first..=last], next, end);
            self.enter(next);
            first = last + 1;
        }
        if first < inner.cases.len() {
            self.lower_cases(inner, &inner.cases[first..], end, end);
        }
        self.enter(end);
    }

    /// The first case from `first` on whose guard leaves the method.
    fn guards_after(&self, cases: &[MatchCase], first: usize) -> Option<usize> {
        let leaves = |case: &MatchCase| {
            let guard = case.guard.as_deref();
            guard.is_some_and(|guard| self.has_site(guard.range()))
        };
        let found = cases[first..].iter().position(leaves)?;
        Some(first + found)
    }

    /// Lowers cases of which only the last may have a guard that leaves the method.
    fn lower_cases(
        &mut self,
        inner: &ast::StmtMatch,
        cases: &[MatchCase],
        otherwise: BlockId,
        end: BlockId,
    ) {
        let mut effects = self.effects(&inner.subject);
        let mut tried = Effects::default();
        let mut lowered = Vec::new();
        for case in cases {
            let whole = case
                .guard
                .as_deref()
                .filter(|guard| !self.has_site(guard.range()));
            let mut fits = self.scan().pattern(&case.pattern);
            if let Some(guard) = whole {
                fits.then(&self.effects(guard));
            }
            let target = self.block(Role::Part("case"));
            self.graph.blocks[target].entry = std::mem::take(&mut fits.binds);
            tried.then(&fits);
            lowered.push(Case {
                pattern: self.pattern(&case.pattern),
                guard: whole.map(|guard| self.text.render_expr(guard, &self.edits)),
                target,
            });
        }
        effects.then(&tried);
        let targets: Vec<BlockId> = lowered.iter().map(|case| case.target).collect();
        self.end(Term::Match {
            subject: self.text.render_expr(&inner.subject, &self.edits),
            effects,
            cases: lowered,
            otherwise,
        });
        for (case, target) in cases.iter().zip(targets) {
            self.lower_case(case, target, otherwise, end);
        }
    }

    fn lower_case(&mut self, case: &MatchCase, target: BlockId, otherwise: BlockId, end: BlockId) {
        self.enter(target);
        let mut floor = case.pattern.end();
        if let Some(guard) = case.guard.as_deref() {
            floor = guard.end();
            if self.has_site(guard.range()) {
                let body = self.block(Role::Part("then"));
                self.lower_condition(guard, body, otherwise);
                self.enter(body);
            }
        }
        self.lower_body(&case.body, floor);
        self.end(Term::Goto(end));
    }

    fn pattern(&self, pattern: &ast::Pattern) -> Code {
        let mut code = self.text.render(pattern.range(), &self.edits);
        if code.lines.len() > 1 {
            code.text = format!("({})", code.text);
        }
        code
    }
}
