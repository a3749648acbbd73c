//! Statements.

use super::state::{Reads, State};
use super::{Ends, Flow, Loop};
use crate::syntax::ast::visitor::{Visitor, walk_pattern, walk_pattern_keyword};
use crate::syntax::ast::{self, Expr, Stmt};

/// A loop is run over this often at most.
const MAX_PASSES: usize = 12;

impl<'p> Flow<'_, '_, 'p> {
    pub(super) fn body(&mut self, body: &'p [Stmt]) {
        for stmt in body {
            if self.state.live {
                self.stmt(stmt);
            }
        }
    }

    fn stmt(&mut self, stmt: &'p Stmt) {
        match stmt {
            Stmt::Expr(stmt) => {
                self.expr(&stmt.value);
            }
            Stmt::Assign(assign) => self.assign(assign),
            Stmt::AnnAssign(assign) => {
                if let Some(value) = &assign.value {
                    let value = self.expr(value);
                    self.bind(&assign.target, &value);
                }
            }
            Stmt::AugAssign(assign) => self.augment(assign),
            Stmt::Delete(delete) => {
                for target in &delete.targets {
                    self.delete(target);
                }
            }
            Stmt::If(choice) => self.choice(choice),
            Stmt::While(loop_) => self.while_loop(loop_),
            Stmt::For(loop_) => self.for_loop(loop_),
            Stmt::Try(try_) => self.try_statement(try_),
            Stmt::With(with) => self.with_statement(with),
            Stmt::Match(match_) => self.match_statement(match_),
            Stmt::Assert(assert) => {
                let test = self.expr(&assert.test);
                self.summary.guards.extend(fields(&test.reads));
                self.state.depend(0, test.reads);
            }
            Stmt::Return(return_) => {
                if let Some(value) = &return_.value {
                    let value = self.expr(value);
                    let deciding = self.state.control.iter().flat_map(fields);
                    let result = fields(&value.reads).chain(deciding);
                    self.summary.result.extend(result);
                }
                self.end(|ends| ends.function = true);
            }
            Stmt::Raise(raise) => {
                let parts = raise.exc.iter().chain(&raise.cause);
                parts.for_each(|part| {
                    self.expr(part);
                });
                let deciding = self.state.control.iter().flat_map(fields);
                self.summary.guards.extend(deciding);
                self.end(|ends| ends.function = true);
            }
            Stmt::Break(_) => self.jump(|loop_| &mut loop_.breaks),
            Stmt::Continue(_) => self.jump(|loop_| &mut loop_.continues),
            _ => {}
        }
    }

    fn end(&mut self, note: impl FnOnce(&mut Ends)) {
        note(&mut self.ends);
        self.state.live = false;
    }

    fn jump(&mut self, to: impl FnOnce(&mut Loop) -> &mut Vec<State>) {
        if let Some(loop_) = self.loops.last_mut() {
            let mut state = self.state.clone();
            state.control.truncate(loop_.level + 1);
            to(loop_).push(state);
        }
        self.end(|ends| ends.round = true);
    }

    fn assign(&mut self, assign: &'p ast::StmtAssign) {
        if let ([Expr::Tuple(targets)], Expr::Tuple(values)) = (&*assign.targets, &*assign.value)
            && targets.len() == values.len()
            && !targets.iter().chain(values).any(Expr::is_starred_expr)
        {
            let depth = self.kept();
            let mut all: Vec<_> = values.iter().map(|value| self.hold(value)).collect();
            let held: Vec<Reads> = self.state.held.drain(depth..).collect();
            for (value, reads) in all.iter_mut().zip(held) {
                value.reads = reads;
            }
            for (target, value) in targets.iter().zip(&all) {
                self.bind(target, value);
            }
            return;
        }
        let value = self.expr(&assign.value);
        for target in &assign.targets {
            self.bind(target, &value);
        }
    }

