//! What each module binds at its top, before the modules are linked.

use std::collections::BTreeMap;

use super::scope::Binding;
use super::{ClassId, FunctionId};
use crate::syntax::ast::statement_visitor::StatementVisitor;
use crate::syntax::ast::visitor::{Visitor, walk_expr, walk_pattern, walk_stmt};
use crate::syntax::{ModuleId, Program, ast, exported};

/// A class as found: an entity or not.
#[derive(Debug)]
pub(super) struct RawClass<'p> {
    pub(super) module: ModuleId,
    pub(super) qualname: String,
    pub(super) class: &'p ast::StmtClassDef,
}

/// What a name leads to.
#[derive(Debug, Clone)]
pub(super) enum Entry<'p> {
    /// It is known; classes are numbered as found.
    Done(Binding<'p>),
    /// What the name stands for in that module.
    Of(ModuleId, &'p str),
}

/// What a module binds.
#[derive(Debug, Default)]
pub(super) struct RawScope<'p> {
    pub(super) names: BTreeMap<&'p str, Entry<'p>>,
    /// The modules of the app's of which it takes every public name.
    pub(super) stars: Vec<ModuleId>,
    /// Whether it takes every public name of a module from outside, or makes up names as they are asked for.
    pub(super) open: bool,
    /// `__all__`, where it is a plain list.
    pub(super) all: Option<Vec<&'p str>>,
}

/// Everything that the modules define at their top.
#[derive(Debug, Default)]
pub(super) struct Names<'p> {
    pub(super) scopes: Vec<RawScope<'p>>,
    pub(super) classes: Vec<RawClass<'p>>,
    pub(super) functions: Vec<(ModuleId, &'p ast::StmtFunctionDef)>,
}

/// Collects what every module binds.
pub(super) fn collect(program: &Program) -> Names<'_> {
    let mut names = Names::default();
    for (id, module) in program.iter() {
        let mut collector = Collector {
            program,
            module: id,
            scope: RawScope {
                all: exported(&module.tree.body),
                ..RawScope::default()
            },
            names: &mut names,
        };
        for stmt in &module.tree.body {
            Visitor::visit_stmt(&mut collector, stmt);
        }
        for name in globals(&module.tree.body) {
            collector.variable(name, None, None);
        }
        let scope = collector.scope;
        names.scopes.push(scope);
    }
    names
}

/// What an import statement binds in a module; star imports bind nothing here.
pub(super) fn import_entries<'p>(
    program: &'p Program,
    module: ModuleId,
    stmt: &'p ast::Stmt,
) -> Vec<(&'p str, Entry<'p>)> {
    match stmt {
        ast::Stmt::Import(import) => import
            .names
            .iter()
            .map(|alias| plain_import(program, alias))
            .collect(),
        ast::Stmt::ImportFrom(import) => {
            let Some(base) = program.module(module).import_base(import) else {
                return Vec::new();
            };
            let base_id = program.find(&base);
            let named = import
                .names
                .iter()
                .filter(|alias| alias.name.as_str() != "*");
            named
                .map(|alias| {
                    let entry = match base_id {
                        Some(id) => Entry::Of(id, alias.name.as_str()),
                        None => Entry::Done(Binding::External(format!("{base}.{}", alias.name))),
                    };
                    (alias.asname.as_ref().unwrap_or(&alias.name).as_str(), entry)
                })
                .collect()
        }
        _ => Vec::new(),
    }
}

fn plain_import<'p>(program: &'p Program, alias: &'p ast::Alias) -> (&'p str, Entry<'p>) {
    let path = alias.name.as_str();
    let (name, target) = match &alias.asname {
        Some(name) => (name.as_str(), path),
        None => {
            let top = path.split('.').next().unwrap_or(path);
            (top, top)
        }
    };
    let binding = match program.find(target) {
        Some(id) => Binding::Module(id),
        None => Binding::External(target.to_owned()),
    };
    (name, Entry::Done(binding))
}

struct Collector<'a, 'p> {
    program: &'p Program,
    module: ModuleId,
    scope: RawScope<'p>,
    names: &'a mut Names<'p>,
}

