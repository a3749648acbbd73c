//! `min` and `max` of elements, or by keys, that leave the entity.

use super::builder::Builder;
use super::cfg::{Role, Term};
use super::comprehension::Comprehension;
use super::effects::Effects;
use super::names::names_of;
use super::scope::Inner;
use super::spill::Operand;
use crate::ir::Code;
use crate::syntax::ast::{self, Expr};
use crate::syntax::{Ranged, TextSize};

/// What is chosen from.
enum Candidates<'e> {
    /// The elements of a generator expression.
    Generator(Comprehension<'e>),
    /// The elements of something that can be iterated.
    Iterable(&'e Expr),
    /// The arguments themselves.
    Arguments(&'e [Expr]),
}

/// By what elements are compared.
#[derive(Clone, Copy)]
pub enum Key<'e> {
    /// By themselves.
    Element,
    /// By what a function makes of them.
    Function(&'e Expr),
    /// By what a lambda makes of them, which leaves the entity.
    Leaving(&'e ast::ExprLambda),
}

/// A call of `min` or `max`.
pub struct Choice<'e> {
    class: &'static str,
    candidates: Candidates<'e>,
    key: Key<'e>,
    /// The argument for `default`, a keyword.
    default: Option<&'e ast::Keyword>,
    /// The arguments that are evaluated before anything is compared, apart from the candidates.
    others: Vec<Operand<'e>>,
}

/// The one parameter of a lambda, where that is all it takes and it stays what it is.
fn parameter(lambda: &ast::ExprLambda) -> Option<&str> {
    let parameters = lambda.parameters.as_deref()?;
    let [only] = parameters.iter().collect::<Vec<_>>()[..] else {
        return None;
    };
    let name = only.name().as_str();
    let is_plain =
        only.default().is_none() && !only.is_variadic() && parameters.kwonlyargs.is_empty();
    (is_plain && !names_of(&lambda.body).contains(name)).then_some(name)
}

impl<'m, 'p> Builder<'m, 'p> {
    /// How a call orders or chooses by a key; none where that leaves the entity in a way that cannot be written out.
    pub fn key<'e>(&self, call: &'e ast::ExprCall) -> Option<Key<'e>> {
        let key = call
            .arguments
            .find_keyword("key")
            .map(|keyword| &keyword.value);
        match key {
            None | Some(Expr::NoneLiteral(_)) => Some(Key::Element),
            Some(Expr::Lambda(lambda)) if self.has_site(lambda.body.range()) => {
                parameter(lambda).map(|_| Key::Leaving(lambda))
            }
            Some(function) => Some(Key::Function(function)),
        }
    }

    /// The choice that a call makes, where its elements or keys leave the entity.
    pub fn choice<'e>(&self, call: &'e ast::ExprCall) -> Option<Choice<'e>> {
        let arguments = &call.arguments;
        let class = match self.consuming_function(call)? {
            "min" => "Min",
            "max" => "Max",
            _ => return None,
        };
        let mut names = arguments
            .keywords
            .iter()
            .map(|one| one.arg.as_deref().unwrap_or_default());
        if !names.all(|name| matches!(name, "key" | "default"))
            || arguments.args.iter().any(Expr::is_starred_expr)
        {
            return None;
        }
        let default = arguments.find_keyword("default");
        let candidates = match &*arguments.args {
            [] => return None,
            [only] => match Comprehension::of(only).filter(Comprehension::is_generator) {
                Some(generator) => Candidates::Generator(generator),
                None => Candidates::Iterable(only),
            },
            several if default.is_none() => Candidates::Arguments(several),
            _ => return None,
        };
        let key = self.key(call)?;
        let others = self.operands_but_key(call, key);
        let leaves = match &candidates {
            Candidates::Generator(generator) => self.runs_in_place(
                generator,
                others.iter().any(|other| self.has_site(other.range())),
            ),
            _ => false,
        };
        (leaves || matches!(key, Key::Leaving(_))).then_some(Choice {
            class,
            candidates,
            key,
            default,
            others,
        })
    }

    /// The keyword arguments that are evaluated before the call.
    pub fn operands_but_key<'e>(&self, call: &'e ast::ExprCall, key: Key<'e>) -> Vec<Operand<'e>> {
        let keywords = call.arguments.keywords.iter();
        let others = keywords
            .filter(|one| one.arg.as_deref() != Some("key") || matches!(key, Key::Function(_)));
        others.map(|one| Operand::Value(&one.value)).collect()
    }

    /// Makes a choice; what is chosen stands in the place of the call.
    pub fn choose(&mut self, expr: &Expr, call: &ast::ExprCall, choice: &Choice<'_>) {
        let at = self.place_of_call(call);
        let state = self.begin_candidates(call, choice);
        let best = self.temporary("best");
        self.make(&best, choice.class, &[], at);
        let end = self.block(Role::Join(if choice.class == "Min" {
            "min"
        } else {
            "max"
        }));
        match &choice.candidates {
            Candidates::Generator(generator) => {
                self.run_comprehension(generator, &state, end, &mut |this, next| {
                    let mark = this.fresh.mark();
                    let value = this.value_of(generator.element, "element");
                    this.compare(&best, &value, choice.key, at);
                    this.fresh.release(mark);
                    this.end(Term::Goto(next));
                });
            }
            Candidates::Iterable(_) | Candidates::Arguments(_) => {
                let (header, element) = self.begin_round(&state, at, end);
                self.compare(&best, &element, choice.key, at);
                self.end(Term::Goto(header));
            }
        }
        self.enter(end);
        self.finish(
            expr,
            &best,
            choice.default.map(std::slice::from_ref).unwrap_or_default(),
            at,
        );
    }

    /// Evaluates the arguments; gives the state of the loop over the candidates.
    fn begin_candidates(&mut self, call: &ast::ExprCall, choice: &Choice<'_>) -> String {
        let mut later = choice.others.clone();
        if let Key::Leaving(lambda) = choice.key {
            later.push(Operand::Value(&lambda.body));
        }
        match &choice.candidates {
            Candidates::Generator(generator) => {
                self.begin_consumption(call, generator, &choice.others)
            }
            Candidates::Iterable(iterable) => {
                self.lower_expr(iterable);
                self.keep(&Operand::Value(iterable), &choice.others);
                self.lower_and_keep(&choice.others, &later);
                self.begin_loop("element", iterable)
            }
            Candidates::Arguments(arguments) => {
                let operands: Vec<Operand<'_>> = arguments.iter().map(Operand::Value).collect();
                let all = [operands.as_slice(), later.as_slice()].concat();
                self.lower_and_keep(&operands, &all);
                self.begin_loop_over(arguments, call)
            }
        }
    }

    fn begin_loop_over(&mut self, arguments: &[Expr], call: &ast::ExprCall) -> String {
        let state = self.temporary("element_loop");
        let mut effects = self.effects_of(arguments);
        effects.then(&Effects::of_binding(&state));
        let line = self.text.line(self.place_of_call(call));
        let mut code = Code::line(format!("{state} = {}.iterate((", self.flow()), line);
        for argument in arguments {
            code.append("", &self.text.render_expr(argument, &self.edits));
            code.text.push_str(", ");
        }
        code.text.truncate(code.text.len() - 2);
        code.text.push_str("))");
        self.push(code, effects);
        state
    }

    /// Compares an element with the best so far.
    fn compare(&mut self, best: &str, element: &str, key: Key<'_>, at: TextSize) {
        match key {
            Key::Element => {
                self.push_line(format!("{best}.add({element})"), at, &[best, element], None);
            }
            Key::Function(function) => {
                let mut effects = self.effects(function);
                let uses = [best, element]
                    .into_iter()
                    .filter(|name| self.locals.contains(*name));
                effects.then(&Effects::of_uses(uses.map(str::to_owned)));
                let mut code = Code::line(format!("{best}.add_by("), self.text.line(at));
                code.append("", &self.text.render_expr(function, &self.edits));
                code.text.push_str(&format!(", {element})"));
                self.push(code, effects);
            }
            Key::Leaving(lambda) => {
                let key = self.key_of(lambda, element, at);
                self.push_line(
                    format!("{best}.add_keyed({element}, {key})"),
                    at,
                    &[best, element, &key],
                    None,
                );
            }
        }
    }

    /// Evaluates what a lambda makes of an element; gives the name that holds it.
    pub fn key_of(&mut self, lambda: &ast::ExprLambda, element: &str, at: TextSize) -> String {
        let scope = self.enter_scope(&Inner::Lambda(lambda));
        let parameter = parameter(lambda).unwrap_or_default();
        let name = scope.name(parameter).to_owned();
        self.push_line(format!("{name} = {element}"), at, &[element], Some(&name));
        let key = self.value_of(&lambda.body, "key");
        self.leave_scope(&scope);
        key
    }
}
