//! Functions: how they are bound, and their parameters.

use super::view::View;
use super::{Function, FunctionKind, Param};
use crate::ir::ParamKind;
use crate::syntax::ast::statement_visitor::StatementVisitor;
use crate::syntax::ast::visitor::{Visitor, walk_expr, walk_stmt};
use crate::syntax::{ModuleId, ast};

/// What a decorator is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Decorator {
    /// It says how the function is bound.
    Binds(FunctionKind),
    /// `@functools.cached_property`: a property that runs once.
    Cached,
    /// It changes nothing at run time.
    Transparent,
    /// `@stateflow.recorded`: it changes nothing at run time either, and is not for methods of entities.
    Recorded,
    /// `@abstractmethod`.
    Abstract,
    /// `@typing.overload`: the definition is only for type checkers.
    Overload,
    /// `@x.setter` and `@x.deleter` on another function `x`.
    Accessor(FunctionKind),
    /// The same of a property of another name or class.
    OtherAccessor(FunctionKind),
    /// Another.
    Other,
}

/// What a decorator of a function of that name is.
pub(super) fn decorator(view: View<'_, '_>, name: &str, decorator: &ast::Decorator) -> Decorator {
    if let ast::Expr::Attribute(access) = &decorator.expression {
        let property = access.value.as_name_expr();
        let is_own = property.is_some_and(|property| property.id == name);
        let kind = match access.attr.as_str() {
            "setter" => Some(FunctionKind::Setter),
            "deleter" => Some(FunctionKind::Deleter),
            _ => None,
        };
        match kind {
            Some(kind) if is_own => return Decorator::Accessor(kind),
            Some(kind) => return Decorator::OtherAccessor(kind),
            None => {}
        }
    }
    match view.external(&decorator.expression).as_deref() {
        Some("property") => Decorator::Binds(FunctionKind::Property),
        Some("functools.cached_property") => Decorator::Cached,
        Some("staticmethod") => Decorator::Binds(FunctionKind::Static),
        Some("classmethod") => Decorator::Binds(FunctionKind::Class),
        Some("typing.overload" | "typing_extensions.overload") => Decorator::Overload,
        Some(
            "typing.override"
            | "typing_extensions.override"
            | "typing.final"
            | "typing_extensions.final"
            | "typing.no_type_check"
            | "stateflow.pure",
        ) => Decorator::Transparent,
        Some("stateflow.recorded") => Decorator::Recorded,
        Some("abc.abstractmethod") => Decorator::Abstract,
        _ => Decorator::Other,
    }
}

/// A function at the top of a module.
pub(super) fn module_function<'p>(
    view: View<'_, 'p>,
    def: &'p ast::StmtFunctionDef,
) -> Function<'p> {
    Function {
        name: def.name.as_str(),
        module: view.module,
        def,
        kind: FunctionKind::Module,
        receiver: None,
        params: params(&def.parameters, false).1,
        is_wrapped: is_wrapped(def, &decorators(view, def)),
        is_abstract: false,
    }
}

fn decorators(view: View<'_, '_>, def: &ast::StmtFunctionDef) -> Vec<Decorator> {
    let decorators = def.decorator_list.iter();
    decorators
        .map(|decorator| self::decorator(view, def.name.as_str(), decorator))
        .collect()
}

fn is_wrapped(def: &ast::StmtFunctionDef, decorators: &[Decorator]) -> bool {
    let is_unknown = |one: &Decorator| {
        matches!(
            one,
            Decorator::Cached | Decorator::Other | Decorator::OtherAccessor(_)
        )
    };
    decorators.iter().any(is_unknown) || first_yield(def).is_some()
}

/// The functions of a class body, the last definition of each name.
pub(super) fn methods<'p>(view: View<'_, 'p>, class: &'p ast::StmtClassDef) -> Vec<Function<'p>> {
    let mut methods: Vec<Function<'p>> = Vec::new();
    for def in definitions(&class.body) {
        let decorators = decorators(view, def);
        if decorators.contains(&Decorator::Overload) || accesses(&decorators).is_some() {
            continue;
        }
        methods.retain(|earlier| earlier.name != def.name.as_str());
        methods.push(method(view.module, def, &decorators));
    }
    methods
}

/// What sets and deletes the properties of a class body, as they are at its end.
pub(super) fn accessors<'p>(view: View<'_, 'p>, class: &'p ast::StmtClassDef) -> Vec<Function<'p>> {
    let mut accessors: Vec<Function<'p>> = Vec::new();
    for def in definitions(&class.body) {
        let decorators = decorators(view, def);
        let replaced = accesses(&decorators);
        let is_replaced = |one: &Function<'_>| replaced.is_none_or(|kind| one.kind == kind);
        accessors.retain(|earlier| earlier.name != def.name.as_str() || !is_replaced(earlier));
        if replaced.is_some() {
            accessors.push(method(view.module, def, &decorators));
        }
    }
    accessors
}

