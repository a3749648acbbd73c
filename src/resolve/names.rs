//! What dotted names stand for.

use super::builtins;
use crate::model::{Binding, Model};
use crate::syntax::{ModuleId, ast};

/// Whether a name that is not a local stands for anything in a module, be it only a built-in.
pub(crate) fn is_defined(model: &Model<'_>, module: ModuleId, name: &str) -> bool {
    builtins::is_name(name) || model.may_define(module, name)
}

/// What an expression of names and dots stands for at the top of a module; a built-in is `builtins.…`.
pub(crate) fn meaning<'a>(
    model: &'a Model<'a>,
    module: ModuleId,
    expr: &ast::Expr,
) -> Option<Binding<'a>> {
    match expr {
        ast::Expr::Name(name) => Some(match model.name(module, &name.id) {
            Some(binding) => binding.clone(),
            None => Binding::External(format!("builtins.{}", name.id)),
        }),
        ast::Expr::Attribute(attribute) => {
            let base = meaning(model, module, &attribute.value)?;
            model.member(&base, &attribute.attr)
        }
        _ => None,
    }
}
