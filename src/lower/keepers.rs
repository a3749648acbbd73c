//! Who may keep a function that a method makes for itself.

use std::collections::{BTreeSet, HashSet};

use super::closures::{Closures, defaults, defaults_of, made};
use super::comprehension::Comprehension;
use super::effects::{Effects, Scan};
use super::names::{Names, locals, names_of_lambda, names_of_parameters};
use crate::model::{Binding, Function, Model};
use crate::resolve::Resolution;
use crate::syntax::ast::visitor::{self, Visitor};
use crate::syntax::ast::{self, Expr, ExprContext, Stmt};
use crate::syntax::{Ranged, TextRange, root, span};

/// The method that something is made in.
#[derive(Clone, Copy)]
pub struct Around<'n, 'p> {
    /// The app.
    pub model: &'n Model<'p>,
    /// What is known of its expressions.
    pub resolution: &'n Resolution,
    /// The method.
    pub function: &'n Function<'p>,
    /// Its local names.
    pub locals: &'n HashSet<String>,
    /// Where its sites are, sorted.
    pub sites: &'n [TextRange],
}

impl Around<'_, '_> {
    /// What is called, where it is from outside the app: `functools.reduce`, `builtins.sorted`, or `.sort` where it is a method of
    /// a built-in container or string.
    fn callee(&self, func: &Expr) -> Option<String> {
        let module = self.function.module;
        if let Expr::Attribute(method) = func {
            let receiver = span(self.model.program.module(module).file, &*method.value);
            if self.resolution.builtin_receivers.contains(&receiver) {
                return Some(format!(".{}", method.attr));
            }
        }
        let name = root(func).map(|name| name.id.as_str());
        let name = name.filter(|name| !self.is_local(name))?;
        let is_unknown = self.model.name(module, name).is_none();
        if is_unknown && self.model.may_define(module, name) {
            return None;
        }
        match self.model.dotted(module, func)? {
            Binding::External(dotted) => Some(dotted),
            _ => None,
        }
    }

    fn is_local(&self, name: &str) -> bool {
        self.locals.contains(name) || self.function.receiver == Some(name)
    }
}

/// Something that is made in a method and goes on sharing its variables.
#[derive(Debug, Clone, Copy)]
pub enum Made<'p> {
    /// A function with a name.
    Function(&'p ast::StmtFunctionDef),
    /// A function without.
    Lambda(&'p ast::ExprLambda),
    /// The generator of an expression.
    Generator(Comprehension<'p>),
    /// A class.
    Class(&'p ast::StmtClassDef),
}

impl Made<'_> {
    /// What it does to the method's variables later.
    pub fn effects(&self, scan: Scan<'_>) -> Effects {
        match self {
            Self::Function(def) => scan.body_of(&def.parameters, &def.body),
            Self::Lambda(lambda) => scan.body_of_lambda(lambda),
            Self::Generator(generator) => scan.body_of_generator(generator),
            Self::Class(def) => scan.stmts(&def.body),
        }
    }

    /// What it is called in messages.
    pub fn describe(&self) -> &'static str {
        match self {
            Self::Function(_) => "function",
            Self::Lambda(_) => "lambda",
            Self::Generator(_) => "generator",
            Self::Class(_) => "class",
        }
    }
}

impl Ranged for Made<'_> {
    fn range(&self) -> TextRange {
        match self {
            Self::Function(def) => def.range,
            Self::Lambda(lambda) => lambda.range,
            Self::Generator(generator) => generator.expr.range(),
            Self::Class(def) => def.range,
        }
    }
}

/// Takes out the functions that something else may keep: those that are not only called, or given to functions of Python's own.
pub fn drop_kept<'p>(closures: &mut Closures<'p>, around: Around<'_, 'p>) {
    let names: Names = closures.keys().cloned().collect();
    let mut uses = Uses::new(&names, around);
    uses.visit_body(&around.function.def.body);
    let kept = uses.kept;
    closures.retain(|name, _| !kept.contains(name));
}

