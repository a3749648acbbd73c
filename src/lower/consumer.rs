//! Generator expressions that are consumed where they stand.
//!
//! What asks for the elements is one of Python's own functions, or an assignment that unpacks; when it does so is known, so
//! that each element can be made in the method itself.

use super::builder::Builder;
use super::cfg::{Role, Term};
use super::comprehension::Comprehension;
use super::effects::Effects;
use super::fresh::describe;
use super::spill::Operand;
use crate::ir::Code;
use crate::syntax::ast::{self, Expr};
use crate::syntax::{Ranged, TextSize};

/// What a call does with the elements that it is given.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Consumer {
    /// Collects them in order before it does anything else.
    List,
    /// Collects them into a set.
    Set,
    /// Takes them as keys and values.
    Dict,
    /// Adds them up.
    Sum,
    /// Looks for one that is true.
    Any,
    /// Looks for one that is false.
    All,
}

/// A call that consumes a generator expression.
struct Consumption<'e> {
    consumer: Consumer,
    generator: Comprehension<'e>,
    /// The other arguments, in order.
    others: Vec<&'e Expr>,
}

impl<'m, 'p> Builder<'m, 'p> {
    /// Evaluates the sites in a call that is none itself.
    pub fn lower_call(&mut self, expr: &Expr, call: &ast::ExprCall) {
        if let Some(choice) = self.choice(call) {
            return self.choose(expr, call, &choice);
        }
        if let Some(ordering) = self.ordering(call) {
            return self.order(expr, call, &ordering);
        }
        match self.consumption(call) {
            Some(consumption) => self.consume(expr, call, &consumption),
            None => self.lower_call_operands(call),
        }
    }

