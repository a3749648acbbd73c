//! Expressions.

use super::super::types::{Type, Why};
use super::Interpreter;
use super::special::TRUTH;
use crate::source::Span;
use crate::syntax::ast::{self, Expr};

impl Interpreter<'_, '_> {
    /// The type of an expression that is evaluated here.
    pub(super) fn expr(&mut self, expr: &Expr) -> Type {
        let type_ = self.evaluated(expr);
        let is_unknown = |member: &Type| matches!(member, Type::Unknown(_));
        match type_.members().iter().any(is_unknown) && self.is_nothing(expr) {
            true => Type::Never,
            false => type_,
        }
    }

    fn evaluated(&mut self, expr: &Expr) -> Type {
        match expr {
            Expr::Name(name) => self.name_value(name),
            Expr::Attribute(attribute) => self.attribute(attribute),
            Expr::Call(call) => self.call(call),
            Expr::Subscript(subscript) => self.subscript(subscript),
            Expr::BinOp(binary) => self.binary(binary),
            Expr::BoolOp(bool_op) => self.bool_op(bool_op),
            Expr::UnaryOp(unary) => self.unary(unary),
            Expr::Compare(compare) => self.compare(compare),
            Expr::If(if_) => self.conditional(if_),
            Expr::Named(named) => self.named(named),
            Expr::Lambda(lambda) => self.lambda(lambda, &[]),
            Expr::List(list) => Type::list(self.elements(&list.elts)).bounded(self.at(expr)),
            Expr::Set(set) => Type::set(self.elements(&set.elts)).bounded(self.at(expr)),
            Expr::Tuple(tuple) => self.tuple(tuple),
            Expr::Dict(dict) => self.dict(dict),
            Expr::ListComp(_) | Expr::SetComp(_) | Expr::DictComp(_) | Expr::Generator(_) => {
                self.comprehension(expr).bounded(self.at(expr))
            }
            Expr::FString(string) => self.interpolated(string.value.elements(), Type::Str),
            Expr::TString(string) => self.interpolated(string.value.elements(), Type::Opaque),
            Expr::Await(await_) => self.awaited(&await_.value),
            Expr::Yield(yield_) => self.yield_(yield_.value.as_deref()),
            Expr::YieldFrom(yield_) => self.yield_from(&yield_.value),
            Expr::Starred(starred) => self.expr(&starred.value),
            Expr::Slice(slice) => self.slice(slice),
            Expr::StringLiteral(_) => Type::Str,
            Expr::BytesLiteral(_) => Type::Bytes,
            Expr::BooleanLiteral(_) => Type::Bool,
            Expr::NoneLiteral(_) => Type::None,
            Expr::NumberLiteral(number) => number_type(&number.value),
            Expr::EllipsisLiteral(_) | Expr::IpyEscapeCommand(_) => Type::Opaque,
        }
    }

    /// The value of a name that is not called here: a function is handed on.
    fn name_value(&mut self, name: &ast::ExprName) -> Type {
        let type_ = self.name(&name.id);
        self.handed_on(&type_, self.at(name));
        type_
    }

    /// What a name stands for.
    pub(super) fn name(&mut self, name: &str) -> Type {
        if let Some(type_) = self.env.get(name) {
            return type_.clone();
        }
        if self.frame.locals.contains(name) && !self.frame.globals.contains(name) {
            return Type::Never;
        }
        match self.facts.global(self.module, name) {
            Some(type_) => type_,
            None => Type::Symbol(format!("builtins.{name}")),
        }
    }

    /// What is known of an expression without evaluating it again.
    pub(super) fn peek(&mut self, expr: &Expr) -> Type {
        match expr {
            Expr::Name(name) => self.name(&name.id),
            Expr::Attribute(attribute) => {
                if let Some(narrowed) = self.narrowed(attribute) {
                    return narrowed;
                }
                let receiver = self.peek(&attribute.value);
                self.read_quietly(&receiver, &attribute.attr)
            }
            Expr::Subscript(subscript) => {
                let container = self.peek(&subscript.value);
                self.item(&container, subscript)
            }
            Expr::Named(named) => self.peek(&named.target),
            _ => Type::Opaque,
        }
    }

