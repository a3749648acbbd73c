//! Blocks, run as the step engine runs them, in the Python of [`super::python`].

use std::cell::RefCell;
use std::rc::Rc;

use super::python::{
    Env, Flow, OUT_OF_BUDGET, Result, Run, Value, expression, parameters, statements, truth,
};
use super::unwinding::{fits_text, is_of};
use crate::ir::{Block, Case, Code, Handler, Node, Transition, Variable};
use crate::syntax::ast::Expr;

/// The value, or the exception, of a method that is cut into blocks, and how it came to it.
pub fn run_as_cut(blocks: &[Block]) -> (Result<Value>, Run) {
    let mut run = Run::new(false);
    let mut at = &blocks[0];
    let mut env = parameters();
    let result = loop {
        run.handling = handling(at, &env);
        match run.nodes(&at.body, &mut env) {
            Err(error) => break Err(error),
            Ok(Left::Done(value)) => break Ok(value),
            Ok(Left::To(next, result)) => {
                let found = blocks.iter().find(|block| block.name == next.block);
                at = found.expect("the block");
                env = handed_over(next, at, &env);
                match (&at.result, result) {
                    (_, Some(Value::Raised(error))) if !at.takes_errors => break Err(error),
                    (Some(name), Some(value)) => drop(env.insert(name.clone(), value)),
                    _ => {}
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
    let (here, there) = (names(&next.live), names(&to.live));
    assert!(here.iter().all(|name| there.contains(name)));
    for variable in &next.live {
        let bound = variable.maybe_unbound || env.contains_key(&variable.name);
        assert!(bound, "{} has no value", variable.name);
    }
    for variable in &to.live {
        let bound = here.contains(&variable.name) && env.contains_key(&variable.name);
        assert!(
            variable.maybe_unbound || bound,
            "{} has no value",
            variable.name
        );
    }
    let live = next.live.iter();
    live.filter_map(|variable| Some((variable.name.clone(), env.get(&variable.name)?.clone())))
        .collect()
}

/// The exceptions that are being handled in a block.
fn handling(block: &Block, env: &Env) -> Vec<String> {
    let held = block.handling.iter().map(|name| &env[name]);
    held.filter_map(|value| match value {
        Value::Error(error) => Some(error.clone()),
        _ => None,
    })
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
                Node::Match { subject, cases } => self.cases(subject, cases, env)?,
                Node::Try { body, handlers } => match self.try_nodes(body, env) {
                    Err(error) if error != OUT_OF_BUDGET => self.handlers(error, handlers, env)?,
                    ended => ended?,
                },
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
                    match (then.as_ref(), self.call(&call, env, true)?) {
                        (None, Value::Raised(error)) => return Err(error),
                        (then, value) => Some(left(then, value)),
                    }
                }
                Node::Read {
                    receiver,
                    attributes,
                    then,
                    ..
                } => {
                    let receiver = self.eval(&expression(&receiver.text), env)?;
                    let values = attributes
                        .iter()
                        .map(|attribute| self.attribute(&receiver, attribute, true));
                    let mut values = values.collect::<Result<Vec<_>>>()?;
                    let value = match values.len() {
                        1 => values.remove(0),
                        _ => Value::List(Rc::new(RefCell::new(values))),
                    };
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

    fn cases<'b>(
        &mut self,
        subject: &Code,
        cases: &'b [Case],
        env: &mut Env,
    ) -> Result<Option<Left<'b>>> {
        let subject = self.eval(&expression(&subject.text), env)?;
        for case in cases {
            if fits_text(&case.pattern.text, &subject, env) {
                let guard = case.guard.as_ref().map(|guard| expression(&guard.text));
                let guard = guard.map(|guard| self.eval(&guard, env));
                if guard.transpose()?.is_none_or(|guard| truth(&guard)) {
                    return self.try_nodes(&case.body, env);
                }
            }
        }
        Ok(None)
    }

    fn handlers<'b>(
        &mut self,
        error: String,
        handlers: &'b [Handler],
        env: &mut Env,
    ) -> Result<Option<Left<'b>>> {
        for handler in handlers {
            let classes = handler.classes.as_ref();
            if classes.is_none_or(|classes| is_of(&error, &expression(&classes.text))) {
                // The name goes with the handler, but what is handed over from there has it still.
                let name = handler.name.as_deref();
                let ended = self.handle(&error, name, env, |run, env| {
                    let ended = run.try_nodes(&handler.body, env);
                    (ended, env.clone())
                });
                if matches!(ended.0, Ok(Some(_))) {
                    *env = ended.1;
                }
                return ended.0;
            }
        }
        Err(error)
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
