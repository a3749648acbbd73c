//! What annotations say.

use std::cell::{Cell, RefCell};

use super::code::Owner;
use super::types::{Type, Why};
use crate::model::{Binding, Model};
use crate::source::Span;
use crate::syntax::{ModuleId, ast, parse_annotation, span};

/// Annotations of more parts than this, aliases followed, are not read to their end.
const MAX_PARTS: u32 = 2_000;

/// Reads the annotations of one module or class.
pub(crate) struct Annotations<'a> {
    model: &'a Model<'a>,
    module: ModuleId,
    owner: Owner,
    /// The string that holds the annotation, where it is one.
    string: Option<Span>,
    /// The type parameters of the function, and of the alias that is being read.
    params: Vec<&'a ast::TypeParam>,
    left: Cell<u32>,
    aliases: RefCell<Vec<*const ast::Expr>>,
}

impl<'a> Annotations<'a> {
    /// Those in a module, in a class where `owner` is one.
    pub fn new(model: &'a Model<'a>, module: ModuleId, owner: Owner) -> Self {
        Self {
            model,
            module,
            owner,
            string: None,
            params: Vec::new(),
            left: Cell::new(MAX_PARTS),
            aliases: RefCell::default(),
        }
    }

    /// The same, where type parameters are known too.
    pub fn within(mut self, params: Option<&'a ast::TypeParams>) -> Self {
        self.params
            .extend(params.into_iter().flat_map(|params| &params.type_params));
        self
    }

    /// The type that an annotation says; nothing for one that leaves it to the value (`x: Final = 3`).
    pub fn read(&self, expr: &ast::Expr) -> Option<Type> {
        match self.model.dotted(self.module, expr) {
            Some(Binding::External(dotted))
                if matches!(canonical(&dotted), "Final" | "ClassVar" | "TypeAlias") =>
            {
                None
            }
            _ => Some(self.type_(expr)),
        }
    }

    fn at(&self, expr: &ast::Expr) -> Span {
        self.string
            .unwrap_or_else(|| span(self.model.program.module(self.module).file, expr))
    }

    fn elsewhere(&self, module: ModuleId, string: Option<Span>) -> Self {
        Self {
            model: self.model,
            module,
            owner: self.owner,
            string,
            params: self.params.clone(),
            left: self.left.clone(),
            aliases: self.aliases.clone(),
        }
    }

    pub(super) fn type_(&self, expr: &ast::Expr) -> Type {
        if self.left.get() == 0 {
            return Type::unknown(Why::Complex, self.at(expr));
        }
        self.left.set(self.left.get() - 1);
        match expr {
            ast::Expr::NoneLiteral(_) => Type::None,
            ast::Expr::StringLiteral(string) => self.string(expr, string.value.to_str()),
            ast::Expr::BinOp(ast::ExprBinOp {
                left,
                op: ast::Operator::BitOr,
                right,
                ..
            }) => self.type_(left).join(self.type_(right)),
            ast::Expr::Subscript(subscript) => self.subscript(subscript),
            ast::Expr::Starred(starred) => self.type_(&starred.value),
            ast::Expr::Name(name) if self.param(&name.id).is_some() => {
                self.variable(expr, &name.id)
            }
            _ => match self.model.dotted(self.module, expr) {
                Some(Binding::External(dotted)) => self.external(expr, &dotted),
                Some(binding) => self.own(expr, binding),
                None => self.not_known(expr),
            },
        }
    }

    fn string(&self, expr: &ast::Expr, text: &str) -> Type {
        let Some(inner) = parse_annotation(text) else {
            return Type::unknown(Why::Name(text.to_owned()), self.at(expr));
        };
        let reader = self.elsewhere(self.module, Some(self.at(expr)));
        let type_ = reader.type_(&inner);
        self.left.set(reader.left.get());
        type_
    }

