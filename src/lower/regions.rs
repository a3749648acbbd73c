//! From the graph to blocks: each is the tree of basic blocks that is entered at one place only.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::cfg::{Basic, BlockId, Graph, Leaving, Role, Term};
use super::liveness::Liveness;
use crate::ir::{Block, Code, Node, Transition, Variable};

/// Makes the blocks of a method of that name. `taken` are the other names in its class.
pub fn blocks(
    graph: &Graph,
    liveness: &Liveness,
    reachable: &[BlockId],
    imports: &BTreeMap<String, Code>,
    method: &str,
    taken: &HashSet<String>,
) -> Vec<Block> {
    let heads: Vec<BlockId> = heads(graph, reachable);
    let names = names(graph, &heads, method, taken);
    let regions = Regions {
        graph,
        liveness,
        imports,
        names,
    };
    heads.iter().map(|head| regions.block(*head)).collect()
}

/// The blocks that become functions: the entry, where calls return, and where several ways meet.
fn heads(graph: &Graph, reachable: &[BlockId]) -> Vec<BlockId> {
    let known: HashSet<BlockId> = reachable.iter().copied().collect();
    reachable
        .iter()
        .copied()
        .filter(|id| {
            let block = graph.block(*id);
            let entered = graph
                .predecessors(*id)
                .filter(|from| known.contains(from))
                .count();
            match block.role {
                Role::Entry => true,
                _ if block.resumes_at.is_some() => true,
                _ => entered > 1 && !is_end(block),
            }
        })
        .collect()
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

struct Regions<'g> {
    graph: &'g Graph,
    liveness: &'g Liveness,
    imports: &'g BTreeMap<String, Code>,
    names: HashMap<BlockId, String>,
}

impl Regions<'_> {
    fn block(&self, head: BlockId) -> Block {
        let basic = self.graph.block(head);
        let (nodes, _) = self.nodes(head);
        let imported = self.live(head).filter_map(|name| self.import(head, name));
        let body = imported.cloned().map(Node::Code).chain(nodes).collect();
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
            live,
            body,
        }
    }

    /// The variables that live on into a block and are handed over.
    fn travelling(&self, head: BlockId) -> impl Iterator<Item = &String> {
        self.live(head)
            .filter(move |name| self.import(head, name).is_none())
    }

    fn live(&self, head: BlockId) -> impl Iterator<Item = &String> {
        self.liveness.live(head).iter()
    }

    /// What imports a variable anew, where it surely has been imported before.
    fn import(&self, head: BlockId, name: &str) -> Option<&Code> {
        let import = self.imports.get(name)?;
        self.liveness.is_bound(head, name).then_some(import)
    }

    /// What a basic block and those only reached through it do, and whether the method's end may be reached there.
    fn nodes(&self, id: BlockId) -> (Vec<Node>, bool) {
        let block = self.graph.block(id);
        let mut nodes: Vec<Node> = block
            .instrs
            .iter()
            .map(|instr| Node::Code(instr.code.clone()))
            .collect();
        let falls = match &block.term {
            Term::Goto(next) => {
                let (rest, falls) = self.go(id, *next);
                nodes.extend(rest);
                falls
            }
            Term::Branch {
                test, then, orelse, ..
            } => {
                let (mut first, falls) = self.go(id, *then);
                if falls {
                    first.push(Node::Code(Code::line("return", test.lines[0])));
                }
                nodes.push(Node::If {
                    test: test.clone(),
                    then: first,
                    orelse: Vec::new(),
                });
                let (rest, falls) = self.go(id, *orelse);
                nodes.extend(rest);
                falls
            }
            Term::Leave {
                leaving,
                targets,
                line,
                next,
                ..
            } => {
                let then = next.map(|next| self.transition(id, next));
                nodes.push(leave(leaving, targets, *line, then));
                false
            }
            Term::End => true,
            Term::Stop => false,
        };
        (nodes, falls)
    }

    fn go(&self, from: BlockId, to: BlockId) -> (Vec<Node>, bool) {
        if self.names.contains_key(&to) {
            (vec![Node::Goto(self.transition(from, to))], false)
        } else {
            self.nodes(to)
        }
    }

    fn transition(&self, from: BlockId, to: BlockId) -> Transition {
        Transition {
            block: self.names[&to].clone(),
            live: self
                .travelling(to)
                .map(|name| Variable {
                    name: name.clone(),
                    maybe_unbound: !self.liveness.is_bound_after(self.graph, from, name),
                })
                .collect(),
        }
    }
}

fn leave(leaving: &Leaving, targets: &[String], line: u32, then: Option<Transition>) -> Node {
    let targets = targets.to_vec();
    match leaving.clone() {
        Leaving::Call { callee, arguments } => Node::Call {
            callee,
            arguments,
            targets,
            line,
            then,
        },
        Leaving::Read {
            receiver,
            attribute,
        } => Node::Read {
            receiver,
            attribute,
            targets,
            line,
            then,
        },
        Leaving::Create {
            class,
            arguments,
            entity,
        } => Node::Create {
            class,
            arguments,
            entity,
            line,
            then,
        },
    }
}
