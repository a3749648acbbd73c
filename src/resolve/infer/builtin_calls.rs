//! Calls of Python's own functions.

use std::collections::BTreeSet;

use super::super::builtins;
use super::super::code::CodeId;
use super::super::errors;
use super::super::gathers::is_gather;
use super::super::types::{Type, Why};
use super::Interpreter;
use super::arguments::{Args, LambdaGets};
use super::findings::Via;
use crate::model::{ClassRef, FunctionKind};
use crate::source::Span;
use crate::syntax::ast;

/// What a function from outside the app calls a lambda with.
pub(super) fn lambda_gets(name: &str) -> LambdaGets {
    match name {
        "builtins.sorted" => LambdaGets::ElementsOfFirst,
        "builtins.min" | "builtins.max" => LambdaGets::Candidates,
        "builtins.map"
        | "builtins.filter"
        | "itertools.takewhile"
        | "itertools.dropwhile"
        | "itertools.filterfalse" => LambdaGets::ElementsOfRest,
        "itertools.groupby" => LambdaGets::ElementsOfFirst,
        _ => LambdaGets::Anything,
    }
}

impl Interpreter<'_, '_> {
    /// Calls something from outside the app.
    pub(super) fn symbol_call(&mut self, call: &ast::ExprCall, name: &str, args: &Args) -> Type {
        self.refuse_entity_class(call, name, args);
        self.note_asking(call, name, args);
        if is_gather(name) {
            return self.gather(call, name, args);
        }
        match name.strip_prefix("builtins.") {
            Some(builtin) => self.builtin_call(call, builtin, args),
            None => self.external_call(call, name, args),
        }
    }

    /// Refuses functions that would create entities on their own.
    fn refuse_entity_class(&mut self, call: &ast::ExprCall, name: &str, args: &Args) {
        let calls_it = matches!(
            name,
            "builtins.map"
                | "builtins.filter"
                | "collections.defaultdict"
                | "functools.partial"
                | "itertools.starmap"
        );
        if let Type::EntityClass(id) = args.positional(0)
            && calls_it
        {
            let at = self.at(call);
            self.report(|facts| errors::creation_by_others(facts.model.entity(id).name, name, at));
        }
    }

    fn builtin_call(&mut self, call: &ast::ExprCall, name: &str, args: &Args) -> Type {
        let first = args.positional(0);
        let arguments = &call.arguments;
        match name {
            "getattr" | "setattr" | "delattr" | "hasattr" => {
                self.dynamic_attribute(call, name, args)
            }
            "super" => self.super_object(&first),
            "type" if args.positional.len() == 1 => class_of(&first),
            "list" | "sorted" => Type::list(self.held_by(arguments, args, 0)),
            "set" => Type::set(self.held_by(arguments, args, 0)),
            "frozenset" => Type::frozenset(self.held_by(arguments, args, 0)),
            "tuple" => match first.peel() {
                Type::Tuple(_) => first,
                _ => Type::tuple_of(self.held_by(arguments, args, 0)),
            },
            "dict" => {
                let (key, value) = self.pairs(&first, self.place(arguments, 0));
                let named = Type::union(args.keywords.iter().map(|(_, type_)| type_.clone()));
                let key = if args.keywords.is_empty() {
                    key
                } else {
                    key.join(Type::Str)
                };
                Type::dict(key, value.join(named).join(args.starred.clone()))
            }
            "iter" | "reversed" => Type::iter(self.held_by(arguments, args, 0)),
            "enumerate" => Type::iter(Type::Tuple(vec![
                Type::Int,
                self.held_by(arguments, args, 0),
            ])),
            "zip" => self.zip(arguments, args),
            "map" => Type::iter(self.mapped(call, args)),
            "filter" => {
                let held = self.held_by(arguments, args, 1);
                Type::iter(held.without(|member| *member == Type::None))
            }
            "min" | "max" => {
                let chosen = self.candidates(arguments, args);
                chosen.join(args.keyword("default").cloned().unwrap_or(Type::Never))
            }
            "next" => {
                let next = self.held_by(arguments, args, 0);
                next.join(args.positional.get(1).cloned().unwrap_or(Type::Never))
            }
            "sum" => self.sum(arguments, args),
            "abs" | "round" | "pow" => numeric(&first),
            _ if builtins::is_exception(name) => {
                self.note_thrown(name, args, self.at(call));
                Type::External(format!("builtins.{name}"))
            }
            _ => match builtins::fixed_result(name) {
                Some(type_) => type_,
                None => self.foreign_result(call, name, args),
            },
        }
    }

    /// What `super()`, or `super(Class, self)`, gives.
    fn super_object(&self, class: &Type) -> Type {
        let class = match class {
            Type::EntityClass(id) => Some(ClassRef::Entity(*id)),
            Type::ClassObject(id) => Some(ClassRef::Class(*id)),
            _ => self.owner.class(),
        };
        class.map_or(Type::Opaque, Type::Super)
    }

    fn zip(&mut self, arguments: &ast::Arguments, args: &Args) -> Type {
        let columns = 0..args.positional.len();
        let mut types: Vec<Type> = columns
            .map(|index| self.held_by(arguments, args, index))
            .collect();
        if args.starred == Type::Never {
            return Type::iter(Type::Tuple(types));
        }
        types.push(self.held(&args.starred, self.at(arguments)));
        Type::iter(Type::tuple_of(Type::union(types)))
    }

