//! Where control leaves the method for a while, and where it comes back.

use super::builder::Builder;
use super::cfg::{BlockId, Instr, Leaving, Role, Term};
use super::effects::Effects;
use crate::ir::{Branch, Code, Stop};
use crate::syntax::ast::Expr;
use crate::syntax::{Ranged, TextRange};

/// All that is known of a site whose operands have been evaluated.
pub struct Departure {
    pub leaving: Leaving,
    pub targets: Vec<String>,
    /// The local that refers to what is called or read.
    pub receiver: Option<String>,
    pub effects: Effects,
    pub role: Role,
    /// How it could travel along with an earlier one.
    pub stop: Option<Stop>,
    /// The name that the result would like to have.
    pub wanted: String,
    pub line: u32,
}

impl Departure {
    /// Lets tracebacks name that line, also for calls that are made together.
    pub fn place_at(&mut self, at: u32) {
        self.line = at;
        if let Leaving::Gather { branches, .. } = &mut self.leaving {
            branches.iter_mut().for_each(|branch| branch.place_at(at));
        }
    }

    /// Whether a tail call names one line, whatever is raised.
    pub fn is_on_one_line(&self) -> bool {
        match &self.leaving {
            Leaving::Gather { branches, .. } => {
                let mut lines = branches.iter().filter_map(Branch::line);
                lines.all(|line| line == self.line)
            }
            _ => true,
        }
    }
}

impl Departure {
    /// The end of the block that is left, to come back in `next` or never.
    fn term(self, next: Option<BlockId>) -> Term {
        Term::Leave {
            leaving: self.leaving,
            targets: self.targets,
            receiver: self.receiver,
            effects: self.effects,
            line: self.line,
            stop: self.stop.map(Box::new),
            along: Vec::new(),
            next,
        }
    }
}

impl Builder<'_, '_> {
    /// Leaves the method; goes on in a new block, where the result stands in the place of `expr`.
    pub fn leave(&mut self, expr: &Expr, departure: Departure) {
        let result = self.temporary(&departure.wanted);
        self.leave_to(&result, expr.range(), departure);
        self.replace(expr.range(), &result);
    }

    /// Leaves the method; goes on in a new block, where the result is bound to that name.
    pub fn leave_to(&mut self, result: &str, site: TextRange, departure: Departure) {
        if self.zone.is_none() {
            return self.leave_for(result, site, departure);
        }
        let line = departure.line;
        let came = match self.fresh.has_given(result) {
            true => result.to_owned(),
            false => self.temporary(&departure.wanted),
        };
        self.leave_for(&came, site, departure);
        let code = Code::line(format!("{result} = {}.result({came})", self.flow), line);
        let mut effects = Effects::of_uses([came]);
        effects.then(&Effects::of_binding(result));
        self.push_instr(Instr::calm(code, effects));
    }

    /// Leaves the method; goes on in a new block, where nothing asks for the result.
    pub fn leave_unused(&mut self, site: TextRange, departure: Departure) {
        let line = departure.line;
        let came = self.temporary(&departure.wanted);
        self.leave_for(&came, site, departure);
        if self.zone.is_some() {
            let code = Code::line(format!("{}.result({came})", self.flow), line);
            self.push_instr(Instr::calm(code, Effects::of_uses([came])));
        }
    }

    /// Leaves the method; goes on in a new block, to which what comes is given by that name.
    fn leave_for(&mut self, came: &str, site: TextRange, departure: Departure) {
        let next = self.block(departure.role.clone());
        let block = &mut self.graph.blocks[next];
        block.result = Some(came.to_owned());
        block.resumes_at = Some(departure.line);
        block.site = Some(site);
        self.end(departure.term(Some(next)));
        self.enter(next);
    }

    /// Leaves the method for good.
    pub fn forward(&mut self, departure: Departure) {
        self.end(departure.term(None));
    }
}
