//! From what each module binds to what each name stands for, through re-exports and import cycles.

use std::collections::HashSet;

use super::names::{Entry, RawScope};
use super::scope::{Binding, Scope, submodule};
use crate::diagnostics::Diagnostic;
use crate::syntax::{ImportStmt, ModuleId, Program, ast, imports, span};

/// Links the modules. Names that nothing stands behind are left out.
pub(super) fn link<'p>(program: &'p Program, raw: &mut [RawScope<'p>]) -> Vec<Scope<'p>> {
    spread_stars(raw);
    (0..raw.len())
        .map(|module| Scope {
            names: raw[module]
                .names
                .iter()
                .filter_map(|(name, entry)| Some((*name, follow(program, raw, entry.clone())?)))
                .collect(),
            open: raw[module].open,
        })
        .collect()
}

/// Gives every module the public names of the modules that it takes by `*`.
fn spread_stars(raw: &mut [RawScope<'_>]) {
    loop {
        let mut changed = false;
        for module in 0..raw.len() {
            for source in raw[module].stars.clone() {
                changed |= raw[source.0 as usize].open && !raw[module].open;
                raw[module].open |= raw[source.0 as usize].open;
                for name in public_names(&raw[source.0 as usize]) {
                    if !raw[module].names.contains_key(name) {
                        raw[module].names.insert(name, Entry::Of(source, name));
                        changed = true;
                    }
                }
            }
        }
        if !changed {
            break;
        }
    }
}

fn public_names<'p>(scope: &RawScope<'p>) -> Vec<&'p str> {
    match &scope.all {
        Some(all) => all.clone(),
        None => scope
            .names
            .keys()
            .filter(|name| !name.starts_with('_'))
            .copied()
            .collect(),
    }
}

/// What an entry stands for, or none where the chain of imports ends nowhere.
pub(super) fn follow<'p>(
    program: &'p Program,
    raw: &[RawScope<'p>],
    entry: Entry<'p>,
) -> Option<Binding<'p>> {
    let mut entry = entry;
    let mut seen = HashSet::new();
    loop {
        let (module, name) = match entry {
            Entry::Done(binding) => return Some(binding),
            Entry::Of(module, name) => (module, name),
        };
        let scope = &raw[module.0 as usize];
        let next = scope
            .names
            .get(name)
            .filter(|_| seen.insert((module, name)));
        match next {
            Some(next) => entry = next.clone(),
            None => {
                return submodule(program, module, name)
                    .map(Binding::Module)
                    .or_else(|| {
                        let path = format!("{}.{name}", program.module(module).name);
                        (scope.open || is_module_attribute(name)).then_some(Binding::External(path))
                    });
            }
        }
    }
}

fn is_module_attribute(name: &str) -> bool {
    matches!(
        name,
        "__name__" | "__file__" | "__doc__" | "__path__" | "__package__" | "__spec__" | "__dict__"
    )
}

/// Reports imports of names that the app's own modules do not have.
pub(super) fn missing_names<'p>(program: &'p Program, raw: &[RawScope<'p>]) -> Vec<Diagnostic> {
    let mut diagnostics = Vec::new();
    for (id, module) in program.iter() {
        for import in imports(&module.tree.body) {
            if let (ImportStmt::From(stmt), false) = (import.stmt, import.optional) {
                missing_in(program, raw, id, stmt, &mut diagnostics);
            }
        }
    }
    diagnostics
}

fn missing_in<'p>(
    program: &'p Program,
    raw: &[RawScope<'p>],
    module: ModuleId,
    stmt: &'p ast::StmtImportFrom,
    diagnostics: &mut Vec<Diagnostic>,
) {
    let base = program.module(module).import_base(stmt);
    let Some(base) = base.and_then(|base| program.find(&base)) else {
        return;
    };
    for alias in stmt.names.iter().filter(|alias| alias.name.as_str() != "*") {
        let name = alias.name.as_str();
        if follow(program, raw, Entry::Of(base, name)).is_some() {
            continue;
        }
        let file = program.module(module).file;
        let message = format!(
            "there is no `{name}` in the module `{}`",
            program.module(base).name
        );
        let mut found = Diagnostic::new("E0013", message, span(file, alias), "");
        if let Some(near) = super::nearest(name, raw[base.0 as usize].names.keys().copied()) {
            found = found
                .help(format!("there is a `{near}`"))
                .suggest(span(file, &alias.name), near);
        }
        diagnostics.push(found);
    }
}
