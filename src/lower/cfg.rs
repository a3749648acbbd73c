//! The control-flow graph of a method that leaves its entity.

use petgraph::Direction;
use petgraph::graph::{DiGraph, NodeIndex};

use super::names::Effects;
use crate::ir::Code;
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
    /// A read of an attribute.
    Read {
        /// The reference.
        receiver: Code,
        /// The attribute.
        attribute: String,
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
    /// It leaves the method, to come back in `next` or never.
    Leave {
        /// How.
        leaving: Leaving,
        /// What it may reach.
        targets: Vec<String>,
        /// What the operands read.
        effects: Effects,
        /// The line that CPython names in a traceback through it.
        line: u32,
        /// Where the result goes; `None` for a tail call.
        next: Option<BlockId>,
    },
    /// The method's end is reached.
    End,
    /// The last instruction has returned or raised.
    Stop,
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
            Term::Branch { effects: test, .. } | Term::Leave { effects: test, .. } => {
                effects.then(test);
            }
            Term::Goto(_) | Term::End | Term::Stop => {}
        }
        effects
    }
}

/// The basic blocks of a method and the ways between them.
#[derive(Debug, Default)]
pub struct Graph {
    /// The blocks; the first is the entry.
    pub blocks: DiGraph<Basic, ()>,
}

impl Graph {
    /// Adds an empty block.
    pub fn add(&mut self, role: Role) -> BlockId {
        self.blocks.add_node(Basic {
            instrs: Vec::new(),
            term: Term::End,
            role,
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
                self.blocks.add_edge(id, next, ());
            }
        }
    }

    /// Where control can go from a block.
    pub fn successors(&self, id: BlockId) -> Vec<BlockId> {
        match &self.blocks[id].term {
            Term::Goto(next) => vec![*next],
            Term::Branch { then, orelse, .. } => vec![*then, *orelse],
            Term::Leave { next, .. } => next.iter().copied().collect(),
            Term::End | Term::Stop => Vec::new(),
        }
    }

    /// The edges that lead to a block.
    pub fn predecessors(&self, id: BlockId) -> impl Iterator<Item = BlockId> {
        self.blocks.neighbors_directed(id, Direction::Incoming)
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
                Term::Leave { .. } | Term::End | Term::Stop => {}
            }
            self.blocks[id].term = term;
        }
    }
}
