//! While modules are imported, no entity is created and no function called that calls entities.

use crate::diagnostics::Diagnostic;
use crate::model::{Binding, ClassRef, Function, Model};
use crate::resolve::Resolution;
use crate::resolve::values::unaliased;
use crate::syntax::ast::visitor::{Visitor, walk_expr, walk_stmt};
use crate::syntax::ast::{self, Expr, Stmt};
use crate::syntax::{ModuleId, span};

/// Reports what the top of a module creates and calls.
pub(super) fn check(model: &Model<'_>, resolution: &Resolution, diagnostics: &mut Vec<Diagnostic>) {
    for (index, module) in model.program.modules.iter().enumerate() {
        let mut finder = Finder {
            model,
            resolution,
            module: ModuleId(index as u32),
            diagnostics,
        };
        finder.visit_body(&module.tree.body);
    }
}

struct Finder<'m, 'd> {
    model: &'m Model<'m>,
    resolution: &'m Resolution,
    module: ModuleId,
    diagnostics: &'d mut Vec<Diagnostic>,
}

impl Finder<'_, '_> {
    fn function(&mut self, def: &ast::StmtFunctionDef) {
        for decorator in &def.decorator_list {
            self.visit_expr(&decorator.expression);
        }
        for parameter in def.parameters.iter_non_variadic_params() {
            if let Some(default) = parameter.default() {
                self.visit_expr(default);
            }
        }
    }

    fn creation(&mut self, call: &ast::ExprCall) {
        let Some(Binding::Entity(id)) = unaliased(self.model, self.module, &call.func) else {
            return;
        };
        let entity = self.model.entity(id).name;
        let file = self.model.program.module(self.module).file;
        self.diagnostics.push(
            Diagnostic::new(
                "E0303",
                format!("an entity `{entity}` is created when the module is imported"),
                span(file, call),
                "",
            )
            .note("every worker imports the module; entities are created by clients and by methods of other entities")
            .help("create it in a method, in a client, or under `if __name__ == \"__main__\":`"),
        );
    }
}

impl<'m> Finder<'m, '_> {
    /// The function of the app's that a call surely reaches.
    fn callee(&self, func: &Expr) -> Option<&'m Function<'m>> {
        match unaliased(self.model, self.module, func) {
            Some(Binding::Function(id)) => Some(self.model.function(id)),
            _ => {
                let Expr::Attribute(attribute) = func else {
                    return None;
                };
                let class = match unaliased(self.model, self.module, &attribute.value)? {
                    Binding::Entity(id) => ClassRef::Entity(id),
                    Binding::Class(id) => ClassRef::Class(id),
                    _ => return None,
                };
                let (_, method) = self.model.method(class, &attribute.attr)?;
                Some(method)
            }
        }
    }

    fn leaving_call(&mut self, call: &ast::ExprCall) {
        let Some(function) = self.callee(&call.func) else {
            return;
        };
        if !self
            .resolution
            .leaving
            .contains(&self.model.span_of(function))
        {
            return;
        }
        let file = self.model.program.module(self.module).file;
        let message = format!(
            "`{}`, which calls other entities, is called when the module is imported",
            function.name
        );
        self.diagnostics.push(
            Diagnostic::new("E0210", message, span(file, call), "")
                .note("every worker imports the module, and nothing can be cut there")
                .help("call it in a method of an entity, or under `if __name__ == \"__main__\":`"),
        );
    }
}

impl Visitor<'_> for Finder<'_, '_> {
    fn visit_stmt(&mut self, stmt: &Stmt) {
        match stmt {
            Stmt::FunctionDef(def) => self.function(def),
            Stmt::If(if_) if is_main(&if_.test) => {
                for clause in &if_.elif_else_clauses {
                    self.visit_body(&clause.body);
                }
            }
            _ => walk_stmt(self, stmt),
        }
    }

    fn visit_expr(&mut self, expr: &Expr) {
        match expr {
            Expr::Lambda(_) => return,
            Expr::Call(call) => {
                self.creation(call);
                self.leaving_call(call);
            }
            _ => {}
        }
        walk_expr(self, expr);
    }

    fn visit_annotation(&mut self, _: &Expr) {}
}

/// Whether a condition is `__name__ == "__main__"`.
fn is_main(test: &Expr) -> bool {
    let Expr::Compare(compare) = test else {
        return false;
    };
    let ([ast::CmpOp::Eq], [right]) = (&*compare.ops, &*compare.comparators) else {
        return false;
    };
    let is_name = |expr: &Expr| matches!(expr, Expr::Name(name) if name.id == "__name__");
    let is_text = |expr: &Expr| matches!(expr, Expr::StringLiteral(text) if text.value.to_str() == "__main__");
    (is_name(&compare.left) && is_text(right)) || (is_text(&compare.left) && is_name(right))
}
