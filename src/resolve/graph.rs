//! Which functions leave their entity, and which of them matter.

use std::collections::{HashMap, HashSet};

use super::awaits;
use super::code::{CodeId, Owner};
use super::errors::{self, Refused};
use super::facts::Facts;
use super::infer::{Findings, Gather, OwnCall, Via};
use super::reads::{adds_what_is_missing, has_special_writers};
use super::{Resolution, Site};
use crate::diagnostics::Diagnostic;
use crate::model::{ClassRef, EntityId, FunctionKind};
use crate::source::Span;
use crate::syntax::span;

/// The functions with what was found in them.
pub(crate) struct Graph<'g, 'a> {
    facts: &'g Facts<'a>,
    findings: &'g [Findings],
    /// The functions that leave their entity, each with a site of its own or of one it calls.
    leaving: HashMap<CodeId, Span>,
    /// The functions that run as part of an entity's method.
    reached: HashSet<CodeId>,
}

impl<'g, 'a> Graph<'g, 'a> {
    /// Of functions, `findings` being in the order of their ids.
    pub fn new(facts: &'g Facts<'a>, findings: &'g [Findings]) -> Self {
        let mut graph = Self {
            facts,
            findings,
            leaving: HashMap::new(),
            reached: HashSet::new(),
        };
        graph.find_leaving();
        graph.find_reached();
        graph
    }

