//! Statements, as far as they hold a site, or a jump out of what is cut. The others stay as they are.

use super::builder::{Builder, Loop};
use super::cfg::{BlockId, Role, Term};
use super::comprehension::Over;
use super::effects::Effects;
use super::exits::Exit;
use super::fresh::describe;
use super::refuse;
use crate::ir::Code;
use crate::resolve::Site;
use crate::syntax::ast::visitor::{self, Visitor};
use crate::syntax::ast::{self, Expr, Stmt};
use crate::syntax::{Ranged, TextSize};

impl Builder<'_, '_> {
    /// Lowers statements one after the other. Comments of the first are looked for after `floor`.
    pub fn lower_body(&mut self, body: &[Stmt], floor: TextSize) {
        let mut floor = floor;
        for stmt in body {
            if !self.is_reached() {
                return;
            }
            let mark = self.fresh.mark();
            if self.has_site(stmt.range()) || self.jumps_out(stmt) {
                self.lower_stmt(stmt, floor);
            } else {
                self.keep_stmt(stmt, floor);
            }
            self.fresh.release(mark);
            floor = stmt.end();
        }
    }

    fn keep_stmt(&mut self, stmt: &Stmt, floor: TextSize) {
        self.keep_defaults(stmt);
        self.push_stmt(stmt, floor);
        if matches!(stmt, Stmt::Return(_) | Stmt::Raise(_)) {
            self.end(Term::Stop);
        }
    }

    fn lower_stmt(&mut self, stmt: &Stmt, floor: TextSize) {
        self.push_comments(stmt, floor);
        match stmt {
            Stmt::Expr(inner) => self.lower_expression(stmt, inner),
            Stmt::Assign(inner) => self.lower_assign(stmt, inner),
            Stmt::AnnAssign(inner) => self.lower_annotated(stmt, inner),
            Stmt::AugAssign(inner) => self.lower_augmented(stmt, inner),
            Stmt::Return(inner) => self.lower_return(stmt, inner),
            Stmt::Raise(inner) => self.lower_raise(stmt, inner),
            Stmt::Assert(inner) => self.lower_assert(stmt, inner),
            Stmt::Delete(inner) => self.lower_delete(inner),
            Stmt::If(inner) => self.lower_if(inner),
            Stmt::While(inner) => self.lower_while(inner),
            Stmt::For(inner) => self.lower_for(stmt, inner),
            Stmt::Try(inner) => self.lower_try(stmt, inner),
            Stmt::With(inner) => self.lower_with(stmt, inner),
            Stmt::Match(inner) => self.lower_match(stmt, inner),
            Stmt::Break(_) => self.lower_jump(Exit::Break),
            Stmt::Continue(_) => self.lower_jump(Exit::Continue),
            _ => {
                let refused = refuse::statement(self, stmt);
                self.diagnostics.push(refused);
            }
        }
    }

    /// Whether a statement has jumps that lead out of it, and that cannot stay because what they lead to is cut.
    pub fn jumps_out(&self, stmt: &Stmt) -> bool {
        let mut jumps = Jumps::default();
        jumps.visit_stmt(stmt);
        jumps.to_loop || (jumps.returns && !self.finals.is_empty())
    }

    fn lower_expression(&mut self, stmt: &Stmt, inner: &ast::StmtExpr) {
        if let Some(site) = self.site(&inner.value) {
            self.push_comment_behind(stmt);
            let departure = self.depart(&inner.value, site);
            return self.leave_unused(inner.value.range(), departure);
        }
        self.lower_expr(&inner.value);
        if self.edits.at(inner.value.range()).is_none() {
            self.push_stmt(stmt, stmt.start());
        } else {
            self.push_comment_behind(stmt);
        }
    }

    fn lower_assign(&mut self, stmt: &Stmt, assign: &ast::StmtAssign) {
        if let [Expr::Name(name)] = &*assign.targets
            && let Some(site) = self.site(&assign.value)
        {
            self.push_comment_behind(stmt);
            let departure = self.depart(&assign.value, site);
            return self.leave_to(&name.id, assign.value.range(), departure);
        }
        if !self.lower_unpacked(assign) {
            self.lower_expr(&assign.value);
        }
        if !assign
            .targets
            .iter()
            .any(|target| self.has_site(target.range()))
        {
            return self.push_stmt(stmt, stmt.start());
        }
        let value = self.save(&assign.value);
        for target in &assign.targets {
            self.lower_target(target, &value);
        }
    }

