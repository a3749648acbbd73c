//! What is known of the app as a whole: the types of fields, results and module variables.

use std::collections::{BTreeSet, HashMap, HashSet};

use super::annotations::Annotations;
use super::code::{CodeId, Codes, Owner};
use super::generics::Variables;
use super::infer;
use super::types::{Type, Why};
use crate::ir::ParamKind;
use crate::model::{Binding, ClassId, ClassRef, Field, FunctionKind, Model, Param};
use crate::source::Span;
use crate::syntax::{ModuleId, ast, span};

/// What is known, growing until nothing is added any more.
pub(crate) struct Facts<'a> {
    /// The app.
    pub model: &'a Model<'a>,
    /// Its functions.
    pub codes: Codes<'a>,
    /// The special methods that something in the app defines.
    pub special: HashSet<&'a str>,
    /// Whether something was added.
    pub changed: bool,
    /// Whether all that is put into containers has been seen.
    pub is_complete: bool,
    fields: HashMap<(Owner, String), Type>,
    initial: HashMap<(Owner, String), Type>,
    results: HashMap<CodeId, Type>,
    filled: HashMap<(CodeId, usize), Type>,
    /// What exceptions were made with, where that may be an entity.
    pub thrown: Type,
    variables: HashMap<Span, Type>,
    evaluating: HashSet<Span>,
    pub(super) implementers: HashMap<ClassRef, Vec<ClassRef>>,
}

impl<'a> Facts<'a> {
    /// Nothing yet.
    pub fn new(model: &'a Model<'a>) -> Self {
        Self {
            model,
            codes: Codes::new(model),
            special: infer::defined(model),
            changed: false,
            is_complete: false,
            fields: HashMap::new(),
            initial: HashMap::new(),
            results: HashMap::new(),
            filled: HashMap::new(),
            thrown: Type::Never,
            variables: HashMap::new(),
            evaluating: HashSet::new(),
            implementers: HashMap::new(),
        }
    }

    /// An attribute of a class as the model has it, its own or inherited.
    pub fn attribute(&self, owner: Owner, name: &str) -> Option<&'a Field<'a>> {
        let order = self.model.order(owner.class()?).iter();
        let mut found = order.filter_map(|class| match class {
            ClassRef::Entity(id) => self.model.entity(*id).attribute(name),
            ClassRef::Class(id) => {
                let mut fields = self.model.class(*id).fields.iter();
                fields.find(|field| field.name == name)
            }
        });
        let first = found.next()?;
        Some(match first.annotation {
            Some(_) => first,
            None => found
                .find(|field| field.annotation.is_some())
                .unwrap_or(first),
        })
    }

    /// The names of the attributes of an object of the app's, inherited ones too.
    pub fn field_names(&self, object: &Type) -> BTreeSet<String> {
        let order = object
            .class()
            .map_or(&[][..], |class| self.model.order(class));
        let declared = order.iter().flat_map(|class| match class {
            ClassRef::Entity(id) => self.model.entity(*id).fields.iter(),
            ClassRef::Class(id) => self.model.class(*id).fields.iter(),
        });
        let declared = declared.map(|field| field.name.to_owned());
        let assigned = self.fields.keys().filter(|(owner, _)| {
            let class = owner.class();
            class.is_some_and(|class| order.contains(&class))
        });
        declared
            .chain(assigned.map(|(_, name)| name.clone()))
            .collect()
    }

    /// What an annotation in a class or module says.
    pub fn annotation(&self, module: ModuleId, owner: Owner, expr: &ast::Expr) -> Option<Type> {
        let said = Annotations::new(self.model, module, owner).read(expr)?;
        Some(said.with(&Variables::new()))
    }

    /// The type that the annotation of a field says.
    pub fn annotated_field(&self, owner: Owner, name: &str) -> Option<Type> {
        let field = self.attribute(owner, name)?;
        self.annotation(field.module, owner, field.annotation?)
    }

