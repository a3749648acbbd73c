//! What cannot be: expressions that are never evaluated to their end, because a name in them has no value there.

use super::super::types::Type;
use super::Interpreter;
use super::narrow::path_of_attribute;
use crate::syntax::ast::{self, Expr};

impl Interpreter<'_, '_> {
    /// Whether an expression that has just been evaluated surely has no value: nothing is done to it, so that nothing needs to be
    /// known of it.
    pub(super) fn is_nothing(&self, expr: &Expr) -> bool {
        let nothing = |part: &Expr| self.is_nothing(part);
        match expr {
            Expr::Name(name) => self.has_no_value(&name.id),
            Expr::Attribute(attribute) => {
                let path = path_of_attribute(attribute);
                nothing(&attribute.value) || path.is_some_and(|path| self.env.is_nothing(&path))
            }
            Expr::Subscript(item) => nothing(&item.value) || nothing(&item.slice),
            Expr::Call(call) => nothing(&call.func) || self.is_given_nothing(&call.arguments),
            Expr::BinOp(operation) => nothing(&operation.left) || nothing(&operation.right),
            Expr::UnaryOp(operation) => nothing(&operation.operand),
            Expr::Compare(compare) => nothing(&compare.left) || nothing(&compare.comparators[0]),
            Expr::BoolOp(operation) => nothing(&operation.values[0]),
            Expr::If(choice) => {
                nothing(&choice.test) || nothing(&choice.body) && nothing(&choice.orelse)
            }
            Expr::Tuple(tuple) => tuple.elts.iter().any(nothing),
            Expr::List(list) => list.elts.iter().any(nothing),
            Expr::Set(set) => set.elts.iter().any(nothing),
            Expr::Dict(dict) => {
                dict.iter_keys().flatten().any(nothing) || dict.iter_values().any(nothing)
            }
            Expr::Starred(starred) => nothing(&starred.value),
            Expr::Named(named) => nothing(&named.value),
            Expr::Await(await_) => nothing(&await_.value),
            Expr::ListComp(comp) => nothing(&comp.generators[0].iter),
            Expr::SetComp(comp) => nothing(&comp.generators[0].iter),
            Expr::DictComp(comp) => nothing(&comp.generators[0].iter),
            Expr::Generator(comp) => nothing(&comp.generators[0].iter),
            _ => false,
        }
    }

    fn is_given_nothing(&self, arguments: &ast::Arguments) -> bool {
        let mut keywords = arguments.keywords.iter().map(|keyword| &keyword.value);
        let mut args = arguments.args.iter();
        args.any(|value| self.is_nothing(value)) || keywords.any(|value| self.is_nothing(value))
    }

    /// Whether no way leads to here on which a local name gets a value, or none on which that is of a type it may be of.
    fn has_no_value(&self, name: &str) -> bool {
        let is_known_here = self.frame.own.is_none()
            && !self.frame.is_late
            && self.frame.locals.contains(name)
            && !self.frame.globals.contains(name)
            && !self.captured.contains_key(name);
        self.env.is_nothing(name) || is_known_here && self.env.get(name).is_none()
    }

    /// Assigns to a target: nothing, where what it is given cannot be.
    pub(super) fn assign_maybe(
        &mut self,
        target: &Expr,
        type_: &Type,
        value: Option<&Expr>,
        is_nothing: bool,
    ) {
        self.assign(target, type_, value);
        if is_nothing {
            self.mark_nothing(target);
        }
    }

    fn mark_nothing(&mut self, target: &Expr) {
        match target {
            Expr::Name(name) => self.env.narrow_to_nothing(name.id.to_string()),
            Expr::Tuple(tuple) => tuple.elts.iter().for_each(|part| self.mark_nothing(part)),
            Expr::List(list) => list.elts.iter().for_each(|part| self.mark_nothing(part)),
            Expr::Starred(starred) => self.mark_nothing(&starred.value),
            _ => {}
        }
    }
}
