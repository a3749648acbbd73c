//! Comprehensions, generator expressions and lambdas, in the Python of [`super::python`].

use std::cell::RefCell;
use std::rc::Rc;

use super::python::{Env, Result, Run, Value, elements, truth};
use crate::lower::comprehension::Comprehension;
use crate::lower::names::names_of;
use crate::syntax::ast::{self, Expr};

impl Run {
    /// A list comprehension.
    pub fn list(&mut self, expr: &Expr, env: &mut Env) -> Result<Value> {
        let comprehension = Comprehension::of(expr).expect("a comprehension");
        let mut found = Vec::new();
        self.each(&comprehension, env, &mut |value| {
            found.push(value);
            true
        })?;
        Ok(Value::List(Rc::new(RefCell::new(found))))
    }

    /// A call of one of Python's own functions with a generator expression, if it is one.
    pub fn consumed(
        &mut self,
        name: &str,
        call: &ast::ExprCall,
        env: &mut Env,
    ) -> Option<Result<Value>> {
        let wanted = match name {
            "any" => true,
            "all" => false,
            _ => return None,
        };
        let generator = Comprehension::of(&call.arguments.args[0])?;
        let mut found = false;
        let ran = self.each(&generator, env, &mut |value| {
            found = truth(&value) == wanted;
            !found
        });
        Some(ran.map(|()| Value::Int(i64::from(found == wanted))))
    }

    /// Hands the elements of a comprehension on until that is enough; its names are its own.
    fn each(
        &mut self,
        comprehension: &Comprehension<'_>,
        env: &mut Env,
        take: &mut dyn FnMut(Value) -> bool,
    ) -> Result<()> {
        let values = elements(&self.eval(comprehension.first_iterable(), env)?)?;
        let names = comprehension.names();
        let outer: Vec<(String, Option<Value>)> = names
            .into_iter()
            .map(|name| (name.clone(), env.remove(&name)))
            .collect();
        let done = self.round(comprehension, 0, values, env, take);
        for (name, value) in outer {
            env.remove(&name);
            env.extend(value.map(|value| (name, value)));
        }
        done.map(|_| ())
    }

    fn round(
        &mut self,
        comprehension: &Comprehension<'_>,
        depth: usize,
        values: Vec<Value>,
        env: &mut Env,
        take: &mut dyn FnMut(Value) -> bool,
    ) -> Result<bool> {
        let clause = &comprehension.clauses[depth];
        assert_eq!(names_of(&clause.target).len(), 1);
        'values: for value in values {
            self.store(&clause.target, value, env)?;
            for test in &clause.ifs {
                if !truth(&self.eval(test, env)?) {
                    continue 'values;
                }
            }
            let goes_on = match comprehension.clauses.get(depth + 1) {
                Some(inner) => {
                    let values = elements(&self.eval(&inner.iter, env)?)?;
                    self.round(comprehension, depth + 1, values, env, take)?
                }
                None => take(self.eval(comprehension.element, env)?),
            };
            if !goes_on {
                return Ok(false);
            }
        }
        Ok(true)
    }
}