    /// The type of a field: as annotated, else all that is assigned to it, by methods of bases and of derived classes too.
    pub fn field(&mut self, owner: Owner, name: &str) -> Option<Type> {
        if let Some(type_) = self.annotated_field(owner, name) {
            return Some(type_);
        }
        let related = self.related(owner.class()?);
        let assigned = related
            .iter()
            .filter_map(|class| self.fields.get(&((*class).into(), name.to_owned())));
        let assigned = assigned.cloned().reduce(Type::join);
        match self.class_variable(owner, name) {
            Some(type_) => Some(assigned.map_or(type_.clone(), |assigned| type_.join(assigned))),
            None if assigned.is_some() => assigned,
            None => self.attribute(owner, name).map(|_| Type::Never),
        }
    }

    /// The classes whose methods may run on an instance of a class or of one that inherits from it.
    fn related(&self, class: ClassRef) -> BTreeSet<ClassRef> {
        let derived = self.model.derived(class).iter();
        derived
            .flat_map(|one| self.model.order(*one))
            .copied()
            .collect()
    }

    /// The type of a field as clients see it: as annotated, else what `__init__` assigns to it.
    pub fn client_field(&mut self, owner: Owner, name: &str) -> Type {
        let all = self.field(owner, name).unwrap_or(Type::Opaque);
        if self.annotated_field(owner, name).is_some() {
            return all;
        }
        let order = owner
            .class()
            .map_or(&[][..], |class| self.model.order(class));
        let initial = order
            .iter()
            .filter_map(|class| self.initial.get(&((*class).into(), name.to_owned())));
        match initial.cloned().reduce(Type::join) {
            Some(Type::None | Type::Never) | None => all,
            Some(initial) => initial,
        }
    }

    /// Takes note that a value is assigned to a field.
    pub fn assign_field(&mut self, owner: Owner, name: &str, type_: Type, initially: bool) {
        let key = (owner, name.to_owned());
        let type_ = type_.elsewhere();
        if initially {
            let known = self.initial.entry(key.clone()).or_insert(Type::Never);
            *known = std::mem::replace(known, Type::Never).join(type_.clone());
        }
        let known = self.fields.get(&key).cloned();
        let joined = known.clone().unwrap_or(Type::Never).join(type_);
        if known.as_ref() != Some(&joined) {
            self.changed = true;
            self.fields.insert(key, joined);
        }
    }

    /// The type of a name that the class body itself assigns to.
    fn class_variable(&mut self, owner: Owner, name: &str) -> Option<Type> {
        let order = self.model.order(owner.class()?).iter();
        let mut values = order.filter_map(|class| {
            let value = class_body_value(self.model.class_def(*class), name)?;
            Some((self.model.module_of(*class), value))
        });
        let (module, value) = values.next()?;
        Some(self.evaluate(module, value))
    }

    /// The type of a name at the top of a module; nothing where the module does not bind it.
    pub fn global(&mut self, module: ModuleId, name: &str) -> Option<Type> {
        let binding = self.model.member(&Binding::Module(module), name)?;
        Some(self.binding(binding))
    }

    /// The type of the value that a name stands for.
    pub fn binding(&mut self, binding: Binding<'a>) -> Type {
        match binding {
            Binding::Entity(id) => Type::EntityClass(id),
            Binding::Class(id) => Type::ClassObject(id),
            Binding::Function(id) => Type::Function(id),
            Binding::Module(id) => Type::Module(id),
            Binding::External(dotted) => Type::Symbol(dotted),
            Binding::Variable {
                module,
                annotation,
                value,
            } => {
                let annotated = annotation
                    .and_then(|annotation| self.annotation(module, Owner::Module, annotation));
                match (annotated, value) {
                    (Some(type_), _) => type_,
                    (None, Some(value)) => self.evaluate(module, value),
                    (None, None) => Type::Opaque,
                }
            }
        }
    }

