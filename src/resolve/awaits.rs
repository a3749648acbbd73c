//! Whether what leaves the entity is awaited where it has to be, and only there.

use std::collections::HashMap;

use super::Site;
use super::code::CodeId;
use super::facts::Facts;
use super::infer::Findings;
use crate::diagnostics::Diagnostic;
use crate::source::Span;

/// What is wrong with the sites of a function in this respect.
pub(super) fn check(
    facts: &Facts<'_>,
    code: CodeId,
    found: &Findings,
    sites: &HashMap<Span, Site>,
) -> Vec<Diagnostic> {
    let mut calls: Vec<(Span, bool)> = found.method_calls.iter().copied().collect();
    calls.sort();
    let leaving = calls
        .into_iter()
        .filter_map(|(at, is_async)| Some((at, is_async, sites.get(&at)?)));
    let mut diagnostics = Vec::new();
    for (at, is_async, site) in leaving {
        let is_awaited = found.awaited.contains(&at);
        if is_async && !is_awaited {
            diagnostics.push(not_awaited(facts, code, &named(facts, site), at));
        } else if is_awaited && !is_async {
            diagnostics.push(not_a_coroutine(&named(facts, site), at));
        }
    }
    let others = found.sites.iter().filter(|(at, site)| {
        matches!(site, Site::Read { .. } | Site::Create { .. }) && found.awaited.contains(at)
    });
    diagnostics.extend(others.map(|(at, site)| not_a_coroutine(&named(facts, site), *at)));
    diagnostics
}

/// How people name what a site reaches.
fn named(facts: &Facts<'_>, site: &Site) -> String {
    match site {
        Site::Call { targets }
        | Site::Read { targets }
        | Site::Helper { targets }
        | Site::Getter { targets } => targets.first().cloned().unwrap_or_default(),
        Site::Create { entity } => format!("{}(…)", facts.model.entity(*entity).name),
    }
}

fn not_awaited(facts: &Facts<'_>, caller: CodeId, callee: &str, at: Span) -> Diagnostic {
    let caller = facts.codes.get(caller);
    let help = if caller.function.def.is_async {
        "write `await` before the call".to_owned()
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
