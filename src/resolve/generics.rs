//! Generic classes and functions of the app's own: what stands for their type variables.

use std::collections::BTreeMap;

use super::annotations::{Annotations, arguments};
use super::code::{CodeId, Owner};
use super::facts::Facts;
use super::types::Type;
use crate::ir::ParamKind;
use crate::model::{Base, Class, ClassId, ClassRef, Model};
use crate::syntax::{ModuleId, ast};

/// What stands for type variables, by name.
pub(crate) type Variables = BTreeMap<String, Type>;

impl Type {
    /// The type with what stands for its type variables; those without any become what is known of them.
    pub fn with(self, known: &Variables) -> Type {
        match self {
            Self::Var { name, otherwise } => known.get(&name).cloned().unwrap_or(*otherwise),
            other => other.map(&mut |part| part.with(known)),
        }
    }

    /// The names of its type variables, in the order in which they stand there.
    pub fn variables(&self) -> Vec<String> {
        if let Self::Var { name, .. } = self {
            return vec![name.clone()];
        }
        let mut names: Vec<String> = Vec::new();
        for name in self.parts().flat_map(Type::variables) {
            if !names.contains(&name) {
                names.push(name);
            }
        }
        names
    }

    /// Finds what stands for type variables, where a value of a type is given for what an annotation says: nothing, where the
    /// value cannot be.
    pub fn bind_given(&self, given: &Type, known: &mut Variables) {
        if *given == Self::Never {
            for name in self.variables() {
                known.entry(name).or_default();
            }
        }
        self.bind(given, known);
    }

    fn bind(&self, given: &Type, known: &mut Variables) {
        match (self, given.peel()) {
            (_, Self::Never) => {}
            (Self::Var { name, .. }, _) => {
                let bound = known.entry(name.clone()).or_default();
                *bound = std::mem::take(bound).join(given.clone());
            }
            (Self::Union(members), _) => {
                let rest = given.without(|member| members.contains(member));
                members.iter().for_each(|member| member.bind(&rest, known));
            }
            (_, Self::Union(members)) => members.iter().for_each(|member| self.bind(member, known)),
            (Self::Named(_, like), _) => like.bind(given, known),
            (Self::Dict(key, value), Self::Dict(given_key, given_value)) => {
                key.bind(given_key, known);
                value.bind(given_value, known);
            }
            (Self::Tuple(of), Self::Tuple(given)) if of.len() == given.len() => {
                of.iter()
                    .zip(given)
                    .for_each(|(of, given)| of.bind(given, known));
            }
            (Self::Callable(of), Self::Callable(given)) => of.bind(given, known),
            (
                Self::Instance { id, of, .. },
                Self::Instance {
                    id: other,
                    of: given,
                    ..
                },
            ) if id == other => {
                of.iter()
                    .zip(given)
                    .for_each(|(of, given)| of.bind(given, known));
            }
            (
                Self::List(of)
                | Self::Set(of)
                | Self::Frozenset(of)
                | Self::TupleOf(of)
                | Self::Iter(of),
                given,
            ) => {
                if let Some(element) = given.element() {
                    of.bind(&element, known);
                }
            }
            _ => {}
        }
    }
}

impl<'a> Annotations<'a> {
    /// The names of a class's type parameters, in order.
    pub fn class_params(model: &'a Model<'a>, class: ClassRef) -> Vec<String> {
        let def = model.class_def(class);
        if let Some(params) = &def.type_params {
            return params
                .iter()
                .map(|param| param.name().to_string())
                .collect();
        }
        let reader = Self::new(model, model.module_of(class), class.into());
        let mut names: Vec<String> = Vec::new();
        for base in model.bases(class) {
            let (Base::Own(_, expr) | Base::External(_, expr) | Base::Unknown(expr)) = base;
            if let ast::Expr::Subscript(subscript) = expr {
                for argument in arguments(subscript) {
                    if let Type::Var { name, .. } = reader.type_(argument)
                        && !names.contains(&name)
                    {
                        names.push(name);
                    }
                }
            }
        }
        names
    }

