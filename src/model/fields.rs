//! Attributes: what a class declares and what its methods assign to.

use super::{Field, Function, FunctionKind};
use crate::source::FileId;
use crate::syntax::ast::visitor::{Visitor, walk_expr, walk_stmt};
use crate::syntax::{Ranged, TextRange, ast, span};

/// An assignment to an attribute of the receiver.
#[derive(Debug, Clone, Copy)]
pub(super) struct Assignment<'p> {
    pub(super) name: &'p str,
    pub(super) annotation: Option<&'p ast::Expr>,
    pub(super) value: Option<&'p ast::Expr>,
    pub(super) range: TextRange,
}

impl<'p> Assignment<'p> {
    fn field(self, file: FileId) -> Field<'p> {
        Field {
            name: self.name,
            annotation: self.annotation,
            value: self.value,
            at: span(file, &self.range),
        }
    }
}

/// The attributes of a class: first those that `__init__` assigns (for a class with generated `__init__`, those that it
/// declares), then the others that its body or its methods give it.
pub(super) fn fields<'p>(
    file: FileId,
    class: &'p ast::StmtClassDef,
    methods: &[Function<'p>],
) -> (Vec<Field<'p>>, Vec<Field<'p>>) {
    let declared: Vec<_> = declarations(class)
        .into_iter()
        .map(|one| one.field(file))
        .collect();
    let init = methods.iter().find(|method| method.name == "__init__");
    let mut fields: Vec<Field<'p>> = Vec::new();
    for assignment in init.into_iter().flat_map(|init| assignments(init, false)) {
        add(&mut fields, assignment.field(file));
    }
    let mut others: Vec<Field<'p>> = Vec::new();
    for declaration in declared {
        match fields
            .iter_mut()
            .find(|field| field.name == declaration.name)
        {
            Some(field) => field.annotation = field.annotation.or(declaration.annotation),
            None => add(&mut others, declaration),
        }
    }
    for method in methods.iter().filter(|method| method.name != "__init__") {
        for assignment in assignments(method, true) {
            match fields
                .iter_mut()
                .find(|field| field.name == assignment.name)
            {
                Some(field) => field.annotation = field.annotation.or(assignment.annotation),
                None => add(&mut others, assignment.field(file)),
            }
        }
    }
    (fields, others)
}

fn add<'p>(fields: &mut Vec<Field<'p>>, field: Field<'p>) {
    match fields.iter_mut().find(|known| known.name == field.name) {
        Some(known) => known.annotation = known.annotation.or(field.annotation),
        None => fields.push(field),
    }
}

/// What the body of a class declares: `name: type`, `name = value`.
fn declarations(class: &ast::StmtClassDef) -> Vec<Assignment<'_>> {
    let mut found = Vec::new();
    for stmt in &class.body {
        match stmt {
            ast::Stmt::AnnAssign(assign) => {
                if let ast::Expr::Name(name) = &*assign.target {
                    found.push(Assignment {
                        name: name.id.as_str(),
                        annotation: Some(&assign.annotation),
                        value: assign.value.as_deref(),
                        range: assign.target.range(),
                    });
                }
            }
            ast::Stmt::Assign(assign) => {
                found.extend(assign.targets.iter().filter_map(|target| {
                    let ast::Expr::Name(name) = target else {
                        return None;
                    };
                    Some(Assignment {
                        name: name.id.as_str(),
                        annotation: None,
                        value: Some(&assign.value),
                        range: name.range,
                    })
                }));
            }
            _ => {}
        }
    }
    found
}

/// What a method assigns to on its receiver, in order; also what it does inside functions of its own, where `nested`.
pub(super) fn assignments<'p>(method: &Function<'p>, nested: bool) -> Vec<Assignment<'p>> {
    let bound = matches!(method.kind, FunctionKind::Method | FunctionKind::Property);
    let Some(receiver) = method.receiver.filter(|_| bound) else {
        return Vec::new();
    };
    let mut finder = Finder {
        receiver,
        nested,
        found: Vec::new(),
    };
    finder.visit_body(&method.def.body);
    finder.found
}

struct Finder<'p> {
    receiver: &'p str,
    nested: bool,
    found: Vec<Assignment<'p>>,
}

impl<'p> Finder<'p> {
    fn target(
        &mut self,
        target: &'p ast::Expr,
        annotation: Option<&'p ast::Expr>,
        value: Option<&'p ast::Expr>,
    ) {
        if let Some(name) = self.attribute(target) {
            let range = target.range();
            self.found.push(Assignment {
                name,
                annotation,
                value,
                range,
            });
            return;
        }
        let (Some(targets), Some(values)) = (elements(target), value.and_then(elements)) else {
            self.visit_expr(target);
            return;
        };
        let starred = targets.iter().chain(values).any(ast::Expr::is_starred_expr);
        for (index, target) in targets.iter().enumerate() {
            let value = values
                .get(index)
                .filter(|_| !starred && targets.len() == values.len());
            self.target(target, None, value);
        }
    }

    fn attribute(&self, expr: &'p ast::Expr) -> Option<&'p str> {
        let ast::Expr::Attribute(access) = expr else {
            return None;
        };
        let ast::Expr::Name(name) = &*access.value else {
            return None;
        };
        (name.id.as_str() == self.receiver).then(|| access.attr.as_str())
    }

    fn shadowed(&self, parameters: &ast::Parameters) -> bool {
        parameters.includes(self.receiver)
    }
}

impl<'p> Visitor<'p> for Finder<'p> {
    fn visit_stmt(&mut self, stmt: &'p ast::Stmt) {
        match stmt {
            ast::Stmt::FunctionDef(def) if !self.nested || self.shadowed(&def.parameters) => {}
            ast::Stmt::ClassDef(_) => {}
            ast::Stmt::Assign(assign) => {
                self.visit_expr(&assign.value);
                for target in &assign.targets {
                    self.target(target, None, Some(&assign.value));
                }
            }
            ast::Stmt::AnnAssign(assign) => {
                self.target(
                    &assign.target,
                    Some(&assign.annotation),
                    assign.value.as_deref(),
                );
            }
            _ => walk_stmt(self, stmt),
        }
    }

    fn visit_expr(&mut self, expr: &'p ast::Expr) {
        if let ast::Expr::Attribute(access) = expr
            && !access.ctx.is_load()
            && let Some(name) = self.attribute(expr)
        {
            let range = expr.range();
            self.found.push(Assignment {
                name,
                annotation: None,
                value: None,
                range,
            });
            return;
        }
        walk_expr(self, expr);
    }
}

fn elements(expr: &ast::Expr) -> Option<&[ast::Expr]> {
    match expr {
        ast::Expr::Tuple(tuple) => Some(&tuple.elts),
        ast::Expr::List(list) => Some(&list.elts),
        _ => None,
    }
}
