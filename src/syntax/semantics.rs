//! What Python's grammar takes and its compiler refuses: `return` outside a function, a parameter twice, `nonlocal` without
//! a variable, and the like. The parser's own checker knows the rules; here is where each statement stands.

use std::cell::RefCell;

use ruff_python_ast::PythonVersion;
use ruff_python_ast::statement_visitor::{self, StatementVisitor};
use ruff_python_ast::visitor::{Visitor, walk_expr, walk_parameters, walk_pattern, walk_stmt};
use ruff_python_parser::semantic_errors::{
    LazyImportContext, SemanticSyntaxChecker, SemanticSyntaxContext, SemanticSyntaxError,
};
use ruff_text_size::TextRange;

use super::{ast, parse::lower_first, span};
use crate::diagnostics::Diagnostic;
use crate::source::{FileId, SourceFile};

/// Reports what Python's compiler refuses in a file without syntax errors.
pub(super) fn check(
    file: FileId,
    source: &SourceFile,
    version: PythonVersion,
    body: &[ast::Stmt],
) -> Vec<Diagnostic> {
    let mut walker = Walker {
        checker: SemanticSyntaxChecker::new(),
        context: Context {
            text: &source.text,
            version,
            future_annotations: body.iter().any(imports_annotations),
            scopes: vec![Scope::new(Kind::Module, body)],
            errors: RefCell::default(),
        },
    };
    walker.visit_body(body);
    let errors = walker.context.errors.into_inner();
    errors
        .iter()
        .map(|error| {
            let message = lower_first(&error.to_string());
            Diagnostic::new("E0005", message, span(file, &error.range), "")
                .note("Python's own compiler refuses it")
        })
        .collect()
}

#[derive(Clone, Copy)]
enum Kind<'a> {
    Module,
    Class,
    Function(&'a ast::StmtFunctionDef),
    Lambda(&'a ast::ExprLambda),
    /// Of a list, set or dictionary.
    Comprehension,
    Generator,
}

struct Scope<'a> {
    kind: Kind<'a>,
    in_loop: bool,
    /// The names that its own statements declare `global`.
    globals: Vec<&'a ast::Identifier>,
}

impl<'a> Scope<'a> {
    fn new(kind: Kind<'a>, body: &'a [ast::Stmt]) -> Self {
        let mut globals = Globals(Vec::new());
        globals.visit_body(body);
        Self {
            kind,
            in_loop: false,
            globals: globals.0,
        }
    }
}

struct Context<'a> {
    text: &'a str,
    version: PythonVersion,
    future_annotations: bool,
    /// From the outermost on.
    scopes: Vec<Scope<'a>>,
    errors: RefCell<Vec<SemanticSyntaxError>>,
}

impl<'a> Context<'a> {
    fn current(&self) -> Kind<'a> {
        self.scopes.last().map_or(Kind::Module, |scope| scope.kind)
    }

    /// The innermost scope that is not of a comprehension or generator.
    fn around_comprehensions(&self) -> Kind<'a> {
        let mut kinds = self.scopes.iter().rev().map(|scope| scope.kind);
        kinds
            .find(|kind| !matches!(kind, Kind::Comprehension | Kind::Generator))
            .unwrap_or(Kind::Module)
    }
}

