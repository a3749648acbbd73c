//! Generic classes and functions of the app's own: what stands for their type variables.

use std::collections::BTreeMap;

use super::annotations::{Annotations, arguments};
use super::code::{CodeId, Owner};
use super::facts::Facts;
use super::types::Type;
use crate::model::{Base, ClassId, ClassRef, Model};
use crate::syntax::ast;

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

    /// Finds what stands for type variables, where a value of a type is given for what an annotation says.
    pub fn bind(&self, given: &Type, known: &mut Variables) {
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

impl Facts<'_> {
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

    /// The type of a field of a generic class, on an object whose arguments are known.
    pub fn generic_field(&self, object: &Type, name: &str) -> Option<Type> {
        let (definer, said) = self.said_of_field(object, name)?;
        (!said.variables().is_empty()).then(|| said.with(&self.arguments(object, definer)))
    }

    /// What the annotation of a field says in terms of the type variables of its class.
    pub fn declared_field(&self, object: &Type, name: &str) -> Option<Type> {
        self.said_of_field(object, name).map(|(_, said)| said)
    }

    fn said_of_field(&self, object: &Type, name: &str) -> Option<(Owner, Type)> {
        let order = self.model.order(object.class()?).iter();
        let mut annotated = order.filter_map(|class| {
            let ClassRef::Class(id) = class else {
                return None;
            };
            let mut fields = self.model.class(*id).fields.iter();
            let field = fields.find(|field| field.name == name && field.annotation.is_some())?;
            Some((Owner::from(*class), field))
        });
        let (definer, field) = annotated.next()?;
        let said = Annotations::new(self.model, field.module, definer).read(field.annotation?)?;
        Some((definer, said))
    }

    /// The names of the type parameters of a class.
    pub fn class_params(&self, class: ClassId) -> Vec<String> {
        Annotations::class_params(self.model, ClassRef::Class(class))
    }
}
