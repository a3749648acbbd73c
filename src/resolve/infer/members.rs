//! What the attributes of a value are.

use super::super::code::{CodeId, Owner};
use super::super::types::Type;
use super::Interpreter;
use crate::model::{Binding, ClassId, ClassRef};

/// What an attribute leads to.
pub(super) enum Found {
    /// A value.
    Value(Type),
    /// A function of the class.
    Code(CodeId),
    /// Nothing known.
    Nothing,
}

impl Interpreter<'_, '_> {
    /// What an attribute of a value leads to.
    pub(super) fn find(&mut self, value: &Type, name: &str) -> Found {
        match self.find_member(value, name) {
            Found::Value(type_) if value.class().is_some() => {
                Found::Value(self.facts.generic_field(value, name).unwrap_or(type_))
            }
            found => found,
        }
    }

    fn find_member(&mut self, value: &Type, name: &str) -> Found {
        match value {
            Type::Entity { is_self: true, .. } | Type::Instance { is_self: true, .. } => {
                self.find_in_receiver(value, name)
            }
            Type::Entity { id, .. } | Type::EntityClass(id) => {
                self.find_in_class(ClassRef::Entity(*id), name)
            }
            Type::Instance { id, .. } => match self.find_in_class(ClassRef::Class(*id), name) {
                Found::Value(type_) => {
                    Found::Value(self.facts.generic_field(value, name).unwrap_or(type_))
                }
                found => found,
            },
            Type::ClassObject(id) => self.find_in_class_object(*id, name),
            Type::Module(module) => match self.facts.global(*module, name) {
                Some(type_) => Found::Value(type_),
                None => Found::Nothing,
            },
            Type::Symbol(dotted) => Found::Value(Type::Symbol(format!("{dotted}.{name}"))),
            _ => Found::Nothing,
        }
    }

    /// The receiver may be of a derived class, which has what its base only speaks of.
    fn find_in_receiver(&mut self, receiver: &Type, name: &str) -> Found {
        let classes = receiver
            .class()
            .map(|class| self.facts.model.derived(class).to_vec());
        for class in classes.into_iter().flatten() {
            let found = self.find_in_class(class, name);
            if !matches!(found, Found::Nothing) {
                return found;
            }
        }
        Found::Nothing
    }

    fn find_in_class(&mut self, class: ClassRef, name: &str) -> Found {
        let owner = Owner::from(class);
        if let Some(code) = self.facts.codes.member(owner, name) {
            return Found::Code(code);
        }
        if let Some(type_) = self.facts.field(owner, name) {
            return Found::Value(type_);
        }
        let order = self.facts.model.order(class).iter();
        let nested = order.filter_map(|class| {
            let class = match class {
                ClassRef::Entity(id) => Binding::Entity(*id),
                ClassRef::Class(id) => Binding::Class(*id),
            };
            self.facts.model.member(&class, name)
        });
        match nested.take(1).next() {
            Some(binding) => Found::Value(self.facts.binding(binding)),
            None if matches!(class, ClassRef::Entity(_))
                && (self.facts.in_class_body(owner, name) || is_special(name)) =>
            {
                Found::Value(Type::Opaque)
            }
            None => Found::Nothing,
        }
    }

    fn find_in_class_object(&mut self, id: ClassId, name: &str) -> Found {
        if self.facts.is_enum(id)
            && self.facts.codes.member(Owner::Class(id), name).is_none()
            && !is_special(name)
        {
            return Found::Value(Type::instance(id));
        }
        self.find_in_class(ClassRef::Class(id), name)
    }

    /// What a method of a plain class's instances returns.
    pub(super) fn instance_method_result(&mut self, instance: &Type, name: &str) -> Option<Type> {
        match self.find(instance, name) {
            Found::Code(_) => Some(self.results(instance, name)),
            _ => None,
        }
    }
}

fn is_special(name: &str) -> bool {
    name.starts_with("__") && name.ends_with("__")
}
