//! The rules of the language that need no lowering: a file for each group of them.

use crate::diagnostics::Diagnostic;
use crate::model::Model;
use crate::resolve::Resolution;

/// Checks every rule.
pub fn check(model: &Model<'_>, resolution: &Resolution) -> Vec<Diagnostic> {
    let _ = (model, resolution);
    Vec::new()
}