    /// The type parameter of that name, of the function, the alias or the class.
    fn param(&self, name: &str) -> Option<&'a ast::TypeParam> {
        let class = self.owner.class().map(|class| self.model.class_def(class));
        let of_class = class.and_then(|class| class.type_params.as_deref());
        let of_class = of_class.into_iter().flat_map(|params| &params.type_params);
        let mut params = self.params.iter().copied().chain(of_class);
        params.find(|param| param.name().as_str() == name)
    }

    fn variable(&self, expr: &ast::Expr, name: &str) -> Type {
        let bound = match self.param(name) {
            Some(ast::TypeParam::TypeVar(variable)) => variable.bound.as_deref(),
            _ => None,
        };
        let otherwise = bound.map_or_else(|| self.not_known(expr), |bound| self.type_(bound));
        Type::Var {
            name: name.to_owned(),
            otherwise: Box::new(otherwise),
        }
    }

    fn not_known(&self, expr: &ast::Expr) -> Type {
        let at = self.at(expr);
        let text = self.model.program.sources.text(at).to_owned();
        Type::unknown(Why::Name(text), at)
    }

    fn own(&self, expr: &ast::Expr, binding: Binding<'a>) -> Type {
        match binding {
            Binding::Entity(id) => Type::reference(id),
            Binding::Class(id) => Type::instance(id),
            Binding::Variable {
                module,
                value: Some(value),
                ..
            } => self.alias(expr, module, value),
            _ => self.not_known(expr),
        }
    }

    fn alias(&self, expr: &ast::Expr, module: ModuleId, value: &'a ast::Expr) -> Type {
        let pointer = std::ptr::from_ref(value);
        if self.aliases.borrow().contains(&pointer) {
            return Type::unknown(Why::Complex, self.at(expr));
        }
        let reader = self.elsewhere(module, None);
        reader.aliases.borrow_mut().push(pointer);
        let type_ = match value {
            ast::Expr::Call(call) => match reader.type_constructor(call) {
                Some(type_) => type_,
                None => self.not_known(expr),
            },
            _ => reader.type_(value),
        };
        self.left.set(reader.left.get());
        type_
    }

    /// `NewType("Name", T)` and `TypeVar("T", bound=T)`.
    fn type_constructor(&self, call: &ast::ExprCall) -> Option<Type> {
        let Some(Binding::External(dotted)) = self.model.dotted(self.module, &call.func) else {
            return None;
        };
        match canonical(&dotted) {
            "NewType" => call.arguments.find_positional(1).map(|of| self.type_(of)),
            "TypeVar" => {
                let [ast::Expr::StringLiteral(name), constraints @ ..] = &*call.arguments.args
                else {
                    return None;
                };
                let otherwise = match call.arguments.find_keyword("bound") {
                    Some(bound) => self.type_(&bound.value),
                    None if !constraints.is_empty() => {
                        Type::union(constraints.iter().map(|of| self.type_(of)))
                    }
                    None => {
                        let name = name.value.to_str().to_owned();
                        let file = self.model.program.module(self.module).file;
                        Type::unknown(Why::Name(name), span(file, call))
                    }
                };
                Some(Type::Var {
                    name: name.value.to_str().to_owned(),
                    otherwise: Box::new(otherwise),
                })
            }
            _ => None,
        }
    }

    fn external(&self, expr: &ast::Expr, dotted: &str) -> Type {
        let at = self.at(expr);
        let any = || Type::unknown(Why::Any(canonical(dotted).to_owned()), at);
        match canonical(dotted) {
            "int" => Type::Int,
            "bool" => Type::Bool,
            "float" => Type::Float,
            "str" | "Text" | "LiteralString" | "AnyStr" => Type::Str,
            "bytes" => Type::Bytes,
            "None" => Type::None,
            "object" | "Any" => any(),
            "NoReturn" | "Never" => Type::Never,
            "Self" => self.self_type().unwrap_or_else(|| self.not_known(expr)),
            "range" => Type::Named("builtins.range".to_owned(), Box::new(Type::iter(Type::Int))),
            "type" | "Type" => Type::Opaque,
            "Callable" => Type::Callable(Box::new(any())),
            name => match generic(name, &[any(), any()]) {
                Some(type_) => type_,
                None if dotted.starts_with("builtins.") && !super::builtins::is_class(name) => {
                    self.not_known(expr)
                }
                None => Type::External(dotted.to_owned()),
            },
        }
    }

    fn self_type(&self) -> Option<Type> {
        match self.owner {
            Owner::Entity(id) => Some(Type::reference(id)),
            Owner::Class(id) => Some(Type::instance(id)),
            Owner::Module => None,
        }
    }

    fn subscript(&self, subscript: &ast::ExprSubscript) -> Type {
        let arguments = match &*subscript.slice {
            ast::Expr::Tuple(tuple) => tuple.elts.as_slice(),
            single => std::slice::from_ref(single),
        };
        let dotted = match self.model.dotted(self.module, &subscript.value) {
            Some(Binding::External(dotted)) => dotted,
            other => return self.generic_of_own(subscript, other),
        };
        let first = |reader: &Self| {
            arguments
                .first()
                .map_or(Type::Opaque, |first| reader.type_(first))
        };
        match canonical(&dotted) {
            "Optional" => first(self).optional(),
            "Union" => Type::union(arguments.iter().map(|argument| self.type_(argument))),
            "Annotated" | "Final" | "ClassVar" | "InitVar" | "Required" | "NotRequired"
            | "ReadOnly" | "Awaitable" | "Unpack" => first(self),
            "Literal" => literal(arguments),
            "type" | "Type" => class_of(&first(self)),
            "Callable" => Type::Callable(Box::new(
                arguments
                    .get(1)
                    .map_or(Type::Opaque, |result| self.type_(result)),
            )),
            "tuple" | "Tuple" => self.tuple(arguments),
            name => {
                let of: Vec<Type> = arguments
                    .iter()
                    .map(|argument| self.type_(argument))
                    .collect();
                generic(name, &of).unwrap_or_else(|| {
                    let held = Type::union(of);
                    if held.holds_entity() {
                        Type::Named(dotted.clone(), Box::new(Type::iter(held)))
                    } else {
                        Type::External(dotted.clone())
                    }
                })
            }
        }
    }

    /// A generic class or alias of the app's with its arguments.
    fn generic_of_own(&self, subscript: &ast::ExprSubscript, binding: Option<Binding<'a>>) -> Type {
        let of = arguments(subscript)
            .iter()
            .map(|argument| self.type_(argument));
        match binding {
            Some(Binding::Class(id)) => Type::Instance {
                id,
                of: of.collect(),
                is_self: false,
            },
            Some(Binding::Variable {
                module,
                value: Some(value),
                ..
            }) => {
                let params = self.model.alias_params(module, value);
                let reader = self.elsewhere(module, None).within(params);
                let type_ = reader.alias(&subscript.value, module, value);
                let names = match params {
                    Some(params) => params
                        .iter()
                        .map(|param| param.name().to_string())
                        .collect(),
                    None => type_.variables(),
                };
                type_.with(&names.into_iter().zip(of).collect())
            }
            _ => self.type_(&subscript.value),
        }
    }

    fn tuple(&self, arguments: &[ast::Expr]) -> Type {
        match arguments {
            [of, ast::Expr::EllipsisLiteral(_)] => Type::tuple_of(self.type_(of)),
            [ast::Expr::Tuple(empty)] if empty.is_empty() => Type::Tuple(Vec::new()),
            _ if arguments.iter().any(ast::Expr::is_starred_expr) => {
                Type::tuple_of(Type::union(arguments.iter().map(|of| self.type_(of))))
            }
            _ => Type::Tuple(arguments.iter().map(|of| self.type_(of)).collect()),
        }
    }
}

