//! Statements.

use std::collections::HashMap;

use super::super::types::Type;
use super::env::Env;
use super::{Frame, Interpreter};
use crate::syntax::ast::{self, Stmt};

impl<'a> Interpreter<'a, '_> {
    pub(super) fn body(&mut self, body: &'a [Stmt]) {
        for stmt in body {
            self.stmt(stmt);
        }
    }

    fn stmt(&mut self, stmt: &'a Stmt) {
        match stmt {
            Stmt::Expr(expr) => self.expression_statement(expr),
            Stmt::Assign(assign) => self.assignment(assign),
            Stmt::AugAssign(assign) => self.augmented(assign),
            Stmt::AnnAssign(assign) => self.annotated(assign),
            Stmt::Return(return_) => self.return_(return_),
            Stmt::Delete(delete) => delete.targets.iter().for_each(|target| self.delete(target)),
            Stmt::If(if_) => self.if_(if_),
            Stmt::For(for_) => self.for_(for_),
            Stmt::While(while_) => self.while_(while_),
            Stmt::With(with) => self.with(with),
            Stmt::Try(try_) => self.try_(try_),
            Stmt::Match(match_) => self.match_(match_),
            Stmt::Raise(raise) => self.raise(raise),
            Stmt::Assert(assert) => self.assert(assert),
            Stmt::Break(_) => self.break_(),
            Stmt::Continue(_) => self.continue_(),
            Stmt::FunctionDef(def) => self.nested_function(def),
            Stmt::ClassDef(class) => self.nested_class(class),
            Stmt::Import(_) | Stmt::ImportFrom(_) => self.import(stmt),
            Stmt::TypeAlias(_)
            | Stmt::Global(_)
            | Stmt::Nonlocal(_)
            | Stmt::Pass(_)
            | Stmt::IpyEscapeCommand(_) => {}
        }
    }

    fn expression_statement(&mut self, stmt: &'a ast::StmtExpr) {
        self.expr(&stmt.value);
        if let ast::Expr::Attribute(attribute) = &*stmt.value {
            self.unused_read(attribute);
        }
    }

    fn assignment(&mut self, assign: &'a ast::StmtAssign) {
        let type_ = self.expr(&assign.value);
        for target in &assign.targets {
            self.assign(target, &type_, Some(&assign.value));
        }
    }

    fn augmented(&mut self, assign: &'a ast::StmtAugAssign) {
        let before = self.augmented_target(&assign.target);
        let value = self.operand(&assign.value);
        self.may_operate(self.at(assign), &before, assign.op, &value);
        let after = self.operation(&before, assign.op, &value, &assign.value);
        self.assign_again(&assign.target, &after);
    }

    fn annotated(&mut self, assign: &'a ast::StmtAnnAssign) {
        let value = assign
            .value
            .as_ref()
            .map(|value| (self.expr(value), &**value));
        let declared = self
            .facts
            .annotation(self.module, self.owner, &assign.annotation);
        if let (ast::Expr::Name(name), Some(declared)) = (&*assign.target, &declared) {
            self.frame
                .declared
                .insert(name.id.to_string(), declared.clone());
        }
        if let Some((type_, expr)) = value {
            self.assign(&assign.target, &type_, Some(expr));
        } else if let (ast::Expr::Attribute(_), Some(declared)) = (&*assign.target, declared) {
            self.assign(&assign.target, &declared, None);
        }
    }

    fn return_(&mut self, return_: &'a ast::StmtReturn) {
        let type_ = return_
            .value
            .as_ref()
            .map_or(Type::None, |value| self.expr(value));
        if self.env.live {
            let known = self.frame.result.take().unwrap_or(Type::Never);
            self.frame.result = Some(known.join(type_));
        }
        self.env.live = false;
    }

    fn if_(&mut self, if_: &'a ast::StmtIf) {
        self.expr(&if_.test);
        let mut otherwise = self.env.clone();
        self.narrow(&if_.test, true);
        self.body(&if_.body);
        let mut after = std::mem::replace(&mut self.env, otherwise);
        self.narrow(&if_.test, false);
        for clause in &if_.elif_else_clauses {
            match &clause.test {
                Some(test) => {
                    self.expr(test);
                    otherwise = self.env.clone();
                    self.narrow(test, true);
                    self.body(&clause.body);
                    let branch = std::mem::replace(&mut self.env, otherwise);
                    after = after.join(branch);
                    self.narrow(test, false);
                }
                None => self.body(&clause.body),
            }
        }
        let last = std::mem::take(&mut self.env);
        self.env = after.join(last);
    }

    fn with(&mut self, with: &'a ast::StmtWith) {
        for item in &with.items {
            let manager = self.expr(&item.context_expr);
            self.note_manager(&item.context_expr, &manager);
            let enter = match with.is_async {
                true => "__aenter__",
                false => "__enter__",
            };
            let entered = self.entered(&manager, enter);
            if let Some(target) = &item.optional_vars {
                self.assign(target, &entered, Some(&item.context_expr));
            }
        }
        self.body(&with.body);
    }

    /// What a manager's method that enters it gives.
    fn entered(&mut self, manager: &Type, enter: &str) -> Type {
        let members = manager.members().to_vec();
        Type::union(members.into_iter().map(|member| {
            match member {
                Type::Instance { .. } => self
                    .instance_method_result(&member, enter)
                    .unwrap_or(member),
                other => other,
            }
        }))
    }

    fn try_(&mut self, try_: &'a ast::StmtTry) {
        let before = self.env.clone();
        self.frame.tries.push(HashMap::new());
        self.frame.tries.push(HashMap::new());
        self.body(&try_.body);
        let mut raised = Self::anywhere(&before, self.frame.tries.pop());
        self.body(&try_.orelse);
        let mut after = self.env.clone();
        let mut handled = Env::unreachable();
        for ast::ExceptHandler::ExceptHandler(handler) in &try_.handlers {
            self.env = raised;
            self.frame.tries.push(HashMap::new());
            self.frame.tries.push(HashMap::new());
            let caught = handler.type_.as_ref().map(|class| self.expr(class));
            let asked = self.frame.tries.pop();
            // The next clause is asked after this one's class.
            raised = self.env.clone();
            if try_.is_star {
                // And this one's, after the clauses before have handled what is theirs.
                handled = Self::anywhere(&handled, asked);
            }
            self.handler(handler, caught, try_.is_star);
            handled = handled.join(std::mem::take(&mut self.env));
            let bound = self.frame.tries.pop();
            if try_.is_star {
                raised = Self::anywhere(&raised, bound);
            }
        }
        after = after.join(handled);
        let anywhere = Self::anywhere(&before, self.frame.tries.pop());
        self.env = after;
        if !try_.finalbody.is_empty() {
            let live = self.env.live;
            self.env = std::mem::take(&mut self.env).join(anywhere);
            self.body(&try_.finalbody);
            self.env.live &= live;
        }
    }

    /// The environment at any point between `before` and the end of a `try`.
    fn anywhere(before: &Env, bound: Option<HashMap<String, Type>>) -> Env {
        let mut env = before.clone();
        for (name, type_) in bound.into_iter().flatten() {
            env.widen(&name, type_);
        }
        env
    }

    fn handler(
        &mut self,
        handler: &'a ast::ExceptHandlerExceptHandler,
        caught: Option<Type>,
        is_star: bool,
    ) {
        if let Some(name) = &handler.name {
            let type_ = match caught {
                _ if is_star => Type::External("builtins.ExceptionGroup".to_owned()),
                Some(class) => self.caught(&class),
                None => Type::Opaque,
            };
            self.bind(name, type_);
        }
        self.body(&handler.body);
    }

    fn caught(&self, class: &Type) -> Type {
        Type::union(class.members().iter().map(|member| match member {
            Type::ClassObject(id) => Type::instance(*id),
            Type::Symbol(name) => Type::External(name.clone()),
            Type::Tuple(classes) => Type::union(classes.iter().map(|class| self.caught(class))),
            _ => Type::Opaque,
        }))
    }

    fn raise(&mut self, raise: &'a ast::StmtRaise) {
        for value in [&raise.exc, &raise.cause].into_iter().flatten() {
            self.expr(value);
        }
        self.env.live = false;
    }

    fn assert(&mut self, assert: &'a ast::StmtAssert) {
        self.expr(&assert.test);
        if let Some(message) = &assert.msg {
            let env = self.env.clone();
            self.narrow(&assert.test, false);
            self.expr(message);
            self.env = env;
        }
        self.narrow(&assert.test, true);
    }

    fn nested_function(&mut self, def: &'a ast::StmtFunctionDef) {
        let type_ = self.nested(def);
        self.bind(&def.name, type_);
        self.uncarriable_local(&def.name, "a nested function", &def.name);
    }

    fn nested_class(&mut self, class: &'a ast::StmtClassDef) {
        for decorator in &class.decorator_list {
            self.expr(&decorator.expression);
        }
        if let Some(arguments) = &class.arguments {
            arguments.args.iter().for_each(|base| {
                self.expr(base);
            });
        }
        self.class_body(&class.body);
        self.bind(&class.name, Type::Opaque);
        self.uncarriable_local(&class.name, "a nested class", &class.name);
    }

    /// The body of a class runs where it stands, with names of its own.
    fn class_body(&mut self, body: &'a [Stmt]) {
        let env = self.env.clone();
        let inner = Frame {
            locals: self.frame.locals.clone(),
            depth: self.frame.depth + 1,
            ..Frame::default()
        };
        let outer = std::mem::replace(&mut self.frame, inner);
        if outer.depth < 20 {
            self.body(body);
        }
        self.frame = outer;
        self.env = env;
    }
}
