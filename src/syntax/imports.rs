//! The imports of a module, wherever they stand in it.

use ruff_python_ast::statement_visitor::{StatementVisitor, walk_stmt};

use super::ast;

/// An import statement.
#[derive(Debug, Clone, Copy)]
pub struct Import<'a> {
    /// The statement.
    pub stmt: ImportStmt<'a>,
    /// Whether the module goes on where it fails: it stands in a `try` that catches `ImportError`.
    pub optional: bool,
}

/// The two forms of import.
#[derive(Debug, Clone, Copy)]
pub enum ImportStmt<'a> {
    /// `import a.b`.
    Import(&'a ast::StmtImport),
    /// `from a import b`.
    From(&'a ast::StmtImportFrom),
}

/// Finds every import.
pub fn imports(body: &[ast::Stmt]) -> Vec<Import<'_>> {
    let mut finder = Finder::default();
    finder.visit_body(body);
    finder.found
}

#[derive(Default)]
struct Finder<'a> {
    found: Vec<Import<'a>>,
    optional: bool,
}

impl<'a> Finder<'a> {
    fn push(&mut self, stmt: ImportStmt<'a>) {
        let optional = self.optional;
        self.found.push(Import { stmt, optional });
    }
}

impl<'a> StatementVisitor<'a> for Finder<'a> {
    fn visit_stmt(&mut self, stmt: &'a ast::Stmt) {
        match stmt {
            ast::Stmt::Import(import) => self.push(ImportStmt::Import(import)),
            ast::Stmt::ImportFrom(import) => self.push(ImportStmt::From(import)),
            ast::Stmt::Try(attempt) if attempt.handlers.iter().any(catches_import_error) => {
                let before = std::mem::replace(&mut self.optional, true);
                self.visit_body(&attempt.body);
                self.optional = before;
                for ast::ExceptHandler::ExceptHandler(handler) in &attempt.handlers {
                    self.visit_body(&handler.body);
                }
                self.visit_body(&attempt.orelse);
                self.visit_body(&attempt.finalbody);
            }
            _ => walk_stmt(self, stmt),
        }
    }
}

fn catches_import_error(handler: &ast::ExceptHandler) -> bool {
    let ast::ExceptHandler::ExceptHandler(handler) = handler;
    match handler.type_.as_deref() {
        None => true,
        Some(ast::Expr::Tuple(types)) => types.elts.iter().any(is_import_error),
        Some(type_) => is_import_error(type_),
    }
}

fn is_import_error(type_: &ast::Expr) -> bool {
    let ast::Expr::Name(name) = type_ else {
        return false;
    };
    matches!(
        name.id.as_str(),
        "ImportError" | "ModuleNotFoundError" | "Exception" | "BaseException"
    )
}