/// What stands between the brackets of a generic.
pub(super) fn arguments(subscript: &ast::ExprSubscript) -> &[ast::Expr] {
    match &*subscript.slice {
        ast::Expr::Tuple(tuple) => tuple.elts.as_slice(),
        single => std::slice::from_ref(single),
    }
}

/// The name by which a type of the standard library's is known here: the last part, where `typing` and its like have it.
fn canonical(dotted: &str) -> &str {
    for module in [
        "builtins.",
        "typing.",
        "typing_extensions.",
        "collections.abc.",
        "dataclasses.",
    ] {
        if let Some(name) = dotted.strip_prefix(module) {
            return name;
        }
    }
    dotted
}

/// A generic class of the standard library with its arguments; those that are missing are opaque.
fn generic(name: &str, of: &[Type]) -> Option<Type> {
    let argument = |index: usize| of.get(index).cloned().unwrap_or(Type::Opaque);
    let first = || argument(0);
    let mapping = || Type::dict(first(), argument(1));
    let named = |name: &str, like: Type| Type::Named(name.to_owned(), Box::new(like));
    Some(match name {
        "list" | "List" | "MutableSequence" => Type::list(first()),
        "set" | "Set" | "MutableSet" | "AbstractSet" => Type::set(first()),
        "frozenset" | "FrozenSet" => Type::frozenset(first()),
        "tuple" | "Tuple" => Type::tuple_of(first()),
        "dict" | "Dict" => mapping(),
        "Mapping" | "MutableMapping" => named("collections.abc.Mapping", mapping()),
        "collections.OrderedDict" | "OrderedDict" => named("collections.OrderedDict", mapping()),
        "collections.defaultdict" | "DefaultDict" => named("collections.defaultdict", mapping()),
        "collections.ChainMap" | "ChainMap" => named("collections.ChainMap", mapping()),
        "collections.Counter" | "Counter" => {
            named("collections.Counter", Type::dict(first(), Type::Int))
        }
        "collections.deque" | "Deque" => named("collections.deque", Type::list(first())),
        "Sequence" | "Collection" | "Iterable" | "Iterator" | "Reversible" | "Container"
        | "Generator" | "KeysView" => Type::iter(first()),
        "ValuesView" => Type::iter(first()),
        "ItemsView" => Type::iter(Type::Tuple(vec![first(), argument(1)])),
        _ => return None,
    })
}