    /// Assigns a temporary to a target, whose own parts are evaluated now.
    pub fn lower_target(&mut self, target: &Expr, value: &str) {
        let elements = match target {
            Expr::Tuple(tuple) => Some(&tuple.elts),
            Expr::List(list) => Some(&list.elts),
            _ => None,
        };
        match elements {
            Some(elements) if self.has_site(target.range()) => {
                self.unpack(target, elements, value);
            }
            _ => {
                self.lower_target_parts(target);
                self.assign_target(target, value);
            }
        }
    }

    fn unpack(&mut self, target: &Expr, elements: &[Expr], value: &str) {
        let names: Vec<String> = elements
            .iter()
            .map(|element| self.temporary(&describe(element)))
            .collect();
        let pattern: String = elements
            .iter()
            .zip(&names)
            .map(|(element, name)| match element {
                Expr::Starred(_) => format!("*{name}, "),
                _ => format!("{name}, "),
            })
            .collect();
        let mut effects = Effects::of_uses([value.to_owned()]);
        for name in &names {
            effects.then(&Effects::of_binding(name));
        }
        let line = self.text.line(target.start());
        self.push(
            Code::line(format!("({}) = {value}", pattern.trim_end()), line),
            effects,
        );
        for (element, name) in elements.iter().zip(&names) {
            match element {
                Expr::Starred(starred) => self.lower_target(&starred.value, name),
                _ => self.lower_target(element, name),
            }
        }
    }

    fn lower_target_parts(&mut self, target: &Expr) {
        if self.has_site(target.range()) {
            self.lower_expr_parts(target);
        }
    }

    fn assign_target(&mut self, target: &Expr, value: &str) {
        if self.access(target, Some(value)) {
            return;
        }
        let mut effects = Effects::of_uses([value.to_owned()]);
        effects.then(&self.effects(target));
        let mut code = self.text.render_target(target, &self.edits);
        code.text.push_str(" = ");
        code.text.push_str(value);
        self.push(code, effects);
    }

    fn lower_annotated(&mut self, stmt: &Stmt, assign: &ast::StmtAnnAssign) {
        let Some(value) = &assign.value else {
            return self.push_stmt(stmt, stmt.start());
        };
        self.lower_expr(value);
        if self.has_site(assign.target.range()) {
            let value = self.save(value);
            self.lower_target(&assign.target, &value);
        } else {
            self.push_stmt(stmt, stmt.start());
        }
    }

    /// `x.y += value` loads `x`, loads `x.y`, evaluates the value, then stores.
    fn lower_augmented(&mut self, stmt: &Stmt, assign: &ast::StmtAugAssign) {
        let target = &*assign.target;
        if let Expr::Name(name) = target {
            let reads_first = self.may_be_unbound(name.range)
                || self
                    .effects(&assign.value)
                    .may_bind
                    .contains(name.id.as_str());
            if !reads_first {
                self.lower_expr(&assign.value);
                return self.push_stmt(stmt, stmt.start());
            }
        }
        let is_accessed = self.site(target).is_some() || self.accessor(target).is_some();
        if !is_accessed && !self.has_site(assign.value.range()) {
            self.lower_target_parts(target);
            return self.push_stmt(stmt, stmt.start());
        }
        self.keep_target_parts(target, &assign.value);
        let name = self.temporary(&describe(target));
        self.load_target(target, &name);
        self.lower_expr(&assign.value);
        self.augment(assign, &name);
        self.assign_target(target, &name);
    }

    fn load_target(&mut self, target: &Expr, name: &str) {
        if let (Expr::Attribute(attribute), Some(Site::Getter { targets })) =
            (target, self.site(target))
        {
            let departure = self.reading(attribute, targets);
            return self.leave_to(name, target.range(), departure);
        }
        let mut effects = match target {
            Expr::Name(target) => Effects::of_uses([target.id.to_string()]),
            _ => self.effects(target),
        };
        effects.then(&Effects::of_binding(name));
        let mut code = self.text.render_target(target, &self.edits);
        code.text.insert_str(0, &format!("{name} = "));
        self.push(code, effects);
    }

