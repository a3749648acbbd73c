//! Comprehensions as loops that collect.

use std::collections::HashSet;

use super::builder::Builder;
use super::cfg::{BlockId, Role, Term};
use super::effects::Effects;
use super::fresh::short;
use super::names::names_of;
use super::refuse;
use super::scope::Inner;
use crate::ir::Code;
use crate::syntax::ast::visitor::{self, Visitor};
use crate::syntax::ast::{self, Expr};
use crate::syntax::{Ranged, TextRange, TextSize};

/// A comprehension of any kind, or a generator expression.
#[derive(Debug, Clone, Copy)]
pub struct Comprehension<'e> {
    /// The expression.
    pub expr: &'e Expr,
    /// Its `for` clauses; at least one.
    pub clauses: &'e [ast::Comprehension],
    key: Option<&'e Expr>,
    /// What it collects; the value where it makes a dictionary.
    pub element: &'e Expr,
}

impl<'e> Comprehension<'e> {
    /// The comprehension that an expression is, if any.
    pub fn of(expr: &'e Expr) -> Option<Self> {
        let (clauses, key, element) = match expr {
            Expr::ListComp(comp) => (&comp.generators, None, &*comp.elt),
            Expr::SetComp(comp) => (&comp.generators, None, &*comp.elt),
            Expr::Generator(comp) => (&comp.generators, None, &*comp.elt),
            Expr::DictComp(comp) => (&comp.generators, comp.key.as_deref(), &*comp.value),
            _ => return None,
        };
        Some(Self {
            expr,
            clauses,
            key,
            element,
        })
    }

    /// Whether it gives its elements one by one, as they are asked for.
    pub fn is_generator(&self) -> bool {
        self.expr.is_generator_expr()
    }

    /// What it goes over, evaluated where it stands.
    pub fn first_iterable(&self) -> &'e Expr {
        &self.clauses[0].iter
    }

    /// Its parts, but for the first iterable.
    pub fn inner_parts(&self) -> Vec<&'e Expr> {
        let mut parts = Vec::new();
        for (index, clause) in self.clauses.iter().enumerate() {
            parts.extend((index > 0).then_some(&clause.iter));
            parts.push(&clause.target);
            parts.extend(&clause.ifs);
        }
        parts.extend(self.elements());
        parts
    }

    /// What it collects, in the order of evaluation.
    pub fn elements(&self) -> impl Iterator<Item = &'e Expr> {
        self.key.into_iter().chain([self.element])
    }

    /// The names of its own.
    pub fn names(&self) -> HashSet<String> {
        let targets = self.clauses.iter().map(|clause| names_of(&clause.target));
        targets.flatten().collect()
    }

    /// Whether it has to be gone over by `async for`, as a generator expression that awaits something, or goes over such itself.
    pub fn is_async(&self) -> bool {
        let mut awaits = Awaits { found: false };
        if self.is_generator() {
            for part in self.inner_parts() {
                awaits.visit_expr(part);
            }
        }
        awaits.found || self.clauses.iter().any(|clause| clause.is_async)
    }
}

/// What a loop or a clause of a comprehension goes over.
pub struct Over<'e> {
    target: &'e Expr,
    iterable: &'e Expr,
    is_async: bool,
    /// The conditions of a clause.
    ifs: &'e [Expr],
    /// Names the line in a traceback where there are no elements or no next one to be had.
    at: TextSize,
    /// Where its rounds are.
    rounds: TextRange,
}

impl<'e> Over<'e> {
    /// What a statement goes over.
    pub fn of_loop(stmt: &'e ast::StmtFor) -> Self {
        let body = stmt.body.last().map_or(stmt.iter.end(), Ranged::end);
        Self {
            target: &stmt.target,
            iterable: &stmt.iter,
            is_async: stmt.is_async,
            ifs: &[],
            at: stmt.start(),
            rounds: TextRange::new(stmt.iter.end(), body),
        }
    }

    /// What the clauses of a comprehension go over.
    fn of_clauses(comprehension: &Comprehension<'e>) -> Vec<Self> {
        let clauses = comprehension.clauses.iter();
        let over = clauses.map(|clause| Self {
            target: &clause.target,
            iterable: &clause.iter,
            is_async: clause.is_async,
            ifs: &clause.ifs,
            at: comprehension.expr.start(),
            rounds: comprehension.expr.range(),
        });
        over.collect()
    }
}

struct Awaits {
    found: bool,
}

impl<'a> Visitor<'a> for Awaits {
    fn visit_expr(&mut self, expr: &'a Expr) {
        match expr {
            Expr::Await(_) => self.found = true,
            Expr::Lambda(_) => {}
            _ => visitor::walk_expr(self, expr),
        }
    }
}

/// What is done with an element, from which control has to go to the block that is given.
pub type Each<'f, 'm, 'p> = &'f mut dyn FnMut(&mut Builder<'m, 'p>, BlockId);

