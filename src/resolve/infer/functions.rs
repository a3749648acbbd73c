//! Entering functions: parameters, local names, nested functions and lambdas.

use super::super::code::{CodeId, Owner};
use super::super::locals::Locals;
use super::super::types::{Type, Why};
use super::{Env, Frame, Interpreter};
use crate::model::FunctionKind;
use crate::syntax::{Ranged, ast};

/// Functions nested deeper than this are not looked into.
const MAX_NESTING: u32 = 20;

impl<'a> Interpreter<'a, '_> {
    /// Starts a run over one of the app's functions.
    pub(super) fn enter(&mut self, code: CodeId) {
        self.env = Env::default();
        self.frame = Frame::default();
        let def = self.facts.codes.get(code).function.def;
        self.declare_locals(def);
        if let Some(receiver) = self.facts.codes.get(code).function.receiver {
            let type_ = self.receiver_type(code);
            self.env.bind(receiver, type_);
        }
        let params = &self.facts.codes.get(code).function.params;
        for param in params {
            let type_ = self.facts.param(code, param);
            if param.annotation.is_some() {
                self.frame
                    .declared
                    .insert(param.name.to_owned(), type_.clone());
            }
            self.env.bind(param.name, type_);
        }
    }

    fn receiver_type(&self, code: CodeId) -> Type {
        let code = self.facts.codes.get(code);
        match (code.owner, code.function.kind) {
            (Owner::Entity(id), FunctionKind::Class) => Type::EntityClass(id),
            (Owner::Class(id), FunctionKind::Class) => Type::ClassObject(id),
            (Owner::Entity(id), _) => Type::Entity { id, is_self: true },
            (Owner::Class(id), _) => Type::Instance {
                id,
                of: Vec::new(),
                is_self: true,
            },
            (Owner::Module, _) => Type::Opaque,
        }
    }

    fn declare_locals(&mut self, def: &ast::StmtFunctionDef) {
        let locals = Locals::of(def);
        if self.frame.depth > 0 {
            self.frame.own = Some(locals.bound.clone());
        }
        self.frame.locals.extend(locals.bound);
        self.frame.globals = locals.global;
    }

    /// The type of a nested function, after a run over its body.
    pub(super) fn nested(&mut self, def: &'a ast::StmtFunctionDef) -> Type {
        for decorator in &def.decorator_list {
            self.expr(&decorator.expression);
        }
        for parameter in def.parameters.iter_non_variadic_params() {
            if let Some(default) = parameter.default() {
                self.expr(default);
            }
        }
        let annotated = def
            .returns
            .as_ref()
            .and_then(|annotation| self.facts.annotation(self.module, self.owner, annotation));
        if self.frame.depth >= MAX_NESTING {
            return Type::Callable(Box::new(annotated.unwrap_or(Type::Opaque)));
        }
        let env = self.env.clone();
        let inner = Frame {
            locals: self.frame.locals.clone(),
            depth: self.frame.depth + 1,
            ..Frame::default()
        };
        let outer = std::mem::replace(&mut self.frame, inner);
        self.declare_locals(def);
        self.bind_parameters(&def.parameters);
        self.env.live = true;
        self.body(&def.body);
        let inferred = self.result();
        self.env = env;
        self.frame = outer;
        Type::Callable(Box::new(annotated.unwrap_or(inferred)))
    }

    fn bind_parameters(&mut self, parameters: &ast::Parameters) {
        for parameter in parameters.iter_non_variadic_params() {
            let type_ = self.parameter(&parameter.parameter);
            self.env.bind(&parameter.parameter.name, type_);
        }
        if let Some(parameter) = &parameters.vararg {
            let type_ = Type::tuple_of(self.parameter(parameter));
            self.env.bind(&parameter.name, type_);
        }
        if let Some(parameter) = &parameters.kwarg {
            let type_ = Type::dict(Type::Str, self.parameter(parameter));
            self.env.bind(&parameter.name, type_);
        }
    }

    fn parameter(&self, parameter: &ast::Parameter) -> Type {
        parameter
            .annotation()
            .and_then(|annotation| self.facts.annotation(self.module, self.owner, annotation))
            .unwrap_or_else(|| {
                Type::unknown(
                    Why::Parameter(parameter.name.to_string()),
                    self.at(&parameter.name),
                )
            })
    }

    /// The type of a lambda whose first parameters get values of these types.
    pub(super) fn lambda(&mut self, lambda: &ast::ExprLambda, given: &[Type]) -> Type {
        let mut saved = Vec::new();
        if let Some(parameters) = &lambda.parameters {
            for parameter in parameters.iter_non_variadic_params() {
                if let Some(default) = parameter.default() {
                    self.expr(default);
                }
            }
            for parameter in parameters {
                let name = parameter.name().to_string();
                saved.push((name.clone(), self.env.remove(&name)));
            }
            self.bind_parameters(parameters);
            for (parameter, type_) in parameters.iter_non_variadic_params().zip(given) {
                self.env.bind(&parameter.parameter.name, type_.clone());
            }
        }
        let uncalled = self.env.clone();
        let is_late = std::mem::replace(&mut self.frame.is_late, true);
        let result = self.expr(&lambda.body);
        self.frame.is_late = is_late;
        self.env = std::mem::take(&mut self.env).join(uncalled);
        self.restore(saved);
        Type::Callable(Box::new(result))
    }

    /// Gives names the types back that they had.
    pub(super) fn restore(&mut self, saved: Vec<(String, Option<Type>)>) {
        for (name, type_) in saved.into_iter().rev() {
            match type_ {
                Some(type_) => self.env.bind(&name, type_),
                None => {
                    self.env.remove(&name);
                }
            }
        }
    }
}

/// The start of a node, by which loops are known.
pub(super) fn start(node: &impl Ranged) -> u32 {
    node.range().start().to_u32()
}
