//! What the names at the top of a module stand for.

use std::collections::BTreeMap;

use super::{ClassId, EntityId, FunctionId};
use crate::syntax::{ModuleId, Program, ast};

/// The names at the top of a module.
#[derive(Debug, Default)]
pub struct Scope<'p> {
    /// By name; imports of the app's own names lead to what they stand for there.
    pub names: BTreeMap<&'p str, Binding<'p>>,
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

/// What `module.name` stands for.
pub(super) fn attribute<'p>(
    program: &'p Program,
    scopes: &[Scope<'p>],
    module: ModuleId,
    name: &str,
) -> Option<Binding<'p>> {
    let bound = scopes[module.0 as usize].names.get(name).cloned();
    bound.or_else(|| submodule(program, module, name).map(Binding::Module))
}

/// The module `name` in a package.
pub(super) fn submodule(program: &Program, package: ModuleId, name: &str) -> Option<ModuleId> {
    let package = program.module(package);
    let inside = package
        .is_package
        .then(|| format!("{}.{name}", package.name))?;
    program.find(&inside)
}

/// What a dotted name (`Item`, `shop.Item`, `decimal.Decimal`) stands for at the top of a module; nested classes are not
/// looked into.
pub(super) fn dotted<'p>(
    program: &'p Program,
    scopes: &[Scope<'p>],
    module: ModuleId,
    expr: &ast::Expr,
) -> Option<Binding<'p>> {
    match expr {
        ast::Expr::Name(name) => scopes[module.0 as usize]
            .names
            .get(name.id.as_str())
            .cloned(),
        ast::Expr::Attribute(access) => match dotted(program, scopes, module, &access.value)? {
            Binding::Module(module) => attribute(program, scopes, module, &access.attr),
            Binding::External(path) => Some(Binding::External(format!("{path}.{}", access.attr))),
            _ => None,
        },
        _ => None,
    }
}

/// Where a chain of aliases (`Money = Decimal`) leads; a variable that is no alias stays one.
pub(super) fn unaliased<'p>(
    program: &'p Program,
    scopes: &[Scope<'p>],
    binding: Binding<'p>,
) -> Binding<'p> {
    let mut binding = binding;
    for _ in 0..16 {
        let Binding::Variable {
            module,
            value: Some(value),
            ..
        } = binding
        else {
            break;
        };
        match dotted(program, scopes, module, value) {
            Some(next) => binding = next,
            None => break,
        }
    }
    binding
}
