//! Names for temporaries.

use std::collections::HashSet;

use super::names::Names;
use crate::syntax::ast::Expr;

/// Gives out names that nothing in the method has.
#[derive(Debug)]
pub struct Fresh {
    taken: HashSet<String>,
    given: Vec<String>,
}

impl Fresh {
    /// Names that differ from those taken.
    pub fn new(taken: HashSet<String>) -> Self {
        Self {
            taken,
            given: Vec::new(),
        }
    }

    /// How many names have been given out and not been given back.
    pub fn mark(&self) -> usize {
        self.given.len()
    }

    /// Takes back the names given out since `mark`, which nothing that follows reads: so a name tells nothing of the code
    /// before it, and stays what it is when that is edited.
    pub fn release(&mut self, mark: usize) {
        for name in self.given.drain(mark..) {
            self.taken.remove(&name);
        }
    }

    /// Whether a name is one of those given out.
    pub fn has_given(&self, name: &str) -> bool {
        self.given.iter().any(|given| given == name)
    }

    /// A name that is not given back.
    pub fn lasting(&mut self, wanted: &str) -> String {
        self.lasting_beside(wanted, &Names::new())
    }

    /// A name that is not given back and none of those in use, among which may be some that have been.
    pub fn lasting_beside(&mut self, wanted: &str, used: &Names) -> String {
        let name = free(wanted, |name| {
            self.taken.contains(name) || used.contains(name)
        });
        self.taken.insert(name.clone());
        name
    }

    /// `wanted`, or with a number behind it where that is taken.
    pub fn name(&mut self, wanted: &str) -> String {
        let name = free(wanted, |name| self.taken.contains(name));
        self.taken.insert(name.clone());
        self.given.push(name.clone());
        name
    }
}

fn free(wanted: &str, is_taken: impl Fn(&str) -> bool) -> String {
    let trimmed = wanted.trim_start_matches('_');
    let wanted = match trimmed.chars().next() {
        None => "value".to_owned(),
        Some(first) if first.is_numeric() => format!("value_{trimmed}"),
        Some(_) => trimmed.to_owned(),
    };
    let mut name = wanted.clone();
    let mut number = 2;
    while is_taken(&name) {
        name = format!("{wanted}_{number}");
        number += 1;
    }
    name
}

/// A name that tells what an expression is about: `self_balance` for `self.balance`.
pub fn describe(expr: &Expr) -> String {
    match expr {
        Expr::Name(name) => name.id.to_string(),
        Expr::Attribute(attribute) => match short(&attribute.value) {
            Some(base) => format!("{base}_{}", attribute.attr),
            None => attribute.attr.to_string(),
        },
        Expr::Call(call) => match short(&call.func) {
            Some(callee) => format!("{callee}_result"),
            None => "result".to_owned(),
        },
        Expr::Subscript(subscript) => match short(&subscript.value) {
            Some(base) => format!("{base}_item"),
            None => "item".to_owned(),
        },
        Expr::Starred(starred) => describe(&starred.value),
        Expr::Named(named) => describe(&named.target),
        _ => "value".to_owned(),
    }
}

/// The last name of an expression.
pub fn short(expr: &Expr) -> Option<String> {
    match expr {
        Expr::Name(name) => Some(name.id.to_string()),
        Expr::Attribute(attribute) => Some(attribute.attr.to_string()),
        Expr::Call(call) => short(&call.func),
        Expr::Subscript(subscript) => short(&subscript.value),
        Expr::Named(named) => short(&named.target),
        _ => None,
    }
}

/// `OrderLine` as `order_line`.
pub fn snake(name: &str) -> String {
    let mut snake = String::new();
    for (index, letter) in name.chars().enumerate() {
        if letter.is_uppercase() && index > 0 {
            snake.push('_');
        }
        snake.extend(letter.to_lowercase());
    }
    snake
}
