//! Statements that Python's grammar takes anywhere but its compiler does not: `return` outside a function, `break` outside
//! a loop, and the like.

use ruff_python_ast::visitor::{Visitor, walk_expr, walk_parameters, walk_stmt};

use super::{Ranged, ast, span};
use crate::diagnostics::Diagnostic;
use crate::source::FileId;

/// Reports what stands where it cannot.
pub(super) fn check(file: FileId, body: &[ast::Stmt]) -> Vec<Diagnostic> {
    let mut checker = Checker {
        file,
        place: Place::Module,
        in_loop: false,
        diagnostics: Vec::new(),
    };
    checker.visit_body(body);
    checker.diagnostics
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Module,
    Class,
    Function,
    AsyncFunction,
}

struct Checker {
    file: FileId,
    place: Place,
    in_loop: bool,
    diagnostics: Vec<Diagnostic>,
}

impl Checker {
    fn report(&mut self, at: &impl Ranged, message: &str) {
        let place = span(self.file, at);
        self.diagnostics
            .push(Diagnostic::new("E0005", message, place, ""));
    }

    fn outside_function(&self) -> bool {
        matches!(self.place, Place::Module | Place::Class)
    }

    fn inside(&mut self, place: Place, in_loop: bool, work: impl FnOnce(&mut Self)) {
        let before = (self.place, self.in_loop);
        (self.place, self.in_loop) = (place, in_loop);
        work(self);
        (self.place, self.in_loop) = before;
    }

    fn function(&mut self, def: &ast::StmtFunctionDef) {
        for decorator in &def.decorator_list {
            self.visit_decorator(decorator);
        }
        walk_parameters(self, &def.parameters);
        let place = if def.is_async {
            Place::AsyncFunction
        } else {
            Place::Function
        };
        self.inside(place, false, |checker| checker.visit_body(&def.body));
    }

    /// A generator expression may `await` wherever it stands, but for its first iterable.
    fn generator(&mut self, generator: &ast::ExprGenerator) {
        for (index, comprehension) in generator.generators.iter().enumerate() {
            if index == 0 {
                self.visit_expr(&comprehension.iter);
            }
            self.inside(Place::AsyncFunction, false, |checker| {
                if index > 0 {
                    checker.visit_expr(&comprehension.iter);
                }
                comprehension
                    .ifs
                    .iter()
                    .for_each(|condition| checker.visit_expr(condition));
            });
        }
        self.inside(Place::AsyncFunction, false, |checker| {
            checker.visit_expr(&generator.elt)
        });
    }
}

impl<'a> Visitor<'a> for Checker {
    fn visit_stmt(&mut self, stmt: &'a ast::Stmt) {
        match stmt {
            ast::Stmt::FunctionDef(def) => return self.function(def),
            ast::Stmt::ClassDef(class) => {
                return self.inside(Place::Class, false, |checker| {
                    checker.visit_body(&class.body)
                });
            }
            ast::Stmt::For(ast::StmtFor {
                iter, body, orelse, ..
            }) => {
                self.visit_expr(iter);
                self.inside(self.place, true, |checker| checker.visit_body(body));
                return self.visit_body(orelse);
            }
            ast::Stmt::While(ast::StmtWhile {
                test, body, orelse, ..
            }) => {
                self.visit_expr(test);
                self.inside(self.place, true, |checker| checker.visit_body(body));
                return self.visit_body(orelse);
            }
            ast::Stmt::Return(_) if self.outside_function() => {
                self.report(stmt, "`return` outside a function")
            }
            ast::Stmt::Break(_) if !self.in_loop => self.report(stmt, "`break` outside a loop"),
            ast::Stmt::Continue(_) if !self.in_loop => {
                self.report(stmt, "`continue` outside a loop")
            }
            _ => {}
        }
        walk_stmt(self, stmt);
    }

    fn visit_expr(&mut self, expr: &'a ast::Expr) {
        match expr {
            ast::Expr::Yield(_) | ast::Expr::YieldFrom(_) if self.outside_function() => {
                self.report(expr, "`yield` outside a function");
            }
            ast::Expr::Await(_) if self.outside_function() => {
                self.report(expr, "`await` outside a function")
            }
            ast::Expr::Await(_) if self.place == Place::Function => {
                self.report(expr, "`await` outside an `async` function")
            }
            ast::Expr::Generator(generator) => return self.generator(generator),
            ast::Expr::Lambda(lambda) => {
                if let Some(parameters) = &lambda.parameters {
                    self.visit_parameters(parameters);
                }
                return self.inside(Place::Function, false, |checker| {
                    checker.visit_expr(&lambda.body)
                });
            }
            _ => {}
        }
        walk_expr(self, expr);
    }

    fn visit_annotation(&mut self, _: &'a ast::Expr) {}
}