    fn augment(&mut self, assign: &ast::StmtAugAssign, name: &str) {
        let mut effects = Effects::of_uses([name.to_owned()]);
        effects.then(&self.effects(&assign.value));
        effects.then(&Effects::of_binding(name));
        let mut code = self.text.render_expr(&assign.value, &self.edits);
        code.text
            .insert_str(0, &format!("{name} {}= ", assign.op.as_str()));
        self.push(code, effects);
    }

    fn lower_return(&mut self, stmt: &Stmt, inner: &ast::StmtReturn) {
        let value = inner.value.as_deref();
        if self.zone.is_none()
            && let Some(value) = value
            && let Some(site) = self.site(value)
        {
            self.push_comment_behind(stmt);
            let departure = self.depart(value, site);
            if departure.is_on_one_line() {
                return self.forward(departure);
            }
            self.leave(value, departure);
            return self.keep_stmt(stmt, stmt.start());
        }
        if let Some(value) = value {
            self.lower_expr(value);
        }
        if self.finals.is_empty() {
            return self.keep_stmt(stmt, stmt.start());
        }
        self.push_comment_behind(stmt);
        self.lower_pending_return(value, stmt.start());
    }

    fn lower_raise(&mut self, stmt: &Stmt, inner: &ast::StmtRaise) {
        let parts: Vec<&Expr> = [&inner.exc, &inner.cause]
            .into_iter()
            .filter_map(|part| part.as_deref())
            .collect();
        self.lower_in_order(&parts);
        self.keep_stmt(stmt, stmt.start());
    }

    fn lower_assert(&mut self, stmt: &Stmt, inner: &ast::StmtAssert) {
        let Some(message) = inner
            .msg
            .as_deref()
            .filter(|message| self.has_site(message.range()))
        else {
            self.lower_expr(&inner.test);
            return self.push_stmt(stmt, stmt.start());
        };
        let failed = self.block(Role::Part("failed"));
        let holds = self.block(Role::Join("assert"));
        self.lower_condition(&inner.test, holds, failed);
        self.enter(failed);
        self.lower_expr(message);
        let effects = self.effects(message);
        let mut code = self.text.render_expr(message, &self.edits);
        code.text = format!("raise AssertionError({})", code.text);
        self.push(code, effects);
        self.end(Term::Stop);
        self.enter(holds);
    }

    fn lower_delete(&mut self, inner: &ast::StmtDelete) {
        for target in &inner.targets {
            self.delete_target(target);
        }
    }

    fn delete_target(&mut self, target: &Expr) {
        if let Expr::Tuple(ast::ExprTuple { elts, .. }) | Expr::List(ast::ExprList { elts, .. }) =
            target
            && self.has_site(target.range())
        {
            return elts.iter().for_each(|element| self.delete_target(element));
        }
        self.lower_target_parts(target);
        if self.access(target, None) {
            return;
        }
        let effects = self.effects(target);
        let mut code = self.text.render_target(target, &self.edits);
        code.text.insert_str(0, "del ");
        self.push(code, effects);
    }

    fn lower_if(&mut self, stmt: &ast::StmtIf) {
        let join = self.block(Role::Join("if"));
        let then = self.block(Role::Part("then"));
        let mut orelse = match stmt.elif_else_clauses.is_empty() {
            true => join,
            false => self.block(Role::Part("else")),
        };
        self.lower_condition(&stmt.test, then, orelse);
        self.lower_branch(then, &stmt.body, stmt.test.end(), join);
        for (index, clause) in stmt.elif_else_clauses.iter().enumerate() {
            self.enter(orelse);
            let Some(test) = &clause.test else {
                self.lower_branch(orelse, &clause.body, clause.start(), join);
                break;
            };
            let is_last = index + 1 == stmt.elif_else_clauses.len();
            let then = self.block(Role::Part("then"));
            orelse = if is_last {
                join
            } else {
                self.block(Role::Part("else"))
            };
            self.lower_condition(test, then, orelse);
            self.lower_branch(then, &clause.body, test.end(), join);
        }
        self.enter(join);
    }

