//! Calls: of other entities, of functions of the app's that run in place, and of what changes containers.

use std::collections::BTreeSet;

use super::Flow;
use super::state::{Reads, Value};
use super::summary::{Loan, Summary};
use crate::ir::ParamKind;
use crate::model::{ClassRef, EntityId, Function};
use crate::resolve::values::external;
use crate::resolve::{Site, changes};
use crate::source::Span;
use crate::syntax::ast::{self, Expr};

/// What a function is called on.
#[derive(Debug, Clone, Copy)]
pub(super) enum On<'v> {
    /// The receiver of the method that calls it.
    Own,
    /// Another object.
    Other(&'v Value),
    /// Nothing.
    Nothing,
}

/// An evaluated argument.
pub(super) struct Argument<'p> {
    /// The keyword it is passed by.
    keyword: Option<&'p str>,
    /// The expression; none where it stands for several.
    expr: Option<&'p Expr>,
    value: Value,
}

impl<'m, 'p> Flow<'_, 'm, 'p> {
    pub(super) fn call(&mut self, call: &'p ast::ExprCall) -> Value {
        let depth = self.kept();
        let receiver = match &*call.func {
            Expr::Attribute(attribute) => Some(self.expr(&attribute.value)),
            func => {
                self.hold(func);
                None
            }
        };
        let all = self.arguments(&call.arguments);
        let at = self.at(call);
        let site = self.site(call);
        let mut arguments = all.as_slice();
        let on = match (&*call.func, &receiver) {
            _ if self.app.resolution.unbound.contains_key(&at) => {
                let first;
                (first, arguments) = arguments.split_at(1);
                self.on(&first[0])
            }
            (Expr::Attribute(attribute), _) if self.own_field(attribute).is_some() => On::Own,
            (_, Some(receiver)) => On::Other(receiver),
            _ => On::Nothing,
        };
        let callees = self.app.resolution.calls.get(&at);
        let reads = match callees {
            Some(callees) => self.in_place(callees, at, arguments, on),
            None => Reads::new(),
        };
        if let Some(site) = site {
            self.lend(site, at, arguments);
            self.leave(at);
        } else {
            if callees.is_none() {
                self.outside(call, arguments, receiver.as_ref());
            }
            self.keep(receiver.map(|receiver| receiver.reads).unwrap_or_default());
        }
        self.keep(reads);
        let reads = self.release(depth);
        self.made(call, reads)
    }

    /// What a method is called on that is looked up on its class.
    fn on<'v>(&self, first: &'v Argument<'p>) -> On<'v> {
        match first.expr {
            Some(Expr::Name(name)) if self.is_receiver(&name.id) => On::Own,
            _ => On::Other(&first.value),
        }
    }

    fn arguments(&mut self, arguments: &'p ast::Arguments) -> Vec<Argument<'p>> {
        let positional = arguments.args.iter().map(|expr| (None, expr));
        let keywords = arguments.keywords.iter();
        let keywords = keywords.map(|keyword| (keyword.arg.as_deref(), &keyword.value));
        let mut starred = false;
        let mut evaluated = Vec::new();
        for (keyword, expr) in positional.chain(keywords) {
            starred |= expr.is_starred_expr();
            let value = self.hold(expr);
            let known = keyword.is_some() || !starred;
            evaluated.push(Argument {
                keyword,
                expr: known.then_some(expr),
                value,
            });
        }
        evaluated
    }

    /// A call of the app's own functions that is part of this step. Gives what its result follows from besides the arguments.
    pub(super) fn in_place(
        &mut self,
        callees: &[Span],
        at: Span,
        arguments: &[Argument<'p>],
        on: On<'_>,
    ) -> Reads {
        let mut reads = Reads::new();
        for callee in callees {
            let app = self.app;
            let (Some(summary), Some(function)) =
                (app.summaries.get(callee), app.functions.get(callee))
            else {
                continue;
            };
            for (param, argument) in passed(function, arguments) {
                if summary.changes.contains_key(param) {
                    self.change(&argument.value, at, &Reads::new());
                }
            }
            match on {
                On::Own => reads.extend(self.own(summary, at)),
                On::Other(receiver) if summary.changes_receiver => {
                    self.change(receiver, at, &Reads::new());
                }
                On::Other(_) | On::Nothing => {}
            }
        }
        reads
    }

    /// What another method of the receiver does to the fields.
    fn own(&mut self, summary: &Summary, at: Span) -> Reads {
        self.summary.changes_receiver |= summary.changes_receiver;
        for field in &summary.writes {
            self.write(field, at, &Reads::new());
        }
        for field in &summary.checked_writes {
            self.state.act_on(field);
        }
        let guards = summary.guards.iter();
        let guards = guards.flat_map(|field| self.read(field, at)).collect();
        self.state.depend(0, guards);
        let result = summary.result.iter();
        result.flat_map(|field| self.read(field, at)).collect()
    }

    /// A call of something from outside the app.
    fn outside(
        &mut self,
        call: &'p ast::ExprCall,
        arguments: &[Argument<'p>],
        receiver: Option<&Value>,
    ) {
        let at = self.at(call);
        if let (Expr::Attribute(attribute), Some(receiver)) = (&*call.func, receiver)
            && changes(&attribute.attr)
            && self.is_container(&attribute.value)
        {
            let addresses = arguments.iter().filter(|_| is_addressed(&attribute.attr));
            let data = addresses.flat_map(|argument| argument.value.reads.clone());
            self.change(receiver, at, &data.collect());
        }
        let name = external(self.app.model, self.function.module, &call.func);
        if let Some(first) = arguments.first()
            && name.is_some_and(|name| changes_first(&name))
        {
            self.change(&first.value, at, &Reads::new());
        }
    }

    fn is_container(&self, expr: &'p Expr) -> bool {
        let at = self.at(expr);
        self.app.resolution.builtin_receivers.contains(&at)
    }

    /// Takes note of arguments of which a callee elsewhere changes its copy.
    fn lend(&mut self, site: &Site, at: Span, arguments: &[Argument<'p>]) {
        let mut found = Vec::new();
        for (name, function) in self.targets(site, at) {
            let Some(summary) = self.app.summary(function) else {
                continue;
            };
            for (param, argument) in passed(function, arguments) {
                let change = summary.changes.get(param).copied();
                let place = argument.expr.filter(|expr| is_place(expr));
                if let (Some(change), Some(place)) = (change, place) {
                    found.push((
                        Loan {
                            argument: self.at(place),
                            callee: name.clone(),
                            param: param.to_owned(),
                            change,
                            kept: false,
                            used: BTreeSet::new(),
                        },
                        argument.value.clone(),
                    ));
                }
            }
        }
        for (loan, value) in found {
            self.take_loan(loan, &value, at);
        }
    }

    fn take_loan(&mut self, mut loan: Loan, value: &Value, at: Span) {
        for object in &value.objects | &value.inside {
            match object {
                super::Object::Field(_) => loan.kept = true,
                _ => {
                    self.state.lent.entry(object).or_default().insert(at);
                }
            }
        }
        let known = self.found.loans.entry(at).or_default();
        let same = |other: &&mut Loan| other.argument == loan.argument;
        match known.iter_mut().find(same) {
            Some(other) => other.kept |= loan.kept,
            None => known.push(loan),
        }
    }

    /// The functions elsewhere that a site may run, with the names that people have for them.
    fn targets(&self, site: &Site, at: Span) -> Vec<(String, &'m Function<'p>)> {
        let model = self.app.model;
        if let (Site::Call { .. }, Some(callees)) = (site, self.app.resolution.unbound.get(&at)) {
            let functions = callees.iter();
            let functions = functions.filter_map(|callee| self.app.functions.get(callee).copied());
            return functions
                .map(|function| (function.name.to_owned(), function))
                .collect();
        }
        let method = |id: EntityId, name: &str| {
            let (_, method) = model.method(ClassRef::Entity(id), name)?;
            Some((format!("{}.{name}", model.entity(id).name), method))
        };
        let named = |target: &String| {
            let (entity, name) = target.split_once('.')?;
            let index = model.entities.iter().position(|one| one.name == entity)?;
            method(EntityId(index as u32), name)
        };
        match site {
            Site::Call { targets } => targets.iter().filter_map(named).collect(),
            Site::Create { entity } => method(*entity, "__init__").into_iter().collect(),
            Site::Helper { .. }
            | Site::Read { .. }
            | Site::Getter { .. }
            | Site::Accessor { .. }
            | Site::Gather => Vec::new(),
        }
    }
}

/// The arguments with the parameters that they are matched to.
fn passed<'a, 'p>(
    function: &'a Function<'_>,
    arguments: &'a [Argument<'p>],
) -> impl Iterator<Item = (&'a str, &'a Argument<'p>)> {
    let by_position = |kind| matches!(kind, ParamKind::PositionalOnly | ParamKind::Regular);
    let positional = function
        .params
        .iter()
        .filter(move |param| by_position(param.kind));
    let by_name = move |name: &str| {
        let mut params = function.params.iter();
        params.find(|param| param.name == name && param.kind != ParamKind::PositionalOnly)
    };
    let (named, unnamed): (Vec<_>, Vec<_>) = arguments
        .iter()
        .filter(|argument| argument.expr.is_some())
        .partition(|argument| argument.keyword.is_some());
    let positional = positional
        .zip(unnamed)
        .map(|(param, argument)| (param.name, argument));
    let named = named
        .into_iter()
        .filter_map(move |argument| Some((by_name(argument.keyword?)?.name, argument)));
    positional.chain(named)
}

/// Whether an expression names an object that the caller may reach in another way.
fn is_place(expr: &Expr) -> bool {
    match expr {
        Expr::Name(_) | Expr::Attribute(_) => true,
        Expr::Subscript(subscript) => !subscript.slice.is_slice_expr(),
        _ => false,
    }
}

/// Whether what a method of a container does goes by its arguments: they were looked up in it before.
fn is_addressed(method: &str) -> bool {
    matches!(method, "remove" | "pop" | "insert")
}

/// Whether a function from outside the app changes its first argument.
fn changes_first(dotted: &str) -> bool {
    matches!(
        dotted,
        "bisect.insort"
            | "bisect.insort_left"
            | "bisect.insort_right"
            | "heapq.heapify"
            | "heapq.heappop"
            | "heapq.heappush"
            | "heapq.heappushpop"
            | "heapq.heapreplace"
            | "random.shuffle"
    )
}
