//! What the names at the top of a module stand for.

use std::collections::BTreeMap;

use super::{ClassId, EntityId, FunctionId};
use crate::syntax::{ModuleId, Program, ast};

/// The names at the top of a module.
#[derive(Debug, Default)]
pub struct Scope<'p> {
    /// By name; imports of the app's own names lead to what they stand for there.
    pub names: BTreeMap<&'p str, Binding<'p>>,
    /// Whether a star import from outside the app may bring further names.
    pub open: bool,
}

/// What a name stands for.
#[derive(Debug, Clone, PartialEq)]
pub enum Binding<'p> {
    /// An entity.
    Entity(EntityId),
    /// A plain class of the app's.
    Class(ClassId),
    /// A function of the app's.
    Function(FunctionId),
    /// A module of the app's.
    Module(ModuleId),
    /// A name from outside the app: `decimal` or `decimal.Decimal`.
    External(String),
    /// A type alias or a variable with the expression first assigned to it, in the module that assigns it.
    Variable {
        /// That module.
        module: ModuleId,
        /// Its annotation.
        annotation: Option<&'p ast::Expr>,
        /// Its value.
        value: Option<&'p ast::Expr>,
    },
}

/// The module `name` in a package.
pub(super) fn submodule(program: &Program, package: ModuleId, name: &str) -> Option<ModuleId> {
    let package = program.module(package);
    let inside = package
        .is_package
        .then(|| format!("{}.{name}", package.name))?;
    program.find(&inside)
}
