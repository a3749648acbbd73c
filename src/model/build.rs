//! From syntax trees to the model.

use super::entity::{EntityDecorator, check, entity_decorator};
use super::fields::{of_class, of_entity};
use super::function::{accessors, methods, module_function};
use super::key::key;
use super::link::{link, missing_names};
use super::names::{RawClass, collect};
use super::scope::{Binding, Scope};
use super::view::View;
use super::{Class, ClassId, ClassRef, Entity, EntityId, Hierarchy, Model};
use crate::diagnostics::Diagnostic;
use crate::source::Span;
use crate::syntax::ast::statement_visitor::{StatementVisitor, walk_stmt};
use crate::syntax::{ModuleId, Program, ast, span};

/// Finds what the program defines.
pub fn build(program: &Program) -> (Model<'_>, Vec<Diagnostic>) {
    let mut names = collect(program);
    let mut scopes = link(program, &mut names.scopes);
    let mut diagnostics = missing_names(program, &names.scopes);
    let marked: Vec<_> = names
        .classes
        .iter()
        .map(|raw| {
            is_entity(
                in_module(program, &scopes, raw.module),
                raw,
                &mut diagnostics,
            )
        })
        .collect();
    diagnostics.extend(hidden_entities(program, &scopes));

    let mut entities = Vec::new();
    let mut classes = Vec::new();
    let mut ids = Vec::new();
    for (raw, is_entity) in names.classes.into_iter().zip(marked) {
        let in_module = in_module(program, &scopes, raw.module);
        if is_entity {
            ids.push(Binding::Entity(EntityId(entities.len() as u32)));
            entities.push(entity(in_module, &raw));
        } else {
            ids.push(Binding::Class(ClassId(classes.len() as u32)));
            classes.push(class(in_module, raw));
        }
    }
    let functions = names.functions.into_iter();
    let functions = functions
        .map(|(module, def)| module_function(in_module(program, &scopes, module), def))
        .collect();
    for binding in scopes.iter_mut().flat_map(|scope| scope.names.values_mut()) {
        if let Binding::Class(found) = binding {
            *binding = ids[found.0 as usize].clone();
        }
    }
    let mut model = Model {
        program,
        entities,
        classes,
        functions,
        scopes,
        hierarchy: Hierarchy::default(),
    };
    model.hierarchy = Hierarchy::new(&model);
    for index in 0..model.entities.len() {
        complete(&mut model, index, &mut diagnostics);
    }
    diagnostics.extend(undecorated(&model));
    diagnostics.extend(duplicates(&model));
    if model.entities.is_empty() && diagnostics.is_empty() {
        diagnostics.extend(no_entity(&model));
    }
    (model, diagnostics)
}

/// Fills in what an entity has from its bases too, and its key; reports what it may not be.
fn complete(model: &mut Model<'_>, index: usize, diagnostics: &mut Vec<Diagnostic>) {
    let id = EntityId(index as u32);
    let (fields, others) = of_entity(model, ClassRef::Entity(id));
    model.entities[index].fields = fields;
    model.entities[index].others = others;
    let mut found = Vec::new();
    check(model, id, &mut found);
    let key = key(model, id, &mut found);
    model.entities[index].key = key;
    // What is wrong with a base class is said once, not for every entity that inherits it.
    let is_new = |new: &Diagnostic, known: &[Diagnostic]| {
        let same = |old: &Diagnostic| old.code == new.code && old.primary.span == new.primary.span;
        !known.iter().any(same)
    };
    for diagnostic in found {
        if is_new(&diagnostic, diagnostics) {
            diagnostics.push(diagnostic);
        }
    }
}

fn in_module<'a, 'p>(
    program: &'p Program,
    scopes: &'a [Scope<'p>],
    module: ModuleId,
) -> View<'a, 'p> {
    View {
        program,
        scopes,
        module,
    }
}

/// Whether a class is an entity; an entity inside another class is reported and is none.
fn is_entity(view: View<'_, '_>, raw: &RawClass<'_>, diagnostics: &mut Vec<Diagnostic>) -> bool {
    let decorators = &raw.class.decorator_list;
    let marks = decorators
        .iter()
        .filter_map(|decorator| Some((decorator, entity_decorator(view, decorator)?)));
    let file = view.file();
    let mut marked = false;
    for (decorator, mark) in marks {
        marked = true;
        let at = span(file, decorator);
        match mark {
            EntityDecorator::Plain => {}
            EntityDecorator::Module => {
                diagnostics.push(
                    Diagnostic::new("E0113", "`stateflow` is a module, not a decorator", at, "")
                        .help("write `@stateflow.entity`"),
                );
            }
            EntityDecorator::WithArguments => {
                diagnostics.push(
                    Diagnostic::new(
                        "E0113",
                        "the decorator of an entity takes no arguments",
                        at,
                        "",
                    )
                    .help("write `@stateflow.entity`"),
                );
            }
        }
    }
    if marked && raw.qualname.contains('.') {
        diagnostics.push(hidden(
            raw.class,
            span(file, &raw.class.name),
            "another class",
        ));
        return false;
    }
    marked
}