/// What a method makes and something else may keep, where `closures` are those functions that nothing does. One of these is
/// listed nevertheless where calling it makes something of the kind.
pub fn kept<'p>(closures: &Closures<'p>, around: Around<'_, 'p>) -> Vec<Made<'p>> {
    let names: Names = closures.keys().cloned().collect();
    let mut uses = Uses::new(&names, around);
    uses.visit_body(&around.function.def.body);
    uses.made
}

/// Uses of functions by which somebody may keep them.
struct Uses<'n, 'p> {
    names: &'n Names,
    around: Around<'n, 'p>,
    /// The names of scopes inside.
    hidden: Vec<HashSet<String>>,
    /// The functions that are being walked.
    inside: Vec<Made<'p>>,
    kept: BTreeSet<String>,
    made: Vec<Made<'p>>,
}

impl<'n, 'p> Uses<'n, 'p> {
    fn new(names: &'n Names, around: Around<'n, 'p>) -> Self {
        Self {
            names,
            around,
            hidden: Vec::new(),
            inside: Vec::new(),
            kept: BTreeSet::new(),
            made: Vec::new(),
        }
    }

    fn is_closure(&self, name: &str) -> bool {
        self.names.contains(name) && !self.hidden.iter().any(|scope| scope.contains(name))
    }

    /// Notes what may be kept; whoever is given the functions around it may keep it as well.
    fn keep(&mut self, made: Option<Made<'p>>) {
        self.made.extend(made);
        self.made.extend(self.inside.iter().copied());
    }

    fn inside(&mut self, made: Made<'p>, names: HashSet<String>, walk: impl FnOnce(&mut Self)) {
        self.inside.push(made);
        self.hidden.push(names);
        walk(self);
        self.hidden.pop();
        self.inside.pop();
    }

    fn lambda(&mut self, lambda: &'p ast::ExprLambda) {
        defaults_of(lambda.parameters.as_deref()).for_each(|(_, default)| self.visit_expr(default));
        let made = Made::Lambda(lambda);
        self.inside(made, names_of_lambda(lambda), |this| {
            this.visit_expr(&lambda.body);
        });
    }

    fn comprehension(&mut self, comprehension: Comprehension<'p>) {
        let (by, first) = (comprehension.expr.range(), comprehension.first_iterable());
        let walk = |this: &mut Self| {
            for (index, clause) in comprehension.clauses.iter().enumerate() {
                if index > 0 {
                    this.gone_over(&clause.iter, first, by);
                }
                this.visit_expr(&clause.target);
                clause.ifs.iter().for_each(|part| this.visit_expr(part));
            }
            comprehension
                .elements()
                .for_each(|part| this.visit_expr(part));
        };
        let names = comprehension.names();
        self.gone_over(first, first, by);
        if comprehension.is_generator() {
            self.inside(Made::Generator(comprehension), names, walk);
        } else {
            self.hidden.push(names);
            walk(self);
            self.hidden.pop();
        }
    }

    /// What is asked for its elements only while a piece of code runs, unless that is cut behind the `first` of all it does.
    fn gone_over(&mut self, iterable: &'p Expr, first: &'p Expr, by: TextRange) {
        let is_inside =
            |site: &&TextRange| by.contains_range(**site) && !first.range().contains_range(**site);
        if self.around.sites.iter().find(is_inside).is_some() {
            self.visit_expr(iterable);
        } else {
            self.passed(iterable);
        }
    }

    /// What is used only while the code around it runs.
    fn passed(&mut self, expr: &'p Expr) {
        match expr {
            Expr::Name(name) if self.is_closure(&name.id) => {}
            Expr::Lambda(lambda) => self.lambda(lambda),
            _ => match Comprehension::of(expr) {
                Some(comprehension) => self.comprehension(comprehension),
                None => self.visit_expr(expr),
            },
        }
    }

