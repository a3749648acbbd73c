//! What is known at one point of a function.

use std::collections::{BTreeMap, BTreeSet};

use crate::source::Span;

/// A read of a field of the receiver.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Read {
    /// The field.
    pub field: String,
    /// Where it is read.
    pub at: Span,
    /// The first place after it at which control left the entity; others may have changed the field since.
    pub crossed: Option<Span>,
    /// Whether the field has been written since: what was decided by the read has been done.
    pub acted_on: bool,
}

/// The reads on whose strength something is so.
pub type Reads = BTreeSet<Read>;

/// An object that can be told from others.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Object {
    /// What a field of the receiver held.
    Field(String),
    /// What was passed for a parameter.
    Param(String),
    /// What that expression made, or took out of something.
    Made(Span),
}

/// The value of an expression.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Value {
    /// The reads that it follows from.
    pub reads: Reads,
    /// What it may be.
    pub objects: BTreeSet<Object>,
    /// What it was taken out of: a change of it is a change of those.
    pub inside: BTreeSet<Object>,
}

impl Value {
    /// What that expression makes from values that follow from those reads.
    pub fn made(at: Span, reads: Reads) -> Self {
        Self {
            reads,
            objects: BTreeSet::from([Object::Made(at)]),
            inside: BTreeSet::new(),
        }
    }

    /// What that expression takes out of it.
    pub fn part(&self, at: Span) -> Self {
        Self {
            reads: self.reads.clone(),
            objects: BTreeSet::from([Object::Made(at)]),
            inside: &self.objects | &self.inside,
        }
    }

    /// Either of both.
    pub fn join(&mut self, other: &Self) {
        self.reads.extend(other.reads.iter().cloned());
        self.objects.extend(other.objects.iter().cloned());
        self.inside.extend(other.inside.iter().cloned());
    }
}

/// What is known at one point, over all ways that lead to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct State {
    /// Whether control can get here.
    pub live: bool,
    /// The values of local names.
    pub locals: BTreeMap<String, Value>,
    /// The reads that decided that control got here: the first set for the whole function, then one for each condition and
    /// loop around this point.
    pub control: Vec<Reads>,
    /// The reads behind the operands that have been evaluated and wait for the others.
    pub held: Vec<Reads>,
    /// The objects that a callee elsewhere has changed a copy of, with the calls.
    pub lent: BTreeMap<Object, BTreeSet<Span>>,
}

impl Default for State {
    fn default() -> Self {
        Self {
            live: true,
            locals: BTreeMap::new(),
            control: vec![Reads::new()],
            held: Vec::new(),
            lent: BTreeMap::new(),
        }
    }
}

impl State {
    /// What is known where both ways meet.
    pub fn join(mut self, other: &Self) -> Self {
        if !other.live {
            return self;
        }
        if !self.live {
            return other.clone();
        }
        for (name, value) in &other.locals {
            self.locals.entry(name.clone()).or_default().join(value);
        }
        let control = self.control.iter_mut().zip(&other.control);
        for (known, reads) in control.chain(self.held.iter_mut().zip(&other.held)) {
            known.extend(reads.iter().cloned());
        }
        for (object, calls) in &other.lent {
            let known = self.lent.entry(object.clone()).or_default();
            known.extend(calls.iter().copied());
        }
        self
    }

    /// Control leaves the entity: whatever was read may have changed when it comes back.
    pub fn cross(&mut self, at: Span) {
        self.update(|read| read.crossed = read.crossed.or(Some(at)));
    }

    /// A field is written: what was decided by its reads has been done.
    pub fn act_on(&mut self, field: &str) {
        self.update(|read| read.acted_on |= read.field == field);
    }

    fn update(&mut self, change: impl Fn(&mut Read)) {
        let locals = self.locals.values_mut().map(|value| &mut value.reads);
        for reads in locals.chain(&mut self.control).chain(&mut self.held) {
            let changed = std::mem::take(reads).into_iter().map(|mut read| {
                change(&mut read);
                read
            });
            *reads = changed.collect();
        }
    }

    /// Adds reads on whose strength control goes on, at that level.
    pub fn depend(&mut self, level: usize, reads: Reads) {
        if let Some(known) = self.control.get_mut(level) {
            known.extend(reads);
        }
    }
}
