//! Whether what leaves the entity is awaited where it has to be, and only there.

use std::collections::{HashMap, HashSet};

use super::Site;
use super::code::CodeId;
use super::facts::Facts;
use super::infer::{Findings, Gather};
use crate::diagnostics::Diagnostic;
use crate::source::Span;

/// What is wrong with the sites of a function in this respect.
pub(super) fn check(
    facts: &Facts<'_>,
    code: CodeId,
    found: &Findings,
    sites: &HashMap<Span, Site>,
) -> Vec<Diagnostic> {
    let is_async = facts.codes.is_async(code);
    let gathers = found.gathers.iter();
    let gathers: Vec<&Gather> = gathers.filter(|one| sites.contains_key(&one.at)).collect();
    let branches = gathers.iter().flat_map(|gather| &gather.branches);
    let mut awaited = found.awaited.clone();
    if is_async {
        awaited.extend(branches);
    }
    let mut diagnostics = calls(facts, code, found, sites, &awaited);
    for gather in gathers {
        if is_async && !awaited.contains(&gather.at) {
            diagnostics.push(gather_not_awaited(gather.at));
        }
        if let Some(at) = gather.return_exceptions.filter(|_| !is_async) {
            diagnostics.push(exceptions_not_returned(at));
        }
    }
    diagnostics
}

fn calls(
    facts: &Facts<'_>,
    code: CodeId,
    found: &Findings,
    sites: &HashMap<Span, Site>,
    awaited: &HashSet<Span>,
) -> Vec<Diagnostic> {
    let mut diagnostics = Vec::new();
    for (at, callees) in &found.method_calls {
        let is_awaited = awaited.contains(at);
        let mut callees = callees.iter();
        let wrong = callees.find(|callee| facts.codes.is_async(**callee) != is_awaited);
        let Some(callee) = wrong.filter(|_| sites.contains_key(at)) else {
            continue;
        };
        let callee = &facts.codes.get(*callee).name;
        diagnostics.push(match is_awaited {
            true => not_a_coroutine(callee, *at),
            false => not_awaited(facts, code, callee, *at),
        });
    }
    let mut others: Vec<&Span> = awaited.iter().collect();
    others.sort();
    for at in others {
        if let Some(site @ (Site::Read { .. } | Site::Getter { .. } | Site::Create { .. })) =
            sites.get(at)
        {
            diagnostics.push(not_a_coroutine(&named(facts, site), *at));
        }
    }
    diagnostics
}

/// How people name what a site reaches.
fn named(facts: &Facts<'_>, site: &Site) -> String {
    match site {
        Site::Call { targets }
        | Site::Read { targets }
        | Site::Helper { targets }
        | Site::Getter { targets }
        | Site::Accessor { targets } => targets.first().cloned().unwrap_or_default(),
        Site::Create { entity } => format!("{}(…)", facts.model.entity(*entity).name),
        Site::Gather => "gather(…)".to_owned(),
    }
}

fn not_awaited(facts: &Facts<'_>, caller: CodeId, callee: &str, at: Span) -> Diagnostic {
    let caller = facts.codes.get(caller);
    let help = if caller.function.def.is_async {
        "write `await` before the call, or make it an argument of `asyncio.gather`".to_owned()
    } else {
        format!(
            "make `{}` an `async def` and await the call, or give the other entity a method that is not `async`",
            caller.name
        )
    };
    Diagnostic::new(
        "E0214",
        format!("`{callee}` is asynchronous, and the call of it is not awaited"),
        at,
        "gives a coroutine, not a result",
    )
    .note(
        "a coroutine that has not begun cannot be kept or handed on: it belongs to another entity",
    )
    .help(help)
}

fn gather_not_awaited(at: Span) -> Diagnostic {
    Diagnostic::new(
        "E0214",
        "calls of other entities are made in parallel, and not awaited",
        at,
        "gives a future, not the results",
    )
    .note("the method is cut where it awaits the calls, and a future cannot be kept")
    .help("write `await` before the call of `gather`")
}

fn not_a_coroutine(what: &str, at: Span) -> Diagnostic {
    Diagnostic::new(
        "E0215",
        format!("`{what}` is awaited, but gives no coroutine"),
        at,
        "gives its result at once",
    )
    .note("Python would raise TypeError: what is not an `async` method has nothing to await")
    .help("leave out the `await`")
}

fn exceptions_not_returned(at: Span) -> Diagnostic {
    Diagnostic::new(
        "E0216",
        "`return_exceptions` in a method that is not asynchronous",
        at,
        "the exception is raised before `gather` is called",
    )
    .note("Python makes the calls one after the other, as arguments of `gather`, and what one of them raises is raised there")
    .help("make the method and those that it calls `async def`, or catch the exception in the methods that are called")
}
