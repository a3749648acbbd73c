//! What cannot be cut: the constructs, by name, with what to write instead.

use super::builder::Builder;
use super::supers::super_arguments;
use crate::diagnostics::Diagnostic;
use crate::source::Span;
use crate::syntax::ast::{Expr, Stmt};
use crate::syntax::{Ranged, TextRange};

/// A call that leaves the entity, inside an expression that is not evaluated in place.
pub fn expression(builder: &Builder<'_, '_>, expr: &Expr) -> Diagnostic {
    let (what, why, help) = match expr {
        Expr::Lambda(_) => (
            "a lambda",
            "whatever is given the lambda calls it as it likes, and the method cannot be cut in the middle of that",
            "make the call before, and let the lambda use its result; a lambda for `key` of `sorted`, `min`, `max` or `list.sort` may make calls",
        ),
        Expr::Generator(_) => (
            "a generator expression that is not consumed here",
            "whatever is given the generator asks for its elements as it likes, and the method cannot be cut in the middle of that",
            "write a list: in square brackets, it is evaluated here",
        ),
        Expr::TString(_) => (
            "a template string",
            "the method is cut at the call, and the rest of this expression cannot be carried across the cut",
            "make the call before",
        ),
        _ => (
            "this expression",
            "the method is cut at the call, and the rest of this expression cannot be carried across the cut",
            "make the call in a statement of its own before",
        ),
    };
    Diagnostic::new(
        "E0402",
        format!("a call of another entity inside {what} is not supported"),
        site_within(builder, expr.range()),
        "leaves the entity here",
    )
    .also(builder.span(expr), format!("inside {what}"))
    .note(why)
    .help(help)
}

/// A call that leaves the entity, in a comprehension that says which calls are made in parallel.
pub fn beside_parallel(builder: &Builder<'_, '_>, site: TextRange, whole: &Expr) -> Diagnostic {
    Diagnostic::new(
        "E0402",
        "a call of another entity inside a comprehension that makes calls in parallel is not supported",
        builder.span(&site),
        "leaves the entity here",
    )
    .also(builder.span(whole), "its elements leave together")
    .note("all that the calls need is evaluated before the first of them is made")
    .help("make this call in a comprehension before, and go over its results in this one")
}

/// A statement that cannot be cut, with the site inside that asks for it.
pub fn statement(builder: &Builder<'_, '_>, stmt: &Stmt) -> Diagnostic {
    let (what, help) = match stmt {
        Stmt::FunctionDef(_) => (
            "a nested function",
            "make it a method of the entity, and call that",
        ),
        Stmt::ClassDef(_) => (
            "a nested class",
            "define the class at the top of the module",
        ),
        _ => (
            "this statement",
            "make the call in a statement of its own before",
        ),
    };
    Diagnostic::new(
        "E0401",
        format!("a call of another entity inside {what} is not supported yet"),
        site_within(builder, stmt.range()),
        "leaves the entity here",
    )
    .note("the method is cut at the call, and what this statement keeps in mind cannot be carried across the cut yet")
    .help(help)
}

/// A local that lives on across a call but cannot be encoded.
pub fn uncarriable(name: &str, what: &str, at: Span, call: Span) -> Diagnostic {
    Diagnostic::new(
        "E0405",
        format!("`{name}` holds {what}, which cannot be kept across a call of another entity"),
        call,
        "the method is cut here",
    )
    .also(at, format!("`{name}` is assigned here"))
    .note("the variables that are still needed after the call travel with it, and this one cannot be encoded")
    .help(format!(
        "assign `{name}` after the call, or keep the values that it is made of"
    ))
}

/// A manager of a `with` that leaves the method.
pub fn manager(what: &str, is_async: bool, at: Span, call: Span) -> Diagnostic {
    let methods = match is_async {
        true => "`__aenter__` and `__aexit__`",
        false => "`__enter__` and `__exit__`",
    };
    Diagnostic::new(
        "E0405",
        format!("{what} cannot be kept across a call of another entity"),
        at,
        "entered here",
    )
    .also(call, "the method is cut here")
    .note("the manager is needed at the end of the `with`, so it travels with the call, and this one cannot be encoded")
    .help(format!("make the call before the `with` or after it, or write a class with {methods} whose attributes can be encoded"))
}

