//! What a block does: the basic blocks of its tree, one within the other.

use super::cfg::{self, BlockId, Leaving, Term};
use super::regions::Regions;
use super::zones::Zone;
use crate::ir::{Case, Code, Handler, Node, Transition};

impl Regions<'_> {
    /// What a basic block and those only reached through it do, and whether the method's end may be reached there.
    pub fn nodes(&self, id: BlockId) -> (Vec<Node>, bool) {
        let instrs = self.graph.block(id).instrs.iter();
        let mut nodes: Vec<Node> = instrs.map(|instr| Node::Code(instr.code.clone())).collect();
        let (last, falls) = self.term(id);
        nodes.extend(last);
        (nodes, falls)
    }

    fn term(&self, id: BlockId) -> (Vec<Node>, bool) {
        match &self.graph.block(id).term {
            Term::Goto(next) => self.go(id, *next),
            Term::Branch {
                test, then, orelse, ..
            } => {
                let (mut first, falls) = self.go(id, *then);
                if falls {
                    first.push(Node::Code(Code::line("return", test.lines[0])));
                }
                let choice = Node::If {
                    test: test.clone(),
                    then: first,
                    orelse: Vec::new(),
                };
                self.go_past(choice, id, *orelse)
            }
            Term::Match {
                subject,
                cases,
                otherwise,
                ..
            } => self.go_past(self.choice(subject, cases), id, *otherwise),
            Term::Dispatch {
                again, handlers, ..
            } => self.dispatch(again, handlers),
            Term::Leave {
                leaving,
                targets,
                line,
                along,
                next,
                ..
            } => {
                let then = next.map(|next| Transition {
                    along: along.clone(),
                    ..self.transition(id, next)
                });
                (vec![leave(leaving, targets, *line, then)], false)
            }
            Term::End => (Vec::new(), true),
            Term::Stop => (Vec::new(), false),
        }
    }

    fn go_past(&self, node: Node, from: BlockId, to: BlockId) -> (Vec<Node>, bool) {
        let (mut nodes, falls) = self.go(from, to);
        nodes.insert(0, node);
        (nodes, falls)
    }

    fn go(&self, from: BlockId, to: BlockId) -> (Vec<Node>, bool) {
        if self.names.contains_key(&to) {
            return (vec![Node::Goto(self.transition(from, to))], false);
        }
        let (nodes, falls) = self.nodes(to);
        let (from, zone) = (self.graph.block(from).zone, self.graph.block(to).zone);
        let mut entered = self.graph.zones.entered(from, zone).unwrap_or_default();
        entered.reverse();
        (self.guarded(nodes, to, &entered), falls)
    }

    /// What runs in those zones, the innermost first, with what becomes of its exceptions: the innermost that takes them takes
    /// all of them. What takes them is no function where nothing that runs there can raise one.
    pub fn guarded(&self, nodes: Vec<Node>, at: BlockId, zones: &[&Zone]) -> Vec<Node> {
        let guard = zones.iter().find_map(|zone| match zone {
            Zone::Guarded { caught, catch } => Some((caught, *catch)),
            Zone::Handling { .. } => None,
        });
        let Some((caught, catch)) = guard.filter(|(_, catch)| self.names.contains_key(catch))
        else {
            return nodes;
        };
        let is_bound = |name: &str| self.liveness.is_bound(catch, name);
        let to = self.transition_by(at, catch, is_bound);
        vec![Node::Try {
            body: nodes,
            handlers: vec![Handler {
                classes: Some(Code::hidden("BaseException")),
                name: Some(caught.clone()),
                body: vec![Node::Goto(to)],
            }],
        }]
    }

    fn choice(&self, subject: &Code, cases: &[cfg::Case]) -> Node {
        let case = |case: &cfg::Case| {
            let (mut body, falls) = self.nodes(case.target);
            if falls {
                body.push(Node::Code(Code::hidden("return")));
            }
            Case {
                pattern: case.pattern.clone(),
                guard: case.guard.clone(),
                body,
            }
        };
        Node::Match {
            subject: subject.clone(),
            cases: cases.iter().map(case).collect(),
        }
    }

    /// The choice of a handler, by Python itself: the exception is raised again among the handlers.
    fn dispatch(&self, again: &Code, handlers: &[cfg::Handler]) -> (Vec<Node>, bool) {
        let mut falls = false;
        let mut lowered = Vec::new();
        for handler in handlers {
            let (body, ends) = self.nodes(handler.target);
            falls |= ends;
            lowered.push(Handler {
                classes: handler.classes.clone(),
                name: handler.name.clone(),
                body,
            });
        }
        let node = Node::Try {
            body: vec![Node::Code(again.clone())],
            handlers: lowered,
        };
        (vec![node], falls)
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
            attributes,
            ..
        } => Node::Read {
            receiver,
            attributes,
            parameter: None,
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
        Leaving::Gather {
            branches,
            return_exceptions,
        } => Node::Gather {
            branches,
            return_exceptions,
            line,
            then,
        },
    }
}
