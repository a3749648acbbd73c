//! From the graph to blocks: each is the tree of basic blocks that is entered at one place only.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::cfg::{Basic, BlockId, Graph, Role, Term};
use super::liveness::Liveness;
use super::names::Names;
use super::zones::{Zone, ZoneId};
use crate::ir::{Block, Code, Node, Transition, Variable};

/// Makes the blocks of a method of that name. `taken` are the other names in its class.
pub fn blocks(
    graph: &Graph,
    liveness: &Liveness,
    reachable: &[BlockId],
    remade: &Remade<'_>,
    method: &str,
    taken: &HashSet<String>,
) -> Vec<Block> {
    let heads: Vec<BlockId> = heads(graph, reachable);
    let names = names(graph, &heads, method, taken);
    let regions = Regions {
        graph,
        liveness,
        remade,
        names,
    };
    heads.iter().map(|head| regions.block(*head)).collect()
}

/// The blocks that become functions: the entry, where calls return, where exceptions go on, where several ways meet, and what
/// lies outside of a statement that the way there comes from, and where an exception begins to be handled.
pub fn heads(graph: &Graph, reachable: &[BlockId]) -> Vec<BlockId> {
    let known: HashSet<BlockId> = reachable.iter().copied().collect();
    let catches: HashSet<BlockId> = graph.zones.catches().collect();
    let is_head = |id: BlockId| {
        let block = graph.block(id);
        if matches!(block.role, Role::Entry) || block.resumes_at.is_some() || catches.contains(&id)
        {
            return true;
        }
        let ways = graph.predecessors(id);
        let from: Vec<BlockId> = ways
            .map(|(from, _)| from)
            .filter(|from| known.contains(from))
            .collect();
        let left = |from: &BlockId| {
            let from = graph.block(*from).zone;
            graph.zones.entered(from, block.zone).is_none()
        };
        let handles = |from: &BlockId| begins_to_handle(graph, *from, block.zone);
        !is_end(block) && (from.len() > 1 || from.iter().any(left) || from.iter().any(handles))
    };
    let mut heads = reachable.to_vec();
    heads.retain(|id| is_head(*id));
    heads
}

/// Whether on a way an exception begins to be handled that Python itself does not handle there.
fn begins_to_handle(graph: &Graph, from: BlockId, to: Option<ZoneId>) -> bool {
    let from = graph.block(from);
    let entered = graph.zones.entered(from.zone, to).unwrap_or_default();
    let mut entered = entered.iter();
    !matches!(from.term, Term::Dispatch { .. })
        && entered.any(|zone| matches!(zone, Zone::Handling { .. }))
}

/// The basic blocks that become the method's first part.
pub fn entry(graph: &Graph, reachable: &[BlockId]) -> Vec<BlockId> {
    let heads = heads(graph, reachable);
    let mut region: Vec<BlockId> = reachable.first().copied().into_iter().collect();
    let mut next = 0;
    while let Some(id) = region.get(next).copied() {
        let inner = graph.successors(id).into_iter();
        region.extend(inner.filter(|to| !heads.contains(to) && !is_end(graph.block(*to))));
        next += 1;
    }
    region
}

fn is_end(block: &Basic) -> bool {
    block.instrs.is_empty() && matches!(block.term, Term::End)
}

/// Names tell what a block resumes from; of those that would be alike, the receiver tells more, and then a number.
fn names(
    graph: &Graph,
    heads: &[BlockId],
    method: &str,
    taken: &HashSet<String>,
) -> HashMap<BlockId, String> {
    let role = |id: BlockId| &graph.block(id).role;
    let mut wanted: HashMap<String, usize> = HashMap::new();
    for head in heads {
        *wanted.entry(plain_name(method, role(*head))).or_default() += 1;
    }
    let mut used = taken.clone();
    let mut names = HashMap::new();
    for head in heads {
        let mut name = plain_name(method, role(*head));
        if matches!(role(*head), Role::Entry) {
            names.insert(*head, name);
            continue;
        }
        if wanted[&name] > 1
            && let Role::After { callee, receiver } = role(*head)
            && !receiver.is_empty()
        {
            let callee = format!("{}_{callee}", public(receiver));
            let longer = Role::After {
                callee,
                receiver: String::new(),
            };
            name = plain_name(method, &longer);
        }
        names.insert(*head, distinct(name, &mut used));
    }
    names
}

/// A name without the underscores in front that would make it, or what it is part of, private to the class.
fn public(name: &str) -> &str {
    name.trim_start_matches('_')
}

