//! Digests by which a frame in flight recognizes the block that it was made for.

use super::{Block, Branch, Code, Node, Stop, Transition};
use crate::digest::Digest;

/// Sets the digest of every block from its name, its variables and its code.
///
/// Line numbers do not count: a block that has only moved in its file keeps its digest.
pub fn digest_blocks(blocks: &mut [Block]) {
    for block in blocks {
        let mut digest = Digest::default();
        field(&mut digest, &block.name);
        field(&mut digest, block.result.as_deref().unwrap_or(""));
        if block.takes_errors {
            field(&mut digest, "errors");
        }
        for name in &block.handling {
            field(&mut digest, name);
        }
        for variable in &block.live {
            field(&mut digest, &variable.name);
            field(&mut digest, if variable.maybe_unbound { "?" } else { "" });
        }
        nodes(&mut digest, &block.body);
        block.digest = digest.hex(16);
    }
}

fn field(digest: &mut Digest, text: &str) {
    digest.add(text.as_bytes());
}

fn nodes(digest: &mut Digest, body: &[Node]) {
    digest.add_count(body.len());
    for node in body {
        self::node(digest, node);
    }
}

fn node(digest: &mut Digest, node: &Node) {
    match node {
        Node::Code(code) => field(digest, &code.text),
        Node::If { test, then, orelse } => {
            field(digest, "if");
            field(digest, &test.text);
            nodes(digest, then);
            nodes(digest, orelse);
        }
        Node::Match { subject, cases } => {
            field(digest, "match");
            field(digest, &subject.text);
            for case in cases {
                field(digest, &case.pattern.text);
                field(digest, case.guard.as_ref().map_or("", |guard| &guard.text));
                nodes(digest, &case.body);
            }
        }
        Node::Try { body, handlers } => {
            field(digest, "try");
            nodes(digest, body);
            for handler in handlers {
                let classes = handler.classes.as_ref();
                field(digest, classes.map_or("", |classes| &classes.text));
                field(digest, handler.name.as_deref().unwrap_or(""));
                nodes(digest, &handler.body);
            }
        }
        Node::Call {
            callee,
            arguments,
            then,
            ..
        } => {
            field(digest, "call");
            field(digest, &callee.text);
            field(digest, &arguments.text);
            transition(digest, then.as_ref());
        }
        Node::Read {
            receiver,
            attributes,
            then,
            ..
        } => {
            field(digest, "read");
            field(digest, &receiver.text);
            for attribute in attributes {
                field(digest, attribute);
            }
            transition(digest, then.as_ref());
        }
        Node::Create {
            class,
            arguments,
            then,
            ..
        } => {
            field(digest, "create");
            field(digest, &class.text);
            field(digest, &arguments.text);
            transition(digest, then.as_ref());
        }
        Node::Gather {
            branches,
            return_exceptions,
            then,
            ..
        } => {
            gather(digest, branches, return_exceptions.as_ref());
            transition(digest, then.as_ref());
        }
        Node::Goto(to) => transition(digest, Some(to)),
    }
}

fn gather(digest: &mut Digest, branches: &[Branch], return_exceptions: Option<&Code>) {
    field(digest, "gather");
    digest.add_count(branches.len());
    branches.iter().for_each(|one| branch(digest, one));
    field(digest, return_exceptions.map_or("", |code| &code.text));
}

fn branch(digest: &mut Digest, branch: &Branch) {
    match branch {
        Branch::Call {
            callee, arguments, ..
        } => {
            field(digest, "call");
            field(digest, &callee.text);
            field(digest, &arguments.text);
        }
        Branch::Read {
            receiver,
            attribute,
            ..
        } => {
            field(digest, "read");
            field(digest, &receiver.text);
            field(digest, attribute);
        }
        Branch::Create {
            class, arguments, ..
        } => {
            field(digest, "create");
            field(digest, &class.text);
            field(digest, &arguments.text);
        }
        Branch::Gather {
            branches,
            return_exceptions,
        } => gather(digest, branches, return_exceptions.as_ref()),
        Branch::Each { call, clauses } => {
            field(digest, "each");
            self::branch(digest, call);
            field(digest, &clauses.text);
        }
        Branch::Value(code) => {
            field(digest, "value");
            field(digest, &code.text);
        }
    }
}

fn stop(digest: &mut Digest, stop: &Stop) {
    match stop {
        Stop::Call {
            callee, arguments, ..
        } => {
            field(digest, "call along");
            field(digest, callee);
            field(digest, &arguments.join(", "));
        }
        Stop::Read {
            receiver,
            attributes,
            ..
        } => {
            field(digest, "read along");
            field(digest, receiver);
            field(digest, &attributes.join(", "));
        }
    }
}

fn transition(digest: &mut Digest, to: Option<&Transition>) {
    match to {
        None => field(digest, "forward"),
        Some(to) => {
            field(digest, &to.block);
            for variable in &to.live {
                field(digest, &variable.name);
            }
            to.along.iter().for_each(|one| stop(digest, one));
        }
    }
}
