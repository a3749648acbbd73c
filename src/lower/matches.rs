//! `match`. Patterns that do not leave the method stay as they are; a pattern or a guard that does ends the cases before it, and
//! those behind it are tried when it does not fit or hold.

use super::builder::Builder;
use super::cfg::{BlockId, Case, Role, Term};
use super::effects::Effects;
use crate::ir::Code;
use crate::syntax::ast::{self, MatchCase, Stmt};
use crate::syntax::{Ranged, TextRange};

impl Builder<'_, '_> {
    pub fn lower_match(&mut self, stmt: &Stmt, inner: &ast::StmtMatch) {
        self.lower_expr(&inner.subject);
        let inside = TextRange::new(inner.subject.end(), stmt.end());
        if !self.has_site(inside) && !self.jumps_out(stmt) {
            return self.push_stmt(stmt, stmt.start());
        }
        let is_kept = inner.cases.iter().any(|case| self.pauses(case));
        if is_kept && self.edits.at(inner.subject.range()).is_none() {
            self.save(&inner.subject);
        }
        let end = self.block(Role::Join("match"));
        let mut rest = inner.cases.as_slice();
        while let [first, ..] = rest {
            let (tried, left) = rest.split_at(self.at_once(rest));
            let next = match left {
                [] => end,
                _ => self.block(Role::Part("case")),
            };
            match self.has_site(first.pattern.range()) {
                true => self.lower_leaving_case(inner, first, next, end),
                false => self.lower_cases(inner, tried, next, end),
            }
            self.enter(next);
            rest = left;
        }
        self.enter(end);
    }

    /// Whether the method is left between the beginning of a case and its body.
    fn pauses(&self, case: &MatchCase) -> bool {
        self.guard_leaves(case) || self.has_site(case.pattern.range())
    }

    fn guard_leaves(&self, case: &MatchCase) -> bool {
        let guard = case.guard.as_deref();
        guard.is_some_and(|guard| self.has_site(guard.range()))
    }

    /// How many cases are tried by one `match`: up to one whose guard leaves the method, or before one whose pattern does.
    fn at_once(&self, cases: &[MatchCase]) -> usize {
        let [first, others @ ..] = cases else {
            return 0;
        };
        if self.pauses(first) {
            return 1;
        }
        let stop = others.iter().position(|case| self.pauses(case));
        match stop {
            None => cases.len(),
            Some(at) if self.has_site(others[at].pattern.range()) => 1 + at,
            Some(at) => 2 + at,
        }
    }

    fn lower_leaving_case(
        &mut self,
        inner: &ast::StmtMatch,
        case: &MatchCase,
        otherwise: BlockId,
        end: BlockId,
    ) {
        let subject = self.text.render_expr(&inner.subject, &self.edits).text;
        self.lower_pattern(&case.pattern, &subject, otherwise);
        self.lower_case(case, otherwise, end, true);
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
            self.enter(target);
            self.lower_case(case, otherwise, end, self.guard_leaves(case));
        }
    }

    /// Lowers what follows a pattern that fits; its guard where it has not been asked for.
    fn lower_case(&mut self, case: &MatchCase, otherwise: BlockId, end: BlockId, asks: bool) {
        let mut floor = case.pattern.end();
        if let Some(guard) = case.guard.as_deref() {
            floor = guard.end();
            if asks {
                let body = self.block(Role::Part("then"));
                self.lower_condition(guard, body, otherwise);
                self.enter(body);
            }
        }
        self.lower_body(&case.body, floor);
        self.end(Term::Goto(end));
    }

    /// A pattern, with what has been replaced in it.
    pub fn pattern(&self, pattern: &ast::Pattern) -> Code {
        let mut code = self.text.render(pattern.range(), &self.edits);
        if code.lines.len() > 1 {
            code.text = format!("({})", code.text);
        }
        code
    }
}
