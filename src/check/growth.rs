//! Locals that grow in a loop and travel with each of its calls.

use std::collections::{HashMap, HashSet};

use crate::diagnostics::Diagnostic;
use crate::model::{Function, Model};
use crate::resolve::values::{external, makes_container};
use crate::resolve::{Resolution, changes};
use crate::source::{FileId, Span};
use crate::syntax::ast::visitor::{Visitor, walk_expr, walk_stmt};
use crate::syntax::ast::{self, Expr, Stmt};
use crate::syntax::{Ranged, span};

/// A loop of at most that many rounds carries little.
const FEW: u64 = 16;

/// Reports lists, sets, dictionaries and strings that a loop with calls adds to, where they outgrow all else that travels: what
/// a `for` loop goes over travels anyway, so a list of its length is not reported.
pub(super) fn check(model: &Model<'_>, resolution: &Resolution, diagnostics: &mut Vec<Diagnostic>) {
    for function in model.every_function() {
        if resolution.reached.contains(&model.span_of(function)) {
            let mut finder = Finder {
                model,
                function,
                resolution,
                file: model.program.module(function.module).file,
                kinds: HashMap::new(),
                loops: Vec::new(),
                reported: HashSet::new(),
                diagnostics,
            };
            finder.visit_body(&function.def.body);
        }
    }
}

/// What a local name was first assigned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Text,
    Container,
    Dictionary,
}

/// A loop around the current statement.
struct Loop {
    /// The first place in it at which control leaves.
    leaves: Option<Span>,
    /// How many rounds it has.
    rounds: Rounds,
    /// The names that are assigned anew in it.
    bound: HashSet<String>,
}

/// How many rounds a loop has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Rounds {
    /// Few, as the text says.
    Few,
    /// As many as what it goes over has elements.
    Elements,
    /// Any number.
    Many,
}

struct Finder<'m, 'd> {
    model: &'m Model<'m>,
    function: &'m Function<'m>,
    resolution: &'m Resolution,
    file: FileId,
    kinds: HashMap<String, Kind>,
    loops: Vec<Loop>,
    reported: HashSet<String>,
    diagnostics: &'d mut Vec<Diagnostic>,
}

impl Finder<'_, '_> {
    fn kind(&self, value: &Expr) -> Option<Kind> {
        match value {
            Expr::StringLiteral(_) | Expr::FString(_) => Some(Kind::Text),
            Expr::Dict(_) | Expr::DictComp(_) => Some(Kind::Dictionary),
            Expr::Call(call) => {
                match external(self.model, self.function.module, &call.func)?.as_str() {
                    "builtins.dict" | "collections.defaultdict" | "collections.Counter" => {
                        Some(Kind::Dictionary)
                    }
                    _ => makes_container(self.model, self.function.module, value)
                        .then_some(Kind::Container),
                }
            }
            _ => {
                makes_container(self.model, self.function.module, value).then_some(Kind::Container)
            }
        }
    }

    fn enter(&mut self, stmt: &Stmt, body: &[Stmt], rounds: Rounds) {
        let around = span(self.file, stmt);
        let inside = |at: &&Span| at.is_inside(around);
        let mut bound = Bound::default();
        bound.visit_body(body);
        self.loops.push(Loop {
            leaves: self.resolution.sites.keys().filter(inside).min().copied(),
            rounds,
            bound: bound.0,
        });
        walk_stmt(self, stmt);
        self.loops.pop();
    }

    /// A name is added to.
    fn grows(&mut self, name: &ast::ExprName, at: &impl Ranged) {
        let around = self.loops.iter().rev();
        let around = around.take_while(|loop_| !loop_.bound.contains(name.id.as_str()));
        let long: Vec<&Loop> = around.filter(|loop_| loop_.rounds != Rounds::Few).collect();
        let outgrows = long.len() > 1 || long.iter().any(|loop_| loop_.rounds == Rounds::Many);
        let Some(leaves) = long
            .iter()
            .find_map(|loop_| loop_.leaves)
            .filter(|_| outgrows)
        else {
            return;
        };
        if self.reported.insert(name.id.to_string()) {
            let name = &name.id;
            self.diagnostics.push(
                Diagnostic::new(
                    "W0504",
                    format!("`{name}` grows in a loop and travels with each of its calls"),
                    span(self.file, at),
                    "here it grows",
                )
                .also(leaves, "it travels with this")
                .note(
                    "each round sends and brings back all that the rounds before it have gathered",
                )
                .help(format!(
                    "where there may be many rounds, gather in a field of the entity (`self.{name}`), which stays where it is"
                )),
            );
        }
    }

