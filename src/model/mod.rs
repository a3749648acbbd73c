//! What the app defines: entities with their fields and methods, the plain classes and functions that travel with them,
//! and what each name at the top of a module stands for.

mod build;
mod entity;
mod fields;
mod function;
mod hierarchy;
mod key;
mod key_type;
mod link;
mod names;
mod scope;
mod view;

pub use build::build;
pub use function::is_generator;
pub use hierarchy::{Base, Hierarchy};
pub use scope::{Binding, Scope};

use crate::ir::ParamKind;
use crate::source::Span;
use crate::syntax::{ModuleId, Program, ast, span};

/// The index of an entity in the [`Model`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EntityId(pub u32);

/// The index of a plain class in the [`Model`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ClassId(pub u32);

/// A class of the app's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ClassRef {
    /// An entity.
    Entity(EntityId),
    /// A plain class.
    Class(ClassId),
}

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
    /// Which class inherits from which.
    pub hierarchy: Hierarchy<'p>,
}

/// How many aliases of aliases are followed.
const MAX_ALIASES: u32 = 16;

/// What stands at the end of a chain of aliases that begins with a binding; a variable that is no alias stays one. `next` gives
/// what the value of a variable in a module stands for.
fn end_of_aliases<'p>(
    mut binding: Binding<'p>,
    next: impl Fn(ModuleId, &'p ast::Expr) -> Option<Binding<'p>>,
) -> Binding<'p> {
    for _ in 0..MAX_ALIASES {
        let Binding::Variable {
            module,
            value: Some(value),
            ..
        } = binding
        else {
            break;
        };
        match next(module, value) {
            Some(found) => binding = found,
            None => break,
        }
    }
    binding
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
    /// What `__init__` assigns to, also that of a base class which it calls, in that order; the first assignment of each. An
    /// annotation may come from elsewhere in the class or its bases.
    pub fields: Vec<Field<'p>>,
    /// The other attributes: what the body of the class or of a base declares or assigns, and what other methods assign to.
    pub others: Vec<Field<'p>>,
    /// Its own functions in the order of the class body; the last of each name.
    pub methods: Vec<Function<'p>>,
    /// What sets and deletes its own properties, under their names.
    pub accessors: Vec<Function<'p>>,
}

/// What names an entity's instances.
#[derive(Debug)]
pub struct Key<'p> {
    /// The `__key__` method.
    pub def: &'p ast::StmtFunctionDef,
    /// The fields that it reads, in order.
    pub fields: Vec<&'p str>,
    /// The field that is the key itself.
    pub itself: Option<&'p str>,
    /// The type of the key, where it could be told.
    pub type_: Option<crate::ir::KeyType>,
}

/// An attribute of an entity or a plain class.
#[derive(Debug)]
pub struct Field<'p> {
    /// The attribute's name.
    pub name: &'p str,
    /// Its annotation, in `__init__` or else in the class body or another method.
    pub annotation: Option<&'p ast::Expr>,
    /// The value first assigned to it.
    pub value: Option<&'p ast::Expr>,
    /// The module of the annotation or, where there is none, of the value.
    pub module: ModuleId,
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
    /// What its `__init__` assigns to, then the fields of the class body (dataclasses, NamedTuples, members of an enum).
    pub fields: Vec<Field<'p>>,
    /// Its functions in the order of the class body.
    pub methods: Vec<Function<'p>>,
    /// What sets and deletes its properties, under their names.
    pub accessors: Vec<Function<'p>>,
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
    /// Whether it gives something else than its result when it is called: it is a generator, or has a decorator that is not
    /// known.
    pub is_wrapped: bool,
    /// Whether it is decorated `@abstractmethod`.
    pub is_abstract: bool,
}

/// How a function is bound.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FunctionKind {
    /// At module level.
    Module,
    /// To an instance.
    Method,
    /// `@property`.
    Property,
    /// `@x.setter`.
    Setter,
    /// `@x.deleter`.
    Deleter,
    /// `@staticmethod`.
    Static,
    /// `@classmethod`.
    Class,
}

impl FunctionKind {
    /// Whether the first parameter is the instance.
    pub fn is_bound(self) -> bool {
        matches!(
            self,
            Self::Method | Self::Property | Self::Setter | Self::Deleter
        )
    }

    /// Whether it runs when an attribute is used.
    pub fn is_of_property(self) -> bool {
        matches!(self, Self::Property | Self::Setter | Self::Deleter)
    }
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

