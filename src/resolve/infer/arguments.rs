//! The arguments of a call.

use super::super::types::Type;
use super::Interpreter;
use crate::source::Span;
use crate::syntax::ast::{self, ArgOrKeyword, Expr};

/// The types of arguments.
#[derive(Debug, Default)]
pub(super) struct Args {
    /// Those by position, up to the first starred one.
    pub positional: Vec<Type>,
    /// Those by name.
    pub keywords: Vec<(String, Type)>,
    /// What starred arguments may hold.
    pub starred: Type,
}

impl Args {
    /// The argument at a position; of a name, where it has one.
    pub fn get(&self, index: usize, name: &str) -> Option<&Type> {
        let named = || self.keywords.iter().find(|(keyword, _)| keyword == name);
        self.positional
            .get(index)
            .or_else(|| named().map(|(_, type_)| type_))
            .or((self.starred != Type::Never).then_some(&self.starred))
    }

    /// The argument at a position.
    pub fn positional(&self, index: usize) -> Type {
        self.positional
            .get(index)
            .cloned()
            .unwrap_or_else(|| self.starred.clone())
    }

    /// The argument of a name.
    pub fn keyword(&self, name: &str) -> Option<&Type> {
        self.keywords
            .iter()
            .find(|(keyword, _)| keyword == name)
            .map(|(_, type_)| type_)
    }

    /// Everything that is given.
    pub fn all(&self) -> impl Iterator<Item = &Type> {
        let keywords = self.keywords.iter().map(|(_, type_)| type_);
        self.positional
            .iter()
            .chain(keywords)
            .chain(std::iter::once(&self.starred))
    }
}

/// What a function that is given a lambda calls it with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LambdaGets {
    /// That is not known.
    Anything,
    /// Elements of the first argument: `sorted`, `min`, `max`.
    ElementsOfFirst,
    /// The arguments themselves, or the elements of a single one: `min`, `max`.
    Candidates,
    /// Elements of the arguments after the first: `map`, `filter`.
    ElementsOfRest,
}

impl Interpreter<'_, '_> {
    /// The types of arguments. Lambdas come last, as what they get depends on the others.
    pub(super) fn arguments_with(&mut self, arguments: &ast::Arguments, gets: LambdaGets) -> Args {
        let mut args = Args::default();
        let mut lambdas = Vec::new();
        for argument in arguments.iter_source_order() {
            match argument {
                ArgOrKeyword::Arg(Expr::Lambda(lambda)) => {
                    lambdas.push((Ok(args.positional.len()), lambda));
                    args.positional.push(Type::Never);
                }
                ArgOrKeyword::Arg(Expr::Starred(starred)) => {
                    let iterable = self.expr(&starred.value);
                    let element = self.element(&iterable, self.at(&*starred.value));
                    args.starred = std::mem::take(&mut args.starred).join(element);
                }
                ArgOrKeyword::Arg(value) => {
                    let type_ = self.expr(value);
                    if args.starred == Type::Never {
                        args.positional.push(type_);
                    } else {
                        args.starred = std::mem::take(&mut args.starred).join(type_);
                    }
                }
                ArgOrKeyword::Keyword(keyword) => match (&keyword.arg, &keyword.value) {
                    (Some(name), Expr::Lambda(lambda)) => {
                        lambdas.push((Err(args.keywords.len()), lambda));
                        args.keywords.push((name.to_string(), Type::Never));
                    }
                    (Some(name), value) => {
                        let type_ = self.expr(value);
                        args.keywords.push((name.to_string(), type_));
                    }
                    (None, value) => {
                        let mapping = self.expr(value);
                        let (_, held) = self.key_and_value(&mapping, self.at(value));
                        args.starred = std::mem::take(&mut args.starred).join(held);
                    }
                },
            }
        }
        for (place, lambda) in lambdas {
            let given = self.given(arguments, &args, gets);
            let type_ = self.lambda(lambda, &given);
            match place {
                Ok(index) => args.positional[index] = type_,
                Err(index) => args.keywords[index].1 = type_,
            }
        }
        args
    }

    fn given(&mut self, arguments: &ast::Arguments, args: &Args, gets: LambdaGets) -> Vec<Type> {
        match gets {
            LambdaGets::Anything => Vec::new(),
            LambdaGets::ElementsOfFirst => vec![self.held_by(arguments, args, 0)],
            LambdaGets::Candidates => vec![self.candidates(arguments, args)],
            LambdaGets::ElementsOfRest => (1..args.positional.len())
                .map(|index| self.held_by(arguments, args, index))
                .collect(),
        }
    }

    /// What the argument at a position holds.
    pub(super) fn held_by(
        &mut self,
        arguments: &ast::Arguments,
        args: &Args,
        index: usize,
    ) -> Type {
        let written = arguments.find_positional(index);
        if written.is_some_and(|written| self.is_empty(written)) {
            return Type::Never;
        }
        let at = self.place(arguments, index);
        self.held(&args.positional(index), at)
    }

    /// Where the argument at a position stands; all of them, where that cannot be told.
    pub(super) fn place(&self, arguments: &ast::Arguments, index: usize) -> Span {
        let argument = arguments.find_positional(index);
        argument.map_or_else(|| self.at(arguments), |argument| self.at(argument))
    }

    /// What `min` and `max` choose from.
    pub(super) fn candidates(&mut self, arguments: &ast::Arguments, args: &Args) -> Type {
        match args.positional.as_slice() {
            [_] => self.held_by(arguments, args, 0),
            several => Type::union(several.iter().cloned()).join(args.starred.clone()),
        }
    }

    /// Whether an empty container is made there.
    pub(super) fn is_empty(&mut self, expr: &Expr) -> bool {
        match expr {
            Expr::List(list) => list.is_empty(),
            Expr::Dict(dict) => dict.is_empty(),
            Expr::Call(call) if call.arguments.is_empty() => {
                matches!(self.peek(&call.func), Type::Symbol(name) if is_container_class(&name))
            }
            _ => false,
        }
    }
}

fn is_container_class(dotted: &str) -> bool {
    matches!(
        dotted,
        "builtins.list"
            | "builtins.tuple"
            | "builtins.set"
            | "builtins.frozenset"
            | "builtins.dict"
    )
}
