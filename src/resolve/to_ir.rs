//! Types as clients and reviewers see them.

use super::facts::Facts;
use super::types::Type;
use crate::ir;
use crate::model::ClassRef;

/// The type in terms of run-time classes.
pub(crate) fn to_ir(facts: &mut Facts<'_>, type_: &Type) -> ir::Type {
    let model = facts.model;
    match type_ {
        Type::None => ir::Type::None,
        Type::Bool => ir::Type::Bool,
        Type::Int => ir::Type::Int,
        Type::Float => ir::Type::Float,
        Type::Str => ir::Type::Str,
        Type::Bytes => ir::Type::Bytes,
        Type::Literal(values) => ir::Type::Literal {
            values: values.clone(),
        },
        Type::External(name) => class(name),
        Type::Named(name, like) if name == "collections.abc.Mapping" => to_ir(facts, like),
        Type::Named(name, _) => class(name),
        Type::Entity { id, .. } => ir::Type::Entity {
            name: model.entity(*id).name.to_owned(),
        },
        Type::Instance { id, .. } if facts.is_protocol(ClassRef::Class(*id)) => {
            let entities = facts.entities_of(ClassRef::Class(*id)).into_iter();
            let entities: Vec<Type> = entities.map(Type::reference).collect();
            match entities.is_empty() {
                true => ir::Type::Any,
                false => union(entities.iter().map(|entity| to_ir(facts, entity))),
            }
        }
        Type::Instance { id, .. } => {
            let class = model.class(*id);
            ir::Type::Class {
                module: model.program.module(class.module).name.clone(),
                name: class.qualname.clone(),
            }
        }
        Type::List(element) | Type::Iter(element) => ir::Type::List {
            of: boxed(facts, element),
        },
        Type::Set(element) => ir::Type::Set {
            of: boxed(facts, element),
        },
        Type::Frozenset(element) => ir::Type::Frozenset {
            of: boxed(facts, element),
        },
        Type::Dict(key, value) => ir::Type::Dict {
            key: boxed(facts, key),
            value: boxed(facts, value),
        },
        Type::Tuple(elements) => ir::Type::Tuple {
            of: elements
                .iter()
                .map(|element| to_ir(facts, element))
                .collect(),
        },
        Type::TupleOf(element) => ir::Type::TupleOf {
            of: boxed(facts, element),
        },
        Type::Union(members) => union(members.iter().map(|member| to_ir(facts, member))),
        Type::Never
        | Type::Unknown(_)
        | Type::Opaque
        | Type::Symbol(_)
        | Type::Super(_)
        | Type::Var { .. }
        | Type::EntityClass(_)
        | Type::ClassObject(_)
        | Type::Function(_)
        | Type::Bound(_)
        | Type::Callable(_)
        | Type::Module(_) => ir::Type::Any,
    }
}

fn boxed(facts: &mut Facts<'_>, type_: &Type) -> Box<ir::Type> {
    Box::new(to_ir(facts, type_))
}

fn class(dotted: &str) -> ir::Type {
    match dotted.rsplit_once('.') {
        Some((module, name)) => ir::Type::Class {
            module: module.to_owned(),
            name: name.to_owned(),
        },
        None => ir::Type::Any,
    }
}

fn union(members: impl Iterator<Item = ir::Type>) -> ir::Type {
    let mut of: Vec<ir::Type> = Vec::new();
    for member in members {
        if member == ir::Type::Any {
            return ir::Type::Any;
        }
        if !of.contains(&member) {
            of.push(member);
        }
    }
    match of.len() {
        1 => of.remove(0),
        _ => ir::Type::Union(ir::UnionOf { of }),
    }
}
