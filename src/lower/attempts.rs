//! `try`: its body, handlers, `else` and `finally`.

use super::builder::Builder;
use super::cfg::{BlockId, Handler, Role, Term};
use super::effects::Effects;
use super::exits::{After, Swallows};
use super::refuse;
use super::zones::{Zone, ZoneId};
use crate::ir::Code;
use crate::syntax::Ranged;
use crate::syntax::ast::{self, ExceptHandler, Expr, Stmt};

impl Builder<'_, '_> {
    pub fn lower_try(&mut self, stmt: &Stmt, inner: &ast::StmtTry) {
        let in_classes = classes(inner).find(|classes| self.has_site(classes.range()));
        if let Some(classes) = in_classes {
            let refused = refuse::handler_class(self, classes);
            return self.diagnostics.push(refused);
        }
        let end = self.block(Role::Join("try"));
        if inner.finalbody.is_empty() {
            self.lower_handled(inner, After::Goto(end));
        } else {
            let floor = inner.orelse.last().map_or(stmt.start(), Ranged::end);
            self.lower_final(
                "finally",
                After::Goto(end),
                |builder| builder.lower_handled(inner, After::Final),
                |builder, _| {
                    builder.lower_body(&inner.finalbody, floor);
                    Swallows(false)
                },
            );
        }
        self.enter(end);
    }

    /// Lowers a `try` but for its `finally`.
    fn lower_handled(&mut self, inner: &ast::StmtTry, after: After) {
        let floor = inner.start();
        if inner.handlers.is_empty() {
            self.lower_body(&inner.body, floor);
            return self.go_after(after);
        }
        let caught = self.temporary("caught");
        if inner.is_star {
            return self.lower_star(inner, &caught, after);
        }
        let outer = self.zone;
        let catch = self.block(Role::Part("except"));
        self.lower_tried(inner, &caught, catch, after);
        self.enter(catch);
        let handlers = self.dispatch(inner, &caught);
        for (zone, target, handler) in handlers {
            self.zone = Some(zone);
            self.enter(target);
            self.lower_body(&handler.body, handler.start());
            self.go_after(after);
        }
        self.zone = outer;
    }

    /// Lowers the body of a `try` and its `else`.
    pub fn lower_tried(
        &mut self,
        inner: &ast::StmtTry,
        caught: &str,
        catch: BlockId,
        after: After,
    ) {
        let floor = inner.start();
        let outer = self.zone;
        let orelse = self.block(Role::Part("else"));
        self.enter_guarded(caught, catch);
        self.lower_body(&inner.body, floor);
        if inner.orelse.is_empty() {
            self.go_after(after);
            self.zone = outer;
        } else {
            self.end(Term::Goto(orelse));
            self.zone = outer;
            self.enter(orelse);
            self.lower_body(&inner.orelse, floor);
            self.go_after(after);
        }
    }

    /// Ends the block by the choice of a handler; gives the zones of the handlers and where they begin.
    fn dispatch<'s>(
        &mut self,
        inner: &'s ast::StmtTry,
        caught: &str,
    ) -> Vec<(ZoneId, BlockId, &'s ast::ExceptHandlerExceptHandler)> {
        let mut effects = Effects::of_uses([caught.to_owned()]);
        let mut handlers = Vec::new();
        let mut begun = Vec::new();
        for ExceptHandler::ExceptHandler(handler) in &inner.handlers {
            let name = handler.name.as_ref().map(ToString::to_string);
            let zone = Zone::Handling {
                caught: caught.to_owned(),
                name: name.clone(),
            };
            let zone = self.graph.zones.add(zone, self.zone);
            let target = self.graph.add(Role::Part("handler"), Some(zone));
            self.graph.blocks[target].entry.extend(name.clone());
            let classes = handler.type_.as_deref();
            if let Some(classes) = classes {
                effects.then(&self.effects(classes));
            }
            handlers.push(Handler {
                classes: classes.map(|classes| self.text.render_expr(classes, &self.edits)),
                name,
                target,
            });
            begun.push((zone, target, handler));
        }
        effects.binds.clear();
        self.end(Term::Dispatch {
            again: Code::hidden(format!("{}.throw({caught})", self.flow)),
            effects,
            handlers,
        });
        begun
    }
}

/// What the handlers are for.
fn classes(stmt: &ast::StmtTry) -> impl Iterator<Item = &Expr> {
    stmt.handlers
        .iter()
        .filter_map(|ExceptHandler::ExceptHandler(handler)| handler.type_.as_deref())
}
