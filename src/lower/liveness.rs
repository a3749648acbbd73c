//! Which variables live on into each basic block, and which of them may be unbound there.
//!
//! Both are the textbook's iterative data-flow analyses: live variables backward, definite assignment forward.

use std::collections::{HashMap, HashSet};

use super::cfg::{BlockId, Graph, Way};
use super::effects::Effects;
use super::names::Names;

/// What is known of the variables at the borders of basic blocks.
#[derive(Debug, Default)]
pub struct Liveness {
    live: HashMap<BlockId, Names>,
    bound: HashMap<BlockId, Names>,
    results: HashSet<BlockId>,
}

impl Liveness {
    /// Analyses a connected graph whose method has those parameters.
    pub fn new(graph: &Graph, entry: BlockId, params: &Names) -> Self {
        let mut order = graph.post_order(entry);
        let effects: HashMap<BlockId, Effects> = order
            .iter()
            .map(|id| (*id, graph.block(*id).effects()))
            .collect();
        let mut result = Self::default();
        result.find_live(graph, &order, &effects);
        order.reverse();
        result.find_bound(graph, &order, &effects, params);
        result
    }

    /// The variables that live on into a block: read there or later before they are bound anew. A result is not one.
    pub fn live(&self, id: BlockId) -> &Names {
        static NONE: Names = Names::new();
        self.live.get(&id).unwrap_or(&NONE)
    }

    /// Whether a block reads the result of the call that it resumes from.
    pub fn uses_result(&self, id: BlockId) -> bool {
        self.results.contains(&id)
    }

    /// Whether a variable surely has a value when a block begins.
    pub fn is_bound(&self, id: BlockId, name: &str) -> bool {
        self.bound
            .get(&id)
            .is_some_and(|bound| bound.contains(name))
    }

    /// Whether a variable surely has a value when a block ends.
    pub fn is_bound_after(&self, graph: &Graph, id: BlockId, name: &str) -> bool {
        let effects = graph.block(id).effects();
        effects.binds.contains(name)
            || (self.is_bound(id, name) && !effects.may_delete.contains(name))
    }

    fn find_live(&mut self, graph: &Graph, order: &[BlockId], effects: &HashMap<BlockId, Effects>) {
        let mut changed = true;
        while changed {
            changed = false;
            for id in order {
                let mut live = Names::new();
                for next in graph.successors(*id) {
                    live.extend(self.live(next) - &graph.forgotten(*id, next));
                }
                live.retain(|name| !effects[id].binds.contains(name));
                live.extend(effects[id].uses.iter().cloned());
                live.extend(graph.zones.handled(graph.block(*id).zone));
                if let Some(catch) = graph.catch(*id) {
                    live.extend(self.live_where_caught(graph, *id, catch));
                }
                live.retain(|name| !graph.block(*id).entry.contains(name));
                if let Some(result) = &graph.block(*id).result
                    && live.remove(result)
                {
                    self.results.insert(*id);
                }
                if self.live.get(id) != Some(&live) {
                    self.live.insert(*id, live);
                    changed = true;
                }
            }
        }
    }

    /// The variables that live on from anywhere in a block into the one where its exceptions go on.
    fn live_where_caught(&self, graph: &Graph, id: BlockId, catch: BlockId) -> Names {
        let mut live = self.live(catch) - &graph.forgotten(id, catch);
        if let Some((caught, _)) = graph.guard(id) {
            live.remove(caught);
        }
        live
    }

    fn find_bound(
        &mut self,
        graph: &Graph,
        order: &[BlockId],
        effects: &HashMap<BlockId, Effects>,
        params: &Names,
    ) {
        let mut changed = true;
        while changed {
            changed = false;
            for id in order {
                let mut bound: Option<Names> = None;
                for (before, way) in graph.predecessors(*id) {
                    let Some(entered) = self.bound.get(&before) else {
                        continue;
                    };
                    let mut leaves = entered - &effects[&before].may_delete;
                    if way == Way::Next {
                        leaves.extend(effects[&before].binds.iter().cloned());
                    } else if let Some((caught, _)) = graph.guard(before) {
                        leaves.insert(caught.to_owned());
                    }
                    let leaves = &leaves - &graph.forgotten(before, *id);
                    bound = Some(bound.map_or_else(|| leaves.clone(), |met| &met & &leaves));
                }
                let mut bound = bound.unwrap_or_else(|| params.clone());
                bound.extend(graph.block(*id).result.clone());
                bound.extend(graph.block(*id).entry.iter().cloned());
                if self.bound.get(id) != Some(&bound) {
                    self.bound.insert(*id, bound);
                    changed = true;
                }
            }
        }
    }
}

/// The blocks that can be reached, in the order in which one reads them: what a block leads to comes after it, a loop's body
/// before what follows the loop, and what several ways lead to after all of them.
pub fn reachable(graph: &Graph, entry: BlockId) -> Vec<BlockId> {
    let next = |id: BlockId| {
        let mut next = graph.successors(id);
        next.extend(graph.catch(id));
        next
    };
    let mut seen = HashSet::from([entry]);
    let mut done = Vec::new();
    let mut open = vec![(entry, next(entry))];
    while let Some((id, waiting)) = open.last_mut() {
        match waiting.pop() {
            Some(to) if seen.insert(to) => open.push((to, next(to))),
            Some(_) => {}
            None => {
                done.push(*id);
                open.pop();
            }
        }
    }
    done.reverse();
    done
}
