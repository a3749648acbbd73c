//! What an entity's class may be.

use super::function::{Decorator, decorator, definitions, first_yield};
use super::view::View;
use super::{Base, ClassRef, Entity, EntityId, FunctionKind, Model};
use crate::diagnostics::Diagnostic;
use crate::syntax::{Ranged, ast, span};

const IDENTITY: &str =
    "identity goes by address: two references are the same entity when class and key are the same";
const ATTRIBUTES: &str =
    "the attributes of an entity are its stored state, which StateFlow reads and writes itself";
const SPECIAL: &str = "on a reference to an entity that lives elsewhere, Python would call it without the entity's state";

/// Reports what an entity's class, and the plain classes that it inherits from, may not be or hold.
pub(super) fn check(model: &Model<'_>, id: EntityId, diagnostics: &mut Vec<Diagnostic>) {
    let entity = ClassRef::Entity(id);
    for class in model.order(entity) {
        let is_own = *class == entity;
        if !is_own && matches!(class, ClassRef::Entity(_)) {
            continue;
        }
        let mut checker = Checker {
            model,
            view: model.view(model.module_of(*class)),
            entity: model.entity(id),
            class: *class,
            diagnostics,
        };
        checker.class_decorators(is_own);
        checker.bases();
        for def in definitions(&model.class_def(*class).body) {
            checker.special_name(def.name.as_str(), &def.name);
            checker.method_decorators(def);
            checker.method_form(def);
        }
        checker.receivers();
    }
    special_attributes(model.entity(id), diagnostics);
}

/// Reports attributes of special names: `__slots__ = ()`.
fn special_attributes(entity: &Entity<'_>, diagnostics: &mut Vec<Diagnostic>) {
    for field in &entity.others {
        if let Some(reason) = refused(field.name).filter(|reason| *reason != SPECIAL) {
            let message = special_message(entity, field.name);
            diagnostics.push(Diagnostic::new("E0106", message, field.at, "").note(reason));
        }
    }
}

fn special_message(entity: &Entity<'_>, name: &str) -> String {
    format!("entity `{}` defines `{name}`", entity.name)
}

struct Checker<'a, 'p> {
    model: &'a Model<'p>,
    view: View<'a, 'p>,
    entity: &'a Entity<'p>,
    /// The entity's own class, or a plain one that it inherits from.
    class: ClassRef,
    diagnostics: &'a mut Vec<Diagnostic>,
}

impl Checker<'_, '_> {
    fn report(&self, code: &'static str, message: String, at: &impl Ranged) -> Diagnostic {
        let file = self.view.file();
        Diagnostic::new(code, message, span(file, at), "")
    }

    fn class_decorators(&mut self, is_own: bool) {
        for decorator in &self.model.class_def(self.class).decorator_list {
            if entity_decorator(self.view, decorator).is_some() {
                continue;
            }
            let what = if is_own {
                "on an entity"
            } else {
                "on a base class of an entity"
            };
            let path = self.view.external(called(&decorator.expression));
            let found = match path.as_deref() {
                Some(
                    "typing.final"
                    | "typing_extensions.final"
                    | "typing.runtime_checkable"
                    | "typing_extensions.runtime_checkable",
                ) => continue,
                Some("dataclasses.dataclass") => self
                    .report("E0109", format!("`@dataclass` {what} is not supported yet"), decorator)
                    .note("it writes `__init__`, `__eq__` and `__repr__`, which an entity has its own rules for")
                    .help("write `__init__` by hand"),
                _ => self
                    .report("E0109", format!("this decorator {what} is not supported"), decorator)
                    .note("it could replace the class that StateFlow compiles"),
            };
            self.diagnostics.push(found);
        }
    }

    fn bases(&mut self) {
        let harmless = [
            "builtins.object",
            "abc.ABC",
            "typing.Protocol",
            "typing.Generic",
            "typing_extensions.Protocol",
        ];
        for base in self.model.bases(self.class) {
            let (message, at) = match base {
                Base::Own(..) => continue,
                Base::External(dotted, _) if harmless.contains(&dotted.as_str()) => continue,
                Base::External(dotted, at) => {
                    let name = dotted.strip_prefix("builtins.").unwrap_or(dotted);
                    (format!("an entity cannot inherit from `{name}`"), at)
                }
                Base::Unknown(at) => {
                    let message = "this base class of an entity cannot be told from the text";
                    (message.to_owned(), at)
                }
            };
            let found = self
                .report("E0108", message, *at)
                .note("only classes of the app's own can be compiled and kept as state")
                .help("hold an instance of that class in a field, or define its methods here");
            self.diagnostics.push(found);
        }
        let keywords = self.model.class_def(self.class).arguments.iter();
        for keyword in keywords.flat_map(|arguments| &arguments.keywords) {
            let path = self.view.external(&keyword.value);
            if path.as_deref() != Some("abc.ABCMeta") {
                let message = "a metaclass or class keyword on an entity is not supported yet";
                let found = self.report("E0108", message.to_owned(), keyword);
                self.diagnostics.push(found);
            }
        }
        if self.model.is_disordered(self.class) {
            let name = &self.model.class_def(self.class).name;
            let message = format!("the bases of `{name}` have no consistent order");
            let found = self.report("E0108", message, name);
            self.diagnostics
                .push(found.note("Python would raise TypeError"));
        }
    }

