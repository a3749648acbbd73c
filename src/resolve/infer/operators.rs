//! Operators.

use super::super::types::Type;
use super::Interpreter;
use super::special::{TRUTH, method_of};
use crate::syntax::ast::{self, Expr, Operator};

impl Interpreter<'_, '_> {
    pub(super) fn binary(&mut self, binary: &ast::ExprBinOp) -> Type {
        let left = self.operand(&binary.left);
        let right = self.operand(&binary.right);
        self.may_operate(self.at(binary), &left, binary.op, &right);
        self.operation(&left, binary.op, &right, &binary.right)
    }

    /// The type of what is put together with something else, or chosen in its place: what nobody was seen to put into a container
    /// that comes from elsewhere is in the result.
    pub(super) fn operand(&mut self, expr: &Expr) -> Type {
        let type_ = self.expr(expr);
        let is_from_elsewhere = match expr {
            Expr::Attribute(_) | Expr::Subscript(_) => true,
            Expr::Call(call) => call.func.is_attribute_expr(),
            _ => false,
        };
        match is_from_elsewhere {
            true => {
                let content = self.or_unknown_content(Type::Never, self.at(expr));
                type_.filled_with(&content)
            }
            false => type_,
        }
    }

    /// The result of `left op right`, `right` standing there.
    pub(super) fn operation(&mut self, left: &Type, op: Operator, right: &Type, at: &Expr) -> Type {
        let mut results = Vec::new();
        for left in left.members() {
            for right in right.members() {
                let result = match left {
                    Type::Instance { .. } => self.instance_method_result(left, method_of(op)),
                    _ => None,
                };
                results.push(result.unwrap_or_else(|| operation(left, op, right)));
            }
        }
        Type::union(results).bounded(self.at(at))
    }

    pub(super) fn bool_op(&mut self, bool_op: &ast::ExprBoolOp) -> Type {
        let and = bool_op.op == ast::BoolOp::And;
        let mut result = Type::Never;
        let mut exits = None;
        for (index, value) in bool_op.values.iter().enumerate() {
            let type_ = self.operand(value);
            self.may_run(self.at(bool_op), &[&type_], &TRUTH);
            if index + 1 == bool_op.values.len() {
                result = result.join(type_);
                break;
            }
            // `a or b` gives `a` only where it is true.
            result = result.join(if and {
                type_
            } else {
                type_.without(|member| *member == Type::None)
            });
            let exit = self.env.clone();
            exits = Some(match exits {
                Some(known) => exit.join(known),
                None => exit,
            });
            self.narrow(value, and);
        }
        if let Some(exits) = exits {
            self.env = std::mem::take(&mut self.env).join(exits);
        }
        result
    }

    pub(super) fn unary(&mut self, unary: &ast::ExprUnaryOp) -> Type {
        let operand = self.expr(&unary.operand);
        self.may_invert(self.at(unary), unary.op, &operand);
        match unary.op {
            ast::UnaryOp::Not => Type::Bool,
            _ => match operand {
                Type::Bool | Type::Int => Type::Int,
                Type::Float => Type::Float,
                Type::External(name) => Type::External(name),
                _ => Type::Opaque,
            },
        }
    }

    pub(super) fn compare(&mut self, compare: &ast::ExprCompare) -> Type {
        let mut left = self.expr(&compare.left);
        for (op, comparator) in compare.ops.iter().zip(&compare.comparators) {
            let right = self.expr(comparator);
            self.may_compare(self.at(compare), &left, *op, &right);
            left = right;
        }
        Type::Bool
    }
}

fn operation(left: &Type, op: Operator, right: &Type) -> Type {
    use Type::{Bool, Bytes, External, Float, Int, Never, Str};
    match (left, op, right) {
        (Never, ..) | (_, _, Never) => Never,
        (Int | Bool, Operator::Div, Int | Bool) => Float,
        (Int | Bool, Operator::Pow, Int | Bool) => Type::Opaque,
        (Int | Bool, _, Int | Bool) => Int,
        (Float, _, Int | Bool | Float) | (Int | Bool, _, Float) => Float,
        (Str, Operator::Mod, _)
        | (Str, Operator::Add, Str)
        | (Str, Operator::Mult, _)
        | (_, Operator::Mult, Str) => Str,
        (Bytes, Operator::Mod, _) | (Bytes, Operator::Add, Bytes) => Bytes,
        (External(name), _, External(other)) if name == other && !is_time(name) => {
            External(name.clone())
        }
        (External(name), _, Int) | (Int, _, External(name)) if name == "decimal.Decimal" => {
            External(name.clone())
        }
        (Int | Float | Str | Bool | Type::None, Operator::Add, _) => Type::Opaque,
        (
            _,
            Operator::Add | Operator::BitOr | Operator::BitAnd | Operator::BitXor | Operator::Sub,
            _,
        ) => combined(left, op, right),
        (Type::List(_) | Type::Tuple(_) | Type::TupleOf(_), Operator::Mult, _) => repeated(left),
        (_, Operator::Mult, Type::List(_) | Type::Tuple(_) | Type::TupleOf(_)) => repeated(right),
        _ => Type::Opaque,
    }
}

fn is_time(name: &str) -> bool {
    name.starts_with("datetime.")
}

fn repeated(sequence: &Type) -> Type {
    match sequence {
        Type::Tuple(types) => Type::tuple_of(Type::union(types.iter().cloned())),
        other => other.clone(),
    }
}

/// Containers that are put together.
fn combined(left: &Type, op: Operator, right: &Type) -> Type {
    match (left.peel(), right.peel()) {
        (Type::Tuple(left), Type::Tuple(right)) if op == Operator::Add => {
            Type::Tuple(left.iter().chain(right).cloned().collect())
        }
        (Type::Unknown(_), _) => left.clone(),
        (_, Type::Unknown(_))
            if left
                .element()
                .is_some_and(|element| element != Type::Opaque) =>
        {
            right.clone()
        }
        (Type::List(_) | Type::Set(_) | Type::Frozenset(_) | Type::Dict(..), _)
        | (Type::Tuple(_) | Type::TupleOf(_), _) => {
            if op == Operator::Sub {
                left.clone()
            } else {
                left.clone().join(right.clone())
            }
        }
        (Type::Iter(of), _) => Type::set(
            of.as_ref()
                .clone()
                .join(right.element().unwrap_or(Type::Opaque)),
        ),
        _ => Type::Opaque,
    }
}
