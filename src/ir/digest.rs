//! Digests by which a frame in flight recognizes the block that it was made for.

use sha2::{Digest, Sha256};

use super::{Block, Branch, Code, Node, Stop, Transition};

/// Sets the digest of every block from its name, its variables and its code.
///
/// Line numbers do not count: a block that has only moved in its file keeps its digest.
pub fn digest_blocks(blocks: &mut [Block]) {
    for block in blocks {
        let mut hasher = Sha256::new();
        field(&mut hasher, &block.name);
        field(&mut hasher, block.result.as_deref().unwrap_or(""));
        if block.takes_errors {
            field(&mut hasher, "errors");
        }
        for name in &block.handling {
            field(&mut hasher, name);
        }
        for variable in &block.live {
            field(&mut hasher, &variable.name);
            field(&mut hasher, if variable.maybe_unbound { "?" } else { "" });
        }
        nodes(&mut hasher, &block.body);
        block.digest = hasher.finalize()[..8]
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
    }
}

fn field(hasher: &mut Sha256, text: &str) {
    hasher.update((text.len() as u64).to_le_bytes());
    hasher.update(text.as_bytes());
}

fn nodes(hasher: &mut Sha256, body: &[Node]) {
    hasher.update((body.len() as u64).to_le_bytes());
    for node in body {
        self::node(hasher, node);
    }
}

fn node(hasher: &mut Sha256, node: &Node) {
    match node {
        Node::Code(code) => field(hasher, &code.text),
        Node::If { test, then, orelse } => {
            field(hasher, "if");
            field(hasher, &test.text);
            nodes(hasher, then);
            nodes(hasher, orelse);
        }
        Node::Match { subject, cases } => {
            field(hasher, "match");
            field(hasher, &subject.text);
            for case in cases {
                field(hasher, &case.pattern.text);
                field(hasher, case.guard.as_ref().map_or("", |guard| &guard.text));
                nodes(hasher, &case.body);
            }
        }
        Node::Try { body, handlers } => {
            field(hasher, "try");
            nodes(hasher, body);
            for handler in handlers {
                let classes = handler.classes.as_ref();
                field(hasher, classes.map_or("", |classes| &classes.text));
                field(hasher, handler.name.as_deref().unwrap_or(""));
                nodes(hasher, &handler.body);
            }
        }
        Node::Call {
            callee,
            arguments,
            then,
            ..
        } => {
            field(hasher, "call");
            field(hasher, &callee.text);
            field(hasher, &arguments.text);
            transition(hasher, then.as_ref());
        }
        Node::Read {
            receiver,
            attributes,
            then,
            ..
        } => {
            field(hasher, "read");
            field(hasher, &receiver.text);
            for attribute in attributes {
                field(hasher, attribute);
            }
            transition(hasher, then.as_ref());
        }
        Node::Create {
            class,
            arguments,
            then,
            ..
        } => {
            field(hasher, "create");
            field(hasher, &class.text);
            field(hasher, &arguments.text);
            transition(hasher, then.as_ref());
        }
        Node::Gather {
            branches,
            return_exceptions,
            then,
            ..
        } => {
            gather(hasher, branches, return_exceptions.as_ref());
            transition(hasher, then.as_ref());
        }
        Node::Goto(to) => transition(hasher, Some(to)),
    }
}

fn gather(hasher: &mut Sha256, branches: &[Branch], return_exceptions: Option<&Code>) {
    field(hasher, "gather");
    hasher.update((branches.len() as u64).to_le_bytes());
    branches.iter().for_each(|one| branch(hasher, one));
    field(hasher, return_exceptions.map_or("", |code| &code.text));
}

fn branch(hasher: &mut Sha256, branch: &Branch) {
    match branch {
        Branch::Call {
            callee, arguments, ..
        } => {
            field(hasher, "call");
            field(hasher, &callee.text);
            field(hasher, &arguments.text);
        }
        Branch::Read {
            receiver,
            attribute,
            ..
        } => {
            field(hasher, "read");
            field(hasher, &receiver.text);
            field(hasher, attribute);
        }
        Branch::Create {
            class, arguments, ..
        } => {
            field(hasher, "create");
            field(hasher, &class.text);
            field(hasher, &arguments.text);
        }
        Branch::Gather {
            branches,
            return_exceptions,
        } => gather(hasher, branches, return_exceptions.as_ref()),
        Branch::Each { call, clauses } => {
            field(hasher, "each");
            self::branch(hasher, call);
            field(hasher, &clauses.text);
        }
        Branch::Value(code) => {
            field(hasher, "value");
            field(hasher, &code.text);
        }
    }
}

fn stop(hasher: &mut Sha256, stop: &Stop) {
    match stop {
        Stop::Call {
            callee, arguments, ..
        } => {
            field(hasher, "call along");
            field(hasher, callee);
            field(hasher, &arguments.join(", "));
        }
        Stop::Read {
            receiver,
            attributes,
            ..
        } => {
            field(hasher, "read along");
            field(hasher, receiver);
            field(hasher, &attributes.join(", "));
        }
    }
}

fn transition(hasher: &mut Sha256, to: Option<&Transition>) {
    match to {
        None => field(hasher, "forward"),
        Some(to) => {
            field(hasher, &to.block);
            for variable in &to.live {
                field(hasher, &variable.name);
            }
            to.along.iter().for_each(|one| stop(hasher, one));
        }
    }
}
