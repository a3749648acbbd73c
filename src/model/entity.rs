//! What an entity's class may be.

use super::function::{Decorator, decorator, definitions, first_yield};
use super::view::View;
use super::{Entity, FunctionKind};
use crate::diagnostics::Diagnostic;
use crate::syntax::{Ranged, ast, span};

const IDENTITY: &str =
    "identity goes by address: two references are the same entity when class and key are the same";
const ATTRIBUTES: &str =
    "the attributes of an entity are its stored state, which StateFlow reads and writes itself";
const SPECIAL: &str = "on a reference to an entity that lives elsewhere, Python would call it without the entity's state";

/// Reports what an entity's class may not be or hold.
pub(super) fn check(view: View<'_, '_>, entity: &Entity<'_>, diagnostics: &mut Vec<Diagnostic>) {
    let mut checker = Checker {
        view,
        entity,
        diagnostics,
    };
    checker.class_decorators();
    checker.bases();
    for def in definitions(&entity.class.body) {
        checker.special_name(def.name.as_str(), &def.name);
        checker.method_decorators(def);
        checker.method_form(def);
    }
    for field in &entity.others {
        if let Some(reason) = refused(field.name).filter(|reason| *reason != SPECIAL) {
            let message = checker.special_message(field.name);
            checker
                .diagnostics
                .push(Diagnostic::new("E0106", message, field.at, "").note(reason));
        }
    }
    checker.receivers();
}

struct Checker<'a, 'p> {
    view: View<'a, 'p>,
    entity: &'a Entity<'p>,
    diagnostics: &'a mut Vec<Diagnostic>,
}

impl Checker<'_, '_> {
    fn report(&self, code: &'static str, message: String, at: &impl Ranged) -> Diagnostic {
        let file = self.view.file();
        Diagnostic::new(code, message, span(file, at), "")
    }

    fn class_decorators(&mut self) {
        for decorator in &self.entity.class.decorator_list {
            if entity_decorator(self.view, decorator).is_some() {
                continue;
            }
            let path = self.view.external(called(&decorator.expression));
            let found = match path.as_deref() {
                Some("typing.final" | "typing_extensions.final") => continue,
                Some("dataclasses.dataclass") => self
                    .report("E0109", "`@dataclass` on an entity is not supported yet".to_owned(), decorator)
                    .note("it writes `__init__`, `__eq__` and `__repr__`, which an entity has its own rules for")
                    .help("write `__init__` by hand"),
                _ => self
                    .report("E0109", "this decorator on an entity is not supported".to_owned(), decorator)
                    .note("it could replace the class that StateFlow compiles"),
            };
            self.diagnostics.push(found);
        }
    }

    fn bases(&mut self) {
        let entity = self.entity;
        let what = "is not supported yet";
        if let Some(params) = &entity.class.type_params {
            let found = self.report("E0108", format!("a generic entity {what}"), &**params);
            self.diagnostics.push(found);
        }
        let Some(arguments) = &entity.class.arguments else {
            return;
        };
        for base in &arguments.args {
            let named = base
                .as_subscript_expr()
                .map_or(base, |generic| &generic.value);
            let path = self.view.external(named);
            let harmless = matches!(
                path.as_deref(),
                Some(
                    "object"
                        | "abc.ABC"
                        | "typing.Protocol"
                        | "typing.Generic"
                        | "typing_extensions.Protocol"
                )
            );
            if !harmless {
                let message = format!("an entity that inherits from another class {what}");
                let found = self
                    .report("E0108", message, base)
                    .help("hold an instance of that class in a field, or define its methods here");
                self.diagnostics.push(found);
            }
        }
        for keyword in &arguments.keywords {
            let path = self.view.external(&keyword.value);
            if path.as_deref() != Some("abc.ABCMeta") {
                let found = self.report(
                    "E0108",
                    format!("a metaclass or class keyword on an entity {what}"),
                    keyword,
                );
                self.diagnostics.push(found);
            }
        }
    }

    fn special_message(&self, name: &str) -> String {
        format!("entity `{}` defines `{name}`", self.entity.name)
    }

    fn special_name(&mut self, name: &str, at: &impl Ranged) {
        if let Some(reason) = refused(name) {
            let found = self
                .report("E0106", self.special_message(name), at)
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
            let what = match self::decorator(self.view, decorator) {
                Decorator::Accessor => "a property that can be set or deleted",
                Decorator::Other => "this decorator",
                Decorator::Binds(_) | Decorator::Transparent | Decorator::Overload => continue,
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
        for method in &self.entity.methods {
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