impl<'p> Collector<'_, 'p> {
    /// Binds a name. What the app defines wins over what comes from outside, that over a variable; the later of two alike
    /// wins, but the first of two variables.
    fn bind(&mut self, name: &'p str, entry: Entry<'p>) {
        let replaces = self
            .scope
            .names
            .get(name)
            .is_none_or(|old| rank(&entry) > 0 && rank(&entry) >= rank(old));
        if replaces {
            self.scope.names.insert(name, entry);
        }
    }

    fn variable(
        &mut self,
        name: &'p str,
        annotation: Option<&'p ast::Expr>,
        value: Option<&'p ast::Expr>,
    ) {
        if let Some(Entry::Done(Binding::Variable { value: first, .. })) =
            self.scope.names.get_mut(name)
        {
            *first = first.or(value);
            return;
        }
        let module = self.module;
        self.bind(
            name,
            Entry::Done(Binding::Variable {
                module,
                annotation,
                value,
            }),
        );
    }

    fn class(&mut self, class: &'p ast::StmtClassDef, outer: Option<&str>) -> ClassId {
        let id = ClassId(self.names.classes.len() as u32);
        let qualname = match outer {
            Some(outer) => format!("{outer}.{}", class.name),
            None => class.name.to_string(),
        };
        self.names.classes.push(RawClass {
            module: self.module,
            qualname: qualname.clone(),
            class,
        });
        for stmt in &class.body {
            if let ast::Stmt::ClassDef(nested) = stmt {
                self.class(nested, Some(&qualname));
            }
        }
        id
    }

    fn star(&mut self, import: &ast::StmtImportFrom) {
        if import.names.iter().any(|alias| alias.name.as_str() == "*") {
            let base = self.program.module(self.module).import_base(import);
            match base.and_then(|base| self.program.find(&base)) {
                Some(id) => self.scope.stars.push(id),
                None => self.scope.open = true,
            }
        }
    }

    fn assign(&mut self, targets: &'p [ast::Expr], value: &'p ast::Expr) {
        for target in targets {
            match target {
                ast::Expr::Name(name) => self.variable(name.id.as_str(), None, Some(value)),
                _ => self.visit_expr(target),
            }
        }
        self.visit_expr(value);
    }
}

impl<'p> Visitor<'p> for Collector<'_, 'p> {
    fn visit_stmt(&mut self, stmt: &'p ast::Stmt) {
        match stmt {
            ast::Stmt::ClassDef(class) => {
                let id = self.class(class, None);
                self.bind(class.name.as_str(), Entry::Done(Binding::Class(id)));
            }
            ast::Stmt::FunctionDef(def) => {
                let id = FunctionId(self.names.functions.len() as u32);
                self.names.functions.push((self.module, def));
                self.bind(def.name.as_str(), Entry::Done(Binding::Function(id)));
                self.scope.open |= def.name.as_str() == "__getattr__";
            }
            ast::Stmt::Import(_) | ast::Stmt::ImportFrom(_) => {
                for (name, entry) in import_entries(self.program, self.module, stmt) {
                    self.bind(name, entry);
                }
                if let ast::Stmt::ImportFrom(import) = stmt {
                    self.star(import);
                }
            }
            ast::Stmt::Assign(assign) => self.assign(&assign.targets, &assign.value),
            ast::Stmt::AnnAssign(assign) => match &*assign.target {
                ast::Expr::Name(name) => {
                    self.variable(
                        name.id.as_str(),
                        Some(&assign.annotation),
                        assign.value.as_deref(),
                    );
                }
                _ => walk_stmt(self, stmt),
            },
            ast::Stmt::TypeAlias(alias) => {
                if let ast::Expr::Name(name) = &*alias.name {
                    self.variable(name.id.as_str(), None, Some(&alias.value));
                }
            }
            _ => walk_stmt(self, stmt),
        }
    }

    fn visit_expr(&mut self, expr: &'p ast::Expr) {
        match expr {
            ast::Expr::Name(name) if name.ctx.is_store() => {
                self.variable(name.id.as_str(), None, None)
            }
            ast::Expr::Lambda(_) => {}
            _ => walk_expr(self, expr),
        }
    }

    fn visit_comprehension(&mut self, comprehension: &'p ast::Comprehension) {
        self.visit_expr(&comprehension.iter);
        for condition in &comprehension.ifs {
            self.visit_expr(condition);
        }
    }

    fn visit_pattern(&mut self, pattern: &'p ast::Pattern) {
        let name = match pattern {
            ast::Pattern::MatchAs(capture) => capture.name.as_ref(),
            ast::Pattern::MatchStar(capture) => capture.name.as_ref(),
            ast::Pattern::MatchMapping(mapping) => mapping.rest.as_ref(),
            _ => None,
        };
        if let Some(name) = name {
            self.variable(name.as_str(), None, None);
        }
        walk_pattern(self, pattern);
    }
}

fn rank(entry: &Entry<'_>) -> u8 {
    match entry {
        Entry::Done(Binding::Variable { .. }) => 0,
        Entry::Done(Binding::External(_)) => 1,
        _ => 2,
    }
}

/// The names that functions declare `global`.
fn globals(body: &[ast::Stmt]) -> Vec<&str> {
    struct Globals<'p>(Vec<&'p str>);
    impl<'p> StatementVisitor<'p> for Globals<'p> {
        fn visit_stmt(&mut self, stmt: &'p ast::Stmt) {
            if let ast::Stmt::Global(global) = stmt {
                self.0
                    .extend(global.names.iter().map(ast::Identifier::as_str));
            }
            ast::statement_visitor::walk_stmt(self, stmt);
        }
    }
    let mut found = Globals(Vec::new());
    found.visit_body(body);
    found.0
}
