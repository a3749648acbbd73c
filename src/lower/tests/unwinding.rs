//! `try` and `match` in the Python of [`super::python`].

use super::python::{Env, Flow, OUT_OF_BUDGET, Result, Run, Value, truth};
use crate::syntax::ast::{self, ExceptHandler, Expr, Pattern};

impl Run {
    pub fn try_(&mut self, stmt: &ast::StmtTry, env: &mut Env) -> Result<Flow> {
        let ended = self.handled(stmt, env);
        if matches!(&ended, Err(error) if error == OUT_OF_BUDGET) {
            return ended;
        }
        let handling = self.handling.len();
        self.handling.extend(ended.as_ref().err().cloned());
        let last = self.block(&stmt.finalbody, env);
        self.handling.truncate(handling);
        match last? {
            Flow::Next => ended,
            other => Ok(other),
        }
    }

    fn handled(&mut self, stmt: &ast::StmtTry, env: &mut Env) -> Result<Flow> {
        let error = match self.block(&stmt.body, env) {
            Ok(Flow::Next) => return self.block(&stmt.orelse, env),
            Err(error) if error != OUT_OF_BUDGET => error,
            other => return other,
        };
        for ExceptHandler::ExceptHandler(handler) in &stmt.handlers {
            if handler
                .type_
                .as_deref()
                .is_some_and(|classes| !is_of(&error, classes))
            {
                continue;
            }
            let name = handler.name.as_ref().map(|name| name.as_str());
            return self.handle(&error, name, env, |run, env| run.block(&handler.body, env));
        }
        Err(error)
    }

    /// Does something while an exception is being handled under a name.
    pub fn handle<T>(
        &mut self,
        error: &str,
        name: Option<&str>,
        env: &mut Env,
        body: impl FnOnce(&mut Self, &mut Env) -> T,
    ) -> T {
        if let Some(name) = name {
            env.insert(name.to_owned(), Value::Error(error.to_owned()));
        }
        self.handling.push(error.to_owned());
        let ended = body(self, env);
        self.handling.pop();
        if let Some(name) = name {
            env.remove(name);
        }
        ended
    }

    pub fn match_(&mut self, stmt: &ast::StmtMatch, env: &mut Env) -> Result<Flow> {
        let subject = self.eval(&stmt.subject, env)?;
        for case in &stmt.cases {
            if fits(&case.pattern, &subject, env) {
                let guard = case.guard.as_deref().map(|guard| self.eval(guard, env));
                if guard.transpose()?.is_none_or(|guard| truth(&guard)) {
                    return self.block(&case.body, env);
                }
            }
        }
        Ok(Flow::Next)
    }
}

/// Whether an exception is of one of those classes.
pub fn is_of(error: &str, classes: &Expr) -> bool {
    match classes {
        Expr::Tuple(classes) => classes.elts.iter().any(|class| is_of(error, class)),
        Expr::Name(class) => {
            let class = class.id.as_str();
            matches!(class, "Exception" | "BaseException") || error.starts_with(class)
        }
        other => panic!("{other:?}"),
    }
}

/// Whether a pattern that is written so fits.
pub fn fits_text(pattern: &str, subject: &Value, env: &mut Env) -> bool {
    let text = format!("match 0:\n    case {pattern}: pass");
    let mut body = super::python::statements(&text);
    let ast::Stmt::Match(stmt) = body.remove(0) else {
        panic!("{text}");
    };
    fits(&stmt.cases[0].pattern, subject, env)
}

fn fits(pattern: &Pattern, subject: &Value, env: &mut Env) -> bool {
    match pattern {
        Pattern::MatchValue(pattern) => match &*pattern.value {
            Expr::NumberLiteral(_) => expression_value(&pattern.value) == *subject,
            other => panic!("{other:?}"),
        },
        Pattern::MatchOr(pattern) => pattern.patterns.iter().any(|one| fits(one, subject, env)),
        Pattern::MatchAs(pattern) => {
            let inner = pattern.pattern.as_deref();
            let found = inner.is_none_or(|inner| fits(inner, subject, env));
            if let Some(name) = pattern.name.as_ref().filter(|_| found) {
                env.insert(name.to_string(), subject.clone());
            }
            found
        }
        other => panic!("{other:?}"),
    }
}

fn expression_value(expr: &Expr) -> Value {
    let evaluated = Run::new(false).eval(expr, &mut Env::new());
    evaluated.expect("a number")
}
