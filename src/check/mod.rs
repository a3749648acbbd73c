//! The rules of the language that need no lowering: a file for each group of them.

mod creatable;
mod defaults;
mod dynamic;
mod exceptions;
mod flow;
mod gatherable;
mod growth;
mod imported;
mod init;
mod interleaved;
mod recorded;
mod shared;

#[cfg(test)]
mod tests;

use crate::diagnostics::Diagnostic;
use crate::model::Model;
use crate::resolve::Resolution;

/// Checks every rule.
pub fn check(model: &Model<'_>, resolution: &Resolution) -> Vec<Diagnostic> {
    let mut diagnostics = Vec::new();
    init::check(model, resolution, &mut diagnostics);
    shared::check(model, resolution, &mut diagnostics);
    imported::check(model, resolution, &mut diagnostics);
    defaults::check(model, &mut diagnostics);
    dynamic::check(model, resolution, &mut diagnostics);
    interleaved::check(model, resolution, &mut diagnostics);
    growth::check(model, resolution, &mut diagnostics);
    gatherable::check(model, resolution, &mut diagnostics);
    creatable::check(model, resolution, &mut diagnostics);
    exceptions::check(model, resolution, &mut diagnostics);
    recorded::check(resolution, &mut diagnostics);
    diagnostics
}
