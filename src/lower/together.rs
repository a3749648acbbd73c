//! Reads that travel together.
//!
//! A method that reads several attributes of one reference, and in between does nothing but run code of its own, gets all of
//! them at once: what is read belongs to another entity, so that nothing the method does by itself can change it.

use super::builder::Builder;
use super::cfg::{Basic, BlockId, Graph, Instr, Leaving, Term};
use super::effects::Effects;
use super::liveness::Liveness;
use super::names::Names;
use crate::ir::{Code, Stop};

/// A read that can be made with an earlier one.
struct Later {
    /// The block that it ends.
    block: BlockId,
    /// Which of the attributes it reads.
    index: usize,
    line: u32,
    next: BlockId,
}

/// Joins reads to earlier ones.
pub fn join(builder: &mut Builder<'_, '_>, entry: BlockId) {
    let mut order = builder.graph.post_order(entry);
    order.reverse();
    let liveness = Liveness::new(&builder.graph, entry, &builder.params());
    for id in order {
        let (attributes, later) = followers(builder, id);
        if !later.is_empty() {
            let used = used(&builder.graph, &liveness, id, &attributes, &later);
            join_to(builder, id, attributes, &later, &used);
        }
    }
}

/// The attributes that a read and those behind it ask for, and the latter.
fn followers(builder: &Builder<'_, '_>, first: BlockId) -> (Vec<String>, Vec<Later>) {
    let graph = &builder.graph;
    let (mut attributes, mut later) = (Vec::new(), Vec::new());
    let Some((receiver, attribute, next)) = read(builder, graph.block(first)) else {
        return (attributes, later);
    };
    attributes.push(attribute.to_owned());
    let mut at = next;
    while graph.predecessors(at).count() == 1
        && graph.block(at).zone == graph.block(first).zone
        && !rebinds(graph.block(at), receiver)
    {
        let block = graph.block(at);
        match (&block.term, read(builder, block)) {
            (Term::Leave { line, .. }, Some((other, attribute, next))) if other == receiver => {
                let known = attributes.iter().position(|one| one == attribute);
                let index = known.unwrap_or_else(|| {
                    attributes.push(attribute.to_owned());
                    attributes.len() - 1
                });
                later.push(Later {
                    block: at,
                    index,
                    line: *line,
                    next,
                });
                at = next;
            }
            (Term::Goto(next), _) => at = *next,
            _ => break,
        }
    }
    (attributes, later)
}

/// The local, the attribute and where the value goes, if a block ends by reading a field that only a call could change.
fn read<'g>(builder: &Builder<'_, '_>, block: &'g Basic) -> Option<(&'g str, &'g str, BlockId)> {
    match &block.term {
        Term::Leave {
            leaving:
                Leaving::Read {
                    attributes,
                    is_field: true,
                    ..
                },
            receiver: Some(receiver),
            targets,
            next: Some(next),
            ..
        } if !builder.may_be_here(targets) => Some((receiver, attributes.first()?, *next)),
        _ => None,
    }
}

fn rebinds(block: &Basic, name: &str) -> bool {
    let effects = block.effects();
    effects.may_bind.contains(name)
        || effects.may_delete.contains(name)
        || block.entry.contains(name)
        || block.result.as_deref() == Some(name)
}

/// The names that hold something else before all that has been read is taken.
fn used(
    graph: &Graph,
    liveness: &Liveness,
    first: BlockId,
    attributes: &[String],
    later: &[Later],
) -> Names {
    let next = |id: BlockId| graph.successors(id).first().copied();
    let mut used = Names::new();
    if let Some(resumed) = next(first) {
        used.extend(liveness.live(resumed).iter().cloned());
    }
    let last = later.last().map(|read| read.block);
    for id in std::iter::successors(next(first), |id| next(*id).filter(|_| Some(*id) != last)) {
        used.extend(graph.block(id).effects().may_bind);
    }
    if attributes.len() > 1 {
        let reads = later.iter().map(|read| read.next).chain(next(first));
        used.extend(reads.filter_map(|id| graph.block(id).result.clone()));
    }
    used
}

fn join_to(
    builder: &mut Builder<'_, '_>,
    first: BlockId,
    attributes: Vec<String>,
    later: &[Later],
    used: &Names,
) {
    let Term::Leave {
        leaving: Leaving::Read {
            attributes: all, ..
        },
        receiver,
        stop,
        next: Some(next),
        ..
    } = &mut builder.graph.blocks[first].term
    else {
        return;
    };
    let (next, receiver) = (*next, receiver.clone().unwrap_or_default());
    let is_one = attributes.len() == 1;
    let wanted = match is_one {
        true => format!("{receiver}_{}", attributes[0]),
        false => format!("{receiver}_fields"),
    };
    if let Some(Stop::Read {
        attributes: all, ..
    }) = stop.as_deref_mut()
    {
        all.clone_from(&attributes);
    }
    *all = attributes;
    let fields = builder.fresh.lasting_beside(&wanted, used);
    builder.locals.insert(fields.clone());
    let value = |index: usize| match is_one {
        true => fields.clone(),
        false => format!("{}.field({fields}, {index})", builder.flow),
    };
    let block = &mut builder.graph.blocks[next];
    let result = block.result.replace(fields.clone());
    let line = block.resumes_at.unwrap_or_default();
    if let Some(result) = result.filter(|result| *result != value(0)) {
        let instr = take(&fields, &value(0), &result, line);
        builder.graph.blocks[next].instrs.insert(0, instr);
    }
    for read in later {
        let result = builder.graph.blocks[read.next].come_at_once();
        let value = value(read.index);
        let block = &mut builder.graph.blocks[read.block];
        if result != value {
            block.instrs.push(take(&fields, &value, &result, read.line));
        }
        block.term = Term::Goto(read.next);
    }
}

/// Takes the value of one attribute.
fn take(fields: &str, value: &str, result: &str, line: u32) -> Instr {
    let text = format!("{result} = {value}");
    let mut effects = Effects::of_uses([fields.to_owned()]);
    effects.then(&Effects::of_binding(result));
    Instr::calm(Code::line(text, line), effects)
}
