//! `__init__` and `__key__` stay on their entity.

use crate::diagnostics::Diagnostic;
use crate::model::{ClassRef, Model};
use crate::resolve::{Resolution, Site};
use crate::source::Span;

/// Reports whatever leaves the entity in `__init__` and `__key__`.
pub(super) fn check(model: &Model<'_>, resolution: &Resolution, diagnostics: &mut Vec<Diagnostic>) {
    for class in model.class_refs() {
        if !model.derived(class).iter().any(is_entity) {
            continue;
        }
        for method in model.methods(class) {
            let name = method.name;
            if !matches!(name, "__init__" | "__key__") {
                continue;
            }
            let definition = model.span_of(method);
            for (at, site) in &resolution.sites {
                if at.is_inside(definition) {
                    diagnostics.push(leaves(name, *at, site));
                }
            }
        }
    }
}

fn is_entity(class: &ClassRef) -> bool {
    matches!(class, ClassRef::Entity(_))
}

fn leaves(method: &str, at: Span, site: &Site) -> Diagnostic {
    let what = match site {
        Site::Call { .. } => "calls another entity",
        Site::Helper { .. } => "calls a function that calls other entities",
        Site::Getter { .. } => "reads a property that calls other entities",
        Site::Accessor { .. } => "sets or deletes a property that calls other entities",
        Site::Read { .. } => "reads an attribute of another entity",
        Site::Create { .. } => "creates an entity",
        Site::Gather => "calls other entities",
    };
    let diagnostic = Diagnostic::new("E0301", format!("`{method}` {what}"), at, "");
    if method == "__key__" {
        return diagnostic
            .note("the key is asked for while the entity is being created and must follow from its own fields")
            .help("keep what the key needs in a field that `__init__` assigns");
    }
    diagnostic
        .note("an entity comes into being in one step, before it can send anything")
        .help(
            "pass the value to `__init__`, or do it in a method that is called after the creation",
        )
}
