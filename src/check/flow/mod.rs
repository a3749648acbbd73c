//! How values flow through a function: which reads of the receiver's fields decide about a write, and which objects are changed.
//!
//! An abstract interpretation of the tree, with [`State`] at each point. Branches join, loops run to a fixpoint.

mod calls;
mod exprs;
mod places;
mod state;
mod stmts;
mod summary;

#[cfg(test)]
mod tests;

pub use summary::{CheckThenAct, Loan};

use std::collections::HashMap;

use crate::ir::ParamKind;
use crate::model::{Function, Model};
use crate::resolve::{Resolution, Site};
use crate::source::{FileId, Span};
use crate::syntax::{Ranged, span};
use state::{Object, Read, Reads, State, Value};
use summary::{Found, Summaries, Summary};

/// Summaries of functions that call each other are completed in this many rounds at most.
const MAX_ROUNDS: usize = 10;

/// Follows the values through all functions that run as part of an entity's method; what is found, in order.
pub fn follow(model: &Model<'_>, resolution: &Resolution) -> (Vec<CheckThenAct>, Vec<Loan>) {
    let reached: HashMap<Span, &Function<'_>> = model
        .every_function()
        .map(|function| (model.span_of(function), function))
        .filter(|(at, _)| resolution.reached.contains(at))
        .collect();
    let mut order: Vec<Span> = reached.keys().copied().collect();
    order.sort();
    let mut app = App {
        model,
        resolution,
        functions: reached,
        summaries: Summaries::new(),
    };
    let mut all = Vec::new();
    for _ in 0..MAX_ROUNDS {
        let mut changed = false;
        all.clear();
        for at in &order {
            let (summary, found) = Flow::new(&app, app.functions[at]).run();
            changed |= app.summaries.get(at) != Some(&summary);
            app.summaries.insert(*at, summary);
            all.push(found);
        }
        if !changed {
            break;
        }
    }
    let (mut stale, mut loans) = (Vec::new(), Vec::new());
    for found in all {
        stale.extend(found.stale);
        loans.extend(found.loans.into_values().flatten());
    }
    (stale, loans)
}

/// The functions of the app and what is known of them so far.
struct App<'m, 'p> {
    model: &'m Model<'p>,
    resolution: &'m Resolution,
    functions: HashMap<Span, &'m Function<'p>>,
    summaries: Summaries,
}

/// The run over one function.
struct Flow<'r, 'm, 'p> {
    app: &'r App<'m, 'p>,
    function: &'m Function<'p>,
    file: FileId,
    state: State,
    /// How often control has left the entity, over all that has been evaluated.
    departures: u32,
    loops: Vec<Loop>,
    /// How branches have ended since the last choice.
    ends: Ends,
    summary: Summary,
    found: Found,
}

/// A loop around the current statement.
#[derive(Default)]
struct Loop {
    /// The level of control that stands for it.
    level: usize,
    breaks: Vec<State>,
    continues: Vec<State>,
}

/// How branches end other than by reaching their last statement.
#[derive(Debug, Clone, Copy, Default)]
struct Ends {
    /// By `return` or `raise`.
    function: bool,
    /// By `break` or `continue`.
    round: bool,
}

impl App<'_, '_> {
    /// What is known of a function.
    fn summary(&self, function: &Function<'_>) -> Option<&Summary> {
        self.summaries.get(&self.model.span_of(function))
    }
}

impl<'r, 'm, 'p> Flow<'r, 'm, 'p> {
    fn new(app: &'r App<'m, 'p>, function: &'m Function<'p>) -> Self {
        let mut state = State::default();
        let file = app.model.program.module(function.module).file;
        for param in &function.params {
            let own = matches!(param.kind, ParamKind::VarPositional | ParamKind::VarKeyword);
            let object = match own {
                true => Object::Made(span(file, function.def)),
                false => Object::Param(param.name.to_owned()),
            };
            let value = Value {
                objects: [object].into(),
                ..Value::default()
            };
            state.locals.insert(param.name.to_owned(), value);
        }
        Self {
            app,
            function,
            file,
            state,
            departures: 0,
            loops: Vec::new(),
            ends: Ends::default(),
            summary: Summary::default(),
            found: Found::default(),
        }
    }

    fn run(mut self) -> (Summary, Found) {
        self.body(&self.function.def.body);
        (self.summary, self.found)
    }

    fn at(&self, node: &impl Ranged) -> Span {
        span(self.file, node)
    }

    fn site(&self, node: &impl Ranged) -> Option<&'m Site> {
        self.app.resolution.sites.get(&self.at(node))
    }

    /// Whether a name is the instance whose method this is.
    fn is_receiver(&self, name: &str) -> bool {
        self.function.receiver == Some(name) && self.function.kind.is_bound()
    }

    /// Something new that follows from those reads.
    fn made(&mut self, node: &impl Ranged, reads: Reads) -> Value {
        let at = self.at(node);
        self.state.lent.remove(&Object::Made(at));
        Value::made(at, reads)
    }

    /// What is taken out of a value at that place.
    fn part(&mut self, of: &Value, node: &impl Ranged) -> Value {
        let at = self.at(node);
        self.state.lent.remove(&Object::Made(at));
        of.part(at)
    }

    /// Control leaves the entity.
    fn leave(&mut self, at: Span) {
        self.departures += 1;
        self.state.cross(at);
    }

    /// Keeps the reads behind an operand until all others have been evaluated.
    fn keep(&mut self, reads: Reads) {
        self.state.held.push(reads);
    }

    /// How many operands are kept.
    fn kept(&self) -> usize {
        self.state.held.len()
    }

    /// The reads behind what has been kept since there were `depth` operands.
    fn release(&mut self, depth: usize) -> Reads {
        self.state.held.drain(depth..).flatten().collect()
    }

    fn read(&self, field: &str, at: Span) -> Reads {
        Reads::from([Read {
            field: field.to_owned(),
            at,
            crossed: None,
            acted_on: false,
        }])
    }

    /// A field is written. `data` is what the new value follows from.
    fn write(&mut self, field: &str, at: Span, data: &Reads) {
        self.summary.changes_receiver = true;
        let of_field = |read: &&Read| read.field == field;
        let is_fresh = |read: &Read| read.crossed.is_none();
        let control = self.state.control.iter().flatten();
        let deciding = control.filter(of_field).filter(|read| !read.acted_on);
        let checked_again = deciding.clone().any(is_fresh);
        if checked_again {
            self.summary.checked_writes.insert(field.to_owned());
        } else {
            self.summary.writes.insert(field.to_owned());
            let read_again = data.iter().filter(of_field).any(is_fresh);
            let data = data.iter().filter(of_field).filter(|_| !read_again);
            let stale = deciding.chain(data).filter_map(|read| {
                Some(CheckThenAct {
                    write: at,
                    read: read.at,
                    left: read.crossed?,
                    field: field.to_owned(),
                })
            });
            self.found.stale.extend(stale.collect::<Vec<_>>());
        }
        self.state.act_on(field);
    }

    /// An object is changed. `data` is what the change follows from.
    fn change(&mut self, value: &Value, at: Span, data: &Reads) {
        for object in &value.objects | &value.inside {
            match object {
                Object::Field(field) => self.write(&field, at, data),
                Object::Param(name) => {
                    self.summary.changes.entry(name).or_insert(at);
                }
                Object::Made(_) => {}
            }
        }
    }
}