fn class_of(instance: &Type) -> Type {
    Type::union(instance.members().iter().map(|member| match member {
        Type::Entity { id, .. } => Type::EntityClass(*id),
        Type::Instance { id, .. } => Type::ClassObject(*id),
        _ => Type::Opaque,
    }))
}

fn literal(arguments: &[ast::Expr]) -> Type {
    let values: Option<Vec<serde_json::Value>> = arguments.iter().map(literal_value).collect();
    values.map_or(Type::Opaque, Type::Literal)
}

fn literal_value(expr: &ast::Expr) -> Option<serde_json::Value> {
    Some(match expr {
        ast::Expr::StringLiteral(string) => string.value.to_str().into(),
        ast::Expr::BooleanLiteral(boolean) => boolean.value.into(),
        ast::Expr::NoneLiteral(_) => serde_json::Value::Null,
        ast::Expr::NumberLiteral(number) => integer(&number.value)?.into(),
        ast::Expr::UnaryOp(ast::ExprUnaryOp {
            op: ast::UnaryOp::USub,
            operand,
            ..
        }) => match &**operand {
            ast::Expr::NumberLiteral(number) => integer(&number.value)?.checked_neg()?.into(),
            _ => return None,
        },
        _ => return None,
    })
}

fn integer(number: &ast::Number) -> Option<i64> {
    match number {
        ast::Number::Int(value) => value.as_i64(),
        _ => None,
    }
}
