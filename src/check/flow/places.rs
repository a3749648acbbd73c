//! Names, attributes and elements that are assigned to.

use super::Flow;
use super::calls::On;
use super::state::{Object, Reads, Value};
use crate::ir::Type;
use crate::syntax::ast::{self, Expr};

impl<'p> Flow<'_, '_, 'p> {
    /// Assigns a value to a target.
    pub(super) fn bind(&mut self, target: &'p Expr, value: &Value) {
        match target {
            Expr::Name(name) => self.bind_name(&name.id, value.clone()),
            Expr::Tuple(ast::ExprTuple { elts, .. }) | Expr::List(ast::ExprList { elts, .. }) => {
                for target in elts {
                    let part = self.part(value, target);
                    self.bind(target, &part);
                }
            }
            Expr::Starred(starred) => self.bind(&starred.value, value),
            _ => self.store(target, &value.reads),
        }
    }

    /// Assigns a value to a name; where a condition decides about that, the value follows from the condition too.
    pub(super) fn bind_name(&mut self, name: &str, mut value: Value) {
        let conditions = self.state.control.iter().skip(1).flatten();
        value.reads.extend(conditions.cloned());
        self.state.locals.insert(name.to_owned(), value);
    }

    /// Changes an attribute or an element, or deletes one. `data` is what the change follows from.
    pub(super) fn store(&mut self, target: &'p Expr, data: &Reads) {
        let at = self.at(target);
        match target {
            Expr::Attribute(attribute) => match self.own_field(attribute) {
                _ if self.is_property(attribute) => self.access(attribute),
                Some(field) => self.write(field, at, data),
                None => {
                    let of = self.expr(&attribute.value);
                    self.change(&of, at, data);
                }
            },
            Expr::Subscript(subscript) => {
                let depth = self.kept();
                self.keep(data.clone());
                let of = self.expr(&subscript.value);
                self.expr(&subscript.slice);
                let data = self.release(depth);
                self.change(&of, at, &data);
            }
            _ => {}
        }
    }

    /// Whether an attribute that is assigned to or deleted is a property.
    fn is_property(&self, attribute: &ast::ExprAttribute) -> bool {
        let at = self.at(&attribute.attr);
        self.app.resolution.calls.contains_key(&at)
    }

    /// Runs what sets or deletes a property.
    fn access(&mut self, attribute: &'p ast::ExprAttribute) {
        let at = self.at(&attribute.attr);
        let app = self.app;
        let callees = app.resolution.calls.get(&at).map_or(&[][..], Vec::as_slice);
        if self.own_field(attribute).is_some() {
            self.in_place(callees, at, &[], On::Own);
        } else {
            let of = self.expr(&attribute.value);
            self.in_place(callees, at, &[], On::Other(&of));
        }
        if self.site(&attribute.attr).is_some() {
            self.leave(at);
        }
    }

    /// `del target`: an element is looked up before it is deleted.
    pub(super) fn delete(&mut self, target: &'p Expr) {
        let index = match target {
            Expr::Subscript(subscript) => self.expr(&subscript.slice).reads,
            _ => Reads::new(),
        };
        self.store(target, &index);
    }

    /// `target += value`: the target is read before the value is evaluated.
    pub(super) fn augment(&mut self, assign: &'p ast::StmtAugAssign) {
        let depth = self.kept();
        let old = match &*assign.target {
            Expr::Subscript(subscript) => {
                let of = self.expr(&subscript.value);
                self.expr(&subscript.slice);
                self.keep(self.reads_in(&of, &assign.target));
                of
            }
            Expr::Attribute(attribute) if self.own_field(attribute).is_none() => {
                let of = self.expr(&attribute.value);
                self.keep(self.reads_in(&of, &assign.target));
                of
            }
            target => self.hold(target),
        };
        self.hold(&assign.value);
        let data = self.release(depth);
        let at = self.at(&*assign.target);
        match &*assign.target {
            Expr::Name(name) if makes_container(&assign.value) || self.is_container_param(&old) => {
                self.change(&old, at, &Reads::new());
                let reads = data;
                self.bind_name(&name.id, Value { reads, ..old });
            }
            Expr::Name(name) => {
                let new = self.made(assign, data);
                self.bind_name(&name.id, new);
            }
            Expr::Attribute(attribute)
                if self.own_field(attribute).is_some() || self.is_property(attribute) =>
            {
                self.store(&assign.target, &data);
            }
            _ => self.change(&old, at, &data),
        }
    }

    /// Whether a value is what was passed for a parameter that is annotated as a list, a set or a dictionary.
    fn is_container_param(&self, value: &Value) -> bool {
        let mut params = self.function.params.iter();
        params.any(|param| {
            let annotation = param.annotation.map(|annotation| self.at(annotation));
            let type_ = annotation.and_then(|at| self.app.resolution.annotations.get(&at));
            let is_container = matches!(
                type_,
                Some(Type::List { .. } | Type::Set { .. } | Type::Dict { .. })
            );
            is_container
                && value
                    .objects
                    .contains(&Object::Param(param.name.to_owned()))
        })
    }
}

/// Whether an expression makes a list, set or dictionary: `+=` with it changes what it is added to.
fn makes_container(expr: &Expr) -> bool {
    matches!(
        expr,
        Expr::List(_)
            | Expr::ListComp(_)
            | Expr::Set(_)
            | Expr::SetComp(_)
            | Expr::Dict(_)
            | Expr::DictComp(_)
    )
}
