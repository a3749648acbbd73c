//! Loops.
//!
//! Every pass over the function runs each loop body once, from the environment at the loop's head; what comes back to the
//! head is kept for the next pass.

use super::super::types::Type;
use super::functions::start;
use super::{Env, Interpreter, LoopFrame};
use crate::source::Span;
use crate::syntax::ast;

/// The methods by which something is gone over.
struct Protocol {
    begin: &'static str,
    next: &'static str,
}

const PLAIN: Protocol = Protocol {
    begin: "__iter__",
    next: "__next__",
};

const ASYNC: Protocol = Protocol {
    begin: "__aiter__",
    next: "__anext__",
};

impl<'a> Interpreter<'a, '_> {
    pub(super) fn for_(&mut self, for_: &'a ast::StmtFor) {
        let iterable = self.expr(&for_.iter);
        let is_nothing = self.is_nothing(&for_.iter);
        let element = self.round(&for_.iter, &iterable, for_.is_async);
        let key = start(for_);
        self.enter_head(key);
        let exhausted = self.env.clone();
        self.assign_maybe(&for_.target, &element, None, is_nothing);
        self.loop_body(key, &for_.body, &for_.orelse, exhausted, None);
    }

    pub(super) fn while_(&mut self, while_: &'a ast::StmtWhile) {
        let key = start(while_);
        self.enter_head(key);
        self.expr(&while_.test);
        let mut exhausted = self.env.clone();
        exhausted.live &= !is_always_true(&while_.test);
        self.narrow(&while_.test, true);
        self.loop_body(
            key,
            &while_.body,
            &while_.orelse,
            exhausted,
            Some(&while_.test),
        );
    }

    fn loop_body(
        &mut self,
        key: u32,
        body: &'a [ast::Stmt],
        orelse: &'a [ast::Stmt],
        exhausted: Env,
        test: Option<&'a ast::Expr>,
    ) {
        self.frame.loops.push(LoopFrame::default());
        self.body(body);
        let frame = self.frame.loops.pop().unwrap_or_default();
        let mut back = std::mem::take(&mut self.env);
        if let Some(continued) = frame.continues {
            back = back.join(continued);
        }
        self.back_edge(key, back);
        self.env = exhausted;
        if let Some(test) = test {
            self.narrow(test, false);
        }
        self.body(orelse);
        if let Some(broken) = frame.breaks {
            self.env = std::mem::take(&mut self.env).join(broken);
        }
    }

    fn enter_head(&mut self, key: u32) {
        let incoming = self.env.clone();
        let head = match self.heads.remove(&key) {
            Some(known) => {
                let joined = known.clone().join(incoming);
                self.stable &= joined == known;
                joined
            }
            None => {
                self.stable = false;
                incoming
            }
        };
        self.env = head.clone();
        self.heads.insert(key, head);
    }

    fn back_edge(&mut self, key: u32, back: Env) {
        if let Some(known) = self.heads.remove(&key) {
            let joined = known.clone().join(back);
            self.stable &= joined == known;
            self.heads.insert(key, joined);
        }
    }

    pub(super) fn break_(&mut self) {
        let env = self.env.clone();
        if let Some(innermost) = self.frame.loops.last_mut() {
            innermost.breaks = Some(match innermost.breaks.take() {
                Some(known) => known.join(env),
                None => env,
            });
        }
        self.env.live = false;
    }

    pub(super) fn continue_(&mut self) {
        let env = self.env.clone();
        if let Some(innermost) = self.frame.loops.last_mut() {
            innermost.continues = Some(match innermost.continues.take() {
                Some(known) => known.join(env),
                None => env,
            });
        }
        self.env.live = false;
    }

    /// What a round of a loop or of a comprehension is given.
    pub(super) fn round(&mut self, iter: &ast::Expr, iterable: &Type, is_async: bool) -> Type {
        if !is_async {
            return self.element(iterable, self.at(iter));
        }
        self.note_async_iterable(iter, iterable);
        self.iterated(iterable, self.at(iter), &ASYNC)
    }

    /// What iteration gives.
    pub(super) fn element(&mut self, iterable: &Type, at: Span) -> Type {
        self.iterated(iterable, at, &PLAIN)
    }

    fn iterated(&mut self, iterable: &Type, at: Span, protocol: &Protocol) -> Type {
        let element = self.given_by(iterable, at, protocol);
        self.or_unknown_content(element, at)
    }

    /// What an iterable that stands there holds, as far as it is known.
    pub(super) fn held(&mut self, iterable: &Type, at: Span) -> Type {
        self.given_by(iterable, at, &PLAIN)
    }

    fn given_by(&mut self, iterable: &Type, at: Span, protocol: &Protocol) -> Type {
        let members = iterable.members().to_vec();
        Type::union(members.iter().map(|member| match member.element() {
            Some(element) if member.is_container() => self.or_unknown_content(element, at),
            Some(element) => element,
            None => self.iterated_by(member, at, protocol),
        }))
    }

    fn iterated_by(&mut self, instance: &Type, at: Span, protocol: &Protocol) -> Type {
        let Type::Instance { id: class, .. } = instance else {
            return Type::Opaque;
        };
        match self.instance_method_result(instance, protocol.begin) {
            Some(iterator) => {
                let members = iterator.members().to_vec();
                Type::union(members.iter().map(|member| {
                    match member {
                        Type::Instance { .. } => self
                            .instance_method_result(member, protocol.next)
                            .unwrap_or(Type::Opaque),
                        _ => self.given_by(member, at, protocol),
                    }
                }))
            }
            None => {
                let bases = self.facts.bases(*class);
                let inherited: Vec<Type> = bases
                    .iter()
                    .filter(|base| !matches!(base, Type::Instance { .. }))
                    .filter_map(Type::element)
                    .collect();
                Type::union(inherited).join(Type::Opaque)
            }
        }
    }
}

fn is_always_true(test: &ast::Expr) -> bool {
    match test {
        ast::Expr::BooleanLiteral(literal) => literal.value,
        ast::Expr::NumberLiteral(number) => {
            matches!(&number.value, ast::Number::Int(value) if value.as_i64() != Some(0))
        }
        _ => false,
    }
}
