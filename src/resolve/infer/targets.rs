//! Assignments and deletions.

use std::collections::BTreeSet;

use super::super::code::Owner;
use super::super::errors;
use super::super::types::Type;
use super::Interpreter;
use super::findings::Via;
use crate::model::FunctionKind;
use crate::syntax::ast;

impl Interpreter<'_, '_> {
    /// Binds a local name.
    pub(super) fn bind(&mut self, name: &str, type_: Type) {
        if self.frame.globals.contains(name) {
            return;
        }
        let type_ = match self.frame.declared.get(name) {
            Some(declared) => as_declared(declared, type_),
            None => type_,
        };
        let type_ = self.capture(name, type_);
        for bound in &mut self.frame.tries {
            let known = bound.remove(name).unwrap_or(Type::Never);
            bound.insert(name.to_owned(), known.join(type_.clone()));
        }
        self.env.bind(name, type_);
    }

    /// Keeps what a nested function binds to a name of a function around it; that one has to reckon with it wherever it
    /// binds the name.
    fn capture(&mut self, name: &str, type_: Type) -> Type {
        match &self.frame.own {
            Some(own) if !own.contains(name) => {
                let known = self.captured.remove(name).unwrap_or(Type::Never);
                let joined = known.clone().join(type_.clone());
                self.stable &= joined == known;
                self.captured.insert(name.to_owned(), joined);
                type_
            }
            Some(_) => type_,
            None => match self.captured.get(name) {
                Some(captured) => type_.join(captured.clone()),
                None => type_,
            },
        }
    }

    /// Assigns a value of a type, `value` where it is written there.
    pub(super) fn assign(&mut self, target: &ast::Expr, type_: &Type, value: Option<&ast::Expr>) {
        match target {
            ast::Expr::Name(name) => {
                let at = value.unwrap_or(target);
                let bounded = type_.clone().bounded(self.at(at));
                self.bind(&name.id, bounded);
                self.note_local(&name.id, type_, value);
            }
            ast::Expr::Tuple(tuple) => self.unpack(&tuple.elts, type_, value),
            ast::Expr::List(list) => self.unpack(&list.elts, type_, value),
            ast::Expr::Starred(starred) => self.assign(&starred.value, type_, None),
            ast::Expr::Attribute(attribute) => {
                let receiver = self.expr(&attribute.value);
                self.assign_attribute(attribute, &receiver, type_);
            }
            ast::Expr::Subscript(subscript) => {
                let container = self.expr(&subscript.value);
                let key = self.expr(&subscript.slice);
                self.refuse_change_of_copy(target, &subscript.value);
                let grown = self.grown_by_item(&container, &key, type_, subscript);
                self.grow(&subscript.value, grown);
            }
            _ => {}
        }
    }

    fn unpack(&mut self, targets: &[ast::Expr], type_: &Type, value: Option<&ast::Expr>) {
        let Some(first) = targets.first() else {
            return;
        };
        let at = value.map_or_else(|| self.at(first), |value| self.at(value));
        let element = self.element(type_, at);
        let values = match value {
            Some(ast::Expr::Tuple(tuple)) if tuple.len() == targets.len() => {
                Some(tuple.elts.as_slice())
            }
            _ => None,
        };
        let types = match type_.peel() {
            Type::Tuple(types) => spread(targets, types),
            _ => None,
        };
        for (index, target) in targets.iter().enumerate() {
            let type_ = match &types {
                Some(types) => types[index].clone(),
                None if target.is_starred_expr() => Type::list(element.clone()),
                None => element.clone(),
            };
            let value = values
                .map(|values| &values[index])
                .filter(|value| !value.is_starred_expr());
            self.assign(target, &type_, value);
        }
    }

    /// Assigns to an attribute: of the receiver or a plain object; refuses that of a reference.
    fn assign_attribute(&mut self, attribute: &ast::ExprAttribute, receiver: &Type, type_: &Type) {
        if let Some(path) = super::narrow::path_of_attribute(attribute) {
            self.env.forget(&path);
        }
        if self.access(attribute, receiver, FunctionKind::Setter) {
            return;
        }
        let type_ = type_.clone().bounded(self.at(attribute));
        for member in receiver.members() {
            self.refuse_write(attribute, member);
            self.set_field(member, &attribute.attr, &type_);
        }
    }

    /// Refuses to change an attribute of what is, or may be, a reference.
    fn refuse_write(&mut self, attribute: &ast::ExprAttribute, receiver: &Type) {
        if let Some(id) = self.facts.entities_behind(receiver).first() {
            self.refuse_assignment(attribute, *id);
        }
        if let Type::Unknown(reason) = receiver {
            self.refuse_unknown(attribute, reason, errors::Use::Assignment);
        }
    }

    /// Takes note that an attribute holds a value: of the receiver, of a plain object, or of any that it may be.
    pub(super) fn set_field(&mut self, receiver: &Type, name: &str, type_: &Type) {
        let initially = self.in_init() && !matches!(receiver, Type::Unknown(_));
        for owner in self.owners(receiver, name) {
            self.facts
                .assign_field(owner, name, type_.clone(), initially);
        }
    }

    /// The classes of which an object may be whose attribute is changed here. Where nothing is known of it, they are all plain
    /// ones and the entities that have the attribute.
    pub(super) fn owners(&self, receiver: &Type, name: &str) -> Vec<Owner> {
        match receiver {
            Type::Entity { id, is_self: true } => vec![Owner::Entity(*id)],
            Type::Instance { id, .. } => vec![Owner::Class(*id)],
            Type::Unknown(_) => {
                let owners = self.facts.model.class_refs().map(Owner::from);
                owners
                    .filter(|owner| {
                        matches!(owner, Owner::Class(_))
                            || self.facts.attribute(*owner, name).is_some()
                    })
                    .collect()
            }
            _ => Vec::new(),
        }
    }

