//! What another call may change while a method waits for an answer, and what a callee changes of the caller's.

use super::flow::{CheckThenAct, Loan, follow};
use crate::diagnostics::Diagnostic;
use crate::model::Model;
use crate::resolve::Resolution;

/// Reports fields that are written on the strength of a read before a call, and arguments of which a callee changes its copy.
pub(super) fn check(model: &Model<'_>, resolution: &Resolution, diagnostics: &mut Vec<Diagnostic>) {
    let (stale, loans) = follow(model, resolution);
    diagnostics.extend(
        stale
            .chunk_by(|a, b| a.write == b.write)
            .filter_map(|found| found.last().map(check_then_act)),
    );
    diagnostics.extend(loans.iter().map(changed_elsewhere));
}

fn check_then_act(found: &CheckThenAct) -> Diagnostic {
    let CheckThenAct {
        write, read, field, ..
    } = found;
    let help = if read == write {
        format!(
            "make the call first and keep its result in a local: `{field}` is then read after it"
        )
    } else {
        format!(
            "change `{field}` before the call and take that back where the call fails, or look at it again after the call"
        )
    };
    Diagnostic::new(
        "W0502",
        format!("`{field}` changes on the strength of what it was before a call"),
        *write,
        "here it changes",
    )
    .also(*read, "here it was read")
    .also(found.left, "others may change it while this waits")
    .note("on an engine that moves messages, other calls run on this entity between the steps of a method")
    .help(help)
}

fn changed_elsewhere(loan: &Loan) -> Diagnostic {
    let Loan { callee, param, .. } = loan;
    let (code, message, help) = if loan.kept || !loan.used.is_empty() {
        (
            "E0306",
            format!("`{callee}` changes its copy of an argument that is still used here"),
            format!("let `{callee}` return what it made of `{param}`, and go on with that"),
        )
    } else {
        (
            "W0503",
            format!("`{callee}` changes its copy of an argument"),
            format!("let `{callee}` return what it made of `{param}`, or change a copy there"),
        )
    };
    let changed = format!("here `{param}` is changed");
    let mut diagnostic = Diagnostic::new(
        code,
        message,
        loan.argument,
        "a copy of this goes to the other entity",
    )
    .also(loan.change, changed);
    let mut used = loan.used.iter().filter(|used| **used != loan.argument);
    if let Some(used) = used.next() {
        diagnostic = diagnostic.also(*used, "here it is used, unchanged");
    }
    diagnostic
        .note("values cross between entities by value; in plain Python both would hold one object")
        .help(help)
}