    fn call(&mut self, call: &'p ast::ExprCall) {
        self.passed(&call.func);
        let callee = self.around.callee(&call.func);
        let callee = callee.as_deref().unwrap_or_default();
        let consumed = consumes(callee);
        for (index, argument) in call.arguments.args.iter().enumerate() {
            if function_called_by(callee) == Some(index) || consumed && argument.is_generator_expr()
            {
                self.passed(argument);
            } else if consumed && let Some(lazy) = self.lazy(argument) {
                lazy.arguments
                    .args
                    .iter()
                    .for_each(|part| self.passed(part));
            } else {
                self.visit_expr(argument);
            }
        }
        for keyword in &call.arguments.keywords {
            if consumed && keyword.arg.as_deref() == Some("key") {
                self.passed(&keyword.value);
            } else {
                self.visit_expr(&keyword.value);
            }
        }
    }

    /// What asks for the elements of others and calls a function as it is asked for its own.
    fn lazy<'e>(&self, expr: &'e Expr) -> Option<&'e ast::ExprCall> {
        let call = expr.as_call_expr()?;
        let callee = self.around.callee(&call.func)?;
        matches!(callee.as_str(), "builtins.filter" | "builtins.map").then_some(call)
    }
}

/// Whether a function asks for all elements that it is given while it runs, and calls its `key` only then.
fn consumes(callee: &str) -> bool {
    const CONSUMERS: &[&str] = &[
        ".extend",
        ".join",
        ".sort",
        ".union",
        ".update",
        "builtins.all",
        "builtins.any",
        "builtins.dict",
        "builtins.frozenset",
        "builtins.list",
        "builtins.max",
        "builtins.min",
        "builtins.set",
        "builtins.sorted",
        "builtins.sum",
        "builtins.tuple",
        "collections.Counter",
        "collections.OrderedDict",
        "collections.deque",
        "heapq.nlargest",
        "heapq.nsmallest",
        "math.fsum",
        "math.prod",
    ];
    CONSUMERS.contains(&callee)
}

/// Which argument a function calls while it runs.
fn function_called_by(callee: &str) -> Option<usize> {
    match callee {
        "functools.reduce" => Some(0),
        "re.sub" | "re.subn" => Some(1),
        _ => None,
    }
}

impl<'p> Visitor<'p> for Uses<'_, 'p> {
    fn visit_expr(&mut self, expr: &'p Expr) {
        match expr {
            Expr::Name(name) if name.ctx != ExprContext::Store && self.is_closure(&name.id) => {
                self.kept.insert(name.id.to_string());
            }
            Expr::Call(call) => self.call(call),
            Expr::Starred(starred) => self.passed(&starred.value),
            Expr::Lambda(lambda) => {
                self.keep(Some(Made::Lambda(lambda)));
                self.lambda(lambda);
            }
            Expr::Yield(_) | Expr::YieldFrom(_) => {
                self.keep(None);
                visitor::walk_expr(self, expr);
            }
            _ => match Comprehension::of(expr) {
                Some(comprehension) => {
                    if comprehension.is_generator() {
                        self.keep(Some(Made::Generator(comprehension)));
                    }
                    self.comprehension(comprehension);
                }
                None => visitor::walk_expr(self, expr),
            },
        }
    }

    fn visit_stmt(&mut self, stmt: &'p Stmt) {
        let is_closure =
            self.inside.is_empty() && made(stmt).is_some_and(|name| self.is_closure(name));
        match stmt {
            Stmt::FunctionDef(def) => {
                if !is_closure {
                    self.keep(Some(Made::Function(def)));
                }
                let decorators = def.decorator_list.iter();
                decorators.for_each(|one| self.visit_expr(&one.expression));
                defaults(stmt).for_each(|(_, default)| self.visit_expr(default));
                let mut names = names_of_parameters(&def.parameters);
                names.extend(locals(&def.body));
                self.inside(Made::Function(def), names, |this| {
                    this.visit_body(&def.body)
                });
            }
            Stmt::ClassDef(def) => {
                self.keep(Some(Made::Class(def)));
                visitor::walk_stmt(self, stmt);
            }
            Stmt::Assign(assign) if is_closure => self.passed(&assign.value),
            Stmt::For(for_) => {
                self.gone_over(&for_.iter, &for_.iter, for_.range);
                self.visit_expr(&for_.target);
                self.visit_body(&for_.body);
                self.visit_body(&for_.orelse);
            }
            _ => visitor::walk_stmt(self, stmt),
        }
    }
}
