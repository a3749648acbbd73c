//! Imports inside functions.

use super::Interpreter;
use crate::model::Binding;
use crate::syntax::ast;

impl<'a> Interpreter<'a, '_> {
    pub(super) fn import(&mut self, stmt: &'a ast::Stmt) {
        for (name, binding) in self.facts.model.imported(self.module, stmt) {
            let is_module = matches!(binding, Binding::Module(_)) || stmt.is_import_stmt();
            let type_ = self.facts.binding(binding);
            self.bind(name, type_);
            if is_module {
                self.uncarriable_local(name, "a module", stmt);
            }
        }
    }
}