impl SemanticSyntaxContext for Context<'_> {
    fn future_annotations_or_stub(&self) -> bool {
        self.future_annotations
    }

    fn lazy_import_context(&self) -> Option<LazyImportContext> {
        match self.current() {
            Kind::Function(_) => Some(LazyImportContext::Function),
            Kind::Class => Some(LazyImportContext::Class),
            _ => None,
        }
    }

    fn python_version(&self) -> PythonVersion {
        self.version
    }

    fn source(&self) -> &str {
        self.text
    }

    fn global(&self, name: &str) -> Option<TextRange> {
        let declared = self.scopes.last()?.globals.iter();
        declared
            .rev()
            .find(|global| global.as_str() == name)
            .map(|global| global.range)
    }

    fn has_nonlocal_binding(&self, name: &str) -> bool {
        let enclosing = self.scopes.iter().rev().skip(1).map(|scope| scope.kind);
        enclosing.into_iter().any(|kind| match kind {
            Kind::Function(def) => binds(def, name),
            Kind::Lambda(lambda) => is_parameter(lambda.parameters.as_deref(), name),
            _ => name == "__class__" && matches!(kind, Kind::Class),
        })
    }

    fn in_async_context(&self) -> bool {
        matches!(self.around_comprehensions(), Kind::Function(def) if def.is_async)
    }

    fn in_await_allowed_context(&self) -> bool {
        matches!(
            self.around_comprehensions(),
            Kind::Function(_) | Kind::Lambda(_)
        )
    }

    fn in_yield_allowed_context(&self) -> bool {
        matches!(self.current(), Kind::Function(_) | Kind::Lambda(_))
    }

    fn in_sync_comprehension(&self) -> bool {
        matches!(self.current(), Kind::Comprehension)
    }

    fn in_class_body_comprehension(&self) -> bool {
        matches!(self.around_comprehensions(), Kind::Class)
    }

    fn in_module_scope(&self) -> bool {
        matches!(self.current(), Kind::Module)
    }

    fn in_function_scope(&self) -> bool {
        matches!(self.current(), Kind::Function(_))
    }

    fn in_generator_context(&self) -> bool {
        let mut kinds = self.scopes.iter().rev().map(|scope| scope.kind);
        kinds
            .find(|kind| !matches!(kind, Kind::Comprehension))
            .is_some_and(|kind| matches!(kind, Kind::Generator))
    }

    fn in_notebook(&self) -> bool {
        false
    }

    fn report_semantic_error(&self, error: SemanticSyntaxError) {
        self.errors.borrow_mut().push(error);
    }

    fn in_loop_context(&self) -> bool {
        self.scopes.last().is_some_and(|scope| scope.in_loop)
    }

    fn is_bound_parameter(&self, name: &str) -> bool {
        match self.current() {
            Kind::Function(def) => is_parameter(Some(&def.parameters), name),
            Kind::Lambda(lambda) => is_parameter(lambda.parameters.as_deref(), name),
            _ => false,
        }
    }
}

struct Walker<'a> {
    checker: SemanticSyntaxChecker,
    context: Context<'a>,
}

impl<'a> Walker<'a> {
    fn inside(&mut self, kind: Kind<'a>, body: &'a [ast::Stmt], work: impl FnOnce(&mut Self)) {
        self.context.scopes.push(Scope::new(kind, body));
        work(self);
        self.context.scopes.pop();
    }

    fn repeated(&mut self, body: &'a [ast::Stmt]) {
        let before = self.set_loop(true);
        self.visit_body(body);
        self.set_loop(before);
    }

    fn set_loop(&mut self, in_loop: bool) -> bool {
        let scope = self.context.scopes.last_mut();
        scope.is_some_and(|scope| std::mem::replace(&mut scope.in_loop, in_loop))
    }

    fn function(&mut self, def: &'a ast::StmtFunctionDef) {
        for decorator in &def.decorator_list {
            self.visit_decorator(decorator);
        }
        walk_parameters(self, &def.parameters);
        if let Some(returns) = &def.returns {
            self.visit_annotation(returns);
        }
        self.inside(Kind::Function(def), &def.body, |walker| {
            walker.visit_body(&def.body)
        });
    }

    fn class(&mut self, class: &'a ast::StmtClassDef) {
        for decorator in &class.decorator_list {
            self.visit_decorator(decorator);
        }
        if let Some(arguments) = &class.arguments {
            self.visit_arguments(arguments);
        }
        self.inside(Kind::Class, &class.body, |walker| {
            walker.visit_body(&class.body)
        });
    }

    /// The first iterable of a comprehension belongs to the scope around it.
    fn comprehension(
        &mut self,
        kind: Kind<'a>,
        generators: &'a [ast::Comprehension],
        results: &[&'a ast::Expr],
    ) {
        if let Some(first) = generators.first() {
            self.visit_expr(&first.iter);
        }
        self.inside(kind, &[], |walker| {
            for (index, generator) in generators.iter().enumerate() {
                if index > 0 {
                    walker.visit_expr(&generator.iter);
                }
                walker.visit_expr(&generator.target);
                generator
                    .ifs
                    .iter()
                    .for_each(|condition| walker.visit_expr(condition));
            }
            results.iter().for_each(|result| walker.visit_expr(result));
        });
    }
}

impl<'a> Visitor<'a> for Walker<'a> {
    fn visit_stmt(&mut self, stmt: &'a ast::Stmt) {
        self.checker.visit_stmt(stmt, &self.context);
        match stmt {
            ast::Stmt::FunctionDef(def) => self.function(def),
            ast::Stmt::ClassDef(class) => self.class(class),
            ast::Stmt::For(one) => {
                self.visit_expr(&one.iter);
                self.visit_expr(&one.target);
                self.repeated(&one.body);
                self.visit_body(&one.orelse);
            }
            ast::Stmt::While(one) => {
                self.visit_expr(&one.test);
                self.repeated(&one.body);
                self.visit_body(&one.orelse);
            }
            _ => walk_stmt(self, stmt),
        }
    }

