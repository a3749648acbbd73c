//! Attributes: what a class declares and what its methods assign to.

use super::view::View;
use super::{Binding, ClassRef, Field, Function, FunctionKind, Model};
use crate::syntax::ast::visitor::{Visitor, walk_expr, walk_stmt};
use crate::syntax::{ModuleId, Ranged, TextRange, TextSize, ast, span};

/// An assignment to an attribute of the receiver.
#[derive(Debug, Clone, Copy)]
pub(super) struct Assignment<'p> {
    pub(super) name: &'p str,
    pub(super) annotation: Option<&'p ast::Expr>,
    pub(super) value: Option<&'p ast::Expr>,
    pub(super) range: TextRange,
}

impl<'p> Assignment<'p> {
    fn field(self, view: View<'_, 'p>) -> Field<'p> {
        Field {
            name: self.name,
            annotation: self.annotation,
            value: self.value,
            module: view.module,
            at: span(view.file(), &self.range),
        }
    }
}

/// The attributes of a plain class: first those that its own `__init__` assigns (for a class with generated `__init__`, those
/// that it declares), then the others that its body or its methods give it.
pub(super) fn of_class<'p>(
    view: View<'_, 'p>,
    class: &'p ast::StmtClassDef,
    methods: &[Function<'p>],
    accessors: &[Function<'p>],
) -> Vec<Field<'p>> {
    let mut found = Attributes::default();
    let init = methods.iter().find(|method| method.name == "__init__");
    for assignment in init.into_iter().flat_map(|init| assignments(init, false)) {
        add(&mut found.fields, assignment.field(view));
    }
    found.add_others(view, class, methods.iter().chain(accessors));
    found.others.retain(|one| !is_set(accessors, one.name));
    found.fields.retain(|one| !is_set(accessors, one.name));
    found.fields.extend(found.others);
    found.fields
}

/// The attributes of an entity: those that its `__init__` assigns, with those of base classes that it calls, and the others.
pub(super) fn of_entity<'p>(
    model: &Model<'p>,
    class: ClassRef,
) -> (Vec<Field<'p>>, Vec<Field<'p>>) {
    let mut found = Attributes::default();
    found.add_initial(model, model.order(class), MAX_CALLS);
    for definer in model.order(class) {
        let view = model.view(model.module_of(*definer));
        let functions = model.functions_of(*definer);
        found.add_others(view, model.class_def(*definer), functions);
    }
    let is_attribute = |one: &Field<'p>| {
        let setter = model.accessor(class, one.name, FunctionKind::Setter);
        setter.is_none()
    };
    found.fields.retain(is_attribute);
    found.others.retain(is_attribute);
    (found.fields, found.others)
}

/// So many calls of `__init__` from within others are followed.
const MAX_CALLS: u32 = 50;

/// What `__init__` assigns, and the rest.
#[derive(Default)]
struct Attributes<'p> {
    fields: Vec<Field<'p>>,
    others: Vec<Field<'p>>,
}

impl<'p> Attributes<'p> {
    /// Adds what the first `__init__` in some classes assigns, and those that it calls, in the order of its text.
    fn add_initial(&mut self, model: &Model<'p>, order: &[ClassRef], calls: u32) {
        let Some((definer, init)) = model.method_among(order, "__init__") else {
            return;
        };
        if calls == 0 {
            return;
        }
        let view = model.view(init.module);
        let mut called = base_inits(init);
        called.reverse();
        let mut follow = |found: &mut Self, until: Option<TextSize>| {
            while let Some(call) = called.last()
                && until.is_none_or(|until| call.start() < until)
            {
                let next = base_order(model, order, definer, init.module, call);
                called.pop();
                found.add_initial(model, &next, calls - 1);
            }
        };
        for assignment in assignments(init, false) {
            follow(self, Some(assignment.range.start()));
            self.add_assigned(model, order, view, assignment, calls);
        }
        follow(self, None);
    }

    /// Adds what an assignment assigns to; where that is a property, what its setter assigns to.
    fn add_assigned(
        &mut self,
        model: &Model<'p>,
        order: &[ClassRef],
        view: View<'_, 'p>,
        assignment: Assignment<'p>,
        calls: u32,
    ) {
        let setter = order
            .first()
            .and_then(|class| model.accessor(*class, assignment.name, FunctionKind::Setter));
        let Some((_, setter)) = setter.filter(|_| calls > 0) else {
            return add(&mut self.fields, assignment.field(view));
        };
        let view = model.view(setter.module);
        for assignment in assignments(setter, false) {
            self.add_assigned(model, order, view, assignment, calls - 1);
        }
    }

    /// Adds what the body of a class declares and its other functions assign.
    fn add_others<'f>(
        &mut self,
        view: View<'_, 'p>,
        class: &'p ast::StmtClassDef,
        functions: impl Iterator<Item = &'f Function<'p>>,
    ) where
        'p: 'f,
    {
        let methods = functions.filter(|method| method.name != "__init__");
        let assigned = methods.flat_map(|method| assignments(method, true));
        for assignment in declarations(class).into_iter().chain(assigned) {
            let field = assignment.field(view);
            match self
                .fields
                .iter_mut()
                .find(|known| known.name == field.name)
            {
                Some(known) => annotate(known, &field),
                None => add(&mut self.others, field),
            }
        }
    }
}

/// Gives a field the annotation of another assignment to it, where it has none.
fn annotate<'p>(field: &mut Field<'p>, other: &Field<'p>) {
    if field.annotation.is_none() && other.annotation.is_some() {
        field.annotation = other.annotation;
        field.module = other.module;
    }
}

/// The calls of `__init__` of base classes: `super().__init__(…)`, `Base.__init__(self, …)`.
fn base_inits<'p>(init: &Function<'p>) -> Vec<&'p ast::Expr> {
    struct Calls<'p>(Vec<&'p ast::Expr>);
    impl<'p> Visitor<'p> for Calls<'p> {
        fn visit_expr(&mut self, expr: &'p ast::Expr) {
            if let ast::Expr::Call(call) = expr
                && let ast::Expr::Attribute(callee) = &*call.func
                && callee.attr.as_str() == "__init__"
            {
                self.0.push(&callee.value);
            }
            walk_expr(self, expr);
        }
    }
    let mut found = Calls(Vec::new());
    found.visit_body(&init.def.body);
    found.0
}

/// Where `base.__init__` is looked up, from within the `__init__` that `definer` defines.
fn base_order(
    model: &Model<'_>,
    order: &[ClassRef],
    definer: ClassRef,
    module: ModuleId,
    base: &ast::Expr,
) -> Vec<ClassRef> {
    if base.is_call_expr() {
        let mut after = order.iter().copied().skip_while(|class| *class != definer);
        after.next();
        return after.collect();
    }
    match model.dotted(module, base) {
        Some(Binding::Entity(id)) => model.order(ClassRef::Entity(id)).to_vec(),
        Some(Binding::Class(id)) => model.order(ClassRef::Class(id)).to_vec(),
        _ => Vec::new(),
    }
}

/// Whether a property of that name can be set.
fn is_set(accessors: &[Function<'_>], name: &str) -> bool {
    let mut setters = accessors.iter();
    setters.any(|one| one.kind == FunctionKind::Setter && one.name == name)
}

fn add<'p>(fields: &mut Vec<Field<'p>>, field: Field<'p>) {
    match fields.iter_mut().find(|known| known.name == field.name) {
        Some(known) => annotate(known, &field),
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
    let Some(receiver) = method.receiver.filter(|_| method.kind.is_bound()) else {
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