    pub(super) fn narrowed(&self, attribute: &ast::ExprAttribute) -> Option<Type> {
        let path = super::narrow::path_of_attribute(attribute)?;
        self.env.get(&path).cloned()
    }

    /// The types of the elements of a display, together.
    fn elements(&mut self, elements: &[Expr]) -> Type {
        let types: Vec<Type> = elements
            .iter()
            .map(|element| self.display_element(element))
            .collect();
        Type::union(types)
    }

    fn display_element(&mut self, element: &Expr) -> Type {
        match element {
            Expr::Starred(starred) => {
                let iterable = self.expr(&starred.value);
                self.element(&iterable, self.at(&*starred.value))
            }
            other => self.expr(other),
        }
    }

    fn tuple(&mut self, tuple: &ast::ExprTuple) -> Type {
        let types: Vec<Type> = tuple
            .elts
            .iter()
            .map(|element| self.display_element(element))
            .collect();
        let type_ = if tuple.elts.iter().any(Expr::is_starred_expr) {
            Type::tuple_of(Type::union(types))
        } else {
            Type::Tuple(types)
        };
        type_.bounded(self.at(tuple))
    }

    fn dict(&mut self, dict: &ast::ExprDict) -> Type {
        let (mut keys, mut values) = (Type::Never, Type::Never);
        for item in dict {
            let (key, value) = match &item.key {
                Some(key) => (self.expr(key), self.expr(&item.value)),
                None => {
                    let merged = self.expr(&item.value);
                    self.key_and_value(&merged, self.at(&item.value))
                }
            };
            keys = keys.join(key);
            values = values.join(value);
        }
        Type::dict(keys, values).bounded(self.at(dict))
    }

    fn conditional(&mut self, if_: &ast::ExprIf) -> Type {
        let test = self.expr(&if_.test);
        self.may_run(self.at(if_), &[&test], &TRUTH);
        let otherwise = self.env.clone();
        self.narrow(&if_.test, true);
        let body = self.operand(&if_.body);
        let after = std::mem::replace(&mut self.env, otherwise);
        self.narrow(&if_.test, false);
        let orelse = self.operand(&if_.orelse);
        self.env = std::mem::take(&mut self.env).join(after);
        body.join(orelse)
    }

    fn named(&mut self, named: &ast::ExprNamed) -> Type {
        let type_ = self.expr(&named.value);
        let is_nothing = self.is_nothing(&named.value);
        self.assign_maybe(&named.target, &type_, Some(&named.value), is_nothing);
        type_
    }

