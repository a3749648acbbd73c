//! What a condition says about the names in it.

use super::super::types::Type;
use super::Interpreter;
use crate::model::ClassRef;
use crate::syntax::ast;

impl Interpreter<'_, '_> {
    /// Narrows the environment to where an expression is true, or false.
    pub(super) fn narrow(&mut self, test: &ast::Expr, truth: bool) {
        match test {
            ast::Expr::UnaryOp(ast::ExprUnaryOp {
                op: ast::UnaryOp::Not,
                operand,
                ..
            }) => self.narrow(operand, !truth),
            ast::Expr::BoolOp(bool_op) => {
                let all_hold = match bool_op.op {
                    ast::BoolOp::And => truth,
                    ast::BoolOp::Or => !truth,
                };
                if all_hold {
                    bool_op
                        .values
                        .iter()
                        .for_each(|value| self.narrow(value, truth));
                } else if truth {
                    self.narrow_to_classes(bool_op);
                }
            }
            ast::Expr::Compare(compare) => self.narrow_comparison(compare, truth),
            ast::Expr::Call(call) => self.narrow_call(call, truth),
            ast::Expr::Named(named) => self.narrow(&named.target, truth),
            ast::Expr::Name(_) | ast::Expr::Attribute(_) if truth => {
                self.narrow_path(test, |member| *member != Type::None);
            }
            _ => {}
        }
    }

    /// `isinstance(x, A) or isinstance(x, B)`.
    fn narrow_to_classes(&mut self, bool_op: &ast::ExprBoolOp) {
        let mut tested: Option<(String, &ast::Expr)> = None;
        let mut classes = Vec::new();
        for value in &bool_op.values {
            let Some((subject, class)) = isinstance(value) else {
                return;
            };
            let Some(path) = path(subject) else {
                return;
            };
            match &tested {
                Some((known, _)) if *known != path => return,
                _ => tested = Some((path, subject)),
            }
            classes.push(self.peek(class));
        }
        if let Some((_, subject)) = tested {
            self.narrow_to(subject, &Type::Tuple(classes), true);
        }
    }

    fn narrow_comparison(&mut self, compare: &ast::ExprCompare, truth: bool) {
        let ([op], [right]) = (&*compare.ops, &*compare.comparators) else {
            return;
        };
        let is = match op {
            ast::CmpOp::Is | ast::CmpOp::Eq => truth,
            ast::CmpOp::IsNot | ast::CmpOp::NotEq => !truth,
            _ => return,
        };
        let (left, right) = match compare.left.is_none_literal_expr() {
            true => (right, &*compare.left),
            false => (&*compare.left, right),
        };
        let subject = match left {
            ast::Expr::Named(named) => &*named.target,
            _ => left,
        };
        if right.is_none_literal_expr() {
            self.narrow_path(subject, |member| (*member == Type::None) == is);
        } else if let ast::Expr::Call(call) = left.expression_value()
            && is
            && matches!(&*call.func, ast::Expr::Name(name) if name.id == "type")
            && let Some(subject) = call.arguments.find_positional(0)
        {
            let class = self.peek(right);
            self.narrow_to(subject, &class, true);
        }
    }

    fn narrow_call(&mut self, call: &ast::ExprCall, truth: bool) {
        if let Some((subject, class)) = isinstance_call(call) {
            let class = self.class_argument(class);
            self.narrow_to(subject, &class, truth);
        }
    }

    /// The classes that `isinstance` is asked about.
    fn class_argument(&mut self, expr: &ast::Expr) -> Type {
        match expr {
            ast::Expr::Tuple(tuple) => Type::Tuple(
                tuple
                    .elts
                    .iter()
                    .map(|class| self.class_argument(class))
                    .collect(),
            ),
            ast::Expr::BinOp(union) => Type::Tuple(vec![
                self.class_argument(&union.left),
                self.class_argument(&union.right),
            ]),
            other => self.peek(other),
        }
    }

    /// Narrows a path to the instances of a class or of one of a tuple of them, or to the others.
    pub(super) fn narrow_to(&mut self, subject: &ast::Expr, class: &Type, truth: bool) {
        let mut wanted = Vec::new();
        if !instances(class, &mut wanted) {
            return;
        }
        let Some(path) = path(subject) else {
            return;
        };
        let known = self.peek(subject);
        let matching = Type::union(
            known
                .members()
                .iter()
                .map(|member| Type::union(wanted.iter().map(|wanted| self.both(member, wanted)))),
        );
        let foreign = wanted.contains(&Type::Opaque);
        let receiver = self
            .code
            .and_then(|code| self.facts.codes.get(code).function.receiver);
        let is_receiver = receiver == Some(path.as_str());
        let narrowed = match truth {
            _ if foreign && !truth => return,
            // What follows cannot be reached.
            true if matching == Type::Never && is_receiver => return,
            true if foreign && matching != Type::Never => matching,
            true if matching == Type::Never || known.members().iter().any(is_vague) => {
                Type::union(wanted)
            }
            true => matching,
            false => {
                known.without(|member| wanted.iter().any(|wanted| self.is_surely(member, wanted)))
            }
        };
        if narrowed != Type::Never {
            self.env.narrow(path, narrowed);
        } else if known != Type::Never && !is_receiver {
            self.env.narrow_to_nothing(path);
        }
    }

