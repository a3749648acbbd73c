//! Every function of the app under one kind of index.

use std::collections::{BTreeSet, HashMap};

use crate::model::{ClassId, ClassRef, EntityId, Function, FunctionId, FunctionKind, Model};
use crate::source::Span;

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

impl From<ClassRef> for Owner {
    fn from(class: ClassRef) -> Self {
        match class {
            ClassRef::Entity(id) => Self::Entity(id),
            ClassRef::Class(id) => Self::Class(id),
        }
    }
}

impl Owner {
    /// The class; none where it is a module.
    pub fn class(self) -> Option<ClassRef> {
        match self {
            Self::Entity(id) => Some(ClassRef::Entity(id)),
            Self::Class(id) => Some(ClassRef::Class(id)),
            Self::Module => None,
        }
    }
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
    accessors: HashMap<(Owner, &'a str, FunctionKind), CodeId>,
    functions: Vec<CodeId>,
}

impl<'a> Codes<'a> {
    /// Those of a model.
    pub fn new(model: &'a Model<'a>) -> Self {
        let mut codes = Self {
            all: Vec::new(),
            members: HashMap::new(),
            accessors: HashMap::new(),
            functions: Vec::new(),
        };
        for class in model.class_refs() {
            for method in model.methods(class) {
                let name = format!("{}.{}", model.qualname(class), method.name);
                let id = codes.add(method, class.into(), name);
                codes
                    .members
                    .entry((class.into(), method.name))
                    .or_insert(id);
            }
        }
        for class in model.class_refs() {
            for (definer, method) in model.all_methods(class) {
                let id = codes.members[&(definer.into(), method.name)];
                codes.members.insert((class.into(), method.name), id);
            }
        }
        codes.add_accessors(model);
        for function in &model.functions {
            let id = codes.add(function, Owner::Module, function.name.to_owned());
            codes.functions.push(id);
        }
        codes
    }

    fn add_accessors(&mut self, model: &'a Model<'a>) {
        for class in model.class_refs() {
            for accessor in model.accessors(class) {
                let name = format!("{}.{}", model.qualname(class), accessor.name);
                let id = self.add(accessor, class.into(), name);
                let key = (class.into(), accessor.name, accessor.kind);
                self.accessors.entry(key).or_insert(id);
            }
        }
        for class in model.class_refs() {
            for base in model.order(class) {
                for accessor in model.accessors(*base) {
                    let (name, kind) = (accessor.name, accessor.kind);
                    if let Some((definer, _)) = model.accessor(class, name, kind) {
                        let id = self.accessors[&(definer.into(), name, kind)];
                        self.accessors.insert((class.into(), name, kind), id);
                    }
                }
            }
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

    /// Whether a function is asynchronous.
    pub fn is_async(&self, id: CodeId) -> bool {
        self.get(id).function.def.is_async
    }

    /// Whether one of several functions is.
    pub fn has_async(&self, ids: &BTreeSet<CodeId>) -> bool {
        ids.iter().any(|id| self.is_async(*id))
    }

    /// The function of that id.
    pub fn get(&self, id: CodeId) -> &Code<'a> {
        &self.all[id.0 as usize]
    }

    /// The function of a class, its own or inherited, by its name.
    pub fn member(&self, owner: Owner, name: &str) -> Option<CodeId> {
        self.members.get(&(owner, name)).copied()
    }

    /// What sets or deletes the property of that name of a class, its own or inherited.
    pub fn accessor(&self, owner: Owner, name: &str, kind: FunctionKind) -> Option<CodeId> {
        self.accessors.get(&(owner, name, kind)).copied()
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
        model.span_of(self.get(id).function)
    }
}
