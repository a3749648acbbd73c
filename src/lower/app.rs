//! The app as a whole.

use super::builder::sites_of;
use super::cut::cut;
use super::home::Home;
use super::recorded::{by_line, insertions};
use crate::diagnostics::Diagnostic;
use crate::ir::{self, Type};
use crate::model::{ClassRef, EntityId, Function, FunctionKind, Model};
use crate::resolve::Resolution;
use crate::source::{SourceFile, Span};
use crate::syntax::ast::{self, Stmt};
use crate::syntax::{Ranged, imports_before, span};

/// Lowers a program that has passed the checks. Constructs that cannot be cut yet are reported.
pub fn lower(model: &Model<'_>, resolution: &Resolution) -> (ir::App, Vec<Diagnostic>) {
    let lowering = Lowering { model, resolution };
    let (functions, diagnostics) = lowering.functions();
    let program = model.program;
    let mut entities: Vec<ir::Entity> = (0..model.entities.len() as u32)
        .filter_map(|id| lowering.entity(EntityId(id)))
        .collect();
    entities.sort_by(|a, b| a.name.cmp(&b.name));
    let app = ir::App {
        version: ir::VERSION,
        name: program.name.clone(),
        requires_python: program.requires_python.clone(),
        requirements: program.requirements.clone(),
        modules: program
            .modules
            .iter()
            .map(|one| lowering.module(one))
            .collect(),
        entities,
        functions,
    };
    (app, diagnostics)
}

struct Lowering<'m, 'p> {
    model: &'m Model<'p>,
    resolution: &'m Resolution,
}