impl<'m, 'p> Builder<'m, 'p> {
    /// Whether a comprehension leaves the entity while it runs: not only where its first iterable is evaluated.
    pub fn leaves_inside(&self, comprehension: &Comprehension<'_>) -> bool {
        let range = comprehension.expr.range();
        let first = comprehension.first_iterable();
        self.has_site(TextRange::new(range.start(), first.start()))
            || self.has_site(TextRange::new(first.end(), range.end()))
            || self.makes_elements(first, comprehension.clauses[0].is_async)
    }

    /// Evaluates a comprehension; what it makes stands in its place.
    pub fn lower_comprehension(&mut self, comprehension: &Comprehension<'_>) {
        let expr = comprehension.expr;
        if !self.leaves_inside(comprehension) {
            return self.lower_expr(comprehension.first_iterable());
        }
        if comprehension.is_generator() {
            let refused = refuse::expression(self, expr);
            return self.diagnostics.push(refused);
        }
        let (name, empty, role) = match expr {
            Expr::SetComp(_) => ("elements", self.empty_set(), "set"),
            Expr::DictComp(_) => ("entries", "{}", "dict"),
            _ => ("elements", "[]", "list"),
        };
        let state = self.begin_comprehension(comprehension);
        let name = self.temporary(name);
        self.push_line(format!("{name} = {empty}"), expr.start(), &[], Some(&name));
        let end = self.block(Role::Join(role));
        self.run_comprehension(comprehension, &state, end, &mut |this, next| {
            match (comprehension.key, expr) {
                (Some(key), _) => this.add_entry(&name, key, comprehension.element),
                (None, Expr::SetComp(_)) => this.add_element(&name, "add", comprehension.element),
                (None, _) => this.add_element(&name, "append", comprehension.element),
            }
            this.end(Term::Goto(next));
        });
        self.enter(end);
        self.replace(expr.range(), &name);
    }

