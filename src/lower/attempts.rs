//! `try`: its body, handlers, `else` and `finally`.

use super::builder::Builder;
use super::cfg::{BlockId, Handler, Role, Term};
use super::effects::Effects;
use super::exits::{After, Swallows};
use super::zones::{Zone, ZoneId};
use crate::ir::Code;
use crate::syntax::Ranged;
use crate::syntax::ast::{self, ExceptHandler, Stmt};

/// A handler, with its zone and where it begins.
type Begun<'s> = (ZoneId, BlockId, &'s ast::ExceptHandlerExceptHandler);

impl Builder<'_, '_> {
    pub fn lower_try(&mut self, stmt: &Stmt, inner: &ast::StmtTry) {
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
        let choosing = Zone::Handling {
            caught: caught.clone(),
            name: None,
        };
        let choosing = self.graph.zones.add(choosing, outer);
        let leaves = self.leaving_class(&inner.handlers) == Some(0);
        let around_choice = if leaves { Some(choosing) } else { outer };
        let catch = self.graph.add(Role::Part("except"), around_choice);
        self.lower_tried(inner, &caught, catch, after);
        self.zone = around_choice;
        self.enter(catch);
        for (zone, target, handler) in self.choose_handler(&inner.handlers, &caught, choosing) {
            self.zone = Some(zone);
            self.enter(target);
            self.lower_body(&handler.body, handler.start());
            self.go_after(after);
        }
        self.zone = outer;
    }

    /// The first handler whose class leaves the method.
    fn leaving_class(&self, handlers: &[ExceptHandler]) -> Option<usize> {
        handlers.iter().position(|handler| {
            let ExceptHandler::ExceptHandler(handler) = handler;
            let classes = handler.type_.as_deref();
            classes.is_some_and(|classes| self.has_site(classes.range()))
        })
    }

    /// Chooses a handler: those before a class that leaves the method are tried before it is asked for, and the exception is being
    /// handled by then. Gives the zones of the handlers and where they begin.
    fn choose_handler<'s>(
        &mut self,
        handlers: &'s [ExceptHandler],
        caught: &str,
        choosing: ZoneId,
    ) -> Vec<Begun<'s>> {
        let mut begun = Vec::new();
        let mut rest = handlers;
        while let [ExceptHandler::ExceptHandler(first), others @ ..] = rest {
            if let Some(classes) = first.type_.as_deref() {
                self.lower_expr(classes);
            }
            let count = 1 + self.leaving_class(others).unwrap_or(others.len());
            let (tried, left) = rest.split_at(count);
            let next =
                (!left.is_empty()).then(|| self.graph.add(Role::Part("except"), Some(choosing)));
            begun.extend(self.dispatch(tried, caught, next));
            if let Some(next) = next {
                self.zone = Some(choosing);
                self.enter(next);
            }
            rest = left;
        }
        begun
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

    /// Ends the block by the choice of one of these handlers, or of `next`.
    fn dispatch<'s>(
        &mut self,
        tried: &'s [ExceptHandler],
        caught: &str,
        next: Option<BlockId>,
    ) -> Vec<Begun<'s>> {
        let mut effects = Effects::of_uses([caught.to_owned()]);
        let mut handlers = Vec::new();
        let mut begun = Vec::new();
        for ExceptHandler::ExceptHandler(handler) in tried {
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
        handlers.extend(next.map(|target| Handler {
            classes: Some(Code::hidden("BaseException")),
            name: None,
            target,
        }));
        effects.binds.clear();
        self.end(Term::Dispatch {
            again: Code::hidden(format!("{}.throw({caught})", self.flow)),
            effects,
            handlers,
        });
        begun
    }
}