/// What an `async for` goes over that leaves the method.
pub fn iterator(what: &str, at: Span, call: Span) -> Diagnostic {
    Diagnostic::new(
        "E0405",
        format!("{what} cannot be kept across a call of another entity"),
        at,
        "gone over here",
    )
    .also(call, "the method is cut here")
    .note("the loop asks it for its next round, so it travels with the call, and this one cannot be encoded")
    .help("collect the elements before: `[x async for x in …]`, or write a class with `__aiter__` and `__anext__` whose attributes can be encoded")
}

/// What the value of an operand is or holds that cannot be encoded.
pub fn uncarriable_operand(builder: &Builder<'_, '_>, expr: &Expr) -> Option<&'static str> {
    let part = |part: &Expr| uncarriable_operand(builder, part);
    if builder.edits.at(expr.range()).is_some() {
        return None;
    }
    match expr {
        Expr::Call(_) if builder.resolution.coroutines.contains(&builder.span(expr)) => {
            Some("a coroutine")
        }
        Expr::If(choice) => part(&choice.body).or_else(|| part(&choice.orelse)),
        Expr::BoolOp(op) => op.values.iter().find_map(part),
        Expr::Named(named) => part(&named.value),
        Expr::Starred(starred) => part(&starred.value),
        Expr::List(list) => list.elts.iter().find_map(part),
        Expr::Tuple(tuple) => tuple.elts.iter().find_map(part),
        Expr::Set(set) => set.elts.iter().find_map(part),
        Expr::Dict(dict) => dict.iter_values().find_map(part),
        _ => uncarriable_value(expr),
    }
}

/// What an expression makes that cannot be encoded.
pub fn uncarriable_value(expr: &Expr) -> Option<&'static str> {
    match expr {
        Expr::Generator(_) => Some("a generator"),
        Expr::Lambda(_) => Some("a lambda"),
        Expr::Call(_) if super_arguments(expr).is_some() => Some("what `super()` gives"),
        _ => None,
    }
}

/// An operand that is evaluated before a call that follows it, but cannot be encoded.
pub fn operand(what: &str, at: Span) -> Diagnostic {
    Diagnostic::new(
        "E0405",
        format!("{what} cannot be kept across a call of another entity"),
        at,
        "evaluated before the call that follows it",
    )
    .note("what has been evaluated when the entity is left travels with the call, and this cannot be encoded")
    .help("make the call in a statement of its own before")
}

/// A function that something keeps while a variable that it shares changes in another block.
pub fn shared(what: &str, name: &str, at: Span, cut: Span) -> Diagnostic {
    Diagnostic::new(
        "E0405",
        format!("a {what} that shares `{name}` is kept while `{name}` changes"),
        at,
        format!("this {what} may still be used after `{name}` has changed"),
    )
    .also(cut, "the method is cut into blocks because of this")
    .note(format!(
        "each block of the method has variables of its own, so the {what} would not see what a later block does to `{name}`"
    ))
    .help(match what {
        "lambda" | "function" => format!(
            "let one of the two use another name, or give the {what} the value itself as a default: `{name}={name}`"
        ),
        _ => "let one of the two use another name".to_owned(),
    })
}

/// A local that is read where no way leads that gives it a value.
pub fn never_bound(name: &str, at: Span) -> Diagnostic {
    Diagnostic::new(
        "E0407",
        format!("`{name}` has no value here"),
        at,
        "no assignment comes before",
    )
    .note("Python would raise UnboundLocalError")
    .help(format!(
        "assign `{name}` first, or call it something else where it is assigned"
    ))
}

/// A name whose meaning the blocks of a method cannot share.
pub fn binding(what: &str, at: Span) -> Diagnostic {
    Diagnostic::new(
        "E0406",
        format!("{what} in a method that calls another entity is not supported yet"),
        at,
        "here",
    )
    .note("the method is cut at the call, and each part is a function of its own")
    .help("use a local variable of another name")
}

/// The first site in a range.
fn site_within(builder: &Builder<'_, '_>, range: TextRange) -> Span {
    let site = builder.first_site(range).unwrap_or(range);
    builder.span(&site)
}
