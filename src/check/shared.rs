//! Code of entities does not write what all entities of a process would share: the state of modules and classes.

use crate::diagnostics::Diagnostic;
use crate::model::{Binding, Class, ClassRef, EntityId, Field, Function, FunctionKind, Model};
use crate::resolve::values::{external, is_container};
use crate::resolve::{Locals, Resolution, changes, is_defined};
use crate::syntax::ast::visitor::{Visitor, walk_expr, walk_stmt};
use crate::syntax::ast::{self, Expr, Stmt};
use crate::syntax::{ModuleId, Ranged, root, span};

/// Reports such writes in all functions that run as part of an entity's method.
pub(super) fn check(model: &Model<'_>, resolution: &Resolution, diagnostics: &mut Vec<Diagnostic>) {
    for function in model.every_function() {
        if resolution.reached.contains(&model.span_of(function)) {
            let mut finder = Finder {
                model,
                function,
                entity: entity_of(model, function),
                scopes: vec![Locals::of(function.def)],
                diagnostics,
            };
            finder.visit_body(&function.def.body);
        }
    }
}

/// The entity that has a function as its own method, or an entity that inherits it.
fn entity_of(model: &Model<'_>, function: &Function<'_>) -> Option<EntityId> {
    let has_it = |class: &ClassRef| {
        let mut methods = model.functions_of(*class);
        methods.any(|method| std::ptr::eq(method.def, function.def))
    };
    let definer = model.class_refs().find(has_it)?;
    model.derived(definer).iter().find_map(|class| match class {
        ClassRef::Entity(id) => Some(*id),
        ClassRef::Class(_) => None,
    })
}

struct Finder<'m, 'd> {
    model: &'m Model<'m>,
    function: &'m Function<'m>,
    /// The entity, where the function is its method.
    entity: Option<EntityId>,
    /// The names of the function and of those nested around the current place.
    scopes: Vec<Locals>,
    diagnostics: &'d mut Vec<Diagnostic>,
}

/// What is shared.
enum Shared {
    /// A name at the top of a module.
    Module(String),
    /// An attribute of a class.
    Class(String),
}

impl Finder<'_, '_> {
    fn report(&mut self, shared: &Shared, at: &impl Ranged) {
        let (message, name) = match shared {
            Shared::Module(name) => (
                format!("this changes `{name}`, which belongs to a module"),
                name,
            ),
            Shared::Class(name) => (
                format!("this changes `{name}`, which belongs to a class"),
                name,
            ),
        };
        let file = self.model.program.module(self.function.module).file;
        let place = span(file, at);
        let known = |found: &Diagnostic| found.code == "E0302" && found.primary.span == place;
        if self.diagnostics.iter().any(known) {
            return;
        }
        self.diagnostics.push(
            Diagnostic::new("E0302", message, place, "")
                .note("every worker has its own modules and classes: the change is neither stored nor seen elsewhere")
                .help(format!("keep `{name}` in a field of an entity")),
        );
    }

    fn is_local(&self, name: &str) -> bool {
        self.scopes.iter().any(|scope| scope.bound.contains(name))
    }

    fn is_global(&self, name: &str) -> bool {
        self.scopes
            .last()
            .is_some_and(|scope| scope.global.contains(name))
    }

