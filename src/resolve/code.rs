//! Every function of the app under one kind of index.

use std::collections::HashMap;

use crate::model::{ClassId, EntityId, Function, FunctionId, Model};
use crate::source::Span;
use crate::syntax::span;

/// The index of a function in [`Codes`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct CodeId(pub u32);

/// What a function is defined in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Owner {
    /// An entity.
    Entity(EntityId),
    /// A plain class.
    Class(ClassId),
    /// A module.
    Module,
}

/// A function of the app.
#[derive(Debug)]
pub(crate) struct Code<'a> {
    /// What the model says of it.
    pub function: &'a Function<'a>,
    /// What it is defined in.
    pub owner: Owner,
    /// How people name it: `User.buy`, `helper`.
    pub name: String,
}

/// Every function of the app.
#[derive(Debug)]
pub(crate) struct Codes<'a> {
    all: Vec<Code<'a>>,
    members: HashMap<(Owner, &'a str), CodeId>,
    functions: Vec<CodeId>,
}

impl<'a> Codes<'a> {
    /// Those of a model.
    pub fn new(model: &'a Model<'a>) -> Self {
        let mut codes = Self {
            all: Vec::new(),
            members: HashMap::new(),
            functions: Vec::new(),
        };
        for (index, entity) in model.entities.iter().enumerate() {
            let owner = Owner::Entity(EntityId(index as u32));
            codes.add_members(owner, entity.name, &entity.methods);
        }
        for (index, class) in model.classes.iter().enumerate() {
            let owner = Owner::Class(ClassId(index as u32));
            codes.add_members(owner, &class.qualname, &class.methods);
        }
        for function in &model.functions {
            let id = codes.add(function, Owner::Module, function.name.to_owned());
            codes.functions.push(id);
        }
        codes
    }

    fn add_members(&mut self, owner: Owner, class: &str, methods: &'a [Function<'a>]) {
        for method in methods {
            let id = self.add(method, owner, format!("{class}.{}", method.name));
            self.members.entry((owner, method.name)).or_insert(id);
        }
    }

    fn add(&mut self, function: &'a Function<'a>, owner: Owner, name: String) -> CodeId {
        self.all.push(Code {
            function,
            owner,
            name,
        });
        CodeId(self.all.len() as u32 - 1)
    }

    /// The function of that id.
    pub fn get(&self, id: CodeId) -> &Code<'a> {
        &self.all[id.0 as usize]
    }

    /// The function of a class by its name.
    pub fn member(&self, owner: Owner, name: &str) -> Option<CodeId> {
        self.members.get(&(owner, name)).copied()
    }

    /// That of a module-level function.
    pub fn function(&self, id: FunctionId) -> CodeId {
        self.functions[id.0 as usize]
    }

    /// All ids, in order.
    pub fn ids(&self) -> impl Iterator<Item = CodeId> + use<> {
        (0..self.all.len() as u32).map(CodeId)
    }

    /// The span of a function's definition.
    pub fn span(&self, model: &Model<'_>, id: CodeId) -> Span {
        let function = self.get(id).function;
        span(model.program.module(function.module).file, function.def)
    }
}
