//! What a use of a member may reach, by the class of its receiver.

use std::collections::BTreeSet;

use super::code::{CodeId, Owner};
use super::facts::Facts;
use super::types::Type;
use crate::model::{Base, ClassRef, EntityId, FunctionKind};

impl<'a> Facts<'a> {
    /// The classes whose instances may stand where one of a class is asked for: it, those that inherit from it and, where it is a
    /// protocol, those that have its members. An abstract entity has none.
    pub fn implementers(&mut self, class: ClassRef) -> Vec<ClassRef> {
        if let Some(known) = self.implementers.get(&class) {
            return known.clone();
        }
        let mut found = self.model.derived(class).to_vec();
        if let Some(members) = self.protocol_members(class) {
            let fits = |other: &ClassRef| {
                let owner = Owner::from(*other);
                let has = |name: &&str| {
                    self.codes.member(owner, name).is_some()
                        || self.attribute(owner, name).is_some()
                };
                !found.contains(other) && members.iter().all(has)
            };
            let structural: Vec<ClassRef> = self.model.class_refs().filter(fits).collect();
            found.extend(structural);
        }
        found.retain(|one| !(matches!(one, ClassRef::Entity(_)) && self.is_abstract(*one)));
        self.implementers.insert(class, found.clone());
        found
    }

    /// The entities among the implementers of a class.
    pub fn entities_of(&mut self, class: ClassRef) -> Vec<EntityId> {
        let found = self.implementers(class).into_iter();
        found
            .filter_map(|one| match one {
                ClassRef::Entity(id) => Some(id),
                ClassRef::Class(_) => None,
            })
            .collect()
    }

    /// The functions of that name that a call on an instance of a class may reach.
    pub fn implementations(&mut self, class: ClassRef, name: &str) -> Vec<CodeId> {
        let mut classes = vec![class];
        classes.extend(self.implementers(class));
        let codes = classes.into_iter();
        let codes: BTreeSet<CodeId> = codes
            .filter_map(|class| self.codes.member(class.into(), name))
            .collect();
        codes.into_iter().collect()
    }

    /// The functions of that name that run here when they are used on a value: on a plain object, the receiver, a class.
    pub fn codes_of(&mut self, value: &Type, name: &str) -> Vec<CodeId> {
        match value {
            Type::Entity { id, .. } | Type::EntityClass(id) => {
                self.implementations(ClassRef::Entity(*id), name)
            }
            Type::Instance {
                id, is_self: true, ..
            } => self.implementations(ClassRef::Class(*id), name),
            Type::Instance { id, .. } | Type::ClassObject(id) => {
                let plain = self.implementers(ClassRef::Class(*id)).into_iter();
                let plain = plain.filter(|class| matches!(class, ClassRef::Class(_)));
                let codes: BTreeSet<CodeId> = plain
                    .filter_map(|class| self.codes.member(class.into(), name))
                    .collect();
                codes.into_iter().collect()
            }
            _ => Vec::new(),
        }
    }

    /// What sets or deletes a property of that name when that is done to a value here.
    pub fn accessors_of(&mut self, value: &Type, name: &str, kind: FunctionKind) -> Vec<CodeId> {
        let (class, is_self) = match value {
            Type::Entity { id, is_self: true } => (ClassRef::Entity(*id), true),
            Type::Instance { id, is_self, .. } => (ClassRef::Class(*id), *is_self),
            _ => return Vec::new(),
        };
        let classes = self.implementers(class).into_iter().chain([class]);
        let here = classes.filter(|one| is_self || matches!(one, ClassRef::Class(_)));
        let codes: BTreeSet<CodeId> = here
            .filter_map(|class| self.codes.accessor(class.into(), name, kind))
            .collect();
        codes.into_iter().collect()
    }

    /// The entities that a reference of a type may lead to: those of its class, or those that a plain class or a protocol stands
    /// for.
    pub fn entities_behind(&mut self, type_: &Type) -> Vec<EntityId> {
        match type_ {
            Type::Entity { id, is_self: false } => vec![*id],
            Type::Instance {
                id, is_self: false, ..
            } => self.entities_of(ClassRef::Class(*id)),
            _ => Vec::new(),
        }
    }

    /// What a use of that member may reach, on a reference to an entity of a class or of one that inherits from it.
    pub fn targets(&mut self, id: EntityId, member: &str) -> Vec<String> {
        let mut entities = self.entities_of(ClassRef::Entity(id));
        if entities.is_empty() {
            entities.push(id);
        }
        let entities = entities.into_iter();
        entities
            .map(|id| format!("{}.{member}", self.model.entity(id).name))
            .collect()
    }

    /// Whether an attribute can be read from another entity: a field, or a constant of the class.
    pub fn is_readable(&self, id: EntityId, name: &str) -> bool {
        self.model.entity(id).field(name).is_some() || self.in_class_body(Owner::Entity(id), name)
    }

    /// The functions that `super().name` may reach in the methods of a class.
    pub fn inherited(&self, class: ClassRef, name: &str) -> Vec<CodeId> {
        let derived = self.model.derived(class).iter();
        let codes: BTreeSet<CodeId> = derived
            .filter_map(|one| {
                let order = self.model.order(*one);
                let at = order.iter().position(|other| *other == class)?;
                let (definer, _) = self.model.method_among(&order[at + 1..], name)?;
                self.codes.member(definer.into(), name)
            })
            .collect();
        codes.into_iter().collect()
    }

    /// Whether a class is a protocol.
    pub fn is_protocol(&self, class: ClassRef) -> bool {
        self.model
            .bases(class)
            .iter()
            .any(|base| matches!(base, Base::External(dotted, _) if dotted.ends_with(".Protocol")))
    }

    /// The names that a protocol asks for; nothing where a class is none.
    fn protocol_members(&self, class: ClassRef) -> Option<Vec<&'a str>> {
        if !self.is_protocol(class) {
            return None;
        }
        let order = self.model.order(class).iter();
        let order = order.filter(|one| self.is_protocol(**one));
        let mut members = Vec::new();
        for one in order {
            members.extend(self.model.methods(*one).iter().map(|method| method.name));
            if let ClassRef::Class(id) = one {
                members.extend(self.model.class(*id).fields.iter().map(|field| field.name));
            }
        }
        members.retain(|name| !(name.starts_with("__") && name.ends_with("__")));
        (!members.is_empty()).then_some(members)
    }

    /// Whether a class leaves a method abstract.
    fn is_abstract(&self, class: ClassRef) -> bool {
        let methods = self.model.all_methods(class);
        methods.iter().any(|(_, method)| method.is_abstract)
    }
}
