//! Expressions, in the order in which they are evaluated.

use super::Flow;
use super::calls::On;
use super::state::{Object, Reads, State, Value};
use crate::syntax::ast::visitor::{Visitor, walk_expr};
use crate::syntax::ast::{self, Expr};

impl<'p> Flow<'_, '_, 'p> {
    /// Evaluates an expression.
    pub(super) fn expr(&mut self, expr: &'p Expr) -> Value {
        match expr {
            Expr::Name(name) => self.name(name),
            Expr::Attribute(attribute) => self.attribute(attribute, expr),
            Expr::Subscript(subscript) => {
                let of = self.expr(&subscript.value);
                let index = self.expr(&subscript.slice);
                let mut part = match &*subscript.slice {
                    Expr::Slice(_) => {
                        let reads = &of.reads | &self.reads_in(&of, expr);
                        self.made(expr, reads)
                    }
                    _ => self.part_read(&of, expr),
                };
                part.reads.extend(index.reads);
                part
            }
            Expr::Call(call) => self.call(call),
            Expr::Named(named) => {
                let value = self.expr(&named.value);
                self.bind(&named.target, &value);
                value
            }
            Expr::If(choice) => self.conditional(choice),
            Expr::BoolOp(operation) => self.short_circuit(operation),
            Expr::Starred(starred) => self.expr(&starred.value),
            Expr::Await(await_) => self.expr(&await_.value),
            Expr::Lambda(_) => self.made(expr, Reads::new()),
            Expr::ListComp(_) | Expr::SetComp(_) | Expr::DictComp(_) | Expr::Generator(_) => {
                self.comprehension(expr)
            }
            _ => {
                let reads = self.operands(expr);
                self.made(expr, reads)
            }
        }
    }

    /// Evaluates an operand and keeps what it follows from until all others have been evaluated.
    pub(super) fn hold(&mut self, expr: &'p Expr) -> Value {
        let value = self.expr(expr);
        self.keep(value.reads.clone());
        value
    }

    /// Evaluates the parts of an expression.
    fn operands(&mut self, expr: &'p Expr) -> Reads {
        let depth = self.kept();
        walk_expr(&mut Operands(self), expr);
        self.release(depth)
    }

    fn name(&mut self, name: &'p ast::ExprName) -> Value {
        let value = self.state.locals.get(name.id.as_str()).cloned();
        let value = value.unwrap_or_default();
        let at = self.at(name);
        let lent = &self.state.lent;
        let calls = value.objects.iter().filter_map(|object| lent.get(object));
        for call in calls.flatten() {
            for loan in self.found.loans.get_mut(call).into_iter().flatten() {
                loan.used.insert(at);
            }
        }
        value
    }

    fn attribute(&mut self, attribute: &'p ast::ExprAttribute, expr: &'p Expr) -> Value {
        if let Some(field) = self.own_field(attribute) {
            let at = self.at(attribute);
            if let Some(callees) = self.app.resolution.calls.get(&at) {
                let reads = self.in_place(callees, at, &[], On::Own);
                return self.made(expr, reads);
            }
            return Value {
                reads: self.read(field, at),
                objects: [Object::Field(field.to_owned())].into(),
                ..Value::default()
            };
        }
        let of = self.expr(&attribute.value);
        if self.site(attribute).is_some() {
            self.leave(self.at(attribute));
            return self.made(expr, Reads::new());
        }
        self.part_read(&of, expr)
    }

    /// A part of a value, which is read there.
    fn part_read(&mut self, of: &Value, expr: &'p Expr) -> Value {
        let mut part = self.part(of, expr);
        part.reads.extend(self.reads_in(of, expr));
        part
    }

    /// The reads of fields that the read of a part of an object is.
    pub(super) fn reads_in(&self, of: &Value, part: &'p Expr) -> Reads {
        let at = self.at(part);
        let objects = of.objects.iter().chain(&of.inside);
        let reads = objects.filter_map(|object| match object {
            Object::Field(field) => Some(self.read(field, at)),
            _ => None,
        });
        reads.flatten().collect()
    }

