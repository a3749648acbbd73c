//! Calls from outside the app whose value may be another one when they are made again.

use super::super::outside::{is_class, may_differ};
use super::super::types::Type;
use super::Interpreter;
use super::arguments::Args;
use crate::model::Binding;
use crate::syntax::ast::{self, Expr};
use crate::syntax::root;

impl Interpreter<'_, '_> {
    /// Takes note of a call of something from outside that may ask, or is given something to call that may.
    pub(super) fn note_asking(&mut self, call: &ast::ExprCall, name: &str, args: &Args) {
        if self.findings.is_none() {
            return;
        }
        let is_asking = |type_: &Type| match type_ {
            Type::Symbol(name) => !is_class(name) && may_differ(name),
            _ => false,
        };
        if may_differ(name) || (calls_what_it_is_given(name) && args.all().any(is_asking)) {
            self.asks(call, name);
        }
    }

    /// Takes note of a call of a method of an object from outside.
    pub(super) fn note_asking_method(
        &mut self,
        call: &ast::ExprCall,
        attribute: &ast::ExprAttribute,
        receiver: &Type,
        args: &Args,
    ) {
        if self.findings.is_none() {
            return;
        }
        let made_by = match receiver {
            Type::External(class) => Some(class.clone()),
            Type::Opaque => self.module_object(&attribute.value),
            _ => None,
        };
        if let Some(made_by) = made_by {
            self.note_asking(call, &format!("{made_by}.{}", attribute.attr), args);
        }
    }

    /// What made the object that a name at the top of a module stands for, where that comes from outside.
    fn module_object(&self, receiver: &Expr) -> Option<String> {
        let name = root(receiver)?;
        if self.frame.locals.contains(name.id.as_str()) {
            return None;
        }
        let model = self.facts.model;
        let Some(Binding::Variable {
            module,
            value: Some(value),
            ..
        }) = model.name(self.module, &name.id)
        else {
            return None;
        };
        match model.unaliased(*module, &value.as_call_expr()?.func, |value| value)? {
            Binding::External(dotted) => Some(dotted),
            _ => None,
        }
    }

    fn asks(&mut self, call: &ast::ExprCall, name: &str) {
        let at = self.at(call);
        if let Some(findings) = &mut self.findings {
            findings.asking.push((at, name.to_owned()));
        }
    }
}

fn calls_what_it_is_given(name: &str) -> bool {
    matches!(
        name,
        "builtins.map"
            | "builtins.filter"
            | "builtins.sorted"
            | "builtins.min"
            | "builtins.max"
            | "builtins.iter"
    ) || name.starts_with("functools.")
        || name.starts_with("itertools.")
}
