//! Variables that a method shares with a function that it makes and something else may keep.
//!
//! Each block has variables of its own. So what a function shares must not change in a block that comes after the one that
//! makes it. Past a call of another entity no such function can be: it cannot be encoded.

use std::collections::{BTreeSet, HashMap, HashSet};

use super::builder::Builder;
use super::cfg::{BlockId, Graph, Term};
use super::effects::Effects;
use super::keepers::Made;
use super::names::Names;
use super::{refuse, regions};
use crate::resolve::Site;
use crate::syntax::{Ranged, TextRange};

/// Reports the functions whose variables change in another block.
pub fn refuse_changed(builder: &mut Builder<'_, '_>, reachable: &[BlockId]) {
    let kept: HashMap<TextRange, (Made<'_>, Effects)> = builder
        .kept
        .iter()
        .map(|made| (made.range(), (*made, made.effects(builder.scan()))))
        .collect();
    if kept.is_empty() || !builder.diagnostics.is_empty() {
        return;
    }
    let walk = Walk {
        graph: &builder.graph,
        heads: regions::heads(&builder.graph, reachable)
            .into_iter()
            .collect(),
        builder,
    };
    let mut refused = BTreeSet::new();
    for id in reachable {
        let makes = builder.graph.block(*id).effects().makes;
        let made: HashSet<TextRange> = makes
            .into_iter()
            .filter(|made| kept.contains_key(made))
            .collect();
        if made.is_empty() {
            continue;
        }
        let later = walk.later(*id);
        for range in made {
            let shared = changed(&kept[&range].1, &later);
            refused.extend(shared.map(|name| (range.start(), range.end(), name)));
        }
    }
    let mut reported = HashSet::new();
    for (start, end, name) in refused {
        let range = TextRange::new(start, end);
        if reported.insert(range) {
            let (at, cut) = (builder.span(&range), builder.first_cut());
            let refused = refuse::shared(kept[&range].0.describe(), &name, at, cut);
            builder.diagnostics.push(refused);
        }
    }
}

/// A variable of which the function and the blocks behind do not see the same value.
fn changed(function: &Effects, later: &Effects) -> Option<String> {
    let reads = &function.uses | &function.may_bind;
    let changes = &later.may_bind | &later.may_delete;
    let stale = &reads & &changes;
    let unseen = &function.may_bind & &later.uses;
    stale.into_iter().chain(unseen).next()
}

struct Walk<'b, 'm, 'p> {
    builder: &'b Builder<'m, 'p>,
    graph: &'b Graph,
    heads: HashSet<BlockId>,
}

impl Walk<'_, '_, '_> {
    /// What is done to the variables in all blocks of code that come after the one of that basic block.
    fn later(&self, from: BlockId) -> Effects {
        let mut all = Effects::default();
        let mut seen = HashSet::from([(from, false)]);
        let mut open = vec![(from, false)];
        while let Some((id, is_later)) = open.pop() {
            if is_later {
                let basic = self.graph.block(id);
                let effects = basic.effects();
                all.uses.extend(effects.uses);
                all.may_bind.extend(effects.may_bind);
                all.may_bind.extend(basic.entry.iter().cloned());
                all.may_bind.extend(basic.result.clone());
                all.may_delete.extend(effects.may_delete);
            }
            for next in self.next(id) {
                let is_later = is_later || self.heads.contains(&next);
                if is_later {
                    let forgotten: Names = self.graph.forgotten(id, next);
                    all.may_delete.extend(forgotten);
                }
                if seen.insert((next, is_later)) {
                    open.push((next, is_later));
                }
            }
        }
        all
    }

    /// Where control goes while the function is there.
    fn next(&self, id: BlockId) -> Vec<BlockId> {
        let mut next = match &self.graph.block(id).term {
            Term::Leave {
                targets,
                next: Some(next),
                ..
            } if !self.may_stay(targets, *next) => Vec::new(),
            _ => self.graph.successors(id),
        };
        next.extend(self.graph.catch(id));
        next
    }

    /// Whether what is called may run at the entity itself, which needs not encode what waits until it returns to `next`.
    fn may_stay(&self, targets: &[String], next: BlockId) -> bool {
        let site = self.graph.block(next).site;
        let site = site.and_then(|at| {
            let sites = &self.builder.resolution.sites;
            sites.get(&self.builder.span(&at))
        });
        match site {
            Some(Site::Call { .. } | Site::Read { .. } | Site::Create { .. }) => {
                self.builder.may_be_here(targets)
            }
            _ => true,
        }
    }
}
