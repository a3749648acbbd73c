//! Operators that may run special methods of the app's classes.

use std::collections::HashSet;

use super::super::types::Type;
use super::Interpreter;
use crate::model::Model;
use crate::source::Span;
use crate::syntax::ast::visitor::{Visitor, walk_expr, walk_stmt};
use crate::syntax::ast::{CmpOp, Expr, Operator, Stmt, UnaryOp};

/// What the truth of a value may run.
pub(super) const TRUTH: [&str; 2] = ["__bool__", "__len__"];

/// What a comparison may run, also of the elements of containers and of what it gives.
const COMPARISON: [&str; 6] = ["__eq__", "__ne__", "__lt__", "__le__", "__gt__", "__ge__"];

/// What `in` may run besides.
const MEMBERSHIP: [&str; 5] = [
    "__contains__",
    "__iter__",
    "__next__",
    "__getitem__",
    "__hash__",
];

/// What the operators of strings and containers may run of what is beside them.
const OPERAND: [&str; 9] = [
    "__str__",
    "__repr__",
    "__getitem__",
    "__index__",
    "__eq__",
    "__hash__",
    "__iter__",
    "__next__",
    "__len__",
];

/// The special methods that something in the app defines.
pub(crate) fn defined<'m>(model: &'m Model<'_>) -> HashSet<&'m str> {
    let mut names = Names::default();
    for module in &model.program.modules {
        names.visit_body(&module.tree.body);
    }
    names.0
}

#[derive(Default)]
struct Names<'m>(HashSet<&'m str>);

impl<'m> Names<'m> {
    fn add(&mut self, name: &'m str) {
        if name.starts_with("__") && name.ends_with("__") {
            self.0.insert(name);
        }
    }
}

impl<'m> Visitor<'m> for Names<'m> {
    fn visit_stmt(&mut self, stmt: &'m Stmt) {
        if let Stmt::FunctionDef(def) = stmt {
            self.add(&def.name);
        }
        walk_stmt(self, stmt);
    }

    fn visit_expr(&mut self, expr: &'m Expr) {
        if let Expr::Name(name) = expr
            && name.ctx.is_store()
        {
            self.add(&name.id);
        }
        walk_expr(self, expr);
    }
}

impl Interpreter<'_, '_> {
    /// Takes note of an operator there that looks at objects, and whether one may be of a class that defines one of these methods.
    pub(super) fn may_run(&mut self, at: Span, operands: &[&Type], methods: &[&str]) {
        let defined = &self.facts.special;
        if let Some(findings) = &mut self.findings
            && !operands.iter().all(|operand| operand.is_plain())
        {
            findings.object_operators.push(at);
            if methods.iter().any(|method| defined.contains(method)) {
                findings.special_operators.push(at);
            }
        }
    }

    pub(super) fn may_operate(&mut self, at: Span, left: &Type, op: Operator, right: &Type) {
        let name = &method_of(op)[2..];
        let own = [
            format!("__{name}"),
            format!("__r{name}"),
            format!("__i{name}"),
        ];
        let methods: Vec<&str> = own.iter().map(String::as_str).chain(OPERAND).collect();
        self.may_run(at, &[left, right], &methods);
    }

    pub(super) fn may_compare(&mut self, at: Span, left: &Type, op: CmpOp, right: &Type) {
        let besides: &[&str] = match op {
            CmpOp::Is | CmpOp::IsNot => return,
            CmpOp::In | CmpOp::NotIn => &MEMBERSHIP,
            _ => &[],
        };
        let methods = [&COMPARISON, &TRUTH[..], besides].concat();
        self.may_run(at, &[left, right], &methods);
    }

    pub(super) fn may_invert(&mut self, at: Span, op: UnaryOp, operand: &Type) {
        let methods: &[&str] = match op {
            UnaryOp::Not => &TRUTH,
            UnaryOp::Invert => &["__invert__"],
            UnaryOp::UAdd => &["__pos__"],
            UnaryOp::USub => &["__neg__"],
        };
        self.may_run(at, &[operand], methods);
    }
}

pub(super) fn method_of(op: Operator) -> &'static str {
    match op {
        Operator::Add => "__add__",
        Operator::Sub => "__sub__",
        Operator::Mult => "__mul__",
        Operator::MatMult => "__matmul__",
        Operator::Div => "__truediv__",
        Operator::Mod => "__mod__",
        Operator::Pow => "__pow__",
        Operator::LShift => "__lshift__",
        Operator::RShift => "__rshift__",
        Operator::BitOr => "__or__",
        Operator::BitXor => "__xor__",
        Operator::BitAnd => "__and__",
        Operator::FloorDiv => "__floordiv__",
    }
}
