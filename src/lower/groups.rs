//! `except*`: several handlers may run, each for a part of what was caught, and what they raise is gathered.

use super::builder::Builder;
use super::cfg::{BlockId, Role, Term};
use super::effects::Effects;
use super::exits::After;
use super::zones::{Zone, ZoneId};
use crate::ir::Code;
use crate::syntax::Ranged;
use crate::syntax::ast::{self, ExceptHandler, ExceptHandlerExceptHandler};

/// What the handlers of a `try` share.
struct Parts<'c> {
    /// The local that holds what is being handled: the whole exception, then the part that a handler has got last.
    caught: &'c str,
    /// The local that holds what is left of the exception, and what the handlers have raised.
    parts: String,
    /// The zone in which the handlers are chosen.
    zone: ZoneId,
}

impl Builder<'_, '_> {
    /// Lowers a `try` with `except*`, but for its `finally`.
    pub fn lower_star(&mut self, inner: &ast::StmtTry, caught: &str, after: After) {
        let outer = self.zone;
        let zone = Zone::Handling {
            caught: caught.to_owned(),
            name: None,
        };
        let zone = self.graph.zones.add(zone, outer);
        let catch = self.graph.add(Role::Part("except"), Some(zone));
        self.lower_tried(inner, caught, catch, after);
        self.zone = Some(zone);
        self.enter(catch);
        let parts = self.temporary("parts");
        let take_apart = format!("{parts} = {}.Parts({caught})", self.flow);
        self.push_hidden(take_apart, &[caught], Some(&parts));
        let of = Parts {
            caught,
            parts,
            zone,
        };
        for ExceptHandler::ExceptHandler(handler) in &inner.handlers {
            self.lower_star_handler(handler, &of);
        }
        let throw = format!("{}.throw({}.outcome())", self.flow, of.parts);
        self.push_hidden(throw, &[&of.parts], None);
        self.go_after(after);
        self.zone = outer;
    }

    /// Runs a handler if there is something for it; goes on behind it either way.
    fn lower_star_handler(&mut self, handler: &ExceptHandlerExceptHandler, of: &Parts<'_>) {
        let Some(classes) = handler.type_.as_deref() else {
            return;
        };
        let matched = self.temporary("matched");
        self.lower_expr(classes);
        let take = format!("{}.take", of.parts);
        let uses = Effects::of_uses([of.parts.clone()]);
        self.push_call(&matched, (&take, uses), classes, handler.start());
        let next = self.block(Role::Part("next"));
        let then = self.block(Role::Part("then"));
        self.end(Term::Branch {
            test: Code::hidden(format!("{matched} is not None")),
            effects: Effects::of_uses([matched.clone()]),
            then,
            orelse: next,
        });
        self.enter(then);
        self.push_hidden(
            format!("{} = {matched}", of.caught),
            &[&matched],
            Some(of.caught),
        );
        self.lower_part_handler(handler, of, next);
        self.enter(next);
    }

    /// Runs a handler for its part, and goes on in `next`. What it raises is collected.
    fn lower_part_handler(
        &mut self,
        handler: &ExceptHandlerExceptHandler,
        of: &Parts<'_>,
        next: BlockId,
    ) {
        let raised = self.temporary("raised");
        let catch = self.block(Role::Part("raised"));
        let name = handler.name.as_ref().map(ToString::to_string);
        self.zone = Some(self.handler_zone(of.caught, name.clone(), (&raised, catch)));
        let begin = self.block(Role::Part("handler"));
        self.end(Term::Goto(begin));
        self.enter(begin);
        if let Some(name) = name {
            self.push_hidden(format!("{name} = {}", of.caught), &[of.caught], Some(&name));
        }
        self.lower_body(&handler.body, handler.start());
        self.end(Term::Goto(next));
        self.zone = Some(of.zone);
        self.enter(catch);
        let collect = format!("{}.collect({raised})", of.parts);
        self.push_hidden(collect, &[&of.parts, &raised], None);
        self.end(Term::Goto(next));
    }

    /// The zone in which a part is being handled, within that from which what is raised goes on in `catch`.
    fn handler_zone(
        &mut self,
        caught: &str,
        name: Option<String>,
        (raised, catch): (&str, BlockId),
    ) -> ZoneId {
        let guarded = Zone::Guarded {
            caught: raised.to_owned(),
            catch,
        };
        let guarded = self.graph.zones.add(guarded, self.zone);
        let handling = Zone::Handling {
            caught: caught.to_owned(),
            name,
        };
        self.graph.zones.add(handling, Some(guarded))
    }
}