impl<'p> Lowering<'_, 'p> {
    /// The functions that leave the entity they run at, cut.
    fn functions(&self) -> (Vec<ir::Function>, Vec<Diagnostic>) {
        let model = self.model;
        let of_classes = model.class_refs().flat_map(|class| {
            let methods = model.functions_of(class);
            methods.map(move |method| (Home::new(model, Some(class)), method))
        });
        let of_modules = model.functions.iter();
        let of_modules = of_modules.map(|function| (Home::new(model, None), function));
        let (mut functions, mut diagnostics) = (Vec::new(), Vec::new());
        for (home, function) in of_classes.chain(of_modules) {
            if self.is_cut(function) {
                let (cut, found) = self.function(home, function);
                functions.push(cut);
                diagnostics.extend(found);
            }
        }
        functions.sort_by(|a, b| (&a.module, a.origin.first).cmp(&(&b.module, b.origin.first)));
        (functions, diagnostics)
    }

    fn module(&self, module: &crate::syntax::Module) -> ir::Module {
        let source = self.model.program.sources.file(module.file);
        ir::Module {
            name: module.name.clone(),
            path: source.relative.clone(),
            source: source.text.clone(),
            imports_before: imports_before(&module.tree, source),
            recorded: self.recorded(module, source),
        }
    }

    /// What is recorded in a module, outside of the functions that are cut.
    fn recorded(&self, module: &crate::syntax::Module, source: &SourceFile) -> ir::Recorded {
        let recorded = &self.resolution.recorded;
        let is_here = |at: Span| at.file == module.file;
        let is_cut = |at: Span| {
            let mut cut = self.resolution.leaving.iter();
            cut.any(|function| at.is_inside(*function))
        };
        let flow = ir::flow_name(&source.text);
        let calls = recorded.calls.iter();
        let mut insertions: Vec<_> = calls
            .filter(|call| is_here(call.at) && !is_cut(call.at))
            .flat_map(|call| insertions(call, source, &flow))
            .collect();
        insertions.sort_by_key(|insertion| insertion.at);
        let by_line = insertions.into_iter().map(|one| by_line(one, source));
        ir::Recorded {
            functions: self.recorded_functions(module, source),
            calls: by_line.collect(),
        }
    }

    /// The lines before which is said that a function is recorded: before its decorators, but for those that say how it is bound.
    fn recorded_functions(&self, module: &crate::syntax::Module, source: &SourceFile) -> Vec<u32> {
        let recorded = &self.resolution.recorded.functions;
        let is_here = |function: &Function<'_>| {
            let at = self.model.span_of(function);
            at.file == module.file && recorded.contains(&at)
        };
        let mut lines: Vec<u32> = self
            .model
            .every_function()
            .filter(|function| is_here(function))
            .map(|function| {
                let is_plain = matches!(function.kind, FunctionKind::Module | FunctionKind::Method);
                let decorator = function.def.decorator_list.first().filter(|_| is_plain);
                let first = decorator.map_or(function.def.name.start(), Ranged::start);
                source.index.line(first.to_u32())
            })
            .collect();
        lines.sort_unstable();
        lines
    }

    fn is_cut(&self, function: &Function<'p>) -> bool {
        let file = self.model.program.module(function.module).file;
        !sites_of(self.resolution, file, function).is_empty()
    }

    fn function(
        &self,
        home: Home<'_, 'p>,
        function: &Function<'p>,
    ) -> (ir::Function, Vec<Diagnostic>) {
        let (cut, diagnostics) = cut(self.model, self.resolution, home, function);
        let function = ir::Function {
            module: self.model.program.module(function.module).name.clone(),
            name: home.qualified(function),
            origin: self.lines(function.module, function.def, &function.def.decorator_list),
            is_async: function.def.is_async,
            header: cut.header,
            receiver: home.receiver(function).map(str::to_owned),
            blocks: cut.blocks,
        };
        (function, diagnostics)
    }

    /// An entity; none where it has no usable key, which has been reported.
    fn entity(&self, id: EntityId) -> Option<ir::Entity> {
        let class = ClassRef::Entity(id);
        let entity = self.model.entity(id);
        let key = entity.key.as_ref()?;
        let module = self.model.program.module(entity.module);
        let init = self.model.method(class, "__init__");
        let methods = self.model.all_methods(class).into_iter();
        let mut methods: Vec<ir::Method> = methods
            .filter(|(_, function)| is_method(function))
            .map(|(definer, function)| self.method(definer, function))
            .collect();
        methods.sort_by(|a, b| a.name.cmp(&b.name));
        Some(ir::Entity {
            name: entity.name.to_owned(),
            module: module.name.clone(),
            doc: docstring(&entity.class.body),
            origin: self.lines(entity.module, entity.class, &entity.class.decorator_list),
            key: ir::Key {
                type_: key.type_?,
                fields: key.fields.iter().map(ToString::to_string).collect(),
            },
            fields: entity
                .fields
                .iter()
                .map(|field| ir::Field {
                    name: field.name.to_owned(),
                    type_: self.field_type(id, field.name),
                })
                .collect(),
            init: init.map(|(_, init)| self.params(init)).unwrap_or_default(),
            methods,
        })
    }

    fn field_type(&self, entity: EntityId, name: &str) -> Type {
        let types = &self.resolution.fields;
        let known = types.get(&(entity, name.to_owned()));
        known.cloned().unwrap_or(Type::Any)
    }

    fn method(&self, definer: ClassRef, function: &Function<'p>) -> ir::Method {
        let body = if self.is_cut(function) {
            ir::Body::Split {
                module: self.model.program.module(function.module).name.clone(),
                function: Home::new(self.model, Some(definer)).qualified(function),
            }
        } else {
            ir::Body::Plain
        };
        ir::Method {
            name: function.name.to_owned(),
            doc: docstring(&function.def.body),
            origin: self.lines(function.module, function.def, &function.def.decorator_list),
            is_async: function.def.is_async,
            params: self.params(function),
            returns: self.annotation(function, function.def.returns.as_deref()),
            body,
        }
    }

    fn params(&self, function: &Function<'p>) -> Vec<ir::Param> {
        let file = self.model.program.module(function.module).file;
        let text = |expr: &ast::Expr| {
            let sources = &self.model.program.sources;
            sources.text(span(file, expr)).to_owned()
        };
        function
            .params
            .iter()
            .map(|param| ir::Param {
                name: param.name.to_owned(),
                kind: param.kind,
                type_: self.annotation(function, param.annotation),
                default: param.default.map(text),
            })
            .collect()
    }

    fn annotation(&self, function: &Function<'p>, annotation: Option<&ast::Expr>) -> Type {
        let file = self.model.program.module(function.module).file;
        annotation
            .and_then(|annotation| {
                let at: Span = span(file, annotation);
                self.resolution.annotations.get(&at).cloned()
            })
            .unwrap_or(Type::Any)
    }

    fn lines(
        &self,
        module: crate::syntax::ModuleId,
        node: &impl Ranged,
        decorators: &[ast::Decorator],
    ) -> ir::Lines {
        let file = self.model.program.module(module).file;
        let source = self.model.program.sources.file(file);
        let start = decorators.first().map_or(node.start(), Ranged::start);
        ir::Lines {
            path: source.relative.clone(),
            first: source.index.line(start.to_u32()),
            last: source.index.line(node.end().to_u32()),
        }
    }
}

/// Whether clients and other entities can call it.
fn is_method(function: &Function<'_>) -> bool {
    function.kind == FunctionKind::Method && !matches!(function.name, "__init__" | "__key__")
}

/// The docstring of a body, cleaned of its indentation as `inspect.cleandoc` does it.
fn docstring(body: &[Stmt]) -> Option<String> {
    let Some(Stmt::Expr(stmt)) = body.first() else {
        return None;
    };
    let literal = stmt.value.as_string_literal_expr()?;
    Some(clean(literal.value.to_str()))
}

fn clean(doc: &str) -> String {
    let expanded = doc.replace('\t', "        ");
    let mut lines: Vec<&str> = expanded.split('\n').collect();
    let indent = |line: &&str| line.len() - line.trim_start().len();
    let margin = lines
        .iter()
        .skip(1)
        .filter(|line| !line.trim().is_empty())
        .map(indent)
        .min()
        .unwrap_or(0);
    for (index, line) in lines.iter_mut().enumerate() {
        *line = match index {
            0 => line.trim_start(),
            _ => line.get(margin..).unwrap_or(""),
        };
    }
    lines.join("\n").trim_matches('\n').trim_end().to_owned()
}