/// How a function accesses a property, where it is no method.
fn accesses(decorators: &[Decorator]) -> Option<FunctionKind> {
    decorators.iter().find_map(|decorator| match decorator {
        Decorator::Accessor(kind) | Decorator::OtherAccessor(kind) => Some(*kind),
        _ => None,
    })
}

fn method<'p>(
    module: ModuleId,
    def: &'p ast::StmtFunctionDef,
    decorators: &[Decorator],
) -> Function<'p> {
    let bound = decorators.iter().find_map(|decorator| match decorator {
        Decorator::Binds(kind) | Decorator::Accessor(kind) | Decorator::OtherAccessor(kind) => {
            Some(*kind)
        }
        Decorator::Cached => Some(FunctionKind::Property),
        _ => None,
    });
    let kind = bound.unwrap_or(match def.name.as_str() {
        "__new__" => FunctionKind::Static,
        "__init_subclass__" | "__class_getitem__" => FunctionKind::Class,
        _ => FunctionKind::Method,
    });
    let (receiver, params) = params(&def.parameters, kind != FunctionKind::Static);
    Function {
        name: def.name.as_str(),
        module,
        def,
        kind,
        receiver,
        params,
        is_wrapped: is_wrapped(def, decorators) || (def.is_async && kind.is_of_property()),
        is_abstract: decorators.contains(&Decorator::Abstract),
    }
}

/// The definitions of a class body, also those under `if` and `try`.
pub(super) fn definitions(body: &[ast::Stmt]) -> Vec<&ast::StmtFunctionDef> {
    struct Definitions<'p>(Vec<&'p ast::StmtFunctionDef>);
    impl<'p> StatementVisitor<'p> for Definitions<'p> {
        fn visit_stmt(&mut self, stmt: &'p ast::Stmt) {
            match stmt {
                ast::Stmt::FunctionDef(def) => self.0.push(def),
                ast::Stmt::ClassDef(_) => {}
                _ => ast::statement_visitor::walk_stmt(self, stmt),
            }
        }
    }
    let mut found = Definitions(Vec::new());
    found.visit_body(body);
    found.0
}

/// The parameters, with the name of the first apart where it is bound to the instance or the class.
fn params(parameters: &ast::Parameters, bound: bool) -> (Option<&str>, Vec<Param<'_>>) {
    let mut found: Vec<_> = with_defaults(&parameters.posonlyargs, ParamKind::PositionalOnly)
        .chain(with_defaults(&parameters.args, ParamKind::Regular))
        .collect();
    let receiver = (bound && !found.is_empty()).then(|| found.remove(0).name);
    found.extend(
        parameters
            .vararg
            .as_deref()
            .map(|one| variadic(one, ParamKind::VarPositional)),
    );
    found.extend(with_defaults(
        &parameters.kwonlyargs,
        ParamKind::KeywordOnly,
    ));
    found.extend(
        parameters
            .kwarg
            .as_deref()
            .map(|one| variadic(one, ParamKind::VarKeyword)),
    );
    (receiver, found)
}

fn with_defaults(
    parameters: &[ast::ParameterWithDefault],
    kind: ParamKind,
) -> impl Iterator<Item = Param<'_>> {
    parameters.iter().map(move |one| Param {
        name: one.parameter.name.as_str(),
        kind,
        annotation: one.parameter.annotation.as_deref(),
        default: one.default.as_deref(),
    })
}

fn variadic(parameter: &ast::Parameter, kind: ParamKind) -> Param<'_> {
    Param {
        name: parameter.name.as_str(),
        kind,
        annotation: parameter.annotation.as_deref(),
        default: None,
    }
}

/// Whether calling a function gives a generator.
pub fn is_generator(function: &Function<'_>) -> bool {
    first_yield(function.def).is_some()
}

/// The first `yield` of a function's own body, which makes it a generator.
pub(super) fn first_yield(def: &ast::StmtFunctionDef) -> Option<&ast::Expr> {
    struct Yields<'p>(Option<&'p ast::Expr>);
    impl<'p> Visitor<'p> for Yields<'p> {
        fn visit_stmt(&mut self, stmt: &'p ast::Stmt) {
            if !matches!(stmt, ast::Stmt::FunctionDef(_) | ast::Stmt::ClassDef(_)) {
                walk_stmt(self, stmt);
            }
        }

        fn visit_expr(&mut self, expr: &'p ast::Expr) {
            match expr {
                ast::Expr::Lambda(_) => {}
                ast::Expr::Yield(_) | ast::Expr::YieldFrom(_) => {
                    self.0.get_or_insert(expr);
                }
                _ => walk_expr(self, expr),
            }
        }
    }
    let mut found = Yields(None);
    found.visit_body(&def.body);
    found.0
}
