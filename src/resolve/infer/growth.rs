//! What containers are filled with.

use super::super::code::{CodeId, Owner};
use super::super::types::Type;
use super::Interpreter;
use super::arguments::Args;
use crate::ir::ParamKind;
use crate::syntax::ast;

impl Interpreter<'_, '_> {
    /// What a container holds after a method has changed it, as far as that is new.
    pub(super) fn grown_by_method(
        &mut self,
        call: &ast::ExprCall,
        container: &Type,
        name: &str,
        args: &Args,
    ) -> Type {
        if let Type::Named(class, like) = container {
            let grown = self.grown_by_method(call, like, name, args);
            return Type::Named(class.clone(), Box::new(grown));
        }
        let first = args.positional(0);
        match (container, name) {
            (Type::List(_), "append" | "appendleft") => Type::list(first),
            (Type::List(_), "insert") => Type::list(args.positional(1)),
            (Type::List(_), "extend" | "extendleft") => {
                Type::list(self.held_by(&call.arguments, args, 0))
            }
            (Type::Set(_), "add") => Type::set(first),
            (Type::Set(_), "update") => Type::set(self.held_by(&call.arguments, args, 0)),
            (Type::Dict(..), "setdefault") => {
                Type::dict(first, args.positional.get(1).cloned().unwrap_or(Type::None))
            }
            (Type::Dict(..), "update") => {
                let named = Type::union(args.keywords.iter().map(|(_, type_)| type_.clone()));
                let (key, value) = self.pairs(&first, self.place(&call.arguments, 0));
                Type::dict(key, value.join(named))
            }
            _ => Type::Never,
        }
    }

    /// The same where nothing is known of the container: what it may be.
    pub(super) fn grown_unknown(&mut self, call: &ast::ExprCall, name: &str, args: &Args) -> Type {
        let empty = [
            Type::list(Type::Never),
            Type::set(Type::Never),
            Type::dict(Type::Never, Type::Never),
        ];
        Type::union(empty.map(|container| self.grown_by_method(call, &container, name, args)))
    }

    /// What a container holds after `container[key] = value`, as far as that is new.
    pub(super) fn grown_by_item(
        &mut self,
        container: &Type,
        key: &Type,
        value: &Type,
        subscript: &ast::ExprSubscript,
    ) -> Type {
        let stored = match subscript.slice.is_slice_expr() {
            true => self.held(value, self.at(subscript)),
            false => value.clone(),
        };
        let members = container.members().to_vec();
        Type::union(members.iter().map(|member| match member {
            Type::Dict(..) => Type::dict(key.clone(), value.clone()),
            Type::List(_) => Type::list(stored.clone()),
            Type::Unknown(_) => {
                Type::list(stored.clone()).join(Type::dict(key.clone(), value.clone()))
            }
            Type::Named(name, like) => {
                let grown = self.grown_by_item(like, key, value, subscript);
                Type::Named(name.clone(), Box::new(grown))
            }
            _ => Type::Never,
        }))
    }

    /// What an expression stands for holds more than was known: its name, field or container is widened.
    pub(super) fn grow(&mut self, expr: &ast::Expr, grown: Type) {
        if grown == Type::Never {
            return;
        }
        match expr {
            ast::Expr::Name(name) => {
                self.grow_parameter(&name.id, &grown);
                let declared = self.frame.declared.contains_key(name.id.as_str());
                if let Some(known) = self.env.get(&name.id).cloned()
                    && let grown = fitting(&known, &grown)
                    && grown != Type::Never
                    && !declared
                {
                    self.bind(&name.id, known.join(grown).bounded(self.at(expr)));
                }
            }
            ast::Expr::Attribute(attribute) => {
                let receiver = self.peek(&attribute.value);
                let members = receiver.members().to_vec();
                for owner in members
                    .iter()
                    .flat_map(|member| self.owners(member, &attribute.attr))
                    .collect::<Vec<_>>()
                {
                    self.grow_field(owner, attribute, &grown);
                }
            }
            ast::Expr::Subscript(subscript) => {
                let held = self.peek(expr);
                let container = self.peek(&subscript.value);
                let grown = match held {
                    Type::Unknown(_) => grown,
                    held => fitting(&held, &grown),
                };
                let outer = self.grown_by_item(&container, &Type::Never, &grown, subscript);
                self.grow(&subscript.value, outer);
            }
            ast::Expr::Call(call) => self.grow_default(call, grown),
            _ => {}
        }
    }

    fn grow_field(&mut self, owner: Owner, attribute: &ast::ExprAttribute, grown: &Type) {
        let name = attribute.attr.as_str();
        if self.facts.annotated_field(owner, name).is_some() {
            return;
        }
        let known = self.facts.field(owner, name).unwrap_or_default();
        let grown = fitting(&known, grown).bounded(self.at(attribute));
        if grown != Type::Never {
            self.facts.assign_field(owner, name, grown, false);
        }
    }

    /// `d.setdefault(key, []).append(x)`.
    fn grow_default(&mut self, call: &ast::ExprCall, grown: Type) {
        if let ast::Expr::Attribute(attribute) = &*call.func
            && attribute.attr.as_str() == "setdefault"
        {
            self.grow(&attribute.value, Type::dict(Type::Never, grown));
        }
    }

    /// Takes note that a function fills what it was given.
    fn grow_parameter(&mut self, name: &str, grown: &Type) {
        let is_own = self
            .frame
            .own
            .as_ref()
            .is_some_and(|own| own.contains(name));
        if let Some(code) = self.code.filter(|_| !is_own) {
            let params = &self.facts.codes.get(code).function.params;
            if let Some(index) = params.iter().position(|param| param.name == name) {
                self.facts.fill(code, index, grown.clone());
            }
        }
    }

    /// Widens what a function is given by what it fills that with; the first arguments may be for none of its parameters.
    pub(super) fn grow_arguments(&mut self, call: &ast::ExprCall, code: CodeId, skipped: usize) {
        for (index, grown) in self.facts.filled(code) {
            let param = &self.facts.codes.get(code).function.params[index];
            let by_position = match param.kind {
                ParamKind::KeywordOnly => None,
                _ => call.arguments.find_positional(index + skipped),
            };
            let by_name = call.arguments.find_keyword(param.name);
            if let Some(given) = by_position.or(by_name.map(|keyword| &keyword.value)) {
                self.grow(given, grown);
            }
        }
    }
}

/// The part of what a container may be filled with that fits what is known of it.
fn fitting(known: &Type, grown: &Type) -> Type {
    let parts = known.members().iter().flat_map(|known| {
        grown.members().iter().map(move |grown| match known {
            _ if matches!(grown, Type::Unknown(_)) => known.clone().filled_with(grown),
            Type::Named(name, like) => match fitting(like, grown.peel()) {
                Type::Never => Type::Never,
                like => Type::Named(name.clone(), Box::new(like)),
            },
            _ if std::mem::discriminant(known) == std::mem::discriminant(grown.peel()) => {
                grown.peel().clone()
            }
            _ => Type::Never,
        })
    });
    Type::union(parts)
}