    /// What stands for the type parameters of a base class, where those of a class itself are these.
    pub fn base_arguments(
        model: &'a Model<'a>,
        class: ClassRef,
        of: &[Type],
        base: ClassRef,
    ) -> Variables {
        let own = Self::class_params(model, class).into_iter();
        let own: Variables = own.zip(of.iter().cloned()).collect();
        if class == base {
            return own;
        }
        let reader = Self::new(model, model.module_of(class), class.into());
        let next = model.bases(class).iter().find_map(|next| match next {
            Base::Own(next, expr) if model.derives(*next, base) => Some((*next, *expr)),
            _ => None,
        });
        let Some((next, expr)) = next else {
            return Variables::new();
        };
        let of: Vec<Type> = match expr {
            ast::Expr::Subscript(subscript) => arguments(subscript)
                .iter()
                .map(|argument| reader.type_(argument).with(&own))
                .collect(),
            _ => Vec::new(),
        };
        Self::base_arguments(model, next, &of, base)
    }
}

impl<'a> Facts<'a> {
    /// What an annotation in the signature of a function says, with its type variables.
    pub fn signature(&self, id: CodeId, annotation: &ast::Expr) -> Option<Type> {
        let code = self.codes.get(id);
        let reader = Annotations::new(self.model, code.function.module, code.owner);
        reader
            .within(code.function.def.type_params.as_deref())
            .read(annotation)
    }

    /// What stands for the type variables of a class in what one of its bases, or it itself, says of an object.
    pub fn arguments(&self, object: &Type, definer: Owner) -> Variables {
        let of = match object {
            Type::Instance { of, .. } => of.as_slice(),
            _ => &[],
        };
        match (object.class(), definer.class()) {
            (Some(class), Some(definer)) if self.model.derives(class, definer) => {
                Annotations::base_arguments(self.model, class, of, definer)
            }
            _ => Variables::new(),
        }
    }

    /// The type of a field of a generic class, on an object whose arguments are known: as annotated, else as the parameter of
    /// `__init__` is that it is given first, with what else is assigned to it.
    pub fn generic_field(&mut self, object: &Type, name: &str) -> Option<Type> {
        let declared = self.said_of_field(object, name);
        let (definer, said) = declared
            .clone()
            .or_else(|| self.given_to_field(object, name))?;
        if said.variables().is_empty() {
            return None;
        }
        let type_ = said.clone().with(&self.arguments(object, definer));
        if declared.is_some() {
            return Some(type_);
        }
        let otherwise = said.with(&Variables::new());
        let assigned = self.field(definer, name)?;
        Some(type_.join(assigned.without(|member| otherwise.members().contains(member))))
    }

    /// What the annotation of a field says in terms of the type variables of its class.
    pub fn declared_field(&self, object: &Type, name: &str) -> Option<Type> {
        self.said_of_field(object, name).map(|(_, said)| said)
    }

    fn said_of_field(&self, object: &Type, name: &str) -> Option<(Owner, Type)> {
        self.said_in_class(object, |class| {
            let mut fields = class.fields.iter();
            let field = fields.find(|field| field.name == name && field.annotation.is_some())?;
            Some((field.module, field.annotation?))
        })
    }

    /// The same of the parameter of `__init__` that is first assigned to a field.
    fn given_to_field(&self, object: &Type, name: &str) -> Option<(Owner, Type)> {
        self.said_in_class(object, |class| {
            let field = class.fields.iter().find(|field| field.name == name)?;
            let given = field.value?.as_name_expr()?;
            let mut methods = class.methods.iter();
            let init = methods.find(|method| method.name == "__init__")?;
            let mut params = init.params.iter().filter(|param| !is_rest(param.kind));
            let param = params.find(|param| param.name == given.id.as_str())?;
            Some((init.module, param.annotation?))
        })
    }

    /// What an annotation in the first of an object's plain classes that has it says.
    fn said_in_class(
        &self,
        object: &Type,
        annotation: impl Fn(&'a Class<'a>) -> Option<(ModuleId, &'a ast::Expr)>,
    ) -> Option<(Owner, Type)> {
        let order = self.model.order(object.class()?).iter();
        let mut annotated = order.filter_map(|class| match class {
            ClassRef::Class(id) => Some((Owner::from(*class), annotation(self.model.class(*id))?)),
            ClassRef::Entity(_) => None,
        });
        let (definer, (module, annotation)) = annotated.next()?;
        let said = Annotations::new(self.model, module, definer).read(annotation)?;
        Some((definer, said))
    }

    /// The names of the type parameters of a class.
    pub fn class_params(&self, class: ClassId) -> Vec<String> {
        Annotations::class_params(self.model, ClassRef::Class(class))
    }
}

fn is_rest(kind: ParamKind) -> bool {
    matches!(kind, ParamKind::VarPositional | ParamKind::VarKeyword)
}
