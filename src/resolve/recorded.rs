//! What is recorded where steps may run again: values from outside go through the log before they are used.
//!
//! A function of the app's that asks something outside and changes nothing that it is given is recorded as a whole, with all that
//! it calls. In the others, and in methods of entities, the calls themselves are: each with the attributes, elements and calls
//! behind it (`requests.get(url).json()["price"]`), as what comes in between can seldom be carried.

use std::collections::{HashMap, HashSet};

use super::Resolution;
use super::infer::{changes, made_by};
use super::outside::is_class;
use super::values::external;
use crate::model::{ClassRef, EntityId, Function, Model, is_generator};
use crate::source::{FileId, Span};
use crate::syntax::ast::visitor::{
    Visitor, walk_expr, walk_interpolated_string_element, walk_stmt,
};
use crate::syntax::ast::{self, Expr, Stmt};
use crate::syntax::{root, span};

/// What is recorded.
#[derive(Debug, Default)]
pub struct Recorded {
    /// The definitions of the functions that are recorded as a whole.
    pub functions: HashSet<Span>,
    /// The calls, in the order of the text.
    pub calls: Vec<RecordedCall>,
    /// What is not recorded, although it is to be.
    pub left_out: Vec<(Span, LeftOut)>,
}

/// What is not recorded. Each has a name.
#[derive(Debug)]
pub enum LeftOut {
    /// A call of something that gives what cannot be carried.
    Call(String),
    /// A function that is marked.
    Function(String),
}

/// A call that is recorded.
#[derive(Debug)]
pub struct RecordedCall {
    /// The call with what is behind it.
    pub at: Span,
    /// What is called.
    pub callee: Span,
    /// What is awaited in it, each `await` with its operand, the outermost first.
    pub awaits: Vec<Awaited>,
    /// Whether nobody uses the value.
    pub is_unused: bool,
    /// Whether it gives a coroutine that is not awaited in it.
    pub is_coroutine: bool,
}

/// An `await` expression.
#[derive(Debug, Clone, Copy)]
pub struct Awaited {
    /// The whole.
    pub at: Span,
    /// The operand.
    pub operand: Span,
}

/// Finds what is to be recorded.
pub(super) fn find(model: &Model<'_>, resolution: &Resolution) -> Recorded {
    let functions = functions(model, resolution);
    let whole = recorded_functions(&functions, resolution);
    let mut recorded = Recorded::default();
    for one in &functions {
        if one.mark != Some(Mark::Pure) && !whole.contains(&one.at) {
            let mut finder = Finder {
                resolution,
                file: one.at.file,
                is_shown: false,
                recorded: &mut recorded,
            };
            finder.visit_body(&one.function.def.body);
        }
    }
    let marked = functions
        .iter()
        .filter(|one| one.mark == Some(Mark::Recorded));
    let left_out = marked.filter(|one| !whole.contains(&one.at));
    recorded.left_out.extend(left_out.map(|one| {
        let name = span(one.at.file, &one.function.def.name);
        (name, LeftOut::Function(one.function.name.to_owned()))
    }));
    recorded.functions = whole;
    recorded.calls.sort_by_key(|call| call.at);
    recorded
}

/// What the app says of a function.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mark {
    /// `@stateflow.recorded`
    Recorded,
    /// `@stateflow.pure`
    Pure,
}

struct Candidate<'m> {
    function: &'m Function<'m>,
    at: Span,
    mark: Option<Mark>,
    /// Whether it can be recorded as a whole.
    can_be: bool,
    /// Whether it changes something that is there before it is called, as far as it can be told without what it calls.
    changes: bool,
}

/// The functions that run as part of an entity's method.
fn functions<'m>(model: &'m Model<'m>, resolution: &Resolution) -> Vec<Candidate<'m>> {
    let entities = (0..model.entities.len() as u32).map(|id| ClassRef::Entity(EntityId(id)));
    let inherited: HashSet<ClassRef> = entities
        .flat_map(|entity| model.order(entity).iter().copied())
        .collect();
    let of_classes = model.class_refs().flat_map(|class| {
        let is_entity = inherited.contains(&class);
        let methods = model.functions_of(class);
        methods.map(move |method| (method, is_entity))
    });
    let of_modules = model.functions.iter().map(|function| (function, false));
    of_classes
        .chain(of_modules)
        .filter_map(|(function, is_entity)| {
            let at = model.span_of(function);
            let can_be = !is_entity
                && !resolution.leaving.contains(&at)
                && !is_generator(function)
                && !function.name.starts_with("__");
            resolution.reached.contains(&at).then(|| Candidate {
                function,
                at,
                mark: mark(model, function),
                can_be,
                changes: changes_what_it_is_given(function),
            })
        })
        .collect()
}

