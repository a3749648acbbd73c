//! `with` and `async with`: the manager is entered, and left whichever way the body ends. It lives on across what leaves the method.

use super::builder::Builder;
use super::cfg::Role;
use super::exits::{After, Swallows};
use super::fresh::describe;
use super::refuse;
use crate::syntax::ast::{self, Expr, Stmt, WithItem};
use crate::syntax::{Ranged, TextRange};

impl Builder<'_, '_> {
    pub fn lower_with(&mut self, stmt: &Stmt, inner: &ast::StmtWith) {
        let Some(first) = inner.items.first() else {
            return;
        };
        let after_first = TextRange::new(first.context_expr.end(), stmt.end());
        if !self.has_site(after_first) && !self.jumps_out(stmt) {
            self.lower_expr(&first.context_expr);
            return self.push_stmt(stmt, stmt.start());
        }
        let end = self.block(Role::Join("with"));
        self.lower_items(inner, &inner.items, After::Goto(end));
        self.enter(end);
    }

    fn lower_items(&mut self, inner: &ast::StmtWith, items: &[WithItem], after: After) {
        let Some((item, rest)) = items.split_first() else {
            self.lower_body(&inner.body, inner.start());
            return self.go_after(after);
        };
        self.refuse_manager(inner, item);
        self.lower_expr(&item.context_expr);
        let manager = self.temporary("manager");
        self.assign(&manager, &item.context_expr);
        let at = inner.start();
        let entered = self.enter_manager(inner, item, &manager);
        self.lower_final(
            "exit",
            after,
            |builder| {
                if let (Some(target), Some(entered)) = (&item.optional_vars, &entered) {
                    builder.lower_target(target, entered);
                }
                builder.lower_items(inner, rest, After::Final);
            },
            |builder, pending| {
                let leave = builder.protocol(inner, "leave");
                let leave = format!("{pending} = {leave}({manager}, {pending})");
                builder.push_line(leave, at, &[&manager, pending], Some(pending));
                Swallows(true)
            },
        );
    }

    /// Enters a manager, on the line of the statement as in CPython; gives the temporary that is still to be assigned to the
    /// target.
    fn enter_manager(
        &mut self,
        inner: &ast::StmtWith,
        item: &WithItem,
        manager: &str,
    ) -> Option<String> {
        let at = inner.start();
        let enter = format!("{}({manager})", self.protocol(inner, "enter"));
        match item.optional_vars.as_deref() {
            None => {
                self.push_line(enter, at, &[manager], None);
                None
            }
            Some(Expr::Name(name)) => {
                self.push_line(
                    format!("{} = {enter}", name.id),
                    at,
                    &[manager],
                    Some(&name.id),
                );
                None
            }
            Some(target) => {
                let entered = self.temporary(&describe(target));
                self.push_line(
                    format!("{entered} = {enter}"),
                    at,
                    &[manager],
                    Some(&entered),
                );
                Some(entered)
            }
        }
    }

    /// What enters or leaves a manager.
    fn protocol(&self, inner: &ast::StmtWith, what: &str) -> String {
        match inner.is_async {
            true => format!("await {}.{what}_async", self.flow),
            false => format!("{}.{what}", self.flow),
        }
    }

    /// Reports a manager that cannot be kept while the body leaves the method.
    fn refuse_manager(&mut self, inner: &ast::StmtWith, item: &WithItem) {
        let behind = TextRange::new(item.context_expr.end(), inner.end());
        let Some(site) = self.first_site(behind) else {
            return;
        };
        let held = self
            .resolution
            .uncarriable_kept
            .get(&self.span(&item.context_expr));
        if let Some(what) = held {
            let at = self.span(&item.context_expr);
            let refused = refuse::manager(what, inner.is_async, at, self.span(&site));
            self.diagnostics.push(refused);
        }
    }
}