    /// The type of an expression at the top of a module or of a class body. What it holds that cannot be seen there was put
    /// in by code that no entity runs, and is no entity.
    fn evaluate(&mut self, module: ModuleId, value: &'a ast::Expr) -> Type {
        let at = span(self.model.program.module(module).file, value);
        if let Some(type_) = self.variables.get(&at) {
            return type_.clone();
        }
        if !self.evaluating.insert(at) {
            return Type::Opaque;
        }
        let type_ = match value {
            ast::Expr::List(list) if list.is_empty() => Type::list(Type::Opaque),
            ast::Expr::Dict(dict) if dict.is_empty() => Type::dict(Type::Opaque, Type::Opaque),
            ast::Expr::NoneLiteral(_) => Type::Opaque,
            _ => infer::expression(self, module, value),
        };
        self.evaluating.remove(&at);
        self.variables.insert(at, type_.clone());
        type_
    }

    /// What a function returns: as annotated, else what its `return` statements give.
    pub fn result(&self, id: CodeId) -> Type {
        let code = self.codes.get(id);
        if let Some(annotation) = &code.function.def.returns
            && let Some(type_) = self.annotation(code.function.module, code.owner, annotation)
        {
            return type_;
        }
        self.results.get(&id).cloned().unwrap_or(Type::Never)
    }

    /// Takes note of what a function's `return` statements give.
    pub fn set_result(&mut self, id: CodeId, type_: Type) {
        let known = self.results.get(&id).cloned().unwrap_or(Type::Never);
        let joined = known
            .clone()
            .join(type_.elsewhere())
            .bounded(self.codes.span(self.model, id));
        if joined != known {
            self.changed = true;
            self.results.insert(id, joined);
        }
    }

    /// Takes note of what a function puts into what it is given for a parameter.
    pub fn fill(&mut self, id: CodeId, param: usize, grown: Type) {
        let known = self.filled.get(&(id, param)).cloned().unwrap_or_default();
        let joined = known.clone().join(grown.elsewhere());
        let joined = joined.bounded(self.codes.span(self.model, id));
        if joined != known {
            self.changed = true;
            self.filled.insert((id, param), joined);
        }
    }

    /// What a function puts into what it is given, by parameter.
    pub fn filled(&self, id: CodeId) -> Vec<(usize, Type)> {
        let params = 0..self.codes.get(id).function.params.len();
        params
            .filter_map(|param| Some((param, self.filled.get(&(id, param))?.clone())))
            .collect()
    }

    /// The type of a parameter inside its function.
    pub fn param(&self, id: CodeId, param: &Param<'a>) -> Type {
        let code = self.codes.get(id);
        let of = param
            .annotation
            .and_then(|annotation| self.annotation(code.function.module, code.owner, annotation))
            .unwrap_or_else(|| self.unannotated(id, param));
        match param.kind {
            ParamKind::VarPositional => Type::tuple_of(of),
            ParamKind::VarKeyword => Type::dict(Type::Str, of),
            _ => of,
        }
    }

    fn unannotated(&self, id: CodeId, param: &Param<'a>) -> Type {
        match param.default {
            Some(ast::Expr::NumberLiteral(number)) => match number.value {
                ast::Number::Int(_) => Type::Int,
                _ => Type::Float,
            },
            Some(ast::Expr::StringLiteral(_)) => Type::Str,
            Some(ast::Expr::BooleanLiteral(_)) => Type::Bool,
            _ => Type::unknown(
                Why::Parameter(param.name.to_owned()),
                self.param_span(id, param.name),
            ),
        }
    }

    fn param_span(&self, id: CodeId, name: &str) -> Span {
        let function = self.codes.get(id).function;
        let file = self.model.program.module(function.module).file;
        let parameters = &function.def.parameters;
        let found = parameters
            .iter()
            .find(|parameter| parameter.name().as_str() == name);
        found.map_or_else(
            || span(file, &function.def.name),
            |parameter| span(file, parameter.name()),
        )
    }

