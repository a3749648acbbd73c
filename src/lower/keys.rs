//! Keys that need not be asked for.
//!
//! A reference holds the key of what it refers to. Where a field is that key, and an earlier call or read of the same reference
//! has come back, so that there is such an entity, the field is known without going there. What is known of the references is
//! found as available expressions are, forward.

use std::collections::HashMap;

use super::builder::Builder;
use super::cfg::{BlockId, Graph, Instr, Leaving, Term, Way};
use super::effects::Effects;
use super::names::Names;
use crate::ir::Code;

/// Takes the reads of known keys out of the graph.
pub fn know(builder: &mut Builder<'_, '_>, entry: BlockId) {
    let met = met(&builder.graph, entry);
    for (id, known) in met {
        let Term::Leave {
            leaving:
                Leaving::Read {
                    receiver,
                    attributes,
                    is_key: true,
                    ..
                },
            receiver: Some(local),
            effects,
            line,
            next,
            ..
        } = builder.graph.block(id).term.clone()
        else {
            continue;
        };
        if !known.contains(&local) {
            continue;
        }
        let read = format!(
            "{}.key({}, \"{}\")",
            builder.flow, receiver.text, attributes[0]
        );
        match next {
            Some(next) => go_on(builder, id, next, &read, line, &effects),
            None => {
                let code = Code::line(format!("return {read}"), line);
                let block = &mut builder.graph.blocks[id];
                block.instrs.push(Instr::calm(code, effects));
                block.term = Term::Stop;
            }
        }
    }
}

/// Goes on at once in the block to which the read would have come back.
fn go_on(
    builder: &mut Builder<'_, '_>,
    from: BlockId,
    to: BlockId,
    read: &str,
    line: u32,
    effects: &Effects,
) {
    let result = builder.graph.blocks[to].come_at_once();
    let mut effects = effects.clone();
    effects.then(&Effects::of_binding(&result));
    let code = Code::line(format!("{result} = {read}"), line);
    let block = &mut builder.graph.blocks[from];
    block.instrs.push(Instr::calm(code, effects));
    block.term = Term::Goto(to);
}

/// The locals that refer to something that has answered, where each block ends.
fn met(graph: &Graph, entry: BlockId) -> Vec<(BlockId, Names)> {
    let mut order = graph.post_order(entry);
    order.reverse();
    let mut begin: HashMap<BlockId, Names> = HashMap::from([(entry, Names::new())]);
    let mut changed = true;
    while changed {
        changed = false;
        for id in order.iter().filter(|id| **id != entry) {
            let ways = graph.predecessors(*id);
            let known =
                ways.filter_map(|(from, way)| Some(carried(graph, from, begin.get(&from)?, way)));
            let Some(mut known) = known.reduce(|met, one| &met & &one) else {
                continue;
            };
            let block = graph.block(*id);
            known.retain(|name| !block.entry.contains(name) && block.result.as_ref() != Some(name));
            if begin.get(id) != Some(&known) {
                begin.insert(*id, known);
                changed = true;
            }
        }
    }
    let ends = order.iter().filter_map(|id| {
        let known = carried(graph, *id, begin.get(id)?, Way::Raised);
        Some((*id, known))
    });
    ends.collect()
}

/// What is known on a way out of a block.
fn carried(graph: &Graph, from: BlockId, known: &Names, way: Way) -> Names {
    let block = graph.block(from);
    let effects = block.effects();
    let mut known = &(known - &effects.may_bind) - &effects.may_delete;
    if let (Way::Next, Term::Leave { receiver, .. }) = (way, &block.term) {
        known.extend(receiver.clone());
    }
    known
}