    fn consumption<'e>(&self, call: &'e ast::ExprCall) -> Option<Consumption<'e>> {
        let arguments = &call.arguments;
        let (first, more) = arguments.args.split_first()?;
        let generator = Comprehension::of(first).filter(Comprehension::is_generator)?;
        let named = &arguments.keywords;
        let unpacks =
            more.iter().any(Expr::is_starred_expr) || named.iter().any(|one| one.arg.is_none());
        let others: Vec<&Expr> = more
            .iter()
            .chain(named.iter().map(|one| &one.value))
            .collect();
        let leaves = self.leaves_inside(&generator)
            || others.iter().any(|other| self.has_site(other.range()));
        if unpacks || !leaves || generator.is_async() {
            return None;
        }
        let is_named = |names: &[&str]| {
            let mut given = named.iter().filter_map(|one| one.arg.as_deref());
            given.all(|name| names.contains(&name))
        };
        let consumer = match (self.consuming_function(call)?, more.len()) {
            ("sorted", 0) if is_named(&["key", "reverse"]) => Consumer::List,
            ("list" | "tuple" | "join", 0) if named.is_empty() => Consumer::List,
            ("set" | "frozenset", 0) if named.is_empty() => Consumer::Set,
            ("any", 0) if named.is_empty() => Consumer::Any,
            ("all", 0) if named.is_empty() => Consumer::All,
            ("dict", 0) => Consumer::Dict,
            ("sum", 0) if is_named(&["start"]) => Consumer::Sum,
            ("sum", 1) if named.is_empty() => Consumer::Sum,
            _ => return None,
        };
        Some(Consumption {
            consumer,
            generator,
            others,
        })
    }

    /// The name of the function of Python's own that is called, or `join` where it is the method of a string.
    pub fn consuming_function<'e>(&self, call: &'e ast::ExprCall) -> Option<&'e str> {
        match &*call.func {
            Expr::Name(name) if self.is_builtin(&name.id) => Some(&name.id),
            Expr::Attribute(attribute) if attribute.attr.as_str() == "join" => {
                let receiver = self.span(&*attribute.value);
                let is_string = self.resolution.builtin_receivers.contains(&receiver);
                is_string.then_some("join")
            }
            _ => None,
        }
    }

    fn consume(&mut self, expr: &Expr, call: &ast::ExprCall, consumption: &Consumption<'_>) {
        let Consumption {
            consumer,
            generator,
            others,
        } = consumption;
        let operands: Vec<Operand<'_>> = others.iter().map(|other| Operand::Value(other)).collect();
        let state = self.begin_consumption(call, generator, &operands);
        let at = self.place_of_call(call);
        match consumer {
            Consumer::List => {
                let elements = self.collect(generator, &state);
                let whole = match self.consuming_function(call) {
                    Some("list") => expr,
                    _ => generator.expr,
                };
                self.replace(whole.range(), &elements);
            }
            Consumer::Set => {
                let elements = self.temporary("elements");
                let empty = self.empty_set();
                self.push_line(format!("{elements} = {empty}"), at, &[], Some(&elements));
                self.accumulate(generator, &state, "set", &elements, at);
                let whole = match self.consuming_function(call) {
                    Some("set") => expr,
                    _ => generator.expr,
                };
                self.replace(whole.range(), &elements);
            }
            Consumer::Dict => {
                let entries = self.temporary("entries");
                self.make(&entries, "Entries", &[], at);
                self.accumulate(generator, &state, "dict", &entries, at);
                self.finish(expr, &entries, &call.arguments.keywords, at);
            }
            Consumer::Sum => {
                let total = self.temporary("total");
                self.make(&total, "Sum", others, at);
                self.accumulate(generator, &state, "sum", &total, at);
                self.finish(expr, &total, &[], at);
            }
            Consumer::Any => self.search(expr, generator, &state, true),
            Consumer::All => self.search(expr, generator, &state, false),
        }
    }

    /// Evaluates what a call is made on, what its generator expression goes over, and its other arguments.
    pub fn begin_consumption(
        &mut self,
        call: &ast::ExprCall,
        generator: &Comprehension<'_>,
        others: &[Operand<'_>],
    ) -> String {
        let mut later = others.to_vec();
        later.push(Operand::Value(generator.expr));
        let callee = match &*call.func {
            Expr::Attribute(attribute) => Operand::Receiver(attribute),
            func => Operand::Value(func),
        };
        self.lower_operand(&callee);
        self.keep(&callee, &later);
        let state = self.begin_comprehension(generator);
        self.lower_and_keep(others, &later);
        state
    }

    /// Evaluates operands and keeps their values; `later` are they and what comes after them.
    pub fn lower_and_keep(&mut self, operands: &[Operand<'_>], later: &[Operand<'_>]) {
        for (index, operand) in operands.iter().enumerate() {
            self.lower_operand(operand);
            self.keep(operand, &later[index + 1..]);
        }
    }

    /// Collects the elements of a generator expression that has begun in a list; gives its name.
    pub fn collect(&mut self, generator: &Comprehension<'_>, state: &str) -> String {
        let elements = self.temporary("elements");
        let at = generator.expr.start();
        self.push_line(format!("{elements} = []"), at, &[], Some(&elements));
        let end = self.block(Role::Join("list"));
        self.run_comprehension(generator, state, end, &mut |this, next| {
            this.add_element(&elements, "append", generator.element);
            this.end(Term::Goto(next));
        });
        self.enter(end);
        elements
    }

    /// Hands the elements to `collector.add`, one by one.
    fn accumulate(
        &mut self,
        generator: &Comprehension<'_>,
        state: &str,
        name: &'static str,
        collector: &str,
        at: TextSize,
    ) {
        let end = self.block(Role::Join(name));
        self.run_comprehension(generator, state, end, &mut |this, next| {
            let mark = this.fresh.mark();
            let value = this.value_of(generator.element, "element");
            this.push_line(
                format!("{collector}.add({value})"),
                at,
                &[collector, &value],
                None,
            );
            this.fresh.release(mark);
            this.end(Term::Goto(next));
        });
        self.enter(end);
    }

    /// Evaluates an expression; gives a name that holds its value, one like `wanted` where it needs one.
    pub fn value_of(&mut self, expr: &Expr, wanted: &str) -> String {
        self.lower_expr(expr);
        match (self.edits.at(expr.range()), expr) {
            (Some(edit), _) if self.locals.contains(&edit.text) => edit.text.clone(),
            (None, Expr::Name(name)) if self.locals.contains(name.id.as_str()) => {
                name.id.to_string()
            }
            _ => {
                let name = self.temporary(wanted);
                self.assign(&name, expr);
                name
            }
        }
    }

    /// Makes an object of the run-time package.
    pub fn make(&mut self, name: &str, class: &str, arguments: &[&Expr], at: TextSize) {
        let mut effects = self.effects_of(arguments.iter().copied());
        effects.then(&Effects::of_binding(name));
        let mut code = Code::line(
            format!("{name} = {}.{class}(", self.flow()),
            self.text.line(at),
        );
        self.append_arguments(&mut code, arguments.iter().map(|argument| ("", *argument)));
        self.push(code, effects);
    }

    /// Takes the result of such an object; it stands in the place of `expr`.
    pub fn finish(
        &mut self,
        expr: &Expr,
        collector: &str,
        keywords: &[ast::Keyword],
        at: TextSize,
    ) {
        let name = self.temporary(&describe(expr));
        let mut effects = self.effects_of(keywords.iter().map(|keyword| &keyword.value));
        effects.then(&Effects::of_uses([collector.to_owned()]));
        effects.then(&Effects::of_binding(&name));
        let mut code = Code::line(format!("{name} = {collector}.result("), self.text.line(at));
        let named = keywords
            .iter()
            .map(|keyword| (keyword.arg.as_deref().unwrap_or_default(), &keyword.value));
        self.append_arguments(&mut code, named);
        self.push(code, effects);
        self.replace(expr.range(), &name);
    }

    fn append_arguments<'e>(
        &self,
        code: &mut Code,
        arguments: impl Iterator<Item = (&'e str, &'e Expr)>,
    ) {
        for (index, (name, argument)) in arguments.enumerate() {
            let comma = if index > 0 { ", " } else { "" };
            let named = if name.is_empty() {
                String::new()
            } else {
                format!("{name}=")
            };
            code.append(
                &format!("{comma}{named}"),
                &self.text.render_expr(argument, &self.edits),
            );
        }
        code.text.push(')');
    }

    /// Looks for an element whose truth is `wanted`.
    fn search(&mut self, expr: &Expr, generator: &Comprehension<'_>, state: &str, wanted: bool) {
        let truth = |found: bool| if found { "True" } else { "False" };
        let name = self.temporary(&describe(expr));
        let at = expr.start();
        self.push_line(format!("{name} = {}", truth(!wanted)), at, &[], Some(&name));
        let end = self.block(Role::Join(if wanted { "any" } else { "all" }));
        self.run_comprehension(generator, state, end, &mut |this, next| {
            let found = this.block(Role::Part("found"));
            let (then, orelse) = if wanted { (found, next) } else { (next, found) };
            this.lower_condition(generator.element, then, orelse);
            this.enter(found);
            this.push_line(format!("{name} = {}", truth(wanted)), at, &[], Some(&name));
            this.end(Term::Goto(end));
        });
        self.enter(end);
        self.replace(expr.range(), &name);
    }

    /// Whether the elements of a generator expression are to be made in the method itself, where they are asked for there.
    pub fn runs_in_place(&self, generator: &Comprehension<'_>, is_cut: bool) -> bool {
        !generator.is_async() && self.is_made_here(generator, is_cut)
    }

    /// The same, for a loop that may be an `async for`.
    pub fn runs_in_loop(
        &self,
        generator: &Comprehension<'_>,
        is_async: bool,
        is_cut: bool,
    ) -> bool {
        generator.is_async() == is_async && self.is_made_here(generator, is_cut)
    }

    fn is_made_here(&self, generator: &Comprehension<'_>, is_cut: bool) -> bool {
        generator.is_generator() && (is_cut || self.leaves_inside(generator))
    }

    /// Whether a loop goes over a generator expression that leaves the entity where an element is asked for.
    pub fn makes_elements(&self, iterable: &Expr, is_async: bool) -> bool {
        Comprehension::of(iterable)
            .is_some_and(|generator| self.runs_in_loop(&generator, is_async, false))
    }
}