fn mark(model: &Model<'_>, function: &Function<'_>) -> Option<Mark> {
    let mut decorators = function.def.decorator_list.iter();
    decorators.find_map(|decorator| {
        match external(model, function.module, &decorator.expression)?.as_str() {
            "stateflow.recorded" => Some(Mark::Recorded),
            "stateflow.pure" => Some(Mark::Pure),
            _ => None,
        }
    })
}

fn recorded_functions(functions: &[Candidate<'_>], resolution: &Resolution) -> HashSet<Span> {
    let calls = Calls::new(functions, resolution);
    let is_pure = |one: &Candidate<'_>| one.mark == Some(Mark::Pure);
    let asking = functions.iter().filter(|one| {
        !is_pure(one) && (one.mark == Some(Mark::Recorded) || calls.asking.contains(&one.at))
    });
    let pure = functions.iter().filter(|one| is_pure(one));
    let asking = calls.callers(asking, pure.map(|one| one.at).collect());
    let changing = functions.iter().filter(|one| one.changes);
    let changing = calls.callers(changing, HashSet::new());
    let is_whole = |one: &Candidate<'_>| match one.mark {
        Some(mark) => mark == Mark::Recorded,
        None => asking.contains(&one.at) && !changing.contains(&one.at),
    };
    functions
        .iter()
        .filter(|one| one.can_be && is_whole(one))
        .map(|one| one.at)
        .collect()
}

/// Which functions call which, and which ask something outside by themselves; each by its definition.
struct Calls {
    callers: HashMap<Span, Vec<Span>>,
    asking: HashSet<Span>,
}

impl Calls {
    fn new(functions: &[Candidate<'_>], resolution: &Resolution) -> Self {
        let mut definitions: Vec<Span> = functions.iter().map(|one| one.at).collect();
        definitions.sort_unstable();
        let around = |at: Span| {
            let behind =
                definitions.partition_point(|one| (one.file, one.start) <= (at.file, at.start));
            let last = definitions[..behind].last().copied();
            last.filter(|one| at.is_inside(*one))
        };
        let mut callers: HashMap<Span, Vec<Span>> = HashMap::new();
        for (call, callees) in &resolution.calls {
            for callee in callees {
                callers.entry(*callee).or_default().extend(around(*call));
            }
        }
        let asking = resolution.asking.keys();
        Self {
            callers,
            asking: asking.filter_map(|call| around(*call)).collect(),
        }
    }

    /// These functions and those that call them, directly or by others, but for some.
    fn callers<'c, 'm: 'c>(
        &self,
        functions: impl Iterator<Item = &'c Candidate<'m>>,
        mut but: HashSet<Span>,
    ) -> HashSet<Span> {
        let mut found = HashSet::new();
        let mut pending: Vec<Span> = functions.map(|one| one.at).collect();
        while let Some(function) = pending.pop() {
            if but.insert(function) {
                found.insert(function);
                pending.extend(self.callers.get(&function).into_iter().flatten());
            }
        }
        found
    }
}

/// Whether a function writes to something by the name of a parameter, or to names outside of it.
fn changes_what_it_is_given(function: &Function<'_>) -> bool {
    struct Changes {
        parameters: HashSet<String>,
        found: bool,
    }
    impl Changes {
        fn is_given(&self, place: &Expr) -> bool {
            root(place).is_some_and(|name| self.parameters.contains(name.id.as_str()))
        }
    }
    impl<'a> Visitor<'a> for Changes {
        fn visit_stmt(&mut self, stmt: &'a Stmt) {
            self.found |= matches!(stmt, Stmt::Global(_) | Stmt::Nonlocal(_));
            walk_stmt(self, stmt);
        }

        fn visit_expr(&mut self, expr: &'a Expr) {
            self.found |= match expr {
                Expr::Attribute(attribute) => !attribute.ctx.is_load() && self.is_given(expr),
                Expr::Subscript(subscript) => !subscript.ctx.is_load() && self.is_given(expr),
                Expr::Call(call) => call
                    .func
                    .as_attribute_expr()
                    .is_some_and(|method| changes(&method.attr) && self.is_given(&method.value)),
                _ => false,
            };
            walk_expr(self, expr);
        }
    }
    let names = function
        .def
        .parameters
        .iter()
        .map(|one| one.name().as_str());
    // What `__init__` is called with first has just been made.
    let made = function.receiver.filter(|_| function.name == "__init__");
    let mut finder = Changes {
        parameters: names
            .filter(|name| Some(*name) != made)
            .map(str::to_owned)
            .collect(),
        found: false,
    };
    finder.visit_body(&function.def.body);
    finder.found
}

struct Finder<'r> {
    resolution: &'r Resolution,
    file: FileId,
    /// Whether the text is shown when it runs: in `f"{ask()=}"`.
    is_shown: bool,
    recorded: &'r mut Recorded,
}