    /// The definition of a class.
    pub fn class_def(&self, class: ClassRef) -> &'p ast::StmtClassDef {
        match class {
            ClassRef::Entity(id) => self.entity(id).class,
            ClassRef::Class(id) => self.class(id).class,
        }
    }

    /// The module that defines a class.
    pub fn module_of(&self, class: ClassRef) -> ModuleId {
        match class {
            ClassRef::Entity(id) => self.entity(id).module,
            ClassRef::Class(id) => self.class(id).module,
        }
    }

    /// The qualified name of a class.
    pub fn qualname(&self, class: ClassRef) -> &str {
        match class {
            ClassRef::Entity(id) => self.entity(id).name,
            ClassRef::Class(id) => &self.class(id).qualname,
        }
    }

    /// The functions that a class defines itself.
    pub fn methods(&self, class: ClassRef) -> &[Function<'p>] {
        match class {
            ClassRef::Entity(id) => &self.entity(id).methods,
            ClassRef::Class(id) => &self.class(id).methods,
        }
    }

    /// What sets and deletes the properties that a class defines itself.
    pub fn accessors(&self, class: ClassRef) -> &[Function<'p>] {
        match class {
            ClassRef::Entity(id) => &self.entity(id).accessors,
            ClassRef::Class(id) => &self.class(id).accessors,
        }
    }

    /// All functions that a class defines itself.
    pub fn functions_of(&self, class: ClassRef) -> impl Iterator<Item = &Function<'p>> {
        self.methods(class).iter().chain(self.accessors(class))
    }

    /// Every function of the app.
    pub fn every_function(&self) -> impl Iterator<Item = &Function<'p>> {
        let of_classes = self.class_refs().flat_map(|class| self.functions_of(class));
        of_classes.chain(&self.functions)
    }

    /// Where a function is defined.
    pub fn span_of(&self, function: &Function<'_>) -> Span {
        span(self.program.module(function.module).file, function.def)
    }

    /// What sets or deletes the property of that name of a class, its own or inherited, and the class that defines it.
    pub fn accessor(
        &self,
        class: ClassRef,
        name: &str,
        kind: FunctionKind,
    ) -> Option<(ClassRef, &Function<'p>)> {
        for definer in self.order(class) {
            let mut accessors = self.accessors(*definer).iter();
            if let Some(found) = accessors.find(|one| one.name == name && one.kind == kind) {
                return Some((*definer, found));
            }
            if self.methods(*definer).iter().any(|one| one.name == name) {
                break;
            }
        }
        None
    }

    /// The function of that name of a class, its own or inherited, and the class that defines it.
    pub fn method(&self, class: ClassRef, name: &str) -> Option<(ClassRef, &Function<'p>)> {
        self.method_among(self.order(class), name)
    }

    /// The first function of that name in some classes.
    pub fn method_among(
        &self,
        order: &[ClassRef],
        name: &str,
    ) -> Option<(ClassRef, &Function<'p>)> {
        order.iter().find_map(|class| {
            let found = self
                .methods(*class)
                .iter()
                .find(|method| method.name == name);
            Some((*class, found?))
        })
    }

    /// The functions of a class, its own and those inherited, each with the class that defines it; one of each name.
    pub fn all_methods(&self, class: ClassRef) -> Vec<(ClassRef, &Function<'p>)> {
        let mut found: Vec<(ClassRef, &Function<'p>)> = Vec::new();
        for definer in self.order(class) {
            for method in self.methods(*definer) {
                if !found.iter().any(|(_, known)| known.name == method.name) {
                    found.push((*definer, method));
                }
            }
        }
        found
    }

    /// What `dotted` tells at the end of a chain of aliases (`Money = Decimal`); a variable that is no alias stays one. `through`
    /// gives the part of an alias's value that it is another name for.
    pub fn unaliased(
        &self,
        module: ModuleId,
        expr: &ast::Expr,
        through: impl Fn(&'p ast::Expr) -> &'p ast::Expr,
    ) -> Option<Binding<'p>> {
        let binding = self.dotted(module, expr)?;
        Some(end_of_aliases(binding, |module, value| {
            self.dotted(module, through(value))
        }))
    }

    /// What an expression of names and dots stands for at the top of a module; a built-in is `builtins.…`.
    pub fn dotted(&self, module: ModuleId, expr: &ast::Expr) -> Option<Binding<'p>> {
        match expr {
            ast::Expr::Name(name) => Some(match self.name(module, &name.id) {
                Some(binding) => binding.clone(),
                None => Binding::External(format!("builtins.{}", name.id)),
            }),
            ast::Expr::Attribute(attribute) => {
                let base = self.dotted(module, &attribute.value)?;
                self.member(&base, &attribute.attr)
            }
            _ => None,
        }
    }

    /// The type parameters of the alias at the top of a module that stands for this very expression.
    pub fn alias_params(&self, module: ModuleId, value: &ast::Expr) -> Option<&'p ast::TypeParams> {
        let body = self.program.module(module).tree.body.iter();
        let mut aliases = body.filter_map(|stmt| stmt.as_type_alias_stmt());
        let alias = aliases.find(|alias| std::ptr::eq(&*alias.value, value))?;
        alias.type_params.as_deref()
    }

    /// What a name stands for at the top of a module; none for a built-in.
    pub fn name(&self, module: ModuleId, name: &str) -> Option<&Binding<'p>> {
        self.scopes[module.0 as usize].names.get(name)
    }

    /// Whether a name of a module may stand for something that is not a built-in.
    pub fn may_define(&self, module: ModuleId, name: &str) -> bool {
        let scope = &self.scopes[module.0 as usize];
        scope.open || scope.names.contains_key(name)
    }

    /// What `binding.name` stands for, where `binding` is a module or a class, or comes from outside.
    pub fn member(&self, binding: &Binding<'p>, name: &str) -> Option<Binding<'p>> {
        match binding {
            Binding::Module(module) => self.view(*module).attribute(name),
            Binding::External(path) => Some(Binding::External(format!("{path}.{name}"))),
            Binding::Class(outer) => {
                let outer = self.class(*outer);
                self.nested(outer.module, &outer.qualname, name)
            }
            Binding::Entity(outer) => {
                let outer = self.entity(*outer);
                self.nested(outer.module, outer.name, name)
            }
            Binding::Function(_) | Binding::Variable { .. } => None,
        }
    }

    /// What an import statement anywhere in a module binds, in a function too; `import a.b` binds `a`. Star imports bind
    /// nothing here: they stand at the top of a module, whose [`Scope`] has what they bring.
    pub fn imported(&self, module: ModuleId, stmt: &'p ast::Stmt) -> Vec<(&'p str, Binding<'p>)> {
        names::import_entries(self.program, module, stmt)
            .into_iter()
            .filter_map(|(bound, entry)| Some((bound, self.entry(entry)?)))
            .collect()
    }

    fn view(&self, module: ModuleId) -> view::View<'_, 'p> {
        view::View {
            program: self.program,
            scopes: &self.scopes,
            module,
        }
    }

    fn entry(&self, entry: names::Entry<'p>) -> Option<Binding<'p>> {
        match entry {
            names::Entry::Done(binding) => Some(binding),
            names::Entry::Of(module, name) => {
                let path =
                    || Binding::External(format!("{}.{name}", self.program.module(module).name));
                let bound = self.view(module).attribute(name);
                Some(bound.unwrap_or_else(path))
            }
        }
    }

    fn nested(&self, module: ModuleId, outer: &str, name: &str) -> Option<Binding<'p>> {
        let inside = |class: &Class<'_>| {
            let rest = class.qualname.strip_prefix(outer)?.strip_prefix('.')?;
            (class.module == module && rest == name).then_some(())
        };
        let index = self
            .classes
            .iter()
            .rposition(|class| inside(class).is_some())?;
        Some(Binding::Class(ClassId(index as u32)))
    }
}

/// The name most like `name`, where one is like enough to be meant.
pub(crate) fn nearest<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    known
        .map(|known| (strsim::damerau_levenshtein(name, known), known))
        .filter(|(distance, known)| *distance <= 1 + known.len() / 5)
        .min()
        .map(|(_, known)| known)
}

impl<'p> Entity<'p> {
    /// The field of that name.
    pub fn field(&self, name: &str) -> Option<&Field<'p>> {
        self.fields.iter().find(|field| field.name == name)
    }

    /// The attribute of that name: a field or another.
    pub fn attribute(&self, name: &str) -> Option<&Field<'p>> {
        self.field(name)
            .or_else(|| self.others.iter().find(|other| other.name == name))
    }
}

#[cfg(test)]
mod tests;