    /// An expression that makes an empty set.
    pub fn empty_set(&self) -> &'static str {
        if self.is_builtin("set") {
            "set()"
        } else {
            "{*()}"
        }
    }

    /// Evaluates what a comprehension goes over, where it stands; gives the name of the loop's state.
    pub fn begin_comprehension(&mut self, comprehension: &Comprehension<'_>) -> String {
        self.begin_iteration(&Over::of_clauses(comprehension)[0])
    }

    /// Runs a comprehension that has begun; past its last element control goes to `end`.
    pub fn run_comprehension(
        &mut self,
        comprehension: &Comprehension<'_>,
        state: &str,
        end: BlockId,
        each: Each<'_, 'm, 'p>,
    ) {
        let scope = self.enter_scope(&Inner::Comprehension(*comprehension));
        self.lower_clauses(&Over::of_clauses(comprehension), state, end, each);
        self.leave_scope(&scope);
    }

    /// The loops of a comprehension, each within the one before.
    fn lower_clauses(
        &mut self,
        clauses: &[Over<'_>],
        state: &str,
        end: BlockId,
        each: Each<'_, 'm, 'p>,
    ) {
        let [clause, inner @ ..] = clauses else {
            return;
        };
        self.iterate(clause, state, end, &mut |this, next| {
            for test in clause.ifs {
                let holds = this.block(Role::Part("holds"));
                this.lower_condition(test, holds, next);
                this.enter(holds);
            }
            match inner.first() {
                None => each(this, next),
                Some(clause) => {
                    let state = this.begin_iteration(clause);
                    this.lower_clauses(inner, &state, next, each);
                }
            }
        });
    }

    /// Evaluates what a loop goes over; gives the name of the loop's state.
    pub fn begin_iteration(&mut self, over: &Over<'_>) -> String {
        if let Some(generator) = self.generator_in_place(over) {
            return self.begin_comprehension(&generator);
        }
        self.lower_expr(over.iterable);
        if over.is_async {
            self.refuse_iterator(over);
        }
        let iterate = match over.is_async {
            true => "iterate_async",
            false => "iterate",
        };
        self.begin_state(&loop_name(over.target), iterate, over.iterable, over.at)
    }

    /// Reports what an `async for` goes over, where its rounds leave the method and it cannot be kept.
    fn refuse_iterator(&mut self, over: &Over<'_>) {
        let Some(site) = self.first_site(over.rounds) else {
            return;
        };
        let at = self.span(over.iterable);
        if let Some(what) = self.resolution.uncarriable_kept.get(&at) {
            let refused = refuse::iterator(what, at, self.span(&site));
            self.diagnostics.push(refused);
        }
    }

    /// Runs a loop that has begun; past its last round control goes to `end`. The elements of a generator expression are made as
    /// the loop asks for them.
    pub fn iterate(&mut self, over: &Over<'_>, state: &str, end: BlockId, each: Each<'_, 'm, 'p>) {
        let Some(generator) = self.generator_in_place(over) else {
            let more = match over.is_async {
                true => format!("await {state}.more()"),
                false => format!("{state}.more()"),
            };
            let name = loop_name(over.target);
            let header = self.begin_round_by(&name, more, state, over.at, end);
            self.bind_item(over.target, state);
            return each(self, header);
        };
        self.run_comprehension(&generator, state, end, &mut |this, next| {
            this.lower_expr(generator.element);
            this.assign_element(over.target, generator.element);
            each(this, next);
        });
    }

    fn generator_in_place<'e>(&self, over: &Over<'e>) -> Option<Comprehension<'e>> {
        Comprehension::of(over.iterable)
            .filter(|comprehension| self.runs_in_loop(comprehension, over.is_async, true))
    }

    fn assign_element(&mut self, target: &Expr, element: &Expr) {
        if self.has_site(target.range()) {
            let value = self.save(element);
            return self.lower_target(target, &value);
        }
        let mut effects = self.effects(element);
        effects.then(&self.effects(target));
        let mut code = self.text.render_target(target, &self.edits);
        let value = self.text.render_expr(element, &self.edits);
        code.append(" = ", &value);
        self.push(code, effects);
    }

    /// Makes the state of a loop over something that has been evaluated.
    pub fn begin_loop(&mut self, name: &str, iterable: &Expr) -> String {
        self.begin_state(name, "iterate", iterable, iterable.start())
    }

    fn begin_state(&mut self, name: &str, iterate: &str, iterable: &Expr, at: TextSize) -> String {
        let state = self.temporary(&format!("{name}_loop"));
        let iterate = format!("{}.{iterate}", self.flow());
        self.push_call(&state, (&iterate, Effects::default()), iterable, at);
        state
    }

    /// Goes to a loop's next round, or to `end`, by code that stands for what is at `at`; gives the block that decides on that,
    /// and the name of the round's element.
    pub fn begin_round(&mut self, state: &str, at: TextSize, end: BlockId) -> (BlockId, String) {
        let header = self.begin_round_by("element", format!("{state}.more()"), state, at, end);
        let element = self.temporary("element");
        let next = format!("{element} = {state}.next()");
        self.push_line(next, at, &[state], Some(&element));
        (header, element)
    }

    fn begin_round_by(
        &mut self,
        name: &str,
        more: String,
        state: &str,
        at: TextSize,
        end: BlockId,
    ) -> BlockId {
        let header = self.block(Role::For(name.to_owned()));
        let body = self.block(Role::Part("body"));
        self.end(Term::Goto(header));
        self.enter(header);
        self.end(Term::Branch {
            test: Code::line(more, self.text.line(at)),
            effects: Effects::of_uses([state.to_owned()]),
            then: body,
            orelse: end,
        });
        self.enter(body);
        header
    }

    /// Assigns a loop's next element to its target.
    pub fn bind_item(&mut self, target: &Expr, state: &str) {
        if self.has_site(target.range()) {
            let value = self.temporary("item");
            self.push_line(
                format!("{value} = {state}.next()"),
                target.start(),
                &[state],
                Some(&value),
            );
            return self.lower_target(target, &value);
        }
        let mut effects = Effects::of_uses([state.to_owned()]);
        effects.then(&self.effects(target));
        let mut code = self.text.render_target(target, &self.edits);
        code.text.push_str(&format!(" = {state}.next()"));
        self.push(code, effects);
    }

    /// Evaluates an element and hands it to a method of what collects them.
    pub fn add_element(&mut self, collector: &str, method: &str, element: &Expr) {
        let mark = self.fresh.mark();
        self.lower_expr(element);
        let mut effects = self.effects(element);
        effects.then(&Effects::of_uses([collector.to_owned()]));
        let mut code = self.text.render_expr(element, &self.edits);
        code.text = format!("{collector}.{method}({})", code.text);
        self.push(code, effects);
        self.fresh.release(mark);
    }

    /// Evaluates a key, then its value, and puts them into a dictionary.
    fn add_entry(&mut self, entries: &str, key: &Expr, value: &Expr) {
        let mark = self.fresh.mark();
        self.lower_before(key, value);
        self.lower_expr(value);
        let mut effects = self.effects(value);
        effects.then(&self.effects(key));
        effects.then(&Effects::of_uses([entries.to_owned()]));
        let mut code = self.text.render_expr(key, &self.edits);
        let value = self.text.render_expr(value, &self.edits);
        code.text.insert_str(0, &format!("{entries}["));
        code.append("] = ", &value);
        self.push(code, effects);
        self.fresh.release(mark);
    }
}

/// What a loop's names are made of.
pub fn loop_name(target: &Expr) -> String {
    short(target).unwrap_or_else(|| "item".to_owned())
}