    /// The field of the receiver that an attribute is.
    pub(super) fn own_field(&self, attribute: &'p ast::ExprAttribute) -> Option<&'p str> {
        let name = attribute.value.as_name_expr()?;
        self.is_receiver(&name.id)
            .then_some(attribute.attr.as_str())
    }

    fn conditional(&mut self, choice: &'p ast::ExprIf) -> Value {
        let depth = self.kept();
        self.hold(&choice.test);
        let before = self.state.clone();
        let mut value = self.hold(&choice.body);
        let after = std::mem::replace(&mut self.state, before);
        value.join(&self.hold(&choice.orelse));
        self.meet(&after);
        value.reads = self.release(depth);
        value
    }

    fn short_circuit(&mut self, operation: &'p ast::ExprBoolOp) -> Value {
        let depth = self.kept();
        let mut value = Value::default();
        for (index, operand) in operation.values.iter().enumerate() {
            let before = (index > 0).then(|| self.state.clone());
            value.join(&self.expr(operand));
            if let Some(before) = before {
                self.meet(&before);
            }
            self.keep(std::mem::take(&mut value.reads));
        }
        value.reads = self.release(depth);
        value
    }

    /// Evaluates a comprehension twice: what one round reads may be old when the next has left.
    fn comprehension(&mut self, expr: &'p Expr) -> Value {
        let names = target_names(expr);
        let outer = names
            .iter()
            .map(|name| (*name, self.state.locals.remove(*name)));
        let outer: Vec<_> = outer.collect();
        let depth = self.kept();
        let departures = self.departures;
        let reads = self.operands(expr);
        self.keep(reads);
        if self.departures > departures {
            let reads = self.operands(expr);
            self.keep(reads);
        }
        let reads = self.release(depth);
        for (name, value) in outer {
            match value {
                Some(value) => self.state.locals.insert(name.to_owned(), value),
                None => self.state.locals.remove(name),
            };
        }
        self.made(expr, reads)
    }

    /// Control may also have come another way.
    pub(super) fn meet(&mut self, other: &State) {
        let state = std::mem::take(&mut self.state);
        self.state = state.join(other);
    }
}

/// The names that the targets of a comprehension bind.
fn target_names(comprehension: &Expr) -> Vec<&str> {
    let generators = match comprehension {
        Expr::ListComp(list) => &list.generators,
        Expr::SetComp(set) => &set.generators,
        Expr::DictComp(dict) => &dict.generators,
        Expr::Generator(generator) => &generator.generators,
        _ => return Vec::new(),
    };
    let mut names = Vec::new();
    let mut targets: Vec<&Expr> = generators
        .iter()
        .map(|generator| &generator.target)
        .collect();
    while let Some(target) = targets.pop() {
        match target {
            Expr::Name(name) => names.push(name.id.as_str()),
            Expr::Tuple(tuple) => targets.extend(&tuple.elts),
            Expr::List(list) => targets.extend(&list.elts),
            Expr::Starred(starred) => targets.push(&starred.value),
            _ => {}
        }
    }
    names
}

/// The parts of an expression, each evaluated and held.
struct Operands<'f, 'r, 'm, 'p>(&'f mut Flow<'r, 'm, 'p>);

impl<'p> Visitor<'p> for Operands<'_, '_, '_, 'p> {
    fn visit_expr(&mut self, expr: &'p Expr) {
        self.0.hold(expr);
    }

    fn visit_comprehension(&mut self, comprehension: &'p ast::Comprehension) {
        let all = self.0.hold(&comprehension.iter);
        let element = self.0.part(&all, &comprehension.target);
        self.0.bind(&comprehension.target, &element);
        for condition in &comprehension.ifs {
            self.0.hold(condition);
        }
    }
}
