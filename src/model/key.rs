//! The key of an entity: what `__key__` reads, and of which type it is.

use super::fields::assignments;
use super::function::first_yield;
use super::key_type::{KeyTypes, Told, is_name};
use super::view::View;
use super::{ClassRef, Entity, EntityId, Function, FunctionKind, Key, Model};
use crate::diagnostics::Diagnostic;
use crate::ir::KeyType;
use crate::syntax::ast::visitor::{Visitor, walk_expr};
use crate::syntax::{Ranged, ast, is_docstring, span};

const REASON: &str = "the key is the address of an instance: it is told from the fields that `__init__` assigns, and never changes";

/// Finds the key of an entity and reports what makes it unusable.
pub(super) fn key<'p>(
    model: &Model<'p>,
    id: EntityId,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<Key<'p>> {
    let entity = model.entity(id);
    let class = ClassRef::Entity(id);
    let finder = |module| KeyFinder {
        model,
        view: model.view(module),
        entity,
        class,
    };
    let Some((_, method)) = model.method(class, "__key__") else {
        diagnostics.push(finder(entity.module).no_key());
        return None;
    };
    let finder = finder(method.module);
    let found = finder.key(method);
    if let Ok(key) = &found {
        finder.assigned_elsewhere(key, diagnostics);
    }
    found.map_err(|problem| diagnostics.push(*problem)).ok()
}

struct KeyFinder<'a, 'p> {
    model: &'a Model<'p>,
    /// The names where `__key__` stands.
    view: View<'a, 'p>,
    entity: &'a Entity<'p>,
    class: ClassRef,
}

type Checked<T> = Result<T, Box<Diagnostic>>;

