//! The compiler: `source → syntax → model → resolve → check → lower → ir → emit`.
//!
//! Data flows one way; a later phase never reaches back. Each phase gives its result and a list of diagnostics.

pub mod check;
pub mod diagnostics;
mod digest;
pub mod emit;
pub mod ir;
pub mod launch;
pub mod lower;
pub mod model;
pub mod resolve;
pub mod source;
pub mod syntax;

use std::path::Path;

use diagnostics::{Diagnostic, Severity};
use source::{Files, Sources};

/// What came of a compilation.
#[derive(Debug)]
pub struct Compilation {
    /// The app, where it has no errors.
    pub app: Option<ir::App>,
    /// What there is to say, in the order of files and lines.
    pub diagnostics: Vec<Diagnostic>,
    /// The files that the diagnostics speak of.
    pub sources: Sources,
}

/// Compiles the app at `path` (a Python file or a package folder) as far as the IR.
///
/// The error is for an app that cannot be read at all.
pub fn compile(files: &dyn Files, path: &Path) -> anyhow::Result<Compilation> {
    syntax::with_large_stack(|| compile_here(files, path))?
}

fn compile_here(files: &dyn Files, path: &Path) -> anyhow::Result<Compilation> {
    let (program, mut diagnostics) = syntax::load(files, path)?;
    let app = if has_errors(&diagnostics) {
        None
    } else {
        analyse(&program, &mut diagnostics)
    };
    diagnostics.sort_by_key(|diagnostic| diagnostic.primary.span);
    Ok(Compilation {
        app,
        diagnostics,
        sources: program.sources,
    })
}

fn analyse(program: &syntax::Program, diagnostics: &mut Vec<Diagnostic>) -> Option<ir::App> {
    let (model, found) = model::build(program);
    diagnostics.extend(found);
    let (resolution, found) = resolve::resolve(&model);
    diagnostics.extend(found);
    diagnostics.extend(check::check(&model, &resolution));
    if has_errors(diagnostics) {
        return None;
    }
    let (app, found) = lower::lower(&model, &resolution);
    diagnostics.extend(found);
    (!has_errors(diagnostics)).then_some(app)
}

fn has_errors(diagnostics: &[Diagnostic]) -> bool {
    diagnostics
        .iter()
        .any(|diagnostic| diagnostic.severity() == Severity::Error)
}