    fn choice(&mut self, choice: &'p ast::StmtIf) {
        let clauses = &choice.elif_else_clauses;
        self.branches(&choice.test, &choice.body, clauses);
    }

    fn branches(&mut self, test: &'p Expr, body: &'p [Stmt], rest: &'p [ast::ElifElseClause]) {
        let test = self.expr(test);
        let before = self.state.clone();
        let outer = self.enter(test.reads.clone());
        self.body(body);
        let then = std::mem::replace(&mut self.state, before);
        self.state.control.push(test.reads);
        match rest {
            [] => {}
            [clause, rest @ ..] => match &clause.test {
                Some(test) => self.branches(test, &clause.body, rest),
                None => self.body(&clause.body),
            },
        }
        self.decide(then, outer);
    }

    /// What follows depends on a condition until [`Self::decide`].
    fn enter(&mut self, reads: Reads) -> Ends {
        self.state.control.push(reads);
        std::mem::take(&mut self.ends)
    }

    /// Two branches meet. Where one of them has ended otherwise, all that follows depends on the condition: in the function after
    /// a `return`, in the loop's round after a `break`.
    fn decide(&mut self, other: State, outer: Ends) {
        let one_ended = self.state.live != other.live;
        self.meet(&other);
        let ends = self.ends;
        let reads = self.state.control.pop().unwrap_or_default();
        if one_ended && ends.function {
            self.state.depend(0, reads.clone());
        }
        if one_ended && ends.round {
            let level = self.loops.last().map_or(0, |loop_| loop_.level);
            self.state.depend(level, reads);
        }
        self.ends = Ends {
            function: outer.function || ends.function,
            round: outer.round || ends.round,
        };
    }

    fn while_loop(&mut self, loop_: &'p ast::StmtWhile) {
        self.rounds(&loop_.orelse, |flow| {
            let test = flow.expr(&loop_.test);
            let exit = flow.state.clone();
            let level = flow.state.control.len() - 1;
            flow.state.depend(level, test.reads);
            flow.body(&loop_.body);
            exit
        });
    }

    fn for_loop(&mut self, loop_: &'p ast::StmtFor) {
        let all = self.expr(&loop_.iter);
        let depth = self.kept();
        self.keep(all.reads.clone());
        self.rounds(&loop_.orelse, |flow| {
            let exit = flow.state.clone();
            let mut all = all.clone();
            all.reads.clone_from(&flow.state.held[depth]);
            let element = flow.part(&all, &*loop_.target);
            flow.bind(&loop_.target, &element);
            flow.body(&loop_.body);
            exit
        });
        self.state.held.truncate(depth);
    }

    /// Runs rounds of a loop to a fixpoint; `round` gives the state in which the loop ends.
    fn rounds(&mut self, orelse: &'p [Stmt], mut round: impl FnMut(&mut Self) -> State) {
        self.state.control.push(Reads::new());
        let level = self.state.control.len() - 1;
        let mut breaks = Vec::new();
        let mut exit = self.state.clone();
        for _ in 0..MAX_PASSES {
            let head = self.state.clone();
            self.loops.push(Loop {
                level,
                ..Loop::default()
            });
            exit = round(self);
            let ended = self.loops.pop().unwrap_or_default();
            breaks = ended.breaks;
            ended
                .continues
                .into_iter()
                .for_each(|state| self.meet(&state));
            self.meet(&head);
            if self.state == head {
                break;
            }
        }
        self.ends.round = false;
        self.state = exit;
        self.body(orelse);
        breaks.into_iter().for_each(|state| self.meet(&state));
        self.state.control.truncate(level);
    }

