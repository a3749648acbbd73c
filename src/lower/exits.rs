//! The ways out of a statement that has something to do at its end, whichever way it is left: `finally`.
//!
//! Each way notes what is pending in a local and goes on in the last part. At the end of that, what was pending goes on: an
//! exception is raised again, a jump goes to where it was going, by way of the next last part around it.

use super::builder::Builder;
use super::cfg::{BlockId, Role, Term};
use super::effects::Effects;
use super::zones::Zone;
use crate::ir::Code;
use crate::syntax::TextSize;
use crate::syntax::ast::Expr;

/// A jump.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Exit {
    /// `return`.
    Return,
    /// `break`.
    Break,
    /// `continue`.
    Continue,
}

/// A last part.
pub struct Final {
    /// Where it begins.
    begin: BlockId,
    /// The local that holds what is pending.
    pending: String,
    /// The ways that lead there, sorted.
    exits: Vec<Exit>,
    /// Whether the end of the statement's body leads there.
    completes: bool,
}

/// Where control goes on behind a statement.
#[derive(Clone, Copy)]
pub enum After {
    /// In that block.
    Goto(BlockId),
    /// In the innermost last part.
    Final,
}

/// Whether a last part may end an exception.
pub struct Swallows(pub bool);

impl Final {
    fn add(&mut self, exit: Exit) {
        if let Err(at) = self.exits.binary_search(&exit) {
            self.exits.insert(at, exit);
        }
    }
}

impl Builder<'_, '_> {
    /// Lowers a body, and what is done last whichever way it is left: `last` is told the local that holds what is pending.
    pub fn lower_final(
        &mut self,
        role: &'static str,
        after: After,
        body: impl FnOnce(&mut Self),
        last: impl FnOnce(&mut Self, &str) -> Swallows,
    ) {
        let pending = self.temporary("pending");
        let outer = self.zone;
        let handling = Zone::Handling {
            caught: pending.clone(),
            name: None,
        };
        let handling = self.graph.zones.add(handling, outer);
        let begin = self.graph.add(Role::Part(role), Some(handling));
        self.enter_guarded(&pending, begin);
        self.finals.push(Final {
            begin,
            pending: pending.clone(),
            exits: Vec::new(),
            completes: false,
        });
        body(self);
        self.complete();
        let Some(mut done) = self.finals.pop() else {
            return;
        };
        self.zone = Some(handling);
        self.enter(begin);
        let swallows = last(self, &pending);
        done.completes |= swallows.0;
        self.go_on(&done, after);
        self.zone = outer;
    }

    /// Goes on in a body whose exceptions go on in `catch`, bound to `caught`.
    pub fn enter_guarded(&mut self, caught: &str, catch: BlockId) {
        let zone = Zone::Guarded {
            caught: caught.to_owned(),
            catch,
        };
        self.zone = Some(self.graph.zones.add(zone, self.zone));
        let inside = self.block(Role::Part("try"));
        self.end(Term::Goto(inside));
        self.enter(inside);
    }

    /// Goes on behind a statement.
    pub fn go_after(&mut self, after: After) {
        match after {
            After::Goto(end) => self.end(Term::Goto(end)),
            After::Final => self.complete(),
        }
    }

    /// Ends the body that the innermost last part belongs to.
    fn complete(&mut self) {
        if self.is_reached()
            && let Some(last) = self.finals.last_mut()
        {
            last.completes = true;
            let (pending, begin) = (last.pending.clone(), last.begin);
            self.push_hidden(format!("{pending} = None"), &[], Some(&pending));
            self.end(Term::Goto(begin));
        }
    }

    /// Jumps to the loop around, by way of the last parts in between.
    pub fn lower_jump(&mut self, exit: Exit) {
        let Some(of) = self.loops.last() else {
            return;
        };
        let target = match exit {
            Exit::Continue => of.next,
            _ => of.end,
        };
        if self.finals.len() == of.finals {
            return self.end(Term::Goto(target));
        }
        let value = match exit {
            Exit::Continue => "\"continue\"",
            _ => "\"break\"",
        };
        self.leave_by(exit, Code::hidden(value), &Effects::default());
    }

    /// Returns a value, if any, by way of the last parts around.
    pub fn lower_pending_return(&mut self, value: Option<&Expr>, at: TextSize) {
        let mut effects = Effects::default();
        let mut code = Code::line("None", self.text.line(at));
        if let Some(value) = value {
            effects = self.effects(value);
            code = self.text.render_expr(value, &self.edits);
        }
        code.text = format!("{}.Return({})", self.flow, code.text);
        self.leave_by(Exit::Return, code, &effects);
    }

    /// Goes on in the innermost last part, with a value that tells what is pending.
    fn leave_by(&mut self, exit: Exit, value: Code, effects: &Effects) {
        let Some(last) = self.finals.last_mut() else {
            return;
        };
        last.add(exit);
        let (pending, begin) = (last.pending.clone(), last.begin);
        let mut effects = effects.clone();
        effects.then(&Effects::of_binding(&pending));
        let text = format!("{pending} = {}", value.text);
        self.push(Code { text, ..value }, effects);
        self.end(Term::Goto(begin));
    }

    /// Goes on with what was pending, after the last part.
    fn go_on(&mut self, done: &Final, after: After) {
        let Final { pending, exits, .. } = done;
        self.push_hidden(format!("{}.throw({pending})", self.flow), &[pending], None);
        for (index, exit) in exits.iter().enumerate() {
            if index + 1 == exits.len() && !done.completes {
                return self.leave_again(*exit, pending);
            }
            let test = match exit {
                Exit::Return => format!("{}.returns({pending})", self.flow),
                Exit::Break => format!("{pending} == \"break\""),
                Exit::Continue => format!("{pending} == \"continue\""),
            };
            let then = self.block(Role::Part("then"));
            let orelse = self.block(Role::Part("else"));
            self.end(Term::Branch {
                test: Code::hidden(test),
                effects: Effects::of_uses([pending.clone()]),
                then,
                orelse,
            });
            self.enter(then);
            self.leave_again(*exit, pending);
            self.enter(orelse);
        }
        match done.completes {
            true => self.go_after(after),
            false => self.end(Term::Stop),
        }
    }

    /// Goes on with a jump that has passed one last part.
    fn leave_again(&mut self, exit: Exit, pending: &str) {
        let uses = Effects::of_uses([pending.to_owned()]);
        match exit {
            Exit::Return if self.finals.is_empty() => {
                self.push(Code::hidden(format!("return {pending}.value")), uses);
                self.end(Term::Stop);
            }
            Exit::Return => self.leave_by(exit, Code::hidden(pending), &uses),
            Exit::Break | Exit::Continue => self.lower_jump(exit),
        }
    }
}