    fn visit_expr(&mut self, expr: &'a ast::Expr) {
        self.checker.visit_expr(expr, &self.context);
        match expr {
            ast::Expr::Lambda(lambda) => {
                if let Some(parameters) = &lambda.parameters {
                    walk_parameters(self, parameters);
                }
                self.inside(Kind::Lambda(lambda), &[], |walker| {
                    walker.visit_expr(&lambda.body)
                });
            }
            ast::Expr::ListComp(one) => {
                self.comprehension(Kind::Comprehension, &one.generators, &[&one.elt])
            }
            ast::Expr::SetComp(one) => {
                self.comprehension(Kind::Comprehension, &one.generators, &[&one.elt])
            }
            ast::Expr::DictComp(one) => {
                let results: Vec<_> = one
                    .key
                    .iter()
                    .map(|key| &**key)
                    .chain([&*one.value])
                    .collect();
                self.comprehension(Kind::Comprehension, &one.generators, &results);
            }
            ast::Expr::Generator(one) => {
                self.comprehension(Kind::Generator, &one.generators, &[&one.elt])
            }
            _ => walk_expr(self, expr),
        }
    }
}

struct Globals<'a>(Vec<&'a ast::Identifier>);

impl<'a> StatementVisitor<'a> for Globals<'a> {
    fn visit_stmt(&mut self, stmt: &'a ast::Stmt) {
        match stmt {
            ast::Stmt::Global(global) => self.0.extend(&global.names),
            ast::Stmt::FunctionDef(_) | ast::Stmt::ClassDef(_) => {}
            _ => statement_visitor::walk_stmt(self, stmt),
        }
    }
}

fn imports_annotations(stmt: &ast::Stmt) -> bool {
    let ast::Stmt::ImportFrom(import) = stmt else {
        return false;
    };
    import.module.as_deref() == Some("__future__")
        && import
            .names
            .iter()
            .any(|alias| alias.name.as_str() == "annotations")
}

fn is_parameter(parameters: Option<&ast::Parameters>, name: &str) -> bool {
    parameters.is_some_and(|parameters| parameters.includes(name))
}

/// Whether a function has a variable of its own of that name.
fn binds(def: &ast::StmtFunctionDef, name: &str) -> bool {
    let mut finder = BindingFinder { name, found: false };
    finder.visit_body(&def.body);
    finder.found || is_parameter(Some(&def.parameters), name)
}

struct BindingFinder<'n> {
    name: &'n str,
    found: bool,
}

impl BindingFinder<'_> {
    fn meet(&mut self, name: Option<&ast::Identifier>) {
        self.found |= name.is_some_and(|name| name.as_str() == self.name);
    }
}

impl<'a> Visitor<'a> for BindingFinder<'_> {
    fn visit_stmt(&mut self, stmt: &'a ast::Stmt) {
        match stmt {
            ast::Stmt::FunctionDef(def) => return self.meet(Some(&def.name)),
            ast::Stmt::ClassDef(class) => return self.meet(Some(&class.name)),
            ast::Stmt::Nonlocal(outer) => outer.names.iter().for_each(|name| self.meet(Some(name))),
            _ => {}
        }
        walk_stmt(self, stmt);
    }

    fn visit_expr(&mut self, expr: &'a ast::Expr) {
        if let ast::Expr::Name(name) = expr {
            self.found |= !name.ctx.is_load() && name.id.as_str() == self.name;
        }
        walk_expr(self, expr);
    }

    fn visit_alias(&mut self, alias: &'a ast::Alias) {
        let bound = alias.asname.as_ref().unwrap_or(&alias.name);
        self.found |= bound.split('.').next() == Some(self.name);
    }

    fn visit_except_handler(&mut self, handler: &'a ast::ExceptHandler) {
        let ast::ExceptHandler::ExceptHandler(one) = handler;
        self.meet(one.name.as_ref());
        ast::visitor::walk_except_handler(self, handler);
    }

    fn visit_pattern(&mut self, pattern: &'a ast::Pattern) {
        match pattern {
            ast::Pattern::MatchAs(capture) => self.meet(capture.name.as_ref()),
            ast::Pattern::MatchStar(capture) => self.meet(capture.name.as_ref()),
            ast::Pattern::MatchMapping(mapping) => self.meet(mapping.rest.as_ref()),
            _ => {}
        }
        walk_pattern(self, pattern);
    }
}