    /// The values of one type that are of another too.
    fn both(&self, member: &Type, wanted: &Type) -> Type {
        if member == wanted || is_vague(member) {
            return member.clone();
        }
        let (Some(class), Some(other)) = (member.class(), wanted.class()) else {
            return match member {
                Type::Entity { .. } | Type::None => Type::Never,
                _ if *wanted == Type::Opaque => member.clone(),
                _ => Type::Never,
            };
        };
        let model = self.facts.model;
        if model.derives(class, other) {
            return member.clone();
        }
        let is_self = matches!(
            member,
            Type::Entity { is_self: true, .. } | Type::Instance { is_self: true, .. }
        );
        let as_member = |class: &ClassRef| match class {
            ClassRef::Entity(id) => Type::Entity { id: *id, is_self },
            ClassRef::Class(id) => Type::Instance {
                id: *id,
                of: Vec::new(),
                is_self,
            },
        };
        if model.derives(other, class) {
            return as_member(&other);
        }
        let derived = model.derived(class).iter();
        let common = derived.filter(|one| model.derives(**one, other));
        let common = Type::union(common.map(as_member));
        match common {
            // A class that only has what a protocol asks for is an instance of it too.
            Type::Never if self.facts.is_protocol(class) || self.facts.is_protocol(other) => {
                as_member(&other)
            }
            common => common,
        }
    }

    fn is_surely(&self, member: &Type, wanted: &Type) -> bool {
        match (member.class(), wanted.class()) {
            (Some(class), Some(wanted)) => self.facts.model.derives(class, wanted),
            _ => member == wanted,
        }
    }

    fn narrow_path(&mut self, subject: &ast::Expr, keep: impl Fn(&Type) -> bool) {
        let Some(path) = path(subject) else {
            return;
        };
        let known = self.peek(subject);
        let narrowed = known.without(|member| !keep(member) && !is_vague(member));
        if narrowed == Type::Never && known != narrowed {
            self.env.narrow_to_nothing(path);
        } else if narrowed != known {
            self.env.narrow(path, narrowed);
        }
    }
}

fn is_vague(type_: &Type) -> bool {
    matches!(type_, Type::Unknown(_) | Type::Opaque)
}

/// Collects the instances of classes; false where one of the classes is not known.
fn instances(class: &Type, into: &mut Vec<Type>) -> bool {
    match class {
        Type::EntityClass(id) => into.push(Type::reference(*id)),
        Type::ClassObject(id) => into.push(Type::instance(*id)),
        Type::Tuple(classes) => return classes.iter().all(|class| instances(class, into)),
        Type::Symbol(name) => into.push(builtin_instance(name)),
        _ => return false,
    }
    true
}

pub(super) fn builtin_instance(name: &str) -> Type {
    match name {
        "builtins.int" => Type::Int,
        "builtins.bool" => Type::Bool,
        "builtins.float" => Type::Float,
        "builtins.str" => Type::Str,
        "builtins.bytes" => Type::Bytes,
        _ => Type::Opaque,
    }
}

fn isinstance(expr: &ast::Expr) -> Option<(&ast::Expr, &ast::Expr)> {
    match expr {
        ast::Expr::Call(call) => isinstance_call(call),
        _ => None,
    }
}

fn isinstance_call(call: &ast::ExprCall) -> Option<(&ast::Expr, &ast::Expr)> {
    match &*call.func {
        ast::Expr::Name(name) if name.id == "isinstance" => {
            let subject = call.arguments.find_positional(0)?;
            Some((
                subject.expression_value(),
                call.arguments.find_positional(1)?,
            ))
        }
        _ => None,
    }
}

/// The path of an expression of names and dots: `self.owner`.
pub(super) fn path(expr: &ast::Expr) -> Option<String> {
    match expr {
        ast::Expr::Name(name) => Some(name.id.to_string()),
        ast::Expr::Attribute(attribute) => path_of_attribute(attribute),
        ast::Expr::Named(named) => path(&named.target),
        _ => None,
    }
}

/// The path of an attribute of a name.
pub(super) fn path_of_attribute(attribute: &ast::ExprAttribute) -> Option<String> {
    match &*attribute.value {
        ast::Expr::Name(name) => Some(format!("{}.{}", name.id, attribute.attr)),
        _ => None,
    }
}