    /// What `map` gives: the results of the function.
    fn mapped(&mut self, call: &ast::ExprCall, args: &Args) -> Type {
        let function = args.positional(0);
        Type::union(function.members().iter().map(|member| match member {
            Type::Callable(result) => result.as_ref().clone(),
            Type::Function(function) => self.facts.result(self.facts.codes.function(*function)),
            Type::Bound(code) => self.facts.result(*code),
            Type::ClassObject(class) => Type::instance(*class),
            Type::EntityClass(id) => Type::reference(*id),
            Type::Symbol(name) => {
                let elements = Args {
                    positional: (1..args.positional.len())
                        .map(|index| self.held_by(&call.arguments, args, index))
                        .collect(),
                    ..Args::default()
                };
                let name = name.clone();
                self.symbol_call(call, &name, &elements)
            }
            _ => Type::Opaque,
        }))
    }

    fn sum(&mut self, arguments: &ast::Arguments, args: &Args) -> Type {
        let held = self.held_by(arguments, args, 0);
        let start = args.get(1, "start").cloned().unwrap_or(Type::Int);
        let numeric = |type_: &Type| matches!(type_, Type::Int | Type::Float | Type::Bool);
        match (&held, &start) {
            (Type::Int | Type::Bool, Type::Int) => Type::Int,
            (held, start) if numeric(held) && numeric(start) => Type::Float,
            _ => held
                .join(start)
                .without(|member| matches!(member, Type::Unknown(_)))
                .join(Type::Opaque),
        }
    }

    fn dynamic_attribute(&mut self, call: &ast::ExprCall, name: &str, args: &Args) -> Type {
        let object = &args.positional(0);
        let members = object.members().iter();
        let mut entities = members.flat_map(|member| self.facts.entities_behind(member));
        if let Some(id) = entities.next() {
            let at = self.at(call);
            self.report(|facts| errors::dynamic_attribute(facts.model.entity(id).name, name, at));
        }
        let attribute = match call.arguments.find_positional(1) {
            Some(ast::Expr::StringLiteral(attribute)) => Some(attribute.value.to_str()),
            _ => None,
        };
        for member in object.members() {
            if let (Type::Unknown(reason), Some(attribute)) = (member, attribute)
                && let Some(value) = call.arguments.find_positional(0)
            {
                let use_ = match name {
                    "setattr" | "delattr" => errors::Use::Assignment,
                    _ => errors::Use::Read,
                };
                self.refuse_unknown_at(self.at(value), attribute, reason, use_);
            }
            for code in self.run_by_name(member, name, attribute) {
                self.own_call(self.at(call), code, Via::Value);
            }
        }
        match (name, attribute) {
            ("hasattr", _) => Type::Bool,
            ("getattr", Some(attribute)) => self.read_quietly(object, attribute),
            ("getattr", None) => self.any_attribute(object, self.at(call)),
            ("setattr", _) => {
                self.env.forget_attributes();
                let value = args.positional(2);
                self.set_by_name(object, attribute, &value);
                Type::None
            }
            _ => Type::None,
        }
    }

    /// What an attribute gives that is looked up by a name which is not known.
    fn any_attribute(&mut self, object: &Type, at: Span) -> Type {
        let members = object.members().to_vec();
        Type::union(members.into_iter().map(|member| {
            let names = self.facts.field_names(&member);
            let held: Vec<Type> = names
                .iter()
                .map(|name| self.read_quietly(&member, name))
                .collect();
            match member {
                Type::Unknown(_) => member,
                _ if held.iter().any(Type::may_hold_entity) => {
                    Type::unknown(Why::External("getattr".to_owned()), at)
                }
                _ => Type::Opaque,
            }
        }))
    }

    /// `setattr`, also with a name that is not known.
    fn set_by_name(&mut self, object: &Type, attribute: Option<&str>, value: &Type) {
        let members = object.members().to_vec();
        for member in members {
            match attribute {
                Some(name) => self.set_field(&member, name, value),
                None if value.may_hold_entity() => {
                    for name in self.facts.field_names(&member) {
                        self.set_field(&member, &name, value);
                    }
                }
                None => {}
            }
        }
    }

    /// What properties run when `getattr` or one of its like is called with a value; with any attribute, where that is not known.
    fn run_by_name(
        &mut self,
        value: &Type,
        function: &str,
        attribute: Option<&str>,
    ) -> BTreeSet<CodeId> {
        let model = self.facts.model;
        let classes = value.class().map(|class| model.derived(class));
        let functions = classes
            .into_iter()
            .flatten()
            .flat_map(|class| model.order(*class))
            .flat_map(|class| model.functions_of(*class));
        let names: BTreeSet<&str> = functions
            .map(|function| function.name)
            .filter(|name| attribute.is_none_or(|attribute| attribute == *name))
            .collect();
        let mut codes = BTreeSet::new();
        for name in names {
            codes.extend(match function {
                "setattr" => self.facts.accessors_of(value, name, FunctionKind::Setter),
                "delattr" => self.facts.accessors_of(value, name, FunctionKind::Deleter),
                _ => self.facts.codes_of(value, name),
            });
        }
        let kind = |code: &CodeId| self.facts.codes.get(*code).function.kind;
        codes.retain(|code| kind(code).is_of_property());
        codes
    }
}

fn class_of(instance: &Type) -> Type {
    Type::union(instance.members().iter().map(|member| match member {
        Type::Entity { id, .. } => Type::EntityClass(*id),
        Type::Instance { id, .. } => Type::ClassObject(*id),
        _ => Type::Opaque,
    }))
}

fn numeric(type_: &Type) -> Type {
    match type_ {
        Type::Int | Type::Bool => Type::Int,
        Type::Float => Type::Float,
        Type::External(name) => Type::External(name.clone()),
        _ => Type::Opaque,
    }
}