    fn call(&mut self, call: &ast::ExprCall) {
        let Expr::Attribute(attribute) = &*call.func else {
            return;
        };
        let adds = changes(&attribute.attr)
            && matches!(
                attribute.attr.as_str(),
                "append"
                    | "appendleft"
                    | "extend"
                    | "extendleft"
                    | "insert"
                    | "add"
                    | "update"
                    | "setdefault"
            );
        if let Expr::Name(name) = &*attribute.value
            && adds
            && self.kinds.contains_key(name.id.as_str())
        {
            self.grows(name, call);
        }
    }
}

impl Visitor<'_> for Finder<'_, '_> {
    fn visit_stmt(&mut self, stmt: &Stmt) {
        match stmt {
            Stmt::FunctionDef(_) | Stmt::ClassDef(_) => {}
            Stmt::For(for_) => self.enter(stmt, &for_.body, rounds(&for_.iter)),
            Stmt::While(while_) => self.enter(stmt, &while_.body, Rounds::Many),
            Stmt::Assign(assign) => {
                for target in &assign.targets {
                    match target {
                        Expr::Name(name) => {
                            if let Some(kind) = self.kind(&assign.value) {
                                self.kinds.insert(name.id.to_string(), kind);
                            } else {
                                self.kinds.remove(name.id.as_str());
                            }
                        }
                        Expr::Subscript(subscript) => {
                            if let Expr::Name(name) = &*subscript.value
                                && self.kinds.get(name.id.as_str()) == Some(&Kind::Dictionary)
                            {
                                self.grows(name, stmt);
                            }
                        }
                        _ => {}
                    }
                }
                walk_stmt(self, stmt);
            }
            Stmt::AnnAssign(ast::StmtAnnAssign {
                target,
                value: Some(value),
                ..
            }) => {
                if let (Expr::Name(name), Some(kind)) = (&**target, self.kind(value)) {
                    self.kinds.insert(name.id.to_string(), kind);
                }
                walk_stmt(self, stmt);
            }
            Stmt::AugAssign(assign) => {
                if let Expr::Name(name) = &*assign.target
                    && assign.op == ast::Operator::Add
                    && self.kinds.contains_key(name.id.as_str())
                {
                    self.grows(name, stmt);
                }
                walk_stmt(self, stmt);
            }
            _ => walk_stmt(self, stmt),
        }
    }

    fn visit_expr(&mut self, expr: &Expr) {
        if let Expr::Call(call) = expr {
            self.call(call);
        }
        walk_expr(self, expr);
    }
}

/// How many rounds a loop over that has.
fn rounds(iterable: &Expr) -> Rounds {
    match iterable {
        Expr::List(_) | Expr::Tuple(_) | Expr::Set(_) | Expr::Dict(_) => Rounds::Few,
        Expr::Call(call) if matches!(&*call.func, Expr::Name(name) if name.id == "range") => {
            let few = |bound: &Expr| {
                let Expr::NumberLiteral(number) = bound else {
                    return false;
                };
                matches!(&number.value, ast::Number::Int(value) if value.as_u64().is_some_and(|value| value <= FEW))
            };
            match call.arguments.args.iter().all(few) {
                true => Rounds::Few,
                false => Rounds::Many,
            }
        }
        _ => Rounds::Elements,
    }
}

/// The names that statements assign anew, other than by `+=`.
#[derive(Default)]
struct Bound(HashSet<String>);

impl Visitor<'_> for Bound {
    fn visit_stmt(&mut self, stmt: &Stmt) {
        match stmt {
            Stmt::FunctionDef(_) | Stmt::ClassDef(_) => {}
            Stmt::AugAssign(assign) => self.visit_expr(&assign.value),
            _ => walk_stmt(self, stmt),
        }
    }

    fn visit_expr(&mut self, expr: &Expr) {
        if let Expr::Name(name) = expr
            && name.ctx.is_store()
        {
            self.0.insert(name.id.to_string());
        }
        walk_expr(self, expr);
    }
}