    fn of(&self, code: CodeId) -> &'g Findings {
        &self.findings[code.0 as usize]
    }

    fn callees(&self, code: CodeId) -> impl Iterator<Item = CodeId> + use<'g, 'a> {
        self.of(code).own_calls.iter().map(|call| call.code)
    }

    fn find_leaving(&mut self) {
        let mut callers: HashMap<CodeId, Vec<CodeId>> = HashMap::new();
        let mut pending = Vec::new();
        for code in self.facts.codes.ids() {
            for callee in self.callees(code) {
                callers.entry(callee).or_default().push(code);
            }
            if let Some(site) = self.of(code).sites.iter().map(|(at, _)| *at).min() {
                self.leaving.insert(code, site);
                pending.push(code);
            }
        }
        while let Some(code) = pending.pop() {
            let site = self.leaving[&code];
            for caller in callers.get(&code).into_iter().flatten() {
                if !self.leaving.contains_key(caller) {
                    self.leaving.insert(*caller, site);
                    pending.push(*caller);
                }
            }
        }
    }

    fn find_reached(&mut self) {
        let mut pending = self.roots();
        while let Some(code) = pending.pop() {
            if self.reached.insert(code) {
                pending.extend(self.callees(code));
            }
        }
    }

    /// The methods and properties of entities, which clients and other entities call.
    fn roots(&self) -> Vec<CodeId> {
        let model = self.facts.model;
        let entities = (0..model.entities.len() as u32).map(|id| ClassRef::Entity(EntityId(id)));
        let methods = entities.flat_map(|entity| model.all_methods(entity));
        methods
            .filter(|(_, method)| {
                matches!(method.kind, FunctionKind::Method | FunctionKind::Property)
            })
            .filter_map(|(definer, method)| self.facts.codes.member(definer.into(), method.name))
            .collect()
    }

    /// Fills in what is known of the functions and gives what is wrong with them.
    pub fn finish(&self, resolution: &mut Resolution) -> Vec<Diagnostic> {
        let mut diagnostics = Vec::new();
        let mut reached: Vec<CodeId> = self.reached.iter().copied().collect();
        reached.sort();
        for code in reached {
            let found = self.of(code);
            diagnostics.extend(found.diagnostics.iter().cloned());
            let at = self.facts.codes.span(self.facts.model, code);
            resolution.reached.insert(at);
            if self.leaving.contains_key(&code) {
                resolution.leaving.insert(at);
            }
            resolution
                .builtin_receivers
                .extend(found.builtin_receivers.iter().copied());
            resolution
                .builtin_methods
                .extend(found.builtin_methods.iter().copied());
            resolution
                .object_operators
                .extend(found.object_operators.iter().copied());
            resolution
                .special_operators
                .extend(found.special_operators.iter().copied());
            self.calls(found, resolution);
            self.unbound(found, resolution);
            self.uncarriable(found, at, resolution);
            let kept = found.kept.iter().cloned();
            resolution.uncarriable_kept.extend(kept);
            resolution.asking.extend(found.asking.iter().cloned());
            resolution.sites.extend(found.sites.iter().cloned());
            for call in &found.own_calls {
                diagnostics.extend(self.own_call(call, &mut resolution.sites));
            }
            self.gathers(found, code, &mut resolution.sites);
            diagnostics.extend(awaits::check(self.facts, code, found, &resolution.sites));
            let coroutines = found.method_calls.iter().filter(|(at, codes)| {
                !found.awaited.contains(at) && self.facts.codes.has_async(codes)
            });
            resolution.coroutines.extend(coroutines.map(|(at, _)| *at));
        }
        diagnostics.extend(self.special_methods());
        let adds = adds_what_is_missing(self.facts.model);
        resolution.adds_what_is_missing = adds;
        resolution.changes_by_reading = has_special_writers(self.facts.model, adds);
        diagnostics
    }

    fn calls(&self, found: &Findings, resolution: &mut Resolution) {
        let calls = found.own_calls.iter().filter(|call| call.via != Via::Value);
        for call in calls {
            let callee = self.facts.codes.span(self.facts.model, call.code);
            resolution.calls.entry(call.at).or_default().push(callee);
        }
    }

    /// Makes a site of the use of a function that leaves the entity, or says why that cannot be.
    fn own_call(&self, call: &OwnCall, sites: &mut HashMap<Span, Site>) -> Option<Diagnostic> {
        let leaves_at = *self.leaving.get(&call.code)?;
        let code = self.facts.codes.get(call.code);
        let refused = match call.via {
            _ if code.function.is_wrapped => Some(Refused::Wrapped),
            Via::Value => Some(Refused::HandedOn),
            Via::Construction => Some(Refused::Construction),
            Via::Call | Via::Property | Via::Access => None,
        };
        if let Some(why) = refused {
            return Some(errors::leaving_function(
                &code.name, why, call.at, leaves_at,
            ));
        }
        self.add_site(call, sites);
        None
    }

    fn add_site(&self, call: &OwnCall, sites: &mut HashMap<Span, Site>) {
        let site = sites.entry(call.at).or_insert_with(|| match call.via {
            Via::Property => Site::Getter {
                targets: Vec::new(),
            },
            Via::Access => Site::Accessor {
                targets: Vec::new(),
            },
            _ => Site::Helper {
                targets: Vec::new(),
            },
        });
        if let Some(known) = site.targets() {
            known.push(self.facts.codes.get(call.code).name.clone());
            known.sort();
            known.dedup();
        }
    }

    /// Makes a site of calls made in parallel, where one of them is a site. In an asynchronous function they are one too where
    /// something behind the first of them leaves, and so are those of asynchronous functions that run here among them, and those
    /// that are made in parallel with them: neither a coroutine nor a future is kept.
    fn gathers(&self, found: &Findings, code: CodeId, sites: &mut HashMap<Span, Site>) {
        let is_async = self.facts.codes.is_async(code);
        let own = found.own_calls.iter().map(|call| call.at);
        let own: Vec<Span> = own.filter(|at| sites.contains_key(at)).collect();
        let is_kept = |gather: &Gather| {
            let mut sites = found.sites.iter().map(|(at, _)| at).chain(&own);
            let first = gather.branches.first();
            let ends = first.map_or(gather.at.end, |branch| branch.end);
            sites.any(|site| site.is_inside(gather.at) && ends <= site.start)
        };
        let mut kept = HashSet::new();
        for gather in &found.gathers {
            let branches = &gather.branches;
            if is_kept(gather) || branches.iter().any(|at| kept.contains(at)) {
                kept.insert(gather.at);
            }
            let is_cut =
                is_async && kept.contains(&gather.at) && found.awaited.contains(&gather.at);
            if is_cut || branches.iter().any(|at| sites.contains_key(at)) {
                sites.insert(gather.at, Site::Gather);
            }
        }
        if !is_async {
            return;
        }
        for gather in found.gathers.iter().rev() {
            if !sites.contains_key(&gather.at) {
                continue;
            }
            let is_branch = |at: &Span| gather.branches.contains(at);
            for inner in found.gathers.iter().filter(|inner| is_branch(&inner.at)) {
                sites.insert(inner.at, Site::Gather);
            }
            for call in found.own_calls.iter().filter(|call| is_branch(&call.at)) {
                let callee = self.facts.codes.get(call.code).function;
                if call.via == Via::Call && callee.def.is_async && !callee.is_wrapped {
                    self.add_site(call, sites);
                }
            }
        }
    }

    /// Special methods of plain classes that leave: Python calls them where nothing can be cut.
    fn special_methods(&self) -> Vec<Diagnostic> {
        let plain = self.facts.codes.ids().filter(|id| {
            let code = self.facts.codes.get(*id);
            let name = code.function.name;
            let is_called = matches!(name, "__call__" | "__init__" | "__post_init__" | "__new__");
            matches!(code.owner, Owner::Class(_)) && is_special(name) && !is_called
        });
        plain
            .filter_map(|id| {
                let leaves_at = *self.leaving.get(&id)?;
                let code = self.facts.codes.get(id);
                let file = self.facts.model.program.module(code.function.module).file;
                let at = span(file, &code.function.def.name);
                let why = Refused::Special;
                Some(errors::leaving_function(&code.name, why, at, leaves_at))
            })
            .collect()
    }

    fn unbound(&self, found: &Findings, resolution: &mut Resolution) {
        for (at, code) in &found.unbound {
            let callee = self.facts.codes.span(self.facts.model, *code);
            resolution.unbound.entry(*at).or_default().push(callee);
        }
    }

    fn uncarriable(&self, found: &Findings, at: Span, resolution: &mut Resolution) {
        let locals = found.locals.iter().filter(|(_, local)| !local.carriable);
        let uncarriable: HashMap<_, _> = locals
            .filter_map(|(name, local)| Some((name.clone(), local.uncarriable.clone()?)))
            .collect();
        if !uncarriable.is_empty() {
            resolution.uncarriable.insert(at, uncarriable);
        }
    }
}

fn is_special(name: &str) -> bool {
    name.starts_with("__") && name.ends_with("__")
}