fn plain_name(method: &str, role: &Role) -> String {
    if matches!(role, Role::Entry) {
        return method.to_owned();
    }
    let method = match method.strip_prefix("__") {
        Some(private) => format!("_{}", public(private)),
        None => method.to_owned(),
    };
    match role {
        Role::Entry => method,
        Role::After { callee, .. } => format!("{method}__after_{}", public(callee)),
        Role::For(target) => format!("{method}__for_{}", public(target)),
        Role::While => format!("{method}__while"),
        Role::Join(statement) => format!("{method}__after_{statement}"),
        Role::Part(part) => format!("{method}__{part}"),
    }
}

fn distinct(wanted: String, used: &mut HashSet<String>) -> String {
    let mut name = wanted.clone();
    let mut number = 2;
    while !used.insert(name.clone()) {
        name = format!("{wanted}_{number}");
        number += 1;
    }
    name
}

/// What makes variables anew that do not travel.
pub struct Remade<'g> {
    /// Imports.
    pub imports: &'g BTreeMap<String, Code>,
    /// Functions that the method makes for itself.
    pub functions: &'g BTreeMap<String, Code>,
}

/// What the blocks of a method are made of.
pub struct Regions<'g> {
    pub graph: &'g Graph,
    pub liveness: &'g Liveness,
    remade: &'g Remade<'g>,
    /// The basic blocks that become functions, and what these are called.
    pub names: HashMap<BlockId, String>,
}

impl Regions<'_> {
    fn block(&self, head: BlockId) -> Block {
        let basic = self.graph.block(head);
        let (nodes, _) = self.nodes(head);
        let around = self.graph.zones.around(basic.zone);
        let around: Vec<&Zone> = around.map(|(_, zone)| zone).collect();
        let nodes = self.guarded(nodes, head, &around);
        let used = self.used(head);
        let imported = self
            .live(head)
            .filter(|name| self.remade.imports.contains_key(*name));
        let made = self
            .live(head)
            .filter(|name| self.remade.functions.contains_key(*name) && used.contains(*name));
        let remade = imported
            .chain(made)
            .filter_map(|name| self.remade(head, name));
        let body = remade.cloned().map(Node::Code).chain(nodes).collect();
        let live = match basic.role {
            Role::Entry => Vec::new(),
            _ => self
                .travelling(head)
                .map(|name| Variable {
                    name: name.clone(),
                    maybe_unbound: !self.liveness.is_bound(head, name),
                })
                .collect(),
        };
        let result = basic
            .result
            .clone()
            .filter(|_| self.liveness.uses_result(head));
        Block {
            name: self.names[&head].clone(),
            digest: String::new(),
            result,
            resumes_at: basic.resumes_at,
            takes_errors: basic.resumes_at.is_some() && basic.zone.is_some(),
            handling: self.graph.zones.handled(basic.zone),
            live,
            body,
        }
    }

    /// The variables that live on into a block and are handed over.
    fn travelling(&self, head: BlockId) -> impl Iterator<Item = &String> {
        self.live(head)
            .filter(move |name| self.remade(head, name).is_none())
    }

    fn live(&self, head: BlockId) -> impl Iterator<Item = &String> {
        self.liveness.live(head).iter()
    }

    /// What makes the value of a variable anew, where it surely has been made before.
    fn remade(&self, head: BlockId, name: &str) -> Option<&Code> {
        let imports = self.remade.imports.get(name);
        let code = imports.or_else(|| self.remade.functions.get(name))?;
        self.liveness.is_bound(head, name).then_some(code)
    }

    /// The names that are read in a block.
    fn used(&self, head: BlockId) -> Names {
        let mut used = self.graph.block(head).effects().uses;
        for next in self.graph.successors(head) {
            if !self.names.contains_key(&next) {
                used.extend(self.used(next));
            }
        }
        used
    }

    /// Control going from one block to another that is a function.
    pub fn transition(&self, from: BlockId, to: BlockId) -> Transition {
        let is_bound = |name: &str| self.liveness.is_bound_after(self.graph, from, name);
        self.transition_by(from, to, is_bound)
    }

    /// The same, where variables are bound as is said.
    pub fn transition_by(
        &self,
        from: BlockId,
        to: BlockId,
        is_bound: impl Fn(&str) -> bool,
    ) -> Transition {
        let forgotten = self.graph.forgotten(from, to);
        Transition {
            block: self.names[&to].clone(),
            live: self
                .travelling(to)
                .filter(|name| !forgotten.contains(*name))
                .map(|name| Variable {
                    name: name.clone(),
                    maybe_unbound: !is_bound(name),
                })
                .collect(),
            along: Vec::new(),
        }
    }
}
