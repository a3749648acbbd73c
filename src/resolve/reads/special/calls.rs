//! What calls run.

use super::body::{Body, Run};
use super::known::{self, is_harmless_method};
use crate::model::Binding;
use crate::resolve::changes;
use crate::resolve::reads::missing::looks_up;
use crate::syntax::ModuleId;
use crate::syntax::ast::{self, Expr};

impl<'m> Body<'_, 'm> {
    /// Takes note of what a call runs; whether that may be told and changes nothing.
    pub(super) fn call(&mut self, call: &'m ast::ExprCall) -> bool {
        if self.run.fills && self.is_of_filling(call) {
            return true;
        }
        if let Expr::Call(class) = &*call.func {
            let is_class = matches!(self.binding(&class.func), Some(Binding::External(name)) if name == "builtins.type");
            return is_class && self.makes_any();
        }
        let arguments = &call.arguments;
        let fits = match self.binding(&call.func) {
            Some(Binding::External(name)) => self.is_given_harmless(&name, arguments),
            _ => match &*call.func {
                Expr::Attribute(method) => !renames(&method.attr, arguments),
                _ => true,
            },
        };
        fits && self.runs(&call.func)
    }

    /// Whether a call goes on filling the object that has just been made.
    fn is_of_filling(&mut self, call: &ast::ExprCall) -> bool {
        let Expr::Attribute(method) = &*call.func else {
            return false;
        };
        let first = call.arguments.find_positional(0);
        let is_given = first.is_some_and(|first| self.is_receiver(first));
        let class = match &*method.value {
            Expr::Call(of) => self.binding(&of.func),
            class if is_given => self.binding(class),
            _ => None,
        };
        match (method.attr.as_str(), class) {
            ("__init__" | "__post_init__", Some(Binding::Class(id))) if is_given => self.makes(id),
            ("__init__" | "__post_init__", Some(Binding::External(name))) => {
                name == "builtins.super" || name.starts_with("builtins.") && is_given
            }
            ("__setattr__", Some(Binding::External(name))) => name == "builtins.object" && is_given,
            _ => false,
        }
    }

    /// Whether what a function from outside the app is given to call changes nothing.
    fn is_given_harmless(&mut self, name: &str, arguments: &'m ast::Arguments) -> bool {
        match name {
            "builtins.type" | "builtins.iter" => arguments.len() == 1,
            "builtins.map" | "builtins.filter" | "functools.reduce" => {
                let function = arguments.find_positional(0);
                function.is_some_and(|function| self.runs(function))
            }
            "builtins.min" | "builtins.max" | "builtins.sorted" => {
                arguments.keywords.iter().all(|keyword| {
                    let name = keyword.arg.as_ref();
                    name.is_some_and(|name| name != "key" || self.runs(&keyword.value))
                })
            }
            "dataclasses.replace" => self.makes_any(),
            _ => true,
        }
    }

    /// Takes note of what runs where an expression is called; whether that may be told.
    fn runs(&mut self, function: &Expr) -> bool {
        if let Some(found) = self
            .binding(function)
            .and_then(|found| self.called(self.run.module, found))
        {
            return found;
        }
        match function {
            Expr::Lambda(_) | Expr::NoneLiteral(_) => true,
            Expr::Name(_) => {
                self.is_class_method() && self.is_receiver(function) && self.makes_any()
            }
            Expr::Attribute(method) => self.method(&method.attr),
            _ => false,
        }
    }

    fn is_class_method(&self) -> bool {
        let mut decorators = self.run.def.decorator_list.iter();
        decorators.any(|one| {
            matches!(self.binding(&one.expression), Some(Binding::External(name)) if name == "builtins.classmethod")
        })
    }

    /// The same of what a name of a module stands for, but for variables.
    pub(super) fn called(&mut self, module: ModuleId, binding: Binding<'m>) -> Option<bool> {
        let model = self.app.model;
        match binding {
            Binding::Function(id) => {
                let function = model.function(id);
                self.calls
                    .push(Run::new(function.module, function.def, None));
                Some(true)
            }
            Binding::Class(id) => Some(self.makes(id)),
            Binding::Entity(_) => Some(false),
            Binding::External(name) => {
                let is_sure =
                    !name.starts_with("builtins.") || !model.scopes[module.0 as usize].open;
                let (_, function) = name.rsplit_once('.').unwrap_or(("", &name));
                Some(is_sure && known::is_harmless(&name) && !self.adds(function))
            }
            Binding::Module(_) | Binding::Variable { .. } => None,
        }
    }

    /// The same of a method, of whatever object.
    fn method(&mut self, name: &str) -> bool {
        if name == "__class__" {
            return self.makes_any();
        }
        let mut functions = self.app.functions(name).to_vec();
        let is_known = !functions.is_empty() || is_harmless_method(name);
        for value in self.app.values(name) {
            match value.expr {
                Expr::Name(function) => functions.extend(self.app.functions(&function.id)),
                Expr::Lambda(_) => return false,
                _ => {}
            }
        }
        self.calls.extend(functions);
        is_known && !changes(name) && !self.adds(name)
    }

    /// Whether a function of that name may add to what it looks at.
    fn adds(&self, function: &str) -> bool {
        self.app.adds_what_is_missing && looks_up(function)
    }
}

/// Whether a call of a method of that name may rename a file rather than make another text.
fn renames(method: &str, arguments: &ast::Arguments) -> bool {
    method == "replace" && arguments.len() == 1 && arguments.keywords.is_empty()
}
