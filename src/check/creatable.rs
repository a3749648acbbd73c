//! Entities that nobody can create.

use crate::diagnostics::Diagnostic;
use crate::ir::{ParamKind, Type};
use crate::model::{Binding, Class, ClassRef, Entity, EntityId, Model, Param};
use crate::resolve::values::unaliased;
use crate::resolve::{Resolution, Site};
use crate::source::Span;
use crate::syntax::ast::Expr;
use crate::syntax::{ModuleId, span};

/// Reports entities that no method creates and no client can: they are abstract, or take what cannot be written as JSON.
pub(super) fn check(model: &Model<'_>, resolution: &Resolution, diagnostics: &mut Vec<Diagnostic>) {
    for (index, entity) in model.entities.iter().enumerate() {
        let id = EntityId(index as u32);
        let is_created = |site: &Site| {
            matches!(site, Site::Create { entity }
                if model.derives(ClassRef::Entity(id), ClassRef::Entity(*entity)))
        };
        if resolution.sites.values().any(is_created) {
            continue;
        }
        let obstacle = abstract_method(model, id).or_else(|| unwritable(model, resolution, id));
        if let Some(obstacle) = obstacle {
            diagnostics.push(report(model, entity, obstacle));
        }
    }
}

/// What keeps clients from creating an entity.
struct Obstacle {
    at: Span,
    what: String,
    note: &'static str,
    help: String,
}

fn report(model: &Model<'_>, entity: &Entity<'_>, obstacle: Obstacle) -> Diagnostic {
    let file = model.program.module(entity.module).file;
    Diagnostic::new(
        "W0505",
        format!("nothing can create an entity `{}`", entity.name),
        span(file, &entity.class.name),
        "no method creates one",
    )
    .also(obstacle.at, obstacle.what)
    .note(obstacle.note)
    .help(obstacle.help)
}

/// A method that is left to classes that extend the entity, where there are none.
fn abstract_method(model: &Model<'_>, id: EntityId) -> Option<Obstacle> {
    let class = ClassRef::Entity(id);
    if model.derived(class).len() > 1 {
        return None;
    }
    let methods = model.all_methods(class).into_iter();
    let (_, method) = methods.into_iter().find(|(_, method)| method.is_abstract)?;
    Some(Obstacle {
        at: span(model.program.module(method.module).file, &method.def.name),
        what: format!("`{}` is abstract", method.name),
        note: "Python refuses to make an instance of a class with abstract methods",
        help: format!("write the body of `{}`", method.name),
    })
}

/// A parameter of `__init__` that must be given and cannot be written as JSON.
fn unwritable(model: &Model<'_>, resolution: &Resolution, id: EntityId) -> Option<Obstacle> {
    let (_, init) = model.method(ClassRef::Entity(id), "__init__")?;
    let file = model.program.module(init.module).file;
    let must_be_given = |param: &&Param<'_>| {
        param.default.is_none()
            && !matches!(param.kind, ParamKind::VarPositional | ParamKind::VarKeyword)
    };
    init.params.iter().filter(must_be_given).find_map(|param| {
        let annotation = span(file, param.annotation?);
        let class = only_instances(model, resolution.annotations.get(&annotation)?)?;
        Some(Obstacle {
            at: annotation,
            what: format!("clients cannot give a `{}`", class.qualname),
            note: "a client creates an entity by a JSON object with the parameters of `__init__`",
            help: format!(
                "make `{}` a dataclass, take its parts as parameters, or create the entity in a method",
                class.qualname
            ),
        })
    })
}

/// The plain class whose instances are the only values of a type, where clients cannot write them.
fn only_instances<'m>(model: &'m Model<'m>, type_: &Type) -> Option<&'m Class<'m>> {
    let Type::Class { module, name } = type_ else {
        return None;
    };
    let class = model.classes.iter().find(|class| {
        class.qualname == *name && model.program.module(class.module).name == *module
    })?;
    is_plain(model, class, 0).then_some(class)
}

/// Whether a class is none of those that are made from JSON: dataclasses, enumerations, named tuples and the like.
fn is_plain(model: &Model<'_>, class: &Class<'_>, depth: u32) -> bool {
    let own_hook = |method: &crate::model::Function<'_>| method.name.starts_with("__get_pydantic");
    depth < 20
        && class.class.decorator_list.is_empty()
        && class.class.keywords().is_empty()
        && !class.methods.iter().any(own_hook)
        && class
            .class
            .bases()
            .iter()
            .all(|base| is_plain_base(model, class.module, base, depth))
}

fn is_plain_base(model: &Model<'_>, module: ModuleId, base: &Expr, depth: u32) -> bool {
    match unaliased(model, module, base) {
        Some(Binding::Class(id)) => is_plain(model, model.class(id), depth + 1),
        Some(Binding::External(name)) => matches!(name.as_str(), "builtins.object" | "abc.ABC"),
        _ => false,
    }
}