    fn lower_branch(&mut self, block: BlockId, body: &[Stmt], floor: TextSize, join: BlockId) {
        self.enter(block);
        self.lower_body(body, floor);
        self.end(Term::Goto(join));
    }

    fn lower_while(&mut self, stmt: &ast::StmtWhile) {
        let header = self.block(Role::While);
        let body = match is_true(&stmt.test) {
            true => header,
            false => self.block(Role::Part("body")),
        };
        let end = self.block(Role::Join("while"));
        let orelse = match stmt.orelse.is_empty() {
            true => end,
            false => self.block(Role::Part("else")),
        };
        self.end(Term::Goto(header));
        self.enter(header);
        if body != header {
            self.lower_condition(&stmt.test, body, orelse);
        }
        let of = self.new_loop(header, end);
        self.lower_loop(body, &stmt.body, stmt.test.end(), of);
        self.lower_else(orelse, &stmt.orelse, end);
    }

    fn lower_for(&mut self, stmt: &Stmt, inner: &ast::StmtFor) {
        let is_cut = self.body_has_site(&inner.body)
            || self.body_has_site(&inner.orelse)
            || self.has_site(inner.target.range())
            || self.jumps_out(stmt);
        if !is_cut && !self.makes_elements(&inner.iter, inner.is_async) {
            self.lower_expr(&inner.iter);
            return self.push_stmt(stmt, stmt.start());
        }
        let over = Over::of_loop(inner);
        let state = self.begin_iteration(&over);
        let (end, orelse) = self.ends_of_for(inner);
        self.iterate(&over, &state, orelse, &mut |this, next| {
            let of = this.new_loop(next, end);
            this.lower_loop_body(&inner.body, inner.iter.end(), of);
        });
        self.lower_else(orelse, &inner.orelse, end);
    }

    /// Where a loop ends, and where it goes when it is exhausted.
    fn ends_of_for(&mut self, stmt: &ast::StmtFor) -> (BlockId, BlockId) {
        let end = self.block(Role::Join("for"));
        let orelse = match stmt.orelse.is_empty() {
            true => end,
            false => self.block(Role::Part("else")),
        };
        (end, orelse)
    }

    fn lower_loop(&mut self, block: BlockId, body: &[Stmt], floor: TextSize, of: Loop) {
        self.enter(block);
        self.lower_loop_body(body, floor, of);
    }

    fn lower_loop_body(&mut self, body: &[Stmt], floor: TextSize, of: Loop) {
        let header = of.next;
        self.loops.push(of);
        self.lower_body(body, floor);
        self.loops.pop();
        self.end(Term::Goto(header));
    }

    fn lower_else(&mut self, orelse: BlockId, body: &[Stmt], end: BlockId) {
        if orelse != end {
            let floor = body.first().map_or(TextSize::new(0), Ranged::start);
            self.lower_branch(orelse, body, floor, end);
        }
        self.enter(end);
    }
}

fn is_true(test: &Expr) -> bool {
    matches!(test, Expr::BooleanLiteral(literal) if literal.value)
}

/// The jumps that lead out of a statement.
#[derive(Default)]
struct Jumps {
    /// How many loops of the statement stand around what is visited.
    loops: usize,
    to_loop: bool,
    returns: bool,
}

impl Jumps {
    fn visit_loop(&mut self, body: &[Stmt], orelse: &[Stmt]) {
        self.loops += 1;
        self.visit_body(body);
        self.loops -= 1;
        self.visit_body(orelse);
    }
}

impl<'a> Visitor<'a> for Jumps {
    fn visit_stmt(&mut self, stmt: &'a Stmt) {
        match stmt {
            Stmt::Break(_) | Stmt::Continue(_) => self.to_loop |= self.loops == 0,
            Stmt::Return(_) => self.returns = true,
            Stmt::For(stmt) => self.visit_loop(&stmt.body, &stmt.orelse),
            Stmt::While(stmt) => self.visit_loop(&stmt.body, &stmt.orelse),
            Stmt::FunctionDef(_) | Stmt::ClassDef(_) => {}
            _ => visitor::walk_stmt(self, stmt),
        }
    }

    fn visit_expr(&mut self, _: &'a Expr) {}
}