impl<'p> KeyFinder<'_, 'p> {
    fn report(
        &self,
        code: &'static str,
        message: String,
        at: &impl Ranged,
        label: &str,
    ) -> Diagnostic {
        let file = self.view.file();
        Diagnostic::new(code, message, span(file, at), label)
    }

    fn no_key(&self) -> Diagnostic {
        let name = self.entity.name;
        let example = self
            .entity
            .fields
            .first()
            .map_or("name", |field| field.name);
        self.report("E0101", format!("entity `{name}` has no `__key__`"), &self.entity.class.name, "")
            .note("an entity's instances live under a key, which `__key__` computes from fields of `self`")
            .help(format!("add a method: `def __key__(self) -> str: return self.{example}`"))
    }

    fn key(&self, method: &Function<'p>) -> Checked<Key<'p>> {
        self.check_form(method)?;
        let fields = self.read_fields(method)?;
        let returned = last_returned(method.def).ok_or_else(|| {
            let message = format!("`__key__` of `{}` returns nothing", self.entity.name);
            Box::new(
                self.report("E0102", message, &method.def.name, "")
                    .note(REASON),
            )
        })?;
        Ok(Key {
            def: method.def,
            type_: Some(self.key_type(method, returned)?),
            itself: fields.first().copied().filter(|_| returns_a_field(method)),
            fields,
        })
    }

    fn check_form(&self, method: &Function<'p>) -> Checked<()> {
        let def = method.def;
        let problem = if method.kind != FunctionKind::Method {
            "is not a plain method"
        } else if !method.params.is_empty() {
            "takes parameters"
        } else if def.is_async {
            "is `async`"
        } else if first_yield(def).is_some() {
            "is a generator"
        } else {
            return Ok(());
        };
        let message = format!("`__key__` of `{}` {problem}", self.entity.name);
        let found = self
            .report("E0102", message, &def.name, "")
            .help("write it as `def __key__(self) -> str:`");
        Err(Box::new(found))
    }

    fn read_fields(&self, method: &Function<'p>) -> Checked<Vec<&'p str>> {
        let mut reads = Reads {
            receiver: method.receiver.unwrap_or_default(),
            found: Vec::new(),
        };
        reads.visit_body(&method.def.body);
        let mut fields: Vec<&'p str> = Vec::new();
        for (name, at) in reads.found {
            if let Some(field) = self.entity.field(name) {
                if !fields.contains(&field.name) {
                    fields.push(field.name);
                }
            } else if !self
                .entity
                .others
                .iter()
                .any(|other| other.name == name && other.value.is_some())
            {
                return Err(Box::new(self.unknown_field(name, at)));
            }
        }
        if fields.is_empty() {
            let message = format!(
                "`__key__` of `{}` reads no field of `self`",
                self.entity.name
            );
            let found = self
                .report("E0102", message, &method.def.name, "")
                .note(REASON)
                .note("an entity whose key is always the same would have a single instance");
            return Err(Box::new(found));
        }
        Ok(fields)
    }

    fn unknown_field(&self, name: &str, at: &'p ast::Expr) -> Diagnostic {
        let is_method = self.model.method(self.class, name).is_some();
        let message = match is_method {
            true => format!("`__key__` calls the method `{name}`"),
            false => format!("`__key__` reads `self.{name}`, which `__init__` does not assign"),
        };
        let mut found = self.report("E0102", message, at, "").note(REASON);
        let known = self.entity.fields.iter().map(|field| field.name);
        if !is_method && let Some(near) = super::nearest(name, known) {
            found = found.help(format!("there is a field `{near}`"));
        }
        found
    }

    fn key_type(&self, method: &Function<'p>, returned: &'p ast::Expr) -> Checked<KeyType> {
        let types = KeyTypes::new(self.model, self.class, self.entity);
        let told = types.of_value(returned, method);
        let Some(annotation) = method.def.returns.as_deref() else {
            return match told {
                Told::Key(type_) => Ok(type_),
                Told::Other => Err(Box::new(self.other_type(returned))),
                Told::Unknown => {
                    let message = format!(
                        "the type of the key of `{}` cannot be told",
                        self.entity.name
                    );
                    let found = self
                        .report("E0103", message, returned, "`str` or `int`?")
                        .help("annotate `__key__`: `def __key__(self) -> str:`");
                    Err(Box::new(found))
                }
            };
        };
        let (Told::Key(declared), found) = (types.of_annotation(annotation, method.module), told)
        else {
            return Err(Box::new(self.other_type(annotation)));
        };
        match found {
            Told::Key(actual) if actual != declared => {
                let message = format!(
                    "`__key__` is annotated `{}` and returns `{}`",
                    name(declared),
                    name(actual)
                );
                Err(Box::new(self.report(
                    "E0103",
                    message,
                    returned,
                    name(actual),
                )))
            }
            Told::Other => Err(Box::new(self.other_type(returned))),
            _ => Ok(declared),
        }
    }

    fn other_type(&self, at: &impl Ranged) -> Diagnostic {
        let message = format!(
            "the key of `{}` is neither a `str` nor an `int`",
            self.entity.name
        );
        self.report("E0103", message, at, "")
            .note("keys address instances over the network and in URLs")
            .help("return a string that is made of it, such as `f\"{self.a}-{self.b}\"`")
    }

    fn assigned_elsewhere(&self, key: &Key<'p>, diagnostics: &mut Vec<Diagnostic>) {
        let order = self.model.order(self.class).iter();
        let methods = order.flat_map(|class| self.model.functions_of(*class));
        for method in methods.filter(|method| method.name != "__init__") {
            let file = self.model.program.module(method.module).file;
            for assignment in assignments(method, true) {
                if key.fields.contains(&assignment.name) {
                    let name = assignment.name;
                    let message =
                        format!("`{name}` is part of the key and is assigned outside `__init__`");
                    let at = span(file, &assignment.range);
                    diagnostics.push(
                        Diagnostic::new("E0104", message, at, "assigned here")
                            .also(span(self.view.file(), &key.def.name), format!("`__key__` reads `{name}`"))
                            .note("the key is the address of an instance: if it changed, the instance could not be found again")
                            .help("create another instance, or keep what changes in a field that `__key__` does not read"),
                    );
                }
            }
        }
    }
}

fn name(type_: KeyType) -> &'static str {
    match type_ {
        KeyType::Str => "str",
        KeyType::Int => "int",
    }
}

fn last_returned(def: &ast::StmtFunctionDef) -> Option<&ast::Expr> {
    struct Returns<'p>(Option<&'p ast::Expr>);
    impl<'p> Visitor<'p> for Returns<'p> {
        fn visit_stmt(&mut self, stmt: &'p ast::Stmt) {
            match stmt {
                ast::Stmt::Return(found) => self.0 = found.value.as_deref().or(self.0),
                ast::Stmt::FunctionDef(_) | ast::Stmt::ClassDef(_) => {}
                _ => ast::visitor::walk_stmt(self, stmt),
            }
        }
    }
    let mut found = Returns(None);
    found.visit_body(&def.body);
    found.0
}

/// Whether a method does nothing but return a field.
fn returns_a_field(method: &Function<'_>) -> bool {
    let body = match &*method.def.body {
        [first, rest @ ..] if is_docstring(first) => rest,
        whole => whole,
    };
    let [ast::Stmt::Return(returned)] = body else {
        return false;
    };
    matches!(returned.value.as_deref(), Some(ast::Expr::Attribute(field)) if is_name(&field.value, method.receiver))
}

/// The attributes of the receiver that are read, in order.
struct Reads<'p> {
    receiver: &'p str,
    found: Vec<(&'p str, &'p ast::Expr)>,
}

impl<'p> Visitor<'p> for Reads<'p> {
    fn visit_expr(&mut self, expr: &'p ast::Expr) {
        if let ast::Expr::Attribute(access) = expr
            && is_name(&access.value, Some(self.receiver))
        {
            self.found.push((access.attr.as_str(), expr));
        }
        walk_expr(self, expr);
    }
}
