//! Blocks, run as the step engine runs them, in the Python of [`super::python`].

use super::python::{Env, Flow, Result, Run, Value, expression, parameters, statements, truth};
use crate::ir::{Block, Code, Node, Transition, Variable};
use crate::syntax::ast::Expr;

/// The value, or the exception, of a method that is cut into blocks, and how it came to it.
pub fn run_as_cut(blocks: &[Block]) -> (Result<Value>, Run) {
    let mut run = Run::new(false);
    let mut at = &blocks[0];
    let mut env = parameters();
    let result = loop {
        match run.nodes(&at.body, &mut env) {
            Err(error) => break Err(error),
            Ok(Left::Done(value)) => break Ok(value),
            Ok(Left::To(next, result)) => {
                let found = blocks.iter().find(|block| block.name == next.block);
                at = found.expect("the block");
                env = handed_over(next, at, &env);
                if let (Some(name), Some(value)) = (&at.result, result) {
                    env.insert(name.clone(), value);
                }
            }
        }
    };
    (result, run)
}

fn handed_over(next: &Transition, to: &Block, env: &Env) -> Env {
    let names = |of: &[Variable]| -> Vec<String> {
        of.iter().map(|variable| variable.name.clone()).collect()
    };
    assert_eq!(names(&next.live), names(&to.live));
    for (here, there) in next.live.iter().zip(&to.live) {
        let name = &here.name;
        assert!(
            here.maybe_unbound || env.contains_key(name),
            "{name} has no value"
        );
        assert!(
            there.maybe_unbound || env.contains_key(name),
            "{name} has no value"
        );
    }
    let live = next.live.iter();
    live.filter_map(|variable| Some((variable.name.clone(), env.get(&variable.name)?.clone())))
        .collect()
}

/// Where control goes from a block.
enum Left<'b> {
    Done(Value),
    To(&'b Transition, Option<Value>),
}

impl Run {
    /// Runs nodes; past the last of them the method ends.
    fn nodes<'b>(&mut self, body: &'b [Node], env: &mut Env) -> Result<Left<'b>> {
        Ok(match self.try_nodes(body, env)? {
            Some(left) => left,
            None => Left::Done(Value::None),
        })
    }

    fn try_nodes<'b>(&mut self, body: &'b [Node], env: &mut Env) -> Result<Option<Left<'b>>> {
        for node in body {
            let left = match node {
                Node::Code(code) => self.code(code, env)?.map(Left::Done),
                Node::If { test, then, orelse } => {
                    let test = self.eval(&expression(&test.text), env)?;
                    self.try_nodes(if truth(&test) { then } else { orelse }, env)?
                }
                Node::Call {
                    callee,
                    arguments,
                    then,
                    ..
                } => {
                    let text = format!("{}({})", callee.text, arguments.text);
                    let Expr::Call(call) = expression(&text) else {
                        panic!("{text}");
                    };
                    let value = self.call(&call, env, true)?;
                    Some(left(then.as_ref(), value))
                }
                Node::Read {
                    receiver,
                    attribute,
                    then,
                    ..
                } => {
                    let receiver = self.eval(&expression(&receiver.text), env)?;
                    let value = self.attribute(&receiver, attribute, true)?;
                    Some(left(then.as_ref(), value))
                }
                Node::Goto(next) => Some(Left::To(next, None)),
                other => panic!("{other:?}"),
            };
            if left.is_some() {
                return Ok(left);
            }
        }
        Ok(None)
    }

    fn code(&mut self, code: &Code, env: &mut Env) -> Result<Option<Value>> {
        assert_eq!(code.lines.len(), code.text.split('\n').count());
        Ok(match self.block(&statements(&code.text), env)? {
            Flow::Return(value) => Some(value),
            _ => None,
        })
    }
}

fn left(then: Option<&Transition>, value: Value) -> Left<'_> {
    match then {
        Some(next) => Left::To(next, Some(value)),
        None => Left::Done(value),
    }
}