    fn try_statement(&mut self, try_: &'p ast::StmtTry) {
        let mut raised = self.state.clone();
        let departures = self.departures;
        self.body(&try_.body);
        if self.departures > departures {
            let left = self.at(try_);
            let mut crossed = raised.clone();
            crossed.cross(left);
            raised = raised.join(&crossed);
        }
        let mut after = self.state.clone();
        after.live = true;
        raised = raised.join(&after);
        self.body(&try_.orelse);
        for handler in &try_.handlers {
            let ast::ExceptHandler::ExceptHandler(handler) = handler;
            let end = std::mem::replace(&mut self.state, raised.clone());
            if let Some(classes) = &handler.type_ {
                self.expr(classes);
                raised = self.state.clone();
            }
            if let Some(name) = &handler.name {
                self.bind_name(name, super::Value::default());
            }
            self.body(&handler.body);
            self.meet(&end);
        }
        let live = self.state.live;
        if !live {
            self.state = raised;
        }
        self.body(&try_.finalbody);
        self.state.live &= live;
    }

    fn with_statement(&mut self, with: &'p ast::StmtWith) {
        for item in &with.items {
            let value = self.expr(&item.context_expr);
            if let Some(target) = &item.optional_vars {
                let entered = self.part(&value, &**target);
                self.bind(target, &entered);
            }
        }
        self.body(&with.body);
    }

    fn match_statement(&mut self, match_: &'p ast::StmtMatch) {
        let subject = self.expr(&match_.subject);
        let before = self.state.clone();
        let outer = self.enter(subject.reads.clone());
        let mut entered = self.state.clone();
        let mut otherwise = before;
        otherwise.control.push(subject.reads.clone());
        self.state.live = false;
        for case in &match_.cases {
            let ended = std::mem::replace(&mut self.state, entered.clone());
            self.ask_for(&case.pattern);
            entered = self.state.clone();
            for name in captured(&case.pattern) {
                let part = self.part(&subject, &case.pattern);
                self.bind_name(name, part);
            }
            if let Some(guard) = &case.guard {
                let guard = self.expr(guard);
                let level = self.state.control.len() - 1;
                self.state.depend(level, guard.reads);
            }
            self.body(&case.body);
            self.meet(&ended);
        }
        self.decide(otherwise, outer);
    }

    /// Evaluates what a pattern names.
    fn ask_for(&mut self, pattern: &'p ast::Pattern) {
        let mut asked = Asked::default();
        asked.visit_pattern(pattern);
        for expr in asked.exprs {
            self.expr(expr);
        }
        for attribute in asked.attributes {
            if self.site(attribute).is_some() {
                self.leave(self.at(attribute));
            }
        }
    }
}

/// What a pattern names.
#[derive(Default)]
struct Asked<'p> {
    exprs: Vec<&'p ast::Expr>,
    attributes: Vec<&'p ast::Identifier>,
}

impl<'p> Visitor<'p> for Asked<'p> {
    fn visit_expr(&mut self, expr: &'p ast::Expr) {
        self.exprs.push(expr);
    }

    fn visit_pattern_keyword(&mut self, keyword: &'p ast::PatternKeyword) {
        self.attributes.push(&keyword.attr);
        walk_pattern_keyword(self, keyword);
    }
}

/// The fields that are read.
fn fields(reads: &Reads) -> impl Iterator<Item = String> {
    reads.iter().map(|read| read.field.clone())
}

/// The names that a pattern binds.
fn captured(pattern: &ast::Pattern) -> Vec<&str> {
    let mut names = Captures(Vec::new());
    names.visit_pattern(pattern);
    names.0
}

struct Captures<'p>(Vec<&'p str>);

impl<'p> Visitor<'p> for Captures<'p> {
    fn visit_pattern(&mut self, pattern: &'p ast::Pattern) {
        let name = match pattern {
            ast::Pattern::MatchAs(as_) => as_.name.as_ref(),
            ast::Pattern::MatchStar(star) => star.name.as_ref(),
            ast::Pattern::MatchMapping(mapping) => mapping.rest.as_ref(),
            _ => None,
        };
        self.0.extend(name.map(ast::Identifier::as_str));
        walk_pattern(self, pattern);
    }
}
