//! Special methods that change something although they are called to read.

use crate::model::Model;
use crate::resolve::changes;
use crate::syntax::ast::visitor::{Visitor, walk_expr, walk_stmt};
use crate::syntax::ast::{Expr, Stmt};

/// Those that are there to make, to enter and leave, or to change.
const TO_CHANGE: [&str; 15] = [
    "__init__",
    "__new__",
    "__post_init__",
    "__init_subclass__",
    "__class_getitem__",
    "__key__",
    "__enter__",
    "__exit__",
    "__aenter__",
    "__aexit__",
    "__setitem__",
    "__delitem__",
    "__setattr__",
    "__delattr__",
    "__set_name__",
];

/// Whether a special method of the app's, which reading may run without a call that shows (a loop, a look-up, the truth of a value),
/// changes something.
pub(in crate::resolve) fn has_special_writers(model: &Model<'_>) -> bool {
    let mut found = Writers::default();
    for module in &model.program.modules {
        found.visit_body(&module.tree.body);
    }
    found.writes
}

#[derive(Default)]
struct Writers {
    /// How many special methods stand around what is looked at.
    inside: usize,
    writes: bool,
}

impl<'m> Visitor<'m> for Writers {
    fn visit_stmt(&mut self, stmt: &'m Stmt) {
        let is_special = matches!(stmt, Stmt::FunctionDef(def) if reads_by_name(&def.name));
        self.inside += usize::from(is_special);
        if self.inside > 0 {
            self.writes |= matches!(stmt, Stmt::Global(_) | Stmt::Nonlocal(_) | Stmt::Delete(_));
        }
        walk_stmt(self, stmt);
        self.inside -= usize::from(is_special);
    }

    fn visit_expr(&mut self, expr: &'m Expr) {
        if self.inside > 0 {
            self.writes |= match expr {
                Expr::Attribute(attribute) => !attribute.ctx.is_load(),
                Expr::Subscript(subscript) => !subscript.ctx.is_load(),
                Expr::Call(call) => {
                    matches!(&*call.func, Expr::Attribute(method) if changes(&method.attr))
                }
                _ => false,
            };
        }
        walk_expr(self, expr);
    }
}

fn reads_by_name(name: &str) -> bool {
    name.starts_with("__") && name.ends_with("__") && !TO_CHANGE.contains(&name)
}
