//! What expressions at the top of a module stand for.

use super::end_of_aliases;
use super::scope::{Binding, Scope, submodule};
use crate::source::FileId;
use crate::syntax::{ModuleId, Program, ast};

/// The names of the app, seen from a module.
#[derive(Clone, Copy)]
pub(super) struct View<'a, 'p> {
    pub(super) program: &'p Program,
    pub(super) scopes: &'a [Scope<'p>],
    pub(super) module: ModuleId,
}

impl<'p> View<'_, 'p> {
    /// The module's file.
    pub(super) fn file(self) -> FileId {
        self.program.module(self.module).file
    }

    /// The same from another module.
    pub(super) fn from(self, module: ModuleId) -> Self {
        Self { module, ..self }
    }

    /// What a name stands for; none for a built-in.
    fn name(self, name: &str) -> Option<Binding<'p>> {
        self.scopes[self.module.0 as usize].names.get(name).cloned()
    }

    /// What `module.name` stands for, where `module` is the one that is seen from.
    pub(super) fn attribute(self, name: &str) -> Option<Binding<'p>> {
        let submodule = || submodule(self.program, self.module, name).map(Binding::Module);
        self.name(name).or_else(submodule)
    }

    /// What a dotted name (`Item`, `shop.Item`, `decimal.Decimal`) stands for; nested classes are not looked into.
    fn dotted(self, expr: &ast::Expr) -> Option<Binding<'p>> {
        match expr {
            ast::Expr::Name(name) => self.name(&name.id),
            ast::Expr::Attribute(access) => match self.dotted(&access.value)? {
                Binding::Module(module) => self.from(module).attribute(&access.attr),
                Binding::External(path) => {
                    Some(Binding::External(format!("{path}.{}", access.attr)))
                }
                _ => None,
            },
            _ => None,
        }
    }

    /// What a dotted name stands for at the end of a chain of aliases (`Money = Decimal`); a variable that is no alias stays
    /// one.
    pub(super) fn binding(self, expr: &ast::Expr) -> Option<Binding<'p>> {
        let binding = self.dotted(expr)?;
        Some(end_of_aliases(binding, |module, value| {
            self.from(module).dotted(value)
        }))
    }

    /// The dotted name, from outside the app, that an expression leads to; a built-in is its own name.
    pub(super) fn external(self, expr: &ast::Expr) -> Option<String> {
        match expr {
            ast::Expr::Name(name) if self.name(&name.id).is_none() => Some(name.id.to_string()),
            _ => match self.binding(expr)? {
                Binding::External(path) => Some(path),
                _ => None,
            },
        }
    }
}
