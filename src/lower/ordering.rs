//! `sorted` and `list.sort` by keys that leave the entity: all keys are made first, as CPython makes them.

use super::builder::Builder;
use super::cfg::{Role, Term};
use super::choice::Key;
use super::comprehension::Comprehension;
use super::effects::Effects;
use super::fresh::describe;
use super::spill::Operand;
use crate::ir::Code;
use crate::syntax::ast::{self, Expr};
use crate::syntax::{Ranged, TextSize};

/// What is put into order.
#[derive(Clone, Copy)]
enum Subject<'e> {
    /// A new list of what is given to `sorted`.
    Elements(&'e Expr),
    /// The list whose method `sort` is called.
    List(&'e ast::ExprAttribute),
}

/// A call that puts elements into order.
pub struct Ordering<'e> {
    subject: Subject<'e>,
    key: &'e ast::ExprLambda,
    reverse: Option<&'e Expr>,
}

impl<'m, 'p> Builder<'m, 'p> {
    /// The ordering that a call does by a key which leaves the entity.
    pub fn ordering<'e>(&self, call: &'e ast::ExprCall) -> Option<Ordering<'e>> {
        let Key::Leaving(key) = self.key(call)? else {
            return None;
        };
        let arguments = &call.arguments;
        let mut names = arguments
            .keywords
            .iter()
            .map(|one| one.arg.as_deref().unwrap_or_default());
        let subject = match (&*call.func, &*arguments.args) {
            (Expr::Attribute(method), []) if self.is_list_sort(method) => Subject::List(method),
            (_, [only])
                if !only.is_starred_expr() && self.consuming_function(call) == Some("sorted") =>
            {
                Subject::Elements(only)
            }
            _ => return None,
        };
        names
            .all(|name| matches!(name, "key" | "reverse"))
            .then_some(Ordering {
                subject,
                key,
                reverse: arguments
                    .find_keyword("reverse")
                    .map(|keyword| &keyword.value),
            })
    }

    fn is_list_sort(&self, method: &ast::ExprAttribute) -> bool {
        let receiver = self.span(&*method.value);
        method.attr.as_str() == "sort" && self.resolution.builtin_receivers.contains(&receiver)
    }

    /// Puts elements into order; the result stands in the place of the call.
    pub fn order(&mut self, expr: &Expr, call: &ast::ExprCall, ordering: &Ordering<'_>) {
        let at = self.place_of_call(call);
        let body = Operand::Value(&ordering.key.body);
        let reverse = ordering.reverse.map(Operand::Value);
        let later: Vec<Operand<'_>> = reverse.into_iter().chain([body]).collect();
        let elements = match ordering.subject {
            Subject::Elements(iterable) => self.begin_sorted(call, iterable, &later),
            Subject::List(method) => {
                let receiver = Operand::Receiver(method);
                self.lower_operand(&receiver);
                self.keep(&receiver, &later);
                self.lower_and_keep(reverse.as_slice(), &later);
                self.list_of(&method.value, at)
            }
        };
        let keys = self.keys_of(ordering.key, &elements, at);
        self.arrange(expr, ordering, &elements, &keys, at);
    }

    /// Evaluates the arguments of `sorted`; gives the name of the list of elements.
    fn begin_sorted(
        &mut self,
        call: &ast::ExprCall,
        iterable: &Expr,
        later: &[Operand<'_>],
    ) -> String {
        let others = &later[..later.len() - 1];
        if let Some(generator) = Comprehension::of(iterable)
            && self.runs_in_place(
                &generator,
                others.iter().any(|other| self.has_site(other.range())),
            )
        {
            let state = self.begin_consumption(call, &generator, others);
            return self.collect(&generator, &state);
        }
        self.lower_expr(iterable);
        self.keep(&Operand::Value(iterable), others);
        self.lower_and_keep(others, later);
        self.list_of(iterable, self.place_of_call(call))
    }

    fn list_of(&mut self, iterable: &Expr, at: TextSize) -> String {
        let elements = self.temporary("elements");
        self.make(&elements, "listed", &[iterable], at);
        elements
    }

    /// Makes the keys of all elements; gives the name of their list.
    fn keys_of(&mut self, lambda: &ast::ExprLambda, elements: &str, at: TextSize) -> String {
        let keys = self.temporary("keys");
        self.push_line(format!("{keys} = []"), at, &[], Some(&keys));
        let state = self.temporary("element_loop");
        let iterate = format!("{state} = {}.iterate({elements})", self.flow());
        self.push_line(iterate, at, &[elements], Some(&state));
        let end = self.block(Role::Join("keys"));
        let (header, element) = self.begin_round(&state, at, end);
        let key = self.key_of(lambda, &element, at);
        self.push_line(format!("{keys}.append({key})"), at, &[&keys, &key], None);
        self.end(Term::Goto(header));
        self.enter(end);
        keys
    }

    fn arrange(
        &mut self,
        expr: &Expr,
        ordering: &Ordering<'_>,
        elements: &str,
        keys: &str,
        at: TextSize,
    ) {
        let result = self.temporary(&describe(expr));
        let mut effects = Effects::of_uses([elements.to_owned(), keys.to_owned()]);
        let mut code = Code::line(format!("{result} = {}.", self.flow()), self.text.line(at));
        match ordering.subject {
            Subject::Elements(_) => code.text.push_str("arranged("),
            Subject::List(method) => {
                effects.then(&self.effects(&method.value));
                code.append(
                    "rearrange(",
                    &self.text.render_expr(&method.value, &self.edits),
                );
                code.text.push_str(", ");
            }
        }
        code.text.push_str(&format!("{elements}, {keys}"));
        if let Some(reverse) = ordering.reverse {
            effects.then(&self.effects(reverse));
            code.append(", ", &self.text.render_expr(reverse, &self.edits));
        }
        code.text.push(')');
        effects.then(&Effects::of_binding(&result));
        self.push(code, effects);
        self.replace(expr.range(), &result);
    }
}