    /// What a dotted name stands for outside the function.
    fn outside(&self, expr: &Expr) -> Option<Binding<'_>> {
        let name = &root(expr)?.id;
        if self.is_local(name) || !is_defined(self.model, self.function.module, name) {
            return None;
        }
        self.model.dotted(self.function.module, expr)
    }

    /// Assignment to, or deletion of, an attribute of `base`.
    fn attribute(&mut self, attribute: &ast::ExprAttribute) {
        let name = attribute.attr.to_string();
        let shared = match self.outside(&attribute.value) {
            Some(Binding::Module(_) | Binding::External(_)) => Shared::Module(name),
            Some(Binding::Variable { .. } | Binding::Function(_)) => {
                Shared::Module(text_of(&attribute.value))
            }
            Some(Binding::Class(_) | Binding::Entity(_)) => Shared::Class(name),
            None if self.is_class(&attribute.value) => Shared::Class(name),
            None => return,
        };
        self.report(&shared, attribute);
    }

    /// Whether an expression is the class of something: `cls`, `type(self)`, `self.__class__`.
    fn is_class(&self, expr: &Expr) -> bool {
        match expr {
            Expr::Name(name) => {
                self.function.kind == FunctionKind::Class
                    && self.function.receiver == Some(name.id.as_str())
            }
            Expr::Attribute(attribute) => attribute.attr.as_str() == "__class__",
            Expr::Call(call) => {
                call.arguments.len() == 1
                    && external(self.model, self.function.module, &call.func).as_deref()
                        == Some("builtins.type")
            }
            _ => false,
        }
    }

    /// What is shared of a container that is changed.
    fn container(&self, container: &Expr) -> Option<Shared> {
        match self.outside(container) {
            Some(Binding::Variable {
                module,
                annotation,
                value,
            }) => is_container(self.model, module, value, annotation)
                .then(|| Shared::Module(text_of(container))),
            Some(_) => None,
            None => match container {
                Expr::Attribute(attribute) => self.class_attribute(attribute),
                Expr::Subscript(subscript) => self.container(&subscript.value),
                _ => None,
            },
        }
    }

    /// A container in the body of a class, through the class or through `self`.
    fn class_attribute(&self, attribute: &ast::ExprAttribute) -> Option<Shared> {
        let name = attribute.attr.as_str();
        let is_receiver = matches!(&*attribute.value, Expr::Name(receiver) if self.function.receiver == Some(receiver.id.as_str()));
        let (module, field) = match self.outside(&attribute.value) {
            Some(Binding::Class(id)) => {
                let class = self.model.class(id);
                (class.module, class_field(class, name)?)
            }
            Some(Binding::Entity(id)) => entity_constant(self.model, id, name)?,
            None if is_receiver || self.is_class(&attribute.value) => {
                entity_constant(self.model, self.entity?, name)?
            }
            _ => return None,
        };
        is_container(self.model, module, field.value, field.annotation)
            .then(|| Shared::Class(name.to_owned()))
    }

    fn call(&mut self, call: &ast::ExprCall) {
        match &*call.func {
            Expr::Attribute(attribute) if changes(&attribute.attr) => {
                if let Some(shared) = self.container(&attribute.value) {
                    self.report(&shared, call);
                }
            }
            Expr::Name(name) if name.id == "next" && !self.is_local("next") => {
                let iterator = call.arguments.find_positional(0);
                let is_module_state =
                    |expr: &&Expr| matches!(self.outside(expr), Some(Binding::Variable { .. }));
                if let Some(iterator) = iterator.filter(is_module_state) {
                    let shared = Shared::Module(text_of(iterator));
                    self.report(&shared, call);
                }
            }
            _ => {}
        }
    }
}

/// An attribute that the body of an entity's class, or of one of its bases, gives a value, and no method of the entity an own
/// one; with the module of that class.
fn entity_constant<'m>(
    model: &'m Model<'m>,
    id: EntityId,
    name: &str,
) -> Option<(ModuleId, &'m Field<'m>)> {
    let gives_value = |class: &&ClassRef| {
        model.class_def(**class).body.iter().any(|stmt| match stmt {
            Stmt::Assign(assign) => assign.targets.iter().any(|target| is_name(target, name)),
            Stmt::AnnAssign(assign) => is_name(&assign.target, name) && assign.value.is_some(),
            _ => false,
        })
    };
    let class = model.order(ClassRef::Entity(id)).iter().find(gives_value)?;
    let others = &model.entity(id).others;
    let found = others.iter().find(|other| other.name == name)?;
    Some((model.module_of(*class), found))
}

fn is_name(expr: &Expr, name: &str) -> bool {
    matches!(expr, Expr::Name(found) if found.id == name)
}

fn class_field<'m>(class: &'m Class<'m>, name: &str) -> Option<&'m Field<'m>> {
    class.fields.iter().find(|field| field.name == name)
}

fn text_of(expr: &Expr) -> String {
    match expr {
        Expr::Name(name) => name.id.to_string(),
        Expr::Attribute(attribute) => format!("{}.{}", text_of(&attribute.value), attribute.attr),
        Expr::Subscript(subscript) => text_of(&subscript.value),
        _ => "it".to_owned(),
    }
}

impl Visitor<'_> for Finder<'_, '_> {
    fn visit_stmt(&mut self, stmt: &Stmt) {
        match stmt {
            Stmt::FunctionDef(def) => {
                if self.is_global(&def.name) {
                    self.report(&Shared::Module(def.name.to_string()), &def.name);
                }
                self.scopes.push(Locals::of(def));
                self.visit_body(&def.body);
                self.scopes.pop();
            }
            Stmt::AugAssign(assign)
                if assign.target.is_name_expr() || assign.target.is_attribute_expr() =>
            {
                if let Some(shared) = self.container(&assign.target) {
                    self.report(&shared, &*assign.target);
                }
                walk_stmt(self, stmt);
            }
            _ => walk_stmt(self, stmt),
        }
    }

    fn visit_expr(&mut self, expr: &Expr) {
        match expr {
            Expr::Name(name) if !name.ctx.is_load() && self.is_global(&name.id) => {
                self.report(&Shared::Module(name.id.to_string()), name);
            }
            Expr::Attribute(attribute) if !attribute.ctx.is_load() => self.attribute(attribute),
            Expr::Subscript(subscript) if !subscript.ctx.is_load() => {
                if let Some(shared) = self.container(&subscript.value) {
                    self.report(&shared, subscript);
                }
            }
            Expr::Call(call) => self.call(call),
            _ => {}
        }
        walk_expr(self, expr);
    }
}