    /// What a plain class inherits from, as instances.
    pub fn bases(&self, class: ClassId) -> Vec<Type> {
        let class = self.model.class(class);
        let reader = Annotations::new(self.model, class.module, Owner::Module);
        class
            .class
            .bases()
            .iter()
            .filter_map(|base| Some(reader.read(base)?.with(&Variables::new())))
            .collect()
    }

    /// Whether a plain class is an enumeration.
    pub fn is_enum(&self, class: ClassId) -> bool {
        let is_enum = |dotted: &str| dotted.starts_with("enum.");
        self.model
            .has_external_base(ClassRef::Class(class), is_enum)
    }

    /// Whether a name is bound in the body of a class: a constant, a nested class, an import.
    pub fn in_class_body(&self, owner: Owner, name: &str) -> bool {
        let order = owner
            .class()
            .map_or(&[][..], |class| self.model.order(class));
        let mut bodies = order.iter().map(|class| &self.model.class_def(*class).body);
        bodies.any(|body| body.iter().any(|stmt| binds(stmt, name)))
    }

    /// The methods of an entity that assign to an attribute of the receiver.
    pub fn assigned_somewhere(&self, owner: Owner, name: &str) -> bool {
        let related = owner
            .class()
            .map(|class| self.related(class))
            .unwrap_or_default();
        let mut related = related.into_iter();
        related.any(|class| self.fields.contains_key(&(class.into(), name.to_owned())))
    }

    /// Whether a function is a property.
    pub fn is_property(&self, id: CodeId) -> bool {
        self.codes.get(id).function.kind == FunctionKind::Property
    }

    /// Whether a function is a method that is bound to the instance.
    pub fn is_method(&self, id: CodeId) -> bool {
        self.codes.get(id).function.kind == FunctionKind::Method
    }
}

/// The value that a class body assigns to a name.
fn class_body_value<'a>(class: &'a ast::StmtClassDef, name: &str) -> Option<&'a ast::Expr> {
    class.body.iter().find_map(|stmt| match stmt {
        ast::Stmt::Assign(assign) => {
            let assigned = assign.targets.iter().any(|target| is_name(target, name));
            assigned.then_some(&*assign.value)
        }
        ast::Stmt::AnnAssign(assign) if is_name(&assign.target, name) => assign.value.as_deref(),
        _ => None,
    })
}

fn is_name(expr: &ast::Expr, name: &str) -> bool {
    matches!(expr, ast::Expr::Name(found) if found.id == name)
}

fn binds(stmt: &ast::Stmt, name: &str) -> bool {
    match stmt {
        ast::Stmt::Assign(assign) => assign.targets.iter().any(|target| mentions(target, name)),
        ast::Stmt::AnnAssign(assign) => is_name(&assign.target, name),
        ast::Stmt::ClassDef(class) => class.name.as_str() == name,
        ast::Stmt::FunctionDef(def) => def.name.as_str() == name,
        ast::Stmt::Import(import) => import.names.iter().any(|alias| alias_binds(alias, name)),
        ast::Stmt::ImportFrom(import) => import.names.iter().any(|alias| alias_binds(alias, name)),
        ast::Stmt::Pass(_) | ast::Stmt::Expr(_) | ast::Stmt::Delete(_) | ast::Stmt::Assert(_) => {
            false
        }
        // Conditional definitions may bind any name.
        _ => true,
    }
}

fn mentions(target: &ast::Expr, name: &str) -> bool {
    match target {
        ast::Expr::Tuple(tuple) => tuple.elts.iter().any(|target| mentions(target, name)),
        ast::Expr::List(list) => list.elts.iter().any(|target| mentions(target, name)),
        ast::Expr::Starred(starred) => mentions(&starred.value, name),
        other => is_name(other, name),
    }
}

fn alias_binds(alias: &ast::Alias, name: &str) -> bool {
    let bound = alias.asname.as_ref().unwrap_or(&alias.name);
    bound.split('.').next() == Some(name)
}
