//! Methods of built-in containers and strings.

use super::super::types::Type;
use super::Interpreter;
use super::arguments::{Args, LambdaGets};
use crate::source::Span;
use crate::syntax::ast;

impl Interpreter<'_, '_> {
    /// The arguments of a method call: `list.sort(key=lambda …)` gives the lambda the list's elements.
    pub(super) fn method_arguments(
        &mut self,
        call: &ast::ExprCall,
        attribute: &ast::ExprAttribute,
        receiver: &Type,
    ) -> Args {
        if attribute.attr.as_str() == "sort"
            && let Some(ast::Expr::Lambda(lambda)) = call
                .arguments
                .find_keyword("key")
                .map(|keyword| &keyword.value)
        {
            let element = self.held(receiver, self.at(&*attribute.value));
            self.lambda(lambda, &[element]);
            return Args::default();
        }
        let gets = match (receiver, attribute.attr.as_str()) {
            (Type::Symbol(name), attr) => {
                super::builtin_calls::lambda_gets(&format!("{name}.{attr}"))
            }
            _ => LambdaGets::Anything,
        };
        self.arguments_with(&call.arguments, gets)
    }

    /// A method of a value from outside the app.
    pub(super) fn container_call(
        &mut self,
        call: &ast::ExprCall,
        attribute: &ast::ExprAttribute,
        member: &Type,
        args: &Args,
    ) -> Type {
        let name = attribute.attr.as_str();
        if changes(name) {
            self.refuse_change_of_copy(call, &attribute.value);
            let grown = self.grown_by_method(call, member, name, args);
            self.grow(&attribute.value, grown);
        }
        self.note_asking_method(call, attribute, member, args);
        let at = self.at(&*attribute.value);
        match member {
            Type::Instance { id: class, .. } => {
                let bases = self.facts.bases(*class);
                let inherited = bases
                    .iter()
                    .find(|base| !matches!(base, Type::Instance { .. }));
                match inherited.and_then(|base| self.method_result(base, name, args, at)) {
                    Some(type_) => type_,
                    None => self.foreign_result(call, name, args),
                }
            }
            _ => match self.method_result(member, name, args, at) {
                Some(type_) => type_,
                None if member.holds_entity() => self.held(member, at).join(Type::Opaque),
                None => self.foreign_result(call, name, args),
            },
        }
    }

    /// The keys and values of a mapping or of an iterable of pairs.
    pub(super) fn pairs(&mut self, from: &Type, at: Span) -> (Type, Type) {
        if *from == Type::Never
            || from
                .members()
                .iter()
                .any(|member| matches!(member.peel(), Type::Dict(..)))
        {
            return self.key_and_value(from, at);
        }
        let pair = self.held(from, at);
        match pair.peel() {
            Type::Tuple(types) if types.len() == 2 => (types[0].clone(), types[1].clone()),
            _ => {
                let element = self.held(&pair, at);
                (element.clone(), element)
            }
        }
    }

    /// What a method of a built-in type returns, whose receiver stands there.
    pub(super) fn method_result(
        &mut self,
        receiver: &Type,
        name: &str,
        args: &Args,
        at: Span,
    ) -> Option<Type> {
        let content = |of: &Type| self.or_unknown_content(of.clone(), at);
        match receiver.peel() {
            Type::Dict(key, value) => {
                dict_method(receiver, &content(key), &content(value), name, args)
            }
            Type::Set(of) | Type::Frozenset(of) => {
                let of = content(of);
                self.set_method(receiver, &of, name, args, at)
            }
            Type::List(of) | Type::TupleOf(of) | Type::Iter(of) => {
                sequence_method(receiver, &content(of), name)
            }
            Type::Tuple(of) => sequence_method(receiver, &Type::union(of.iter().cloned()), name),
            Type::Str => Some(string_method(name)),
            Type::Int | Type::Bool | Type::Float | Type::Bytes | Type::Literal(_) => {
                Some(Type::Opaque)
            }
            Type::None | Type::Never => Some(Type::Never),
            _ => None,
        }
    }

    fn set_method(
        &mut self,
        receiver: &Type,
        of: &Type,
        name: &str,
        args: &Args,
        at: Span,
    ) -> Option<Type> {
        Some(match name {
            "pop" => of.clone(),
            "copy" | "difference" | "intersection" => receiver.clone(),
            "union" | "symmetric_difference" => {
                let others: Vec<Type> = args.all().cloned().collect();
                let held = Type::union(others.iter().map(|other| self.held(other, at)));
                receiver.clone().join(Type::set(held))
            }
            "issubset" | "issuperset" | "isdisjoint" => Type::Bool,
            _ if changes(name) => Type::None,
            _ => return None,
        })
    }
}

fn dict_method(receiver: &Type, key: &Type, value: &Type, name: &str, args: &Args) -> Option<Type> {
    let default = || args.get(1, "default").cloned();
    Some(match name {
        "get" => value.clone().join(default().unwrap_or(Type::None)),
        "pop" => value.clone().join(default().unwrap_or(Type::Never)),
        "setdefault" => value.clone().join(default().unwrap_or(Type::None)),
        "popitem" => Type::Tuple(vec![key.clone(), value.clone()]),
        "keys" | "elements" => Type::iter(key.clone()),
        "values" => Type::iter(value.clone()),
        "items" => Type::iter(Type::Tuple(vec![key.clone(), value.clone()])),
        "most_common" => Type::list(Type::Tuple(vec![key.clone(), value.clone()])),
        "copy" => receiver.clone(),
        _ if changes(name) => Type::None,
        _ => return None,
    })
}

fn sequence_method(receiver: &Type, of: &Type, name: &str) -> Option<Type> {
    Some(match name {
        "pop" | "popleft" | "__next__" | "__getitem__" => of.clone(),
        "copy" => receiver.clone(),
        "index" | "count" => Type::Int,
        "__iter__" => Type::iter(of.clone()),
        _ if changes(name) => Type::None,
        _ => return None,
    })
}

fn string_method(name: &str) -> Type {
    match name {
        "split" | "rsplit" | "splitlines" => Type::list(Type::Str),
        "partition" | "rpartition" => Type::Tuple(vec![Type::Str, Type::Str, Type::Str]),
        "find" | "rfind" | "index" | "rindex" | "count" => Type::Int,
        "encode" => Type::Bytes,
        "startswith" | "endswith" => Type::Bool,
        _ if name.starts_with("is") => Type::Bool,
        "maketrans" => Type::Opaque,
        _ => Type::Str,
    }
}

/// Whether a method of a built-in container changes it.
pub(crate) fn changes(name: &str) -> bool {
    matches!(
        name,
        "append"
            | "appendleft"
            | "extend"
            | "extendleft"
            | "insert"
            | "remove"
            | "pop"
            | "popleft"
            | "popitem"
            | "clear"
            | "sort"
            | "reverse"
            | "rotate"
            | "add"
            | "discard"
            | "update"
            | "setdefault"
            | "difference_update"
            | "intersection_update"
            | "symmetric_difference_update"
    )
}
