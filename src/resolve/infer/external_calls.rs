//! Calls of code from outside the app.

use super::super::builtins;
use super::super::types::{Reason, Type, Why};
use super::Interpreter;
use super::arguments::Args;
use crate::syntax::ast;

impl Interpreter<'_, '_> {
    pub(super) fn external_call(&mut self, call: &ast::ExprCall, name: &str, args: &Args) -> Type {
        if let Some(type_) = builtins::external_result(name) {
            return type_;
        }
        let first = args.positional(0);
        let arguments = &call.arguments;
        let at = self.at(arguments);
        match name {
            "random.choice" | "heapq.heappop" | "heapq.heappushpop" | "heapq.heapreplace" => {
                self.held_by(arguments, args, 0)
            }
            "random.sample"
            | "random.choices"
            | "heapq.merge"
            | "itertools.islice"
            | "itertools.cycle"
            | "itertools.takewhile"
            | "itertools.dropwhile"
            | "itertools.filterfalse"
            | "itertools.accumulate" => {
                let passes = name.ends_with("while") || name.ends_with("false");
                let held = self.held_by(arguments, args, usize::from(passes));
                if name.starts_with("random.") {
                    Type::list(held)
                } else {
                    Type::iter(held)
                }
            }
            "heapq.nlargest" | "heapq.nsmallest" => Type::list(self.held_by(arguments, args, 1)),
            "copy.copy" | "copy.deepcopy" => first,
            "typing.cast" => self.cast(call, args),
            "itertools.chain" => {
                let held: Vec<Type> = args.all().cloned().collect();
                Type::iter(Type::union(held.iter().map(|from| self.held(from, at))))
            }
            "itertools.chain.from_iterable" => {
                let inner = self.held_by(arguments, args, 0);
                Type::iter(self.held(&inner, at))
            }
            "itertools.groupby" => {
                let held = self.held_by(arguments, args, 0);
                Type::iter(Type::Tuple(vec![Type::Opaque, Type::iter(held)]))
            }
            "itertools.combinations"
            | "itertools.permutations"
            | "itertools.product"
            | "itertools.pairwise"
            | "itertools.zip_longest"
            | "itertools.batched" => {
                let columns: Vec<Type> = args.positional.clone();
                let held = Type::union(columns.iter().map(|column| self.held(column, at)));
                Type::iter(Type::tuple_of(held))
            }
            "collections.deque" => named(name, Type::list(self.held_by(arguments, args, 0))),
            "collections.Counter" => named(
                name,
                Type::dict(self.held_by(arguments, args, 0), Type::Int),
            ),
            "collections.OrderedDict" | "collections.ChainMap" => {
                let (key, value) = self.pairs(&first, at);
                named(name, Type::dict(key, value))
            }
            "collections.defaultdict" => {
                let value = self.made_by(&first);
                let (key, known) = self.pairs(&args.positional(1), at);
                named(name, Type::dict(key, value.join(known)))
            }
            _ => self.unknown_external(call, name, args),
        }
    }

    fn cast(&mut self, call: &ast::ExprCall, args: &Args) -> Type {
        let annotation = call.arguments.find_positional(0);
        annotation
            .and_then(|annotation| self.facts.annotation(self.module, self.owner, annotation))
            .unwrap_or_else(|| args.positional(1))
    }

    /// What a factory makes.
    fn made_by(&mut self, factory: &Type) -> Type {
        match factory {
            Type::Symbol(name) => match name.as_str() {
                "builtins.list" => Type::list(Type::Never),
                "builtins.set" => Type::set(Type::Never),
                "builtins.dict" => Type::dict(Type::Never, Type::Never),
                other => other
                    .strip_prefix("builtins.")
                    .and_then(builtins::fixed_result)
                    .unwrap_or(Type::Opaque),
            },
            Type::Callable(result) => result.as_ref().clone(),
            Type::ClassObject(class) => Type::instance(*class),
            Type::EntityClass(id) => Type::reference(*id),
            Type::Function(function) => self.facts.result(self.facts.codes.function(*function)),
            Type::Bound(code) => self.facts.result(*code),
            _ => Type::Opaque,
        }
    }

    fn unknown_external(&mut self, call: &ast::ExprCall, name: &str, args: &Args) -> Type {
        let last = name.rsplit('.').next().unwrap_or(name);
        let is_class =
            last.starts_with(|first: char| first.is_ascii_uppercase()) && name.contains('.');
        if builtins::gives_nothing_back(name) || !args.all().any(Type::may_hold_entity) {
            return if is_class {
                Type::External(name.to_owned())
            } else {
                Type::Opaque
            };
        }
        self.foreign_result(call, name, args)
    }

    /// The result of code that is not known: what it was given may be in it.
    pub(super) fn foreign_result(&mut self, call: &ast::ExprCall, name: &str, args: &Args) -> Type {
        let at = self.at(call);
        if args.all().any(Type::holds_entity) {
            return Type::unknown(Why::External(name.to_owned()), at);
        }
        let reason = args.all().find_map(Type::reason).cloned();
        match reason.or_else(|| self.reason_of_content(call, args)) {
            Some(reason) => Type::Unknown(Box::new(reason)),
            None => Type::Opaque,
        }
    }

    /// Why it cannot be told what an argument holds: it is not written there, and nobody was seen to fill it.
    fn reason_of_content(&mut self, call: &ast::ExprCall, args: &Args) -> Option<Reason> {
        let by_position = call.arguments.args.iter().zip(&args.positional);
        let values = call.arguments.keywords.iter();
        let named = values.filter(|keyword| keyword.arg.is_some());
        let by_name = named.map(|keyword| &keyword.value);
        let by_name = by_name.zip(args.keywords.iter().map(|(_, type_)| type_));
        by_position.chain(by_name).find_map(|(value, type_)| {
            if self.is_empty(value) {
                return None;
            }
            let content = self.or_unknown_content(Type::Never, self.at(value));
            type_.clone().filled_with(&content).reason().cloned()
        })
    }
}

fn named(name: &str, like: Type) -> Type {
    Type::Named(name.to_owned(), Box::new(like))
}