    /// Takes note that a property is set or deleted; false where the attribute is none.
    fn access(
        &mut self,
        attribute: &ast::ExprAttribute,
        receiver: &Type,
        kind: FunctionKind,
    ) -> bool {
        let members = receiver.members().iter();
        let codes: BTreeSet<_> = members
            .flat_map(|member| self.facts.accessors_of(member, &attribute.attr, kind))
            .collect();
        let at = self.at(&attribute.attr);
        for code in &codes {
            self.own_call(at, *code, Via::Access);
            self.env.forget_attributes();
        }
        !codes.is_empty()
    }

    fn in_init(&self) -> bool {
        self.code
            .is_some_and(|code| self.facts.codes.get(code).function.name == "__init__")
    }

    /// The value of a target before an augmented assignment.
    pub(super) fn augmented_target(&mut self, target: &ast::Expr) -> Type {
        match target {
            ast::Expr::Attribute(attribute) => {
                let receiver = self.expr(&attribute.value);
                let members = receiver.members().iter();
                let mut references = members.flat_map(|member| self.facts.entities_behind(member));
                match references.next() {
                    Some(id) => {
                        self.refuse_assignment(attribute, id);
                        Type::Opaque
                    }
                    None => {
                        receiver
                            .members()
                            .iter()
                            .for_each(|member| self.refuse_write(attribute, member));
                        self.read_before(attribute, &receiver)
                    }
                }
            }
            ast::Expr::Subscript(subscript) => {
                self.refuse_change_of_copy(target, &subscript.value);
                self.subscript(subscript)
            }
            other => self.expr(other),
        }
    }

    fn read_before(&mut self, attribute: &ast::ExprAttribute, receiver: &Type) -> Type {
        let at = self.at(attribute);
        for member in receiver.members() {
            for code in self.facts.codes_of(member, &attribute.attr) {
                if self.facts.is_property(code) {
                    self.own_call(at, code, Via::Property);
                }
            }
        }
        self.read_quietly(receiver, &attribute.attr)
    }

    /// The second half of an augmented assignment: the receiver has been evaluated.
    pub(super) fn assign_again(&mut self, target: &ast::Expr, type_: &Type) {
        match target {
            ast::Expr::Attribute(attribute) => {
                let receiver = self.peek(&attribute.value);
                if self.access(attribute, &receiver, FunctionKind::Setter) {
                    return;
                }
                let initially = self.in_init();
                for member in receiver.members() {
                    let owner = match member {
                        Type::Entity { id, is_self: true } => Owner::Entity(*id),
                        Type::Instance { id, .. } => Owner::Class(*id),
                        _ => continue,
                    };
                    if !initially || self.facts.assigned_somewhere(owner, &attribute.attr) {
                        self.facts
                            .assign_field(owner, &attribute.attr, type_.clone(), false);
                    }
                }
            }
            ast::Expr::Subscript(subscript) => {
                let container = self.peek(&subscript.value);
                let grown = self.grown_by_item(&container, &Type::Never, type_, subscript);
                self.grow(&subscript.value, grown);
            }
            other => self.assign(other, type_, Some(other)),
        }
    }

    pub(super) fn delete(&mut self, target: &ast::Expr) {
        match target {
            ast::Expr::Name(name) => {
                self.env.remove(&name.id);
            }
            ast::Expr::Tuple(tuple) => tuple.elts.iter().for_each(|target| self.delete(target)),
            ast::Expr::List(list) => list.elts.iter().for_each(|target| self.delete(target)),
            ast::Expr::Attribute(attribute) => {
                let receiver = self.expr(&attribute.value);
                self.access(attribute, &receiver, FunctionKind::Deleter);
                for member in receiver.members() {
                    self.refuse_write(attribute, member);
                }
            }
            ast::Expr::Subscript(subscript) => {
                self.refuse_change_of_copy(target, &subscript.value);
                self.expr(&subscript.value);
                self.expr(&subscript.slice);
            }
            _ => {}
        }
    }
}

/// The declared type, where the value's says less.
fn as_declared(declared: &Type, value: Type) -> Type {
    let says_less = value == Type::Never
        || value.reason().is_some()
        || value.members().iter().any(|member| {
            matches!(member, Type::Opaque)
                || matches!(member, Type::Instance { of, .. } if of.is_empty())
                    && declared
                        .members()
                        .iter()
                        .any(|one| one.class() == member.class())
                || member
                    .element()
                    .is_some_and(|element| element == Type::Never && *member != Type::None)
        });
    if says_less && !matches!(declared, Type::Unknown(_)) {
        declared.clone()
    } else {
        value
    }
}

/// The types of the targets that a tuple of known length is unpacked to.
fn spread(targets: &[ast::Expr], types: &[Type]) -> Option<Vec<Type>> {
    match targets.iter().position(ast::Expr::is_starred_expr) {
        None => (types.len() == targets.len()).then(|| types.to_vec()),
        Some(star) => {
            let after = targets.len() - star - 1;
            let end = types.len().checked_sub(after).filter(|end| *end >= star)?;
            let rest = Type::list(Type::union(types[star..end].iter().cloned()));
            let mut spread = types[..star].to_vec();
            spread.push(rest);
            spread.extend_from_slice(&types[end..]);
            Some(spread)
        }
    }
}
