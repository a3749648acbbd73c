//! What dotted names stand for.

use crate::model::{Binding, Model};
use crate::syntax::{ModuleId, ast};

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