    fn special_name(&mut self, name: &str, at: &impl Ranged) {
        if let Some(reason) = refused(name) {
            let found = self
                .report("E0106", special_message(self.entity, name), at)
                .note(reason)
                .help(match reason {
                    IDENTITY => {
                        "leave it out, and compare fields in a method with an ordinary name"
                    }
                    ATTRIBUTES => "leave it out",
                    _ => "give it an ordinary name",
                });
            self.diagnostics.push(found);
        }
    }

    fn method_decorators(&mut self, def: &ast::StmtFunctionDef) {
        for decorator in &def.decorator_list {
            let what = match self::decorator(self.view, def.name.as_str(), decorator) {
                Decorator::OtherAccessor(_) => {
                    "what sets or deletes a property of another class or name"
                }
                Decorator::Other => "this decorator",
                Decorator::Recorded => {
                    let found = self
                        .report("E0110", "a method of an entity cannot be recorded".to_owned(), decorator)
                        .note("its value would go through the log, but not what it does to the entity")
                        .help("let it call a function that is recorded, and do with the result what is to be done");
                    self.diagnostics.push(found);
                    continue;
                }
                Decorator::Accessor(_) => continue,
                Decorator::Binds(_)
                | Decorator::Cached
                | Decorator::Transparent
                | Decorator::Abstract
                | Decorator::Overload => continue,
            };
            let found = self
                .report("E0110", format!("{what} on a method of an entity is not supported yet"), decorator)
                .note("StateFlow compiles the method as it stands, and cannot tell what the decorator makes of it").help("do in the method itself what the decorator would do");
            self.diagnostics.push(found);
        }
    }

    fn method_form(&mut self, def: &ast::StmtFunctionDef) {
        if def.name.as_str() == "__key__" {
            return;
        }
        if def.is_async && def.name.as_str() == "__init__" {
            let found = self
                .report("E0111", "`__init__` is `async`".to_owned(), &def.name)
                .note(
                    "Python raises TypeError where the entity is created: nobody awaits `__init__`",
                )
                .help("write it with `def`, and do what has to be awaited in a method");
            self.diagnostics.push(found);
        } else if let Some(at) = first_yield(def) {
            let found = self
                .report(
                    "E0111",
                    "a generator as a method of an entity is not supported yet".to_owned(),
                    at,
                )
                .help("return a list");
            self.diagnostics.push(found);
        }
    }

    fn receivers(&mut self) {
        for method in self.model.functions_of(self.class) {
            if method.kind != FunctionKind::Static && method.receiver.is_none() {
                let found = self
                    .report(
                        "E0112",
                        format!(
                            "the method `{}` has no parameter for its instance",
                            method.name
                        ),
                        &method.def.name,
                    )
                    .help(format!(
                        "write `def {}(self, …)`, or make it a `@staticmethod`",
                        method.name
                    ));
                self.diagnostics.push(found);
            }
        }
    }
}

/// Why an entity may not define a special method, where it may not.
fn refused(name: &str) -> Option<&'static str> {
    match name {
        "__init__" | "__key__" => None,
        "__eq__" | "__ne__" | "__hash__" | "__lt__" | "__le__" | "__gt__" | "__ge__" => {
            Some(IDENTITY)
        }
        "__getattr__" | "__getattribute__" | "__setattr__" | "__delattr__" | "__slots__"
        | "__new__" | "__del__" | "__dir__" | "__getstate__" | "__setstate__" | "__reduce__"
        | "__reduce_ex__" | "__getnewargs__" | "__getnewargs_ex__" | "__copy__"
        | "__deepcopy__" | "__init_subclass__" => Some(ATTRIBUTES),
        _ if name.len() > 4 && name.starts_with("__") && name.ends_with("__") => Some(SPECIAL),
        _ => None,
    }
}

/// Which entity decorator a class decorator is, where it is one: `entity` or `stateflow`; `stateflow` alone is the module.
pub(super) fn entity_decorator(
    view: View<'_, '_>,
    decorator: &ast::Decorator,
) -> Option<EntityDecorator> {
    match view.external(called(&decorator.expression)).as_deref() {
        Some("stateflow.entity" | "stateflow.stateflow") => match &decorator.expression {
            ast::Expr::Call(call) if !call.arguments.is_empty() => {
                Some(EntityDecorator::WithArguments)
            }
            _ => Some(EntityDecorator::Plain),
        },
        Some("stateflow") if view.binding(called(&decorator.expression)).is_some() => {
            Some(EntityDecorator::Module)
        }
        _ => None,
    }
}

/// How a class was said to be an entity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum EntityDecorator {
    /// `@stateflow.entity`, `@stateflow.stateflow()`.
    Plain,
    /// `@stateflow.entity(option=1)`.
    WithArguments,
    /// `@stateflow` after `import stateflow`.
    Module,
}

/// What a decorator calls, or it itself.
fn called(expr: &ast::Expr) -> &ast::Expr {
    match expr {
        ast::Expr::Call(call) => &call.func,
        _ => expr,
    }
}