    fn interpolated<'e>(
        &mut self,
        elements: impl Iterator<Item = &'e ast::InterpolatedStringElement>,
        type_: Type,
    ) -> Type {
        for element in elements {
            self.interpolation(element);
        }
        type_
    }

    fn interpolation(&mut self, element: &ast::InterpolatedStringElement) {
        if let ast::InterpolatedStringElement::Interpolation(interpolation) = element {
            self.expr(&interpolation.expression);
            for nested in interpolation
                .format_spec
                .iter()
                .flat_map(|spec| &spec.elements)
            {
                self.interpolation(nested);
            }
        }
    }

    fn yield_(&mut self, value: Option<&Expr>) -> Type {
        let type_ = value.map_or(Type::None, |value| self.expr(value));
        self.add_yield(type_);
        Type::Opaque
    }

    fn yield_from(&mut self, value: &Expr) -> Type {
        let iterable = self.expr(value);
        let element = self.element(&iterable, self.at(value));
        self.add_yield(element);
        Type::Opaque
    }

    fn add_yield(&mut self, type_: Type) {
        let known = self.frame.yields.take().unwrap_or(Type::Never);
        self.frame.yields = Some(known.join(type_));
    }

    fn slice(&mut self, slice: &ast::ExprSlice) -> Type {
        for part in [&slice.lower, &slice.upper, &slice.step]
            .into_iter()
            .flatten()
        {
            self.expr(part);
        }
        Type::Opaque
    }

    pub(super) fn subscript(&mut self, subscript: &ast::ExprSubscript) -> Type {
        let container = self.expr(&subscript.value);
        self.expr(&subscript.slice);
        let item = self.item(&container, subscript);
        self.or_unknown_content(item, self.at(&*subscript.value))
    }

    /// What `container[index]` gives.
    fn item(&mut self, container: &Type, subscript: &ast::ExprSubscript) -> Type {
        let (at, index) = (self.at(&*subscript.value), &*subscript.slice);
        Type::union(container.members().iter().map(|member| {
            if index.is_slice_expr() {
                return sliced(member);
            }
            match member.peel() {
                Type::Dict(_, value) => self.or_unknown_content(value.as_ref().clone(), at),
                Type::Tuple(types) => tuple_item(types, index),
                Type::Bytes => Type::Int,
                Type::ClassObject(class) if self.facts.is_enum(*class) => Type::instance(*class),
                Type::EntityClass(_) | Type::ClassObject(_) | Type::Symbol(_) => member.clone(),
                Type::Instance { .. } => self
                    .instance_method_result(member, "__getitem__")
                    .unwrap_or_else(|| self.held(member, at)),
                _ => self.held(member, at),
            }
        }))
    }

    /// The content of a container; where nobody was seen to put anything into it, it cannot be told.
    pub(super) fn or_unknown_content(&self, content: Type, container: Span) -> Type {
        if content == Type::Never && self.is_sealed {
            Type::unknown(Why::Content, container)
        } else {
            content
        }
    }

    /// The keys and the values of a mapping that stands there.
    pub(super) fn key_and_value(&self, mapping: &Type, at: Span) -> (Type, Type) {
        let (mut keys, mut values) = (Type::Never, Type::Never);
        for member in mapping.members() {
            let (key, value) = match member.peel() {
                Type::Dict(key, value) => (
                    self.or_unknown_content(key.as_ref().clone(), at),
                    self.or_unknown_content(value.as_ref().clone(), at),
                ),
                Type::Unknown(_) => (member.clone(), member.clone()),
                _ => (Type::Opaque, Type::Opaque),
            };
            keys = keys.join(key);
            values = values.join(value);
        }
        (keys, values)
    }
}

fn number_type(number: &ast::Number) -> Type {
    match number {
        ast::Number::Int(_) => Type::Int,
        ast::Number::Float(_) => Type::Float,
        ast::Number::Complex { .. } => Type::External("builtins.complex".to_owned()),
    }
}

fn sliced(container: &Type) -> Type {
    match container.peel() {
        Type::Tuple(types) => Type::tuple_of(Type::union(types.iter().cloned())),
        Type::Iter(of) => Type::iter(of.as_ref().clone()),
        Type::Instance { .. } => Type::Opaque,
        _ => container.clone(),
    }
}

fn tuple_item(types: &[Type], index: &Expr) -> Type {
    let known = match index {
        Expr::NumberLiteral(number) => match &number.value {
            ast::Number::Int(index) => index.as_usize().and_then(|index| types.get(index)),
            _ => None,
        },
        Expr::UnaryOp(ast::ExprUnaryOp {
            op: ast::UnaryOp::USub,
            operand,
            ..
        }) => match &**operand {
            Expr::NumberLiteral(ast::ExprNumberLiteral {
                value: ast::Number::Int(index),
                ..
            }) => index
                .as_usize()
                .and_then(|index| types.len().checked_sub(index))
                .and_then(|index| types.get(index)),
            _ => None,
        },
        _ => None,
    };
    known
        .cloned()
        .unwrap_or_else(|| Type::union(types.iter().cloned()))
}
