//! Which names mean anything.

use super::builtins;
use crate::model::Model;
use crate::syntax::ModuleId;

/// Whether a name that is not a local stands for anything in a module, be it only a built-in.
pub(crate) fn is_defined(model: &Model<'_>, module: ModuleId, name: &str) -> bool {
    builtins::is_name(name) || model.may_define(module, name)
}
