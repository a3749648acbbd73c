//! What the app defines, by name.

use std::collections::{HashMap, HashSet};

use super::body::Run;
use super::known::is_harmless_method;
use super::reads_by_name;
use crate::model::Model;
use crate::resolve::values::external;
use crate::syntax::ast::visitor::{Visitor, walk_alias, walk_expr, walk_stmt};
use crate::syntax::ast::{self, Expr, Stmt};
use crate::syntax::{ModuleId, Ranged};

/// Names with underscores around them that are no methods.
const DATA: [&str; 13] = [
    "__all__",
    "__cause__",
    "__class__",
    "__context__",
    "__dict__",
    "__doc__",
    "__match_args__",
    "__module__",
    "__name__",
    "__notes__",
    "__qualname__",
    "__slots__",
    "__traceback__",
];

/// The functions of the app, those in functions too, and what its classes assign to names.
pub(super) struct App<'m> {
    pub model: &'m Model<'m>,
    /// The special methods that reading may run.
    pub special: Vec<Run<'m>>,
    /// Whether something may be such a method that cannot be looked at.
    pub is_opaque: bool,
    /// Whether a look-up may add what is missing.
    pub adds_what_is_missing: bool,
    functions: HashMap<&'m str, Vec<Run<'m>>>,
    values: HashMap<&'m str, Vec<Value<'m>>>,
}

/// What a class assigns to a name.
#[derive(Clone, Copy)]
pub(super) struct Value<'m> {
    pub module: ModuleId,
    pub expr: &'m Expr,
}

impl<'m> App<'m> {
    pub fn of(model: &'m Model<'m>, adds_what_is_missing: bool) -> Self {
        let app = Self {
            model,
            special: Vec::new(),
            is_opaque: model.class_refs().any(|class| {
                model.has_external_base(class, |base| base == "collections.defaultdict")
            }),
            adds_what_is_missing,
            functions: HashMap::new(),
            values: HashMap::new(),
        };
        let mut collector = Collector {
            app,
            module: ModuleId(0),
            outer: None,
            is_in_class: false,
            aliased: HashSet::new(),
        };
        for (index, module) in model.program.modules.iter().enumerate() {
            collector.module = ModuleId(index as u32);
            collector.visit_body(&module.tree.body);
        }
        let Collector {
            mut app, aliased, ..
        } = collector;
        for name in aliased {
            let functions = app.functions(name).to_vec();
            app.is_opaque |= functions.is_empty();
            app.special.extend(functions);
        }
        app
    }

    /// The functions of that name, but for those that set and delete properties.
    pub fn functions(&self, name: &str) -> &[Run<'m>] {
        self.functions.get(name).map_or(&[], Vec::as_slice)
    }

    /// What classes assign to that name.
    pub fn values(&self, name: &str) -> &[Value<'m>] {
        self.values.get(name).map_or(&[], Vec::as_slice)
    }

    /// Those of a class.
    pub fn functions_in(
        &self,
        module: ModuleId,
        class: &ast::StmtClassDef,
        name: &str,
    ) -> Vec<Run<'m>> {
        let functions = self.functions(name).iter().copied();
        let own = functions
            .filter(|one| one.module == module && class.range.contains_range(one.def.range));
        own.collect()
    }

    /// What a class assigns to its names.
    pub fn values_in(&self, module: ModuleId, class: &ast::StmtClassDef) -> Vec<&'m Expr> {
        let values = self.values.values().flatten();
        let own = values.filter(|value| {
            value.module == module && class.range.contains_range(value.expr.range())
        });
        own.map(|value| value.expr).collect()
    }
}

struct Collector<'m> {
    app: App<'m>,
    module: ModuleId,
    /// The outermost function around.
    outer: Option<&'m ast::StmtFunctionDef>,
    is_in_class: bool,
    /// The names of functions that have a special name besides.
    aliased: HashSet<&'m str>,
}

impl<'m> Collector<'m> {
    fn function(&mut self, def: &'m ast::StmtFunctionDef) {
        let run = Run::new(self.module, def, self.outer);
        if reads_by_name(&def.name) {
            self.app.special.push(run);
        }
        let is_accessor = def.decorator_list.iter().any(|decorator| {
            let attribute = decorator.expression.as_attribute_expr();
            attribute.is_some_and(|one| matches!(one.attr.as_str(), "setter" | "deleter"))
        });
        if !is_accessor {
            let functions = self.app.functions.entry(&def.name).or_default();
            functions.push(run);
        }
    }

    fn assigned(&mut self, name: &'m str, expr: &'m Expr) {
        if self.is_in_class {
            let module = self.module;
            let values = self.app.values.entry(name).or_default();
            values.push(Value { module, expr });
        }
        if !is_method(name) {
            return;
        }
        match expr {
            Expr::Name(function) => {
                self.aliased.insert(&function.id);
            }
            Expr::Attribute(method) if is_harmless_method(&method.attr) => {}
            _ => self.app.is_opaque |= !expr.is_literal_expr(),
        }
    }

    /// Whether a call gives an object a special method.
    fn sets_method(&self, call: &ast::ExprCall) -> bool {
        let name = call.arguments.find_positional(1);
        external(self.app.model, self.module, &call.func).as_deref() == Some("builtins.setattr")
            && name
                .and_then(Expr::as_string_literal_expr)
                .is_some_and(|name| is_method(name.value.to_str()))
    }
}

impl<'m> Visitor<'m> for Collector<'m> {
    fn visit_stmt(&mut self, stmt: &'m Stmt) {
        let around = (self.outer, self.is_in_class);
        match stmt {
            Stmt::FunctionDef(def) => {
                self.function(def);
                self.outer = self.outer.or(Some(def));
                self.is_in_class = false;
            }
            Stmt::ClassDef(_) => self.is_in_class = true,
            Stmt::Assign(assign) => {
                if let [Expr::Name(name)] = &*assign.targets {
                    self.assigned(&name.id, &assign.value);
                    return self.visit_expr(&assign.value);
                }
            }
            Stmt::AnnAssign(assign) => {
                if let (Expr::Name(name), Some(value)) = (&*assign.target, &assign.value) {
                    self.assigned(&name.id, value);
                    return self.visit_expr(value);
                }
            }
            _ => {}
        }
        walk_stmt(self, stmt);
        (self.outer, self.is_in_class) = around;
    }

    fn visit_expr(&mut self, expr: &'m Expr) {
        match expr {
            Expr::Name(name) => self.app.is_opaque |= !name.ctx.is_load() && is_method(&name.id),
            Expr::Attribute(attribute) => {
                self.app.is_opaque |= !attribute.ctx.is_load() && is_method(&attribute.attr);
            }
            Expr::Call(call) => self.app.is_opaque |= self.sets_method(call),
            _ => {}
        }
        walk_expr(self, expr);
    }

    fn visit_alias(&mut self, alias: &'m ast::Alias) {
        let bound = alias.asname.as_ref();
        self.app.is_opaque |= bound.is_some_and(|name| is_method(name));
        walk_alias(self, alias);
    }
}

fn is_method(name: &str) -> bool {
    reads_by_name(name) && !DATA.contains(&name)
}
