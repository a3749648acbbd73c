//! What a function that is cut is defined in.

use std::collections::HashSet;

use crate::model::{ClassRef, Function, FunctionKind, Model};

/// A class or a module, as the blocks of one of its functions see it.
#[derive(Debug, Clone, Copy)]
pub struct Home<'m, 'p> {
    model: &'m Model<'p>,
    /// The class; none where it is a module.
    class: Option<ClassRef>,
}

impl<'m, 'p> Home<'m, 'p> {
    /// That of a function of a class, or of a module where there is none.
    pub fn new(model: &'m Model<'p>, class: Option<ClassRef>) -> Self {
        Self { model, class }
    }

    /// The qualified name of the class.
    pub fn class(&self) -> Option<&'m str> {
        self.class.map(|class| self.model.qualname(class))
    }

    /// The name at the top of the module by which the class is found.
    pub fn root(&self) -> Option<&'m str> {
        self.class()?.split('.').next()
    }

    /// The qualified name of a function.
    pub fn qualified(&self, function: &Function<'_>) -> String {
        match self.class() {
            Some(class) => format!("{class}.{}", function.name),
            None => function.name.to_owned(),
        }
    }

    /// The first parameter of a function, where every block is given the entity that it runs at in its place. Only methods of
    /// entities surely run at theirs.
    pub fn receiver(&self, function: &Function<'p>) -> Option<&'p str> {
        let is_entity = matches!(self.class, Some(ClassRef::Entity(_)));
        let is_bound = function.kind.is_bound();
        function.receiver.filter(|_| is_bound && is_entity)
    }

    /// The entities that a function may run at, by name; none where it may be any.
    pub fn entities(&self, function: &Function<'p>) -> Option<HashSet<&'m str>> {
        self.receiver(function)?;
        let derived = self.model.derived(self.class?).iter();
        Some(derived.map(|class| self.model.qualname(*class)).collect())
    }

    /// The parameters that are variables of a function like any other.
    pub fn params(&self, function: &Function<'p>) -> Vec<&'p str> {
        let own = function
            .receiver
            .filter(|_| self.receiver(function).is_none());
        own.into_iter()
            .chain(function.params.iter().map(|param| param.name))
            .collect()
    }

    /// Whether looking up a method on `self` neither fails nor runs code.
    pub fn has_method(&self, name: &str) -> bool {
        let is_plain = |class: &ClassRef| {
            let found = self.model.method(*class, name);
            found.is_some_and(|(_, method)| method.kind != FunctionKind::Property)
        };
        self.class
            .is_some_and(|class| self.model.derived(class).iter().all(is_plain))
    }

    /// What the names of a function's blocks begin with: those of a property tell what they do.
    pub fn block_prefix(&self, function: &Function<'_>) -> String {
        match function.kind {
            FunctionKind::Setter => format!("{}__set", function.name),
            FunctionKind::Deleter => format!("{}__delete", function.name),
            _ => function.name.to_owned(),
        }
    }

    /// The names that a function's blocks may not have.
    pub fn names(&self, function: &Function<'_>) -> HashSet<String> {
        let Some(class) = self.class else {
            let scope = &self.model.scopes[function.module.0 as usize];
            return scope.names.keys().map(ToString::to_string).collect();
        };
        let methods = self.model.all_methods(class);
        let methods = methods.iter().map(|(_, method)| method.name);
        let fields = match class {
            ClassRef::Entity(id) => {
                let entity = self.model.entity(id);
                entity.fields.iter().chain(&entity.others)
            }
            ClassRef::Class(id) => self.model.class(id).fields.iter().chain(&[]),
        };
        fields
            .map(|field| field.name)
            .chain(methods)
            .map(str::to_owned)
            .collect()
    }
}
