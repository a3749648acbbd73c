//! The type of a key, told from annotations and first values.

use std::cell::Cell;

use super::scope::Binding;
use super::view::View;
use super::{ClassRef, Entity, Field, Function, Model};
use crate::ir::KeyType;
use crate::syntax::{ModuleId, Ranged, ast};

/// What is known of a type.
pub(super) enum Told {
    /// It may be a key.
    Key(KeyType),
    /// It may not.
    Other,
    /// It cannot be told.
    Unknown,
}

/// Tells types, a single time.
pub(super) struct KeyTypes<'a, 'p> {
    model: &'a Model<'p>,
    class: ClassRef,
    entity: &'a Entity<'p>,
    /// How many more names are followed: aliases and fields may go in a circle.
    left: Cell<u32>,
}

impl<'a, 'p> KeyTypes<'a, 'p> {
    pub(super) fn new(model: &'a Model<'p>, class: ClassRef, entity: &'a Entity<'p>) -> Self {
        Self {
            model,
            class,
            entity,
            left: Cell::new(100),
        }
    }

    fn is_circle(&self) -> bool {
        self.left.set(self.left.get().saturating_sub(1));
        self.left.get() == 0
    }

    /// The type of what a method returns or assigns.
    pub(super) fn of_value(&self, value: &'p ast::Expr, method: &Function<'p>) -> Told {
        if self.is_circle() {
            return Told::Unknown;
        }
        match value {
            ast::Expr::FString(_) | ast::Expr::StringLiteral(_) => Told::Key(KeyType::Str),
            ast::Expr::NumberLiteral(number) => match number.value {
                ast::Number::Int(_) => Told::Key(KeyType::Int),
                _ => Told::Other,
            },
            ast::Expr::NoneLiteral(_)
            | ast::Expr::BooleanLiteral(_)
            | ast::Expr::BytesLiteral(_)
            | ast::Expr::Tuple(_)
            | ast::Expr::List(_)
            | ast::Expr::Dict(_)
            | ast::Expr::Set(_) => Told::Other,
            ast::Expr::Call(call) => match self
                .model
                .view(method.module)
                .external(&call.func)
                .as_deref()
            {
                Some("str") => Told::Key(KeyType::Str),
                Some("int" | "len") => Told::Key(KeyType::Int),
                _ => Told::Unknown,
            },
            ast::Expr::Attribute(access) if is_name(&access.value, method.receiver) => self
                .entity
                .field(&access.attr)
                .map_or(Told::Unknown, |field| self.of_field(field)),
            _ => Told::Unknown,
        }
    }

    fn of_field(&self, field: &Field<'p>) -> Told {
        if let Some(annotation) = field.annotation {
            return self.of_annotation(annotation, field.module);
        }
        let (Some(value), Some(init)) = (field.value, self.init_of(field)) else {
            return Told::Unknown;
        };
        let ast::Expr::Name(name) = value else {
            return match self.of_value(value, init) {
                // The first of several values says only what the key may be.
                Told::Other => Told::Unknown,
                told => told,
            };
        };
        let param = init
            .params
            .iter()
            .find(|param| param.name == name.id.as_str());
        match param.and_then(|param| param.annotation) {
            Some(annotation) => self.of_annotation(annotation, init.module),
            None => Told::Unknown,
        }
    }

    /// The `__init__` that assigns a field first.
    fn init_of(&self, field: &Field<'p>) -> Option<&'a Function<'p>> {
        let order = self.model.order(self.class).iter();
        let methods = order.flat_map(|class| self.model.methods(*class));
        let mut inits = methods.filter(|method| method.name == "__init__");
        inits.find(|init| {
            let value = field.value.map(|value| value.range());
            init.module == field.module
                && value.is_some_and(|value| init.def.range.contains_range(value))
        })
    }

    /// The type that an annotation in a module means.
    pub(super) fn of_annotation(&self, annotation: &ast::Expr, module: ModuleId) -> Told {
        if self.is_circle() {
            return Told::Unknown;
        }
        let view = self.model.view(module);
        let named = match annotation {
            ast::Expr::StringLiteral(text) => Some(text.value.to_str().trim().to_owned()),
            ast::Expr::Name(_) | ast::Expr::Attribute(_) => view.external(annotation),
            _ => None,
        };
        match named.as_deref() {
            Some("str") => Told::Key(KeyType::Str),
            Some("int") => Told::Key(KeyType::Int),
            Some(
                "float" | "bool" | "bytes" | "bytearray" | "complex" | "list" | "dict" | "tuple"
                | "set" | "object" | "uuid.UUID" | "datetime.datetime" | "datetime.date"
                | "decimal.Decimal",
            ) => Told::Other,
            Some(_) => Told::Unknown,
            None => self.of_alias(view, annotation),
        }
    }

    fn of_alias(&self, view: View<'_, 'p>, annotation: &ast::Expr) -> Told {
        match annotation {
            ast::Expr::NoneLiteral(_) | ast::Expr::BinOp(_) => return Told::Other,
            ast::Expr::Subscript(outer) => {
                let path = view.external(&outer.value);
                return match (
                    path.as_deref().and_then(|path| path.rsplit('.').next()),
                    &*outer.slice,
                ) {
                    (Some("Annotated"), ast::Expr::Tuple(parts)) if !parts.is_empty() => {
                        self.of_annotation(&parts.elts[0], view.module)
                    }
                    (Some("Final"), inner) => self.of_annotation(inner, view.module),
                    _ => Told::Other,
                };
            }
            _ => {}
        }
        let Some(Binding::Variable {
            module,
            value: Some(value),
            ..
        }) = view.binding(annotation)
        else {
            return Told::Other;
        };
        let view = view.from(module);
        match value {
            ast::Expr::Name(_) => self.of_annotation(value, module),
            ast::Expr::Call(call) => match (
                view.external(&call.func).as_deref(),
                call.arguments.args.get(1),
            ) {
                (Some("typing.NewType"), Some(base)) => self.of_annotation(base, module),
                _ => Told::Unknown,
            },
            _ => Told::Unknown,
        }
    }
}

/// Whether an expression is that name.
pub(super) fn is_name(expr: &ast::Expr, name: Option<&str>) -> bool {
    matches!(expr, ast::Expr::Name(found) if Some(found.id.as_str()) == name)
}
