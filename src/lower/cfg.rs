//! The control-flow graph of a method that leaves its entity.

use petgraph::Direction;
use petgraph::graph::{DiGraph, NodeIndex};
use petgraph::visit::{DfsPostOrder, EdgeRef, Walker};

use super::effects::Effects;
use super::names::Names;
use super::zones::{ZoneId, Zones};
use crate::ir::{Branch, Code, Stop};
use crate::syntax::TextRange;

/// A basic block of a [`Graph`].
pub type BlockId = NodeIndex<u32>;

/// A straight piece of code.
#[derive(Debug, Clone)]
pub struct Instr {
    /// The code.
    pub code: Code,
    /// What it does to local names.
    pub effects: Effects,
    /// Whether all that it looks at or changes is locals, and it calls nothing.
    pub is_calm: bool,
}

impl Instr {
    /// One that looks at nothing but locals.
    pub fn calm(code: Code, effects: Effects) -> Self {
        Self {
            code,
            effects,
            is_calm: true,
        }
    }
}

/// What a basic block is there for, which its name tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Role {
    /// The method begins.
    Entry,
    /// A call returns here.
    After {
        /// What was called: `update_stock`.
        callee: String,
        /// On what: `item`.
        receiver: String,
    },
    /// A loop over what is bound to that name decides on its next round.
    For(String),
    /// A `while` loop decides on its next round.
    While,
    /// Paths meet after that statement: `if`.
    Join(&'static str),
    /// A part of a statement.
    Part(&'static str),
}

/// How control leaves the method for a while.
#[derive(Debug, Clone)]
pub enum Leaving {
    /// A call of a method.
    Call {
        /// The callee.
        callee: Code,
        /// The arguments.
        arguments: Code,
    },
    /// A read of attributes.
    Read {
        /// The reference.
        receiver: Code,
        /// The attributes; with more than one, the result is a tuple of their values.
        attributes: Vec<String>,
        /// Whether it is one field of whatever may be referred to.
        is_field: bool,
        /// Whether that is the key.
        is_key: bool,
    },
    /// The creation of an entity.
    Create {
        /// The class.
        class: Code,
        /// The arguments.
        arguments: Code,
        /// The entity.
        entity: String,
    },
    /// Several of these at once.
    Gather {
        /// Which.
        branches: Vec<Branch>,
        /// Whether exceptions are results.
        return_exceptions: Option<Code>,
    },
}

/// How a basic block ends.
#[derive(Debug, Clone)]
pub enum Term {
    /// It goes on in another.
    Goto(BlockId),
    /// It goes on in one of two.
    Branch {
        /// The condition.
        test: Code,
        /// What the condition reads.
        effects: Effects,
        /// Where it is true.
        then: BlockId,
        /// Where it is false.
        orelse: BlockId,
    },
    /// It goes on where a pattern fits.
    Match {
        /// What is matched.
        subject: Code,
        /// What the subject, the patterns and the guards read and may bind.
        effects: Effects,
        /// The cases.
        cases: Vec<Case>,
        /// Where none fits.
        otherwise: BlockId,
    },
    /// An exception goes on in the first handler for its class, or is raised again.
    Dispatch {
        /// What raises it again.
        again: Code,
        /// What that and the classes read.
        effects: Effects,
        /// The handlers.
        handlers: Vec<Handler>,
    },
    /// It leaves the method, to come back in `next` or never.
    Leave {
        /// How.
        leaving: Leaving,
        /// What it may reach.
        targets: Vec<String>,
        /// The local that refers to what is called or read.
        receiver: Option<String>,
        /// What the operands read.
        effects: Effects,
        /// The line that CPython names in a traceback through it.
        line: u32,
        /// How it could travel along with an earlier one.
        stop: Option<Box<Stop>>,
        /// What travels along with it.
        along: Vec<Stop>,
        /// Where the result goes; `None` for a tail call.
        next: Option<BlockId>,
    },
    /// The method's end is reached.
    End,
    /// The last instruction has returned or raised.
    Stop,
}

/// A case of a [`Term::Match`].
#[derive(Debug, Clone)]
pub struct Case {
    /// The pattern.
    pub pattern: Code,
    /// The condition behind it.
    pub guard: Option<Code>,
    /// Where it fits.
    pub target: BlockId,
}

/// A handler of a [`Term::Dispatch`].
#[derive(Debug, Clone)]
pub struct Handler {
    /// The classes that it is for; `None` for any.
    pub classes: Option<Code>,
    /// What it calls the exception.
    pub name: Option<String>,
    /// Where it begins.
    pub target: BlockId,
}

/// How control comes from one block to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// By the end of the block.
    Next,
    /// By an exception, from anywhere in it.
    Raised,
}

/// A basic block.
#[derive(Debug, Clone)]
pub struct Basic {
    /// Its instructions.
    pub instrs: Vec<Instr>,
    /// How it ends.
    pub term: Term,
    /// What it is there for.
    pub role: Role,
    /// What stands around it.
    pub zone: Option<ZoneId>,
    /// The names that the way in binds: what a pattern captures, what a handler calls the exception.
    pub entry: Names,
    /// The name that the result of the call is bound to on entry.
    pub result: Option<String>,
    /// The line of the call that returns here.
    pub resumes_at: Option<u32>,
    /// The expression that is that call.
    pub site: Option<TextRange>,
}

