//! Which functions leave their entity, and which of them matter.

use std::collections::{HashMap, HashSet};

use super::code::{CodeId, Owner};
use super::facts::Facts;
use super::infer::{Findings, Via};
use super::{Resolution, Site};
use super::{awaits, errors};
use crate::diagnostics::Diagnostic;
use crate::model::FunctionKind;
use crate::source::Span;

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
        let found = self.of(code);
        let own = found.self_calls.iter().map(|call| call.code);
        own.chain(found.own_calls.iter().map(|call| call.code))
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
        let roots = self.facts.codes.ids().filter(|code| self.is_root(*code));
        let mut pending: Vec<CodeId> = roots.collect();
        while let Some(code) = pending.pop() {
            if self.reached.insert(code) {
                pending.extend(self.callees(code));
            }
        }
    }

    /// Whether a function is a method of an entity, which clients and other entities call.
    fn is_root(&self, code: CodeId) -> bool {
        let code = self.facts.codes.get(code);
        matches!(code.owner, Owner::Entity(_)) && code.function.kind == FunctionKind::Method
    }

    /// Fills in what is known of the methods and gives what is wrong with them.
    pub fn finish(&self, resolution: &mut Resolution) -> Vec<Diagnostic> {
        let mut diagnostics = Vec::new();
        let mut reached: Vec<CodeId> = self.reached.iter().copied().collect();
        reached.sort();
        for code in reached {
            let found = self.of(code);
            diagnostics.extend(found.diagnostics.iter().cloned());
            let at = self.facts.codes.span(self.facts.model, code);
            resolution.reached.insert(at);
            resolution
                .builtin_receivers
                .extend(found.builtin_receivers.iter().copied());
            self.calls(found, resolution);
            self.uncarriable(found, at, resolution);
            let managers = found.managers.iter().cloned();
            resolution.uncarriable_managers.extend(managers);
            if self.is_root(code) {
                resolution.sites.extend(found.sites.iter().cloned());
                self.helpers(found, resolution);
                diagnostics.extend(awaits::check(self.facts, code, found, &resolution.sites));
                diagnostics.extend(self.uncut(found));
            }
        }
        diagnostics
    }

    fn calls(&self, found: &Findings, resolution: &mut Resolution) {
        let model = self.facts.model;
        let own = found.self_calls.iter().map(|call| (call.at, call.code));
        let others = found.own_calls.iter().filter(|call| call.via != Via::Value);
        for (at, code) in own.chain(others.map(|call| (call.at, call.code))) {
            let callee = self.facts.codes.span(model, code);
            resolution.calls.entry(at).or_default().push(callee);
        }
    }

    fn helpers(&self, found: &Findings, resolution: &mut Resolution) {
        for call in &found.self_calls {
            if self.leaving.contains_key(&call.code) {
                let target = call.target.clone();
                resolution.sites.insert(call.at, Site::Helper { target });
            }
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

    /// Uses of functions that leave the entity but cannot be cut.
    fn uncut(&self, found: &Findings) -> Vec<Diagnostic> {
        found
            .own_calls
            .iter()
            .filter_map(|call| {
                let site = self.leaving.get(&call.code)?;
                let name = &self.facts.codes.get(call.code).name;
                Some(errors::leaving_function(
                    name,
                    call.via == Via::Value,
                    call.at,
                    Some(*site),
                ))
            })
            .collect()
    }
}