impl Finder<'_> {
    /// The call that asks, where an expression is one with all that stands behind it.
    fn asking<'e>(&self, expr: &'e Expr) -> Option<(&'e ast::ExprCall, Vec<Awaited>)> {
        let mut found = None;
        let mut awaits = Vec::new();
        let mut current = expr;
        let mut outer = Vec::new();
        loop {
            if let Expr::Call(call) = current
                && self.resolution.asking.contains_key(&span(self.file, call))
            {
                found = Some((call, awaits.clone(), outer.len()));
            }
            outer.push(current);
            current = match current {
                Expr::Attribute(attribute) if attribute.ctx.is_load() => &attribute.value,
                Expr::Subscript(subscript) if subscript.ctx.is_load() => &subscript.value,
                Expr::Call(call) => &call.func,
                Expr::Await(await_) => {
                    awaits.push(Awaited {
                        at: span(self.file, await_),
                        operand: span(self.file, &*await_.value),
                    });
                    &await_.value
                }
                _ => break,
            };
        }
        let (call, awaits, depth) = found?;
        let within = span(self.file, call);
        let whole = span(self.file, expr);
        let mut sites = self.resolution.sites.keys();
        let is_cut = sites.any(|site| site.is_inside(whole) && !site.is_inside(within));
        (depth == 0 || !is_cut).then_some((call, awaits))
    }

    fn expr(&mut self, expr: &Expr, is_unused: bool) {
        let Some((call, awaits)) = self.asking(expr) else {
            return self.parts(expr);
        };
        let (at, asked) = (span(self.file, expr), span(self.file, call));
        let name = &self.resolution.asking[&asked];
        if self.is_shown {
            self.leave_out(at, name);
        } else if at != asked || is_unused || !(is_class(name) || made_by(name).is_some()) {
            self.recorded.calls.push(RecordedCall {
                at,
                callee: span(self.file, &*call.func),
                is_coroutine: at == asked && name == "asyncio.to_thread",
                awaits,
                is_unused,
            });
        } else if !is_class(name) {
            self.leave_out(at, name);
        }
        self.inside(expr, call);
    }

    fn leave_out(&mut self, at: Span, name: &str) {
        let call = LeftOut::Call(name.to_owned());
        self.recorded.left_out.push((at, call));
    }

    fn parts(&mut self, expr: &Expr) {
        match expr {
            Expr::Call(call) => {
                self.visit_expr(receiver_or_callee(call));
                self.visit_arguments(&call.arguments);
            }
            _ => walk_expr(self, expr),
        }
    }

    /// Leaves out what gives a manager, which cannot be carried.
    fn manager(&mut self, manager: &Expr) {
        match self.asking(manager) {
            Some((call, _)) => {
                let name = &self.resolution.asking[&span(self.file, call)];
                if !is_class(name) {
                    let at = span(self.file, manager);
                    self.leave_out(at, name);
                }
                self.inside(manager, call);
            }
            None => self.visit_expr(manager),
        }
    }

    /// Goes over what a call is given, and what stands behind it.
    fn inside(&mut self, whole: &Expr, asked: &ast::ExprCall) {
        let mut current = whole;
        loop {
            current = match current {
                Expr::Attribute(attribute) => &attribute.value,
                Expr::Subscript(subscript) => {
                    self.visit_expr(&subscript.slice);
                    &subscript.value
                }
                Expr::Await(await_) => &await_.value,
                Expr::Call(call) => {
                    self.visit_arguments(&call.arguments);
                    if std::ptr::eq(call, asked) {
                        return self.visit_expr(receiver_or_callee(call));
                    }
                    &call.func
                }
                _ => return,
            };
        }
    }
}

/// What a method is looked up on; of another call, what is called.
fn receiver_or_callee(call: &ast::ExprCall) -> &Expr {
    match &*call.func {
        Expr::Attribute(attribute) => &attribute.value,
        callee => callee,
    }
}

impl<'a> Visitor<'a> for Finder<'_> {
    fn visit_stmt(&mut self, stmt: &'a Stmt) {
        match stmt {
            Stmt::Expr(one) => self.expr(&one.value, true),
            Stmt::With(with) => {
                for item in &with.items {
                    self.manager(&item.context_expr);
                    if let Some(target) = &item.optional_vars {
                        self.visit_expr(target);
                    }
                }
                self.visit_body(&with.body);
            }
            _ => walk_stmt(self, stmt),
        }
    }

    fn visit_expr(&mut self, expr: &'a Expr) {
        self.expr(expr, false);
    }

    fn visit_annotation(&mut self, _: &'a Expr) {}

    fn visit_interpolated_string_element(&mut self, element: &'a ast::InterpolatedStringElement) {
        let outer = self.is_shown;
        if let ast::InterpolatedStringElement::Interpolation(field) = element {
            self.is_shown |= field.debug_text.is_some();
        }
        walk_interpolated_string_element(self, element);
        self.is_shown = outer;
    }
}