impl Basic {
    /// What it does to local names as a whole.
    pub fn effects(&self) -> Effects {
        let mut effects = Effects::default();
        for instr in &self.instrs {
            effects.then(&instr.effects);
        }
        match &self.term {
            Term::Branch { effects: test, .. }
            | Term::Match { effects: test, .. }
            | Term::Dispatch { effects: test, .. }
            | Term::Leave { effects: test, .. } => effects.then(test),
            Term::Goto(_) | Term::End | Term::Stop => {}
        }
        effects
    }

    /// Lets control come here without the call that it would have returned from; gives the name that wants the result.
    pub fn come_at_once(&mut self) -> String {
        (self.resumes_at, self.site) = (None, None);
        self.result.take().unwrap_or_else(|| "_".to_owned())
    }

    /// Whether an exception may come out of it.
    fn may_raise(&self) -> bool {
        !self.instrs.is_empty() || !matches!(self.term, Term::Goto(_) | Term::End)
    }
}

/// The basic blocks of a method and the ways between them.
#[derive(Debug, Default)]
pub struct Graph {
    /// The blocks; the first is the entry.
    pub blocks: DiGraph<Basic, Way>,
    /// What stands around blocks.
    pub zones: Zones,
}

impl Graph {
    /// Adds an empty block.
    pub fn add(&mut self, role: Role, zone: Option<ZoneId>) -> BlockId {
        self.blocks.add_node(Basic {
            instrs: Vec::new(),
            term: Term::End,
            role,
            zone,
            entry: Names::new(),
            result: None,
            resumes_at: None,
            site: None,
        })
    }

    /// The block of that id.
    pub fn block(&self, id: BlockId) -> &Basic {
        &self.blocks[id]
    }

    /// Draws the edges, once all blocks have their ends, and takes out what cannot be reached.
    pub fn connect(&mut self) {
        for id in self.blocks.node_indices().collect::<Vec<_>>() {
            for next in self.successors(id) {
                self.blocks.add_edge(id, next, Way::Next);
            }
            if let Some(catch) = self.catch(id) {
                self.blocks.add_edge(id, catch, Way::Raised);
            }
        }
    }

    /// The blocks that can be reached from one, each after those that it leads to but for the way round a loop.
    pub fn post_order(&self, entry: BlockId) -> Vec<BlockId> {
        let order = DfsPostOrder::new(&self.blocks, entry);
        order.iter(&self.blocks).collect()
    }

    /// Where an exception from inside a block goes on, if it is caught in the method.
    pub fn catch(&self, id: BlockId) -> Option<BlockId> {
        let (_, catch) = self.guard(id)?;
        self.blocks[id].may_raise().then_some(catch)
    }

    /// The local that an exception from inside a block is bound to, and the block where it goes on.
    pub fn guard(&self, id: BlockId) -> Option<(&str, BlockId)> {
        self.zones.guard(self.blocks[id].zone)
    }

    /// The names that are deleted on the way from one block to another: those of the exceptions whose handlers are left.
    pub fn forgotten(&self, from: BlockId, to: BlockId) -> Names {
        let (from, to) = (self.blocks[from].zone, self.blocks[to].zone);
        self.zones.forgotten(from, to)
    }

    /// Where control can go from a block.
    pub fn successors(&self, id: BlockId) -> Vec<BlockId> {
        match &self.blocks[id].term {
            Term::Goto(next) => vec![*next],
            Term::Branch { then, orelse, .. } => vec![*then, *orelse],
            Term::Match {
                cases, otherwise, ..
            } => {
                let targets = cases.iter().map(|case| case.target);
                targets.chain([*otherwise]).collect()
            }
            Term::Dispatch { handlers, .. } => {
                handlers.iter().map(|handler| handler.target).collect()
            }
            Term::Leave { next, .. } => next.iter().copied().collect(),
            Term::End | Term::Stop => Vec::new(),
        }
    }

    /// The blocks that lead to a block, and how.
    pub fn predecessors(&self, id: BlockId) -> impl Iterator<Item = (BlockId, Way)> {
        let edges = self.blocks.edges_directed(id, Direction::Incoming);
        edges.map(|edge| (edge.source(), *edge.weight()))
    }

    /// The block that a jump to `id` really reaches: empty blocks that only go on are passed.
    pub fn target(&self, mut id: BlockId) -> BlockId {
        let mut passed = 0;
        while let Basic {
            term: Term::Goto(next),
            instrs,
            result: None,
            resumes_at: None,
            ..
        } = &self.blocks[id]
            && instrs.is_empty()
            && passed < self.blocks.node_count()
        {
            id = *next;
            passed += 1;
        }
        id
    }

    /// Leads every jump past the empty blocks.
    pub fn thread_jumps(&mut self) {
        for id in self.blocks.node_indices().collect::<Vec<_>>() {
            let mut term = self.blocks[id].term.clone();
            match &mut term {
                Term::Goto(next) => *next = self.target(*next),
                Term::Branch { then, orelse, .. } => {
                    *then = self.target(*then);
                    *orelse = self.target(*orelse);
                }
                Term::Match { otherwise, .. } => *otherwise = self.target(*otherwise),
                Term::Dispatch { .. } | Term::Leave { .. } | Term::End | Term::Stop => {}
            }
            self.blocks[id].term = term;
        }
    }
}
