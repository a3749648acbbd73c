//! From syntax trees to the model.

use super::Model;
use crate::diagnostics::Diagnostic;
use crate::syntax::Program;

/// Finds what the program defines.
pub fn build(program: &Program) -> (Model<'_>, Vec<Diagnostic>) {
    let model = Model {
        program,
        entities: Vec::new(),
        classes: Vec::new(),
        functions: Vec::new(),
        scopes: Vec::new(),
    };
    (model, Vec::new())
}