fn hidden(class: &ast::StmtClassDef, at: Span, place: &str) -> Diagnostic {
    Diagnostic::new("E0107", format!("entity `{}` is defined inside {place}", class.name), at, "")
        .note("an instance is found again by the name of its class, which must stand at the top of a module")
        .help("move the class to the top of the module")
}

/// Reports entities inside functions.
fn hidden_entities(program: &Program, scopes: &[Scope<'_>]) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for (id, module) in program.iter() {
        let view = in_module(program, scopes, id);
        for class in function_classes(&module.tree.body) {
            let marked = class
                .decorator_list
                .iter()
                .any(|decorator| entity_decorator(view, decorator).is_some());
            if marked {
                found.push(hidden(class, span(module.file, &class.name), "a function"));
            }
        }
    }
    found
}

/// The classes that are defined inside functions.
fn function_classes(body: &[ast::Stmt]) -> Vec<&ast::StmtClassDef> {
    #[derive(Default)]
    struct Finder<'p> {
        inside: bool,
        found: Vec<&'p ast::StmtClassDef>,
    }
    impl<'p> StatementVisitor<'p> for Finder<'p> {
        fn visit_stmt(&mut self, stmt: &'p ast::Stmt) {
            let before = self.inside;
            match stmt {
                ast::Stmt::FunctionDef(_) => self.inside = true,
                ast::Stmt::ClassDef(class) if self.inside => self.found.push(class),
                _ => {}
            }
            walk_stmt(self, stmt);
            self.inside = before;
        }
    }
    let mut finder = Finder::default();
    finder.visit_body(body);
    finder.found
}

fn entity<'p>(view: View<'_, 'p>, raw: &RawClass<'p>) -> Entity<'p> {
    Entity {
        name: raw.class.name.as_str(),
        module: raw.module,
        class: raw.class,
        key: None,
        fields: Vec::new(),
        others: Vec::new(),
        methods: methods(view, raw.class),
        accessors: accessors(view, raw.class),
    }
}

fn class<'p>(view: View<'_, 'p>, raw: RawClass<'p>) -> Class<'p> {
    let methods = methods(view, raw.class);
    let accessors = accessors(view, raw.class);
    Class {
        qualname: raw.qualname,
        module: raw.module,
        class: raw.class,
        fields: of_class(view, raw.class, &methods, &accessors),
        methods,
        accessors,
    }
}

/// Plain classes that inherit from an entity.
fn undecorated(model: &Model<'_>) -> Vec<Diagnostic> {
    let is_entity = |class: &&ClassRef| matches!(class, ClassRef::Entity(_));
    let plain = model.class_refs().filter(|class| !is_entity(&class));
    plain
        .filter_map(|class| {
            let entity = model.order(class).iter().find(is_entity)?;
            let file = model.program.module(model.module_of(class)).file;
            let at = span(file, &model.class_def(class).name);
            let (name, entity) = (model.qualname(class), model.qualname(*entity));
            Some(
                Diagnostic::new(
                    "E0108",
                    format!("`{name}` inherits from the entity `{entity}` and is none itself"),
                    at,
                    "",
                )
                .note("its instances would live under no address")
                .help("decorate it with `@stateflow.entity`"),
            )
        })
        .collect()
}

fn duplicates(model: &Model<'_>) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for (index, entity) in model.entities.iter().enumerate() {
        let earlier = model.entities[..index]
            .iter()
            .find(|earlier| earlier.name == entity.name);
        if let Some(earlier) = earlier {
            let place = |entity: &Entity<'_>| {
                span(model.program.module(entity.module).file, &entity.class.name)
            };
            found.push(
                Diagnostic::new("E0105", format!("entity `{}` is defined twice", entity.name), place(entity), "defined again")
                    .also(place(earlier), "first defined here")
                    .note("an entity is addressed by the name of its class, so the name is unique in the app")
                    .help("rename one of them"),
            );
        }
    }
    found
}

fn no_entity(model: &Model<'_>) -> Option<Diagnostic> {
    let program = model.program;
    let undecorated = model
        .classes
        .iter()
        .find(|class| class.methods.iter().any(|method| method.name == "__key__"));
    let suffix = format!(".{}", program.name);
    let is_entry = |name: &str| name == program.name || name.ends_with(&suffix);
    let mut modules = program.modules.iter();
    let entry = modules.find(|module| is_entry(&module.name));
    let module = entry.or(program.modules.first())?;
    let start = Span {
        file: module.file,
        start: 0,
        end: 0,
    };
    let (at, label) = match undecorated {
        Some(class) => {
            let file = program.module(class.module).file;
            (
                span(file, &class.class.name),
                "this class has a `__key__` and is not decorated",
            )
        }
        None => (start, ""),
    };
    Some(
        Diagnostic::new(
            "E0100",
            format!("the app `{}` has no entity", program.name),
            at,
            label,
        )
        .help("decorate a class with `@stateflow.entity` and give it a `__key__`"),
    )
}
