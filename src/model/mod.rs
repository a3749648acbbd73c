//! What the app defines: entities with their fields and methods, the plain classes and functions that travel with them,
//! and what each name at the top of a module stands for.

mod build;
mod scope;

pub use build::build;
pub use scope::{Binding, Scope};

use crate::ir::ParamKind;
use crate::syntax::{ModuleId, Program, ast};

/// The index of an entity in the [`Model`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EntityId(pub u32);

/// The index of a plain class in the [`Model`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ClassId(pub u32);

/// The index of a module-level function in the [`Model`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FunctionId(pub u32);

/// What the app defines.
#[derive(Debug)]
pub struct Model<'p> {
    /// The app as read.
    pub program: &'p Program,
    /// The entities, in the order of modules and lines.
    pub entities: Vec<Entity<'p>>,
    /// The other classes at module level, or nested in such a class.
    pub classes: Vec<Class<'p>>,
    /// The functions at module level.
    pub functions: Vec<Function<'p>>,
    /// The names at the top of each module, by [`ModuleId`].
    pub scopes: Vec<Scope<'p>>,
}

/// A stateful entity.
#[derive(Debug)]
pub struct Entity<'p> {
    /// The class name.
    pub name: &'p str,
    /// The module that defines it.
    pub module: ModuleId,
    /// The definition.
    pub class: &'p ast::StmtClassDef,
    /// Its key; an entity without a usable one has been reported.
    pub key: Option<Key<'p>>,
    /// What `__init__` assigns to, in that order; the first assignment of each.
    pub fields: Vec<Field<'p>>,
    /// Its functions in the order of the class body, `__init__` and `__key__` among them.
    pub methods: Vec<Function<'p>>,
}

/// What names an entity's instances.
#[derive(Debug)]
pub struct Key<'p> {
    /// The `__key__` method.
    pub def: &'p ast::StmtFunctionDef,
    /// The fields that it reads, in order.
    pub fields: Vec<&'p str>,
    /// The type of the key, where it could be told.
    pub type_: Option<crate::ir::KeyType>,
}

/// A field of an entity or a plain class.
#[derive(Debug)]
pub struct Field<'p> {
    /// The attribute's name.
    pub name: &'p str,
    /// Its annotation, in `__init__` or in the class body.
    pub annotation: Option<&'p ast::Expr>,
    /// The value first assigned to it.
    pub value: Option<&'p ast::Expr>,
    /// Where it is first assigned or declared.
    pub at: crate::source::Span,
}

/// A class of the app's that is not an entity.
#[derive(Debug)]
pub struct Class<'p> {
    /// Its name in its module, with dots for nesting.
    pub qualname: String,
    /// The module that defines it.
    pub module: ModuleId,
    /// The definition.
    pub class: &'p ast::StmtClassDef,
    /// Fields of the class body (dataclasses, NamedTuples) and of its `__init__`.
    pub fields: Vec<Field<'p>>,
    /// Its functions in the order of the class body.
    pub methods: Vec<Function<'p>>,
}

/// A function: at module level, or in a class.
#[derive(Debug)]
pub struct Function<'p> {
    /// Its name.
    pub name: &'p str,
    /// The module that defines it.
    pub module: ModuleId,
    /// The definition.
    pub def: &'p ast::StmtFunctionDef,
    /// How it is bound.
    pub kind: FunctionKind,
    /// The name of its first parameter, where that is bound to the instance or the class (`self`).
    pub receiver: Option<&'p str>,
    /// The other parameters.
    pub params: Vec<Param<'p>>,
}

/// How a function is bound.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FunctionKind {
    /// At module level.
    Module,
    /// To an instance.
    Method,
    /// `@property`.
    Property,
    /// `@staticmethod`.
    Static,
    /// `@classmethod`.
    Class,
}

/// A parameter.
#[derive(Debug)]
pub struct Param<'p> {
    /// Its name.
    pub name: &'p str,
    /// How arguments are matched to it.
    pub kind: ParamKind,
    /// Its annotation.
    pub annotation: Option<&'p ast::Expr>,
    /// Its default.
    pub default: Option<&'p ast::Expr>,
}

impl<'p> Model<'p> {
    /// The entity of that id.
    pub fn entity(&self, id: EntityId) -> &Entity<'p> {
        &self.entities[id.0 as usize]
    }

    /// The plain class of that id.
    pub fn class(&self, id: ClassId) -> &Class<'p> {
        &self.classes[id.0 as usize]
    }

    /// The module-level function of that id.
    pub fn function(&self, id: FunctionId) -> &Function<'p> {
        &self.functions[id.0 as usize]
    }
}

impl<'p> Entity<'p> {
    /// The method of that name.
    pub fn method(&self, name: &str) -> Option<&Function<'p>> {
        self.methods.iter().find(|method| method.name == name)
    }

    /// The field of that name.
    pub fn field(&self, name: &str) -> Option<&Field<'p>> {
        self.fields.iter().find(|field| field.name == name)
    }
}
