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
    /// Whether it is only for type checkers: it stands under `if TYPE_CHECKING`.
    pub typing: bool,
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

/// Whether an import statement outside functions and classes binds a name.
pub fn imports_at_top(body: &[ast::Stmt], name: &str) -> bool {
    let mut finder = TopFinder { name, found: false };
    finder.visit_body(body);
    finder.found
}

struct TopFinder<'n> {
    name: &'n str,
    found: bool,
}

impl<'a> StatementVisitor<'a> for TopFinder<'_> {
    fn visit_stmt(&mut self, stmt: &'a ast::Stmt) {
        let names = match stmt {
            ast::Stmt::Import(import) => &import.names,
            ast::Stmt::ImportFrom(import) => &import.names,
            ast::Stmt::FunctionDef(_) | ast::Stmt::ClassDef(_) => return,
            _ => return walk_stmt(self, stmt),
        };
        self.found |= names.iter().any(|alias| match &alias.asname {
            Some(bound) => bound.as_str() == self.name,
            None => alias.name.split('.').next() == Some(self.name),
        });
    }
}

#[derive(Default)]
struct Finder<'a> {
    found: Vec<Import<'a>>,
    optional: bool,
    typing: bool,
}

impl<'a> Finder<'a> {
    fn push(&mut self, stmt: ImportStmt<'a>) {
        self.found.push(Import {
            stmt,
            optional: self.optional,
            typing: self.typing,
        });
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
            ast::Stmt::If(branch) if is_type_checking(&branch.test) => {
                let before = std::mem::replace(&mut self.typing, true);
                self.visit_body(&branch.body);
                self.typing = before;
                for clause in &branch.elif_else_clauses {
                    self.visit_body(&clause.body);
                }
            }
            _ => walk_stmt(self, stmt),
        }
    }
}

fn is_type_checking(test: &ast::Expr) -> bool {
    match test {
        ast::Expr::Name(name) => name.id.as_str() == "TYPE_CHECKING",
        ast::Expr::Attribute(access) => access.attr.as_str() == "TYPE_CHECKING",
        _ => false,
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

/// The names in a module's `__all__`, where it is made of plain lists.
pub fn exported(body: &[ast::Stmt]) -> Option<Vec<&str>> {
    let mut all: Option<Vec<&str>> = None;
    for stmt in body {
        match stmt {
            ast::Stmt::Assign(assign) if assign.targets.iter().any(is_all) => {
                all = string_list(&assign.value)
            }
            ast::Stmt::AnnAssign(assign) if is_all(&assign.target) => {
                all = assign.value.as_deref().and_then(string_list);
            }
            ast::Stmt::AugAssign(assign) if is_all(&assign.target) => {
                all = all
                    .zip(string_list(&assign.value))
                    .map(|(all, more)| [all, more].concat());
            }
            _ => {}
        }
    }
    all
}

fn is_all(target: &ast::Expr) -> bool {
    matches!(target, ast::Expr::Name(name) if name.id.as_str() == "__all__")
}

fn string_list(expr: &ast::Expr) -> Option<Vec<&str>> {
    let elements = match expr {
        ast::Expr::List(list) => &list.elts,
        ast::Expr::Tuple(tuple) => &tuple.elts,
        _ => return None,
    };
    elements
        .iter()
        .map(|element| Some(element.as_string_literal_expr()?.value.to_str()))
        .collect()
}
