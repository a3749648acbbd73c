//! What stands for type variables at a call.

use super::super::code::{CodeId, Owner};
use super::super::generics::Variables;
use super::super::types::Type;
use super::Interpreter;
use super::arguments::Args;
use crate::ir::ParamKind;
use crate::model::{ClassId, ClassRef};

impl Interpreter<'_, '_> {
    /// What a call of a function gives, on that receiver where it is a method.
    pub(super) fn result_of(&self, code: CodeId, receiver: Option<&Type>, args: &Args) -> Type {
        let result = self.facts.result(code);
        let returns = self.facts.codes.get(code).function.def.returns.as_deref();
        let said = returns.and_then(|returns| self.facts.signature(code, returns));
        let Some(said) = said.filter(|said| !said.variables().is_empty()) else {
            return result;
        };
        let definer = self.facts.codes.get(code).owner;
        let mut known = match receiver {
            Some(receiver) => self.facts.arguments(receiver, definer),
            None => Variables::new(),
        };
        self.bind_arguments(code, args, &mut known);
        said.with(&known)
    }

    fn bind_arguments(&self, code: CodeId, args: &Args, known: &mut Variables) {
        let params = &self.facts.codes.get(code).function.params;
        for (index, param) in params.iter().enumerate() {
            let given = match param.kind {
                ParamKind::KeywordOnly => args.keyword(param.name).cloned(),
                ParamKind::VarKeyword => None,
                ParamKind::VarPositional => {
                    let rest = args.positional.iter().skip(index).cloned();
                    Some(Type::union(rest).join(args.starred.clone()))
                }
                _ => args.get(index, param.name).cloned(),
            };
            let said = param
                .annotation
                .and_then(|annotation| self.facts.signature(code, annotation));
            if let (Some(said), Some(given)) = (said, given) {
                said.bind_given(&given, known);
            }
        }
    }

    /// The object that a call of a class makes, with the arguments of a generic one as far as the call tells them.
    pub(super) fn made(&self, class: ClassId, args: &Args) -> Type {
        let params = self.facts.class_params(class);
        let mut known = Variables::new();
        match self.facts.codes.member(Owner::Class(class), "__init__") {
            _ if params.is_empty() => {}
            Some(init) => self.bind_arguments(init, args, &mut known),
            None => self.bind_fields(class, args, &mut known),
        }
        let of: Option<Vec<Type>> = params
            .iter()
            .map(|param| known.get(param).cloned())
            .collect();
        Type::Instance {
            id: class,
            of: of.unwrap_or_default(),
            is_self: false,
        }
    }

    /// The same for a dataclass, whose fields are its parameters.
    fn bind_fields(&self, class: ClassId, args: &Args, known: &mut Variables) {
        let own = Type::instance(class);
        let model = self.facts.model;
        let order = model.order(ClassRef::Class(class)).iter().rev();
        let fields = order.flat_map(|class| match class {
            ClassRef::Class(id) => model.class(*id).fields.iter(),
            ClassRef::Entity(_) => [].iter(),
        });
        let annotated = fields.filter(|field| field.annotation.is_some());
        for (index, field) in annotated.enumerate() {
            let said = self.facts.declared_field(&own, field.name);
            if let (Some(said), Some(given)) = (said, args.get(index, field.name)) {
                said.bind_given(given, known);
            }
        }
    }
}
