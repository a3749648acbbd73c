//! What a round of a loop does: one call, and then nothing but to make something of its answer.

use std::collections::HashSet;

use super::{Header, Scope};
use crate::resolve::reads::{Fresh, Kind, added, element_of, escapes, is_pure, only_read};
use crate::resolve::{Locals, Site};
use crate::syntax::ast::visitor::{Visitor, walk_expr};
use crate::syntax::ast::{self, BoolOp, Expr, Operator, Stmt};

/// A round, as far as it has been read.
pub(super) struct Round<'m> {
    scope: Scope<'m>,
    fresh: Fresh<'m>,
    locals: Locals,
    targets: HashSet<&'m str>,
    /// The names that the call takes its arguments from.
    passed: HashSet<&'m str>,
    /// The names that are bound anew.
    rebound: HashSet<&'m str>,
    /// The names of containers that are added to.
    grown: HashSet<&'m str>,
    /// The call.
    found: Option<&'m ast::ExprCall>,
}

impl<'m> Round<'m> {
    /// A round of a loop over that, if it can be told what going over it does.
    pub(super) fn new(scope: Scope<'m>, header: Header<'m>) -> Option<Self> {
        let known = is_target(header.target)
            && scope.is_plain(header.iter)
            && !scope.calls(scope.at(header.iter));
        known.then(|| Self {
            scope,
            fresh: Fresh::of(scope.model, scope.function.module, scope.function.def),
            locals: Locals::of(scope.function.def),
            targets: names(header.target),
            passed: HashSet::new(),
            rebound: HashSet::new(),
            grown: HashSet::new(),
            found: None,
        })
    }

    /// The call of a loop's body. What runs after it may come before a place in the function again.
    pub(super) fn of_body(
        mut self,
        header: Header<'m>,
        body: &'m [Stmt],
        again_before: u32,
    ) -> Option<&'m ast::ExprCall> {
        let mut statements = body.iter().enumerate();
        if !statements.all(|(index, stmt)| self.stmt(stmt, index == 0)) {
            return None;
        }
        let def = self.scope.function.def;
        let changed: HashSet<&str> = self.rebound.union(&self.grown).copied().collect();
        let over = names(header.iter);
        let is_carried = [&self.targets, &self.passed, &over]
            .iter()
            .any(|used| !used.is_disjoint(&changed));
        let is_seen = self
            .grown
            .iter()
            .any(|name| escapes(def, name, again_before));
        let runs = |stmt| self.scope.runs_function(self.scope.at(stmt));
        if is_carried || is_seen || !over.is_disjoint(&self.targets) || body.iter().any(runs) {
            return None;
        }
        self.found
    }

    /// The call of a comprehension's element.
    pub(super) fn of_element(
        mut self,
        header: Header<'m>,
        element: &'m Expr,
    ) -> Option<&'m ast::ExprCall> {
        let is_apart = names(header.iter).is_disjoint(&self.targets);
        let runs = |expr| self.scope.runs_function(self.scope.at(expr));
        if !is_apart || runs(element) || header.conditions.iter().any(runs) {
            return None;
        }
        let mut conditions = header.conditions.iter();
        let plain = conditions.all(|condition| self.expr(condition, false));
        (plain && self.expr(element, true)).then_some(self.found?)
    }

    /// Reads a statement; whether it is known to do no harm. `certain` is whether each round runs it first.
    fn stmt(&mut self, stmt: &'m Stmt, certain: bool) -> bool {
        match stmt {
            Stmt::Pass(_) | Stmt::Continue(_) => true,
            Stmt::Expr(value) => match added(&value.value) {
                Some((name, element)) => {
                    self.grown.insert(&name.id);
                    let kind = self.fresh.kind(&name.id);
                    matches!(kind, Some(Kind::Container | Kind::Dictionary))
                        && self.expr(element, certain)
                }
                None => self.expr(&value.value, certain),
            },
            Stmt::Assign(assign) => match &*assign.targets {
                [target] => self.expr(&assign.value, certain) && self.assigns(target),
                _ => false,
            },
            Stmt::AnnAssign(assign) => match &assign.value {
                Some(value) => self.expr(value, certain) && self.assigns(&assign.target),
                None => true,
            },
            Stmt::AugAssign(assign) => {
                is_safe(assign.op) && self.expr(&assign.value, certain) && self.augments(assign)
            }
            Stmt::If(choice) => self.choice(choice, certain),
            _ => false,
        }
    }

    fn choice(&mut self, choice: &'m ast::StmtIf, certain: bool) -> bool {
        self.expr(&choice.test, certain)
            && choice.body.iter().all(|stmt| self.stmt(stmt, false))
            && choice.elif_else_clauses.iter().all(|clause| {
                let test = clause.test.as_ref();
                test.is_none_or(|test| self.expr(test, false))
                    && clause.body.iter().all(|stmt| self.stmt(stmt, false))
            })
    }

    fn assigns(&mut self, target: &'m Expr) -> bool {
        if let Some(name) = element_of(target) {
            self.grown.insert(&name.id);
            let index = target.as_subscript_expr().map(|one| &*one.slice);
            return self.fresh.kind(&name.id) == Some(Kind::Dictionary)
                && index.is_some_and(|index| self.expr(index, false));
        }
        target.as_name_expr().is_some_and(|name| {
            self.rebound.insert(&name.id);
            self.locals.bound.contains(name.id.as_str())
        })
    }

    fn augments(&mut self, assign: &'m ast::StmtAugAssign) -> bool {
        let Expr::Name(name) = &*assign.target else {
            return false;
        };
        match self.fresh.kind(&name.id) {
            Some(Kind::Literal) => self.rebound.insert(&name.id),
            Some(Kind::Container | Kind::Dictionary) => self.grown.insert(&name.id),
            None => return false,
        };
        true
    }

    /// Reads an expression; whether it is known to change nothing and to raise nothing but for operands of a wrong type.
    fn expr(&mut self, expr: &'m Expr, certain: bool) -> bool {
        match expr {
            Expr::Name(name) => self.scope.function.receiver != Some(name.id.as_str()),
            Expr::Await(await_) => match &*await_.value {
                Expr::Call(call) => self.call(call, true, certain),
                _ => false,
            },
            Expr::Call(call) => self.call(call, false, certain),
            Expr::BinOp(operation) => {
                is_safe(operation.op)
                    && self.expr(&operation.left, certain)
                    && self.expr(&operation.right, certain)
            }
            Expr::UnaryOp(operation) => self.expr(&operation.operand, certain),
            Expr::BoolOp(ast::ExprBoolOp {
                op: BoolOp::And | BoolOp::Or,
                values,
                ..
            }) => self.in_turn(values, certain),
            Expr::Compare(compare) => {
                self.expr(&compare.left, certain) && self.in_turn(&compare.comparators, certain)
            }
            Expr::If(choice) => {
                self.expr(&choice.test, certain)
                    && self.expr(&choice.body, false)
                    && self.expr(&choice.orelse, false)
            }
            Expr::Tuple(tuple) => self.all(&tuple.elts, certain),
            Expr::List(list) => self.all(&list.elts, certain),
            _ => expr.is_literal_expr(),
        }
    }

    fn all(&mut self, operands: &'m [Expr], certain: bool) -> bool {
        operands.iter().all(|one| self.expr(one, certain))
    }

    /// Reads operands of which the first one is evaluated in any case, and others as those before them say.
    fn in_turn(&mut self, operands: &'m [Expr], certain: bool) -> bool {
        let mut operands = operands.iter().enumerate();
        operands.all(|(index, one)| self.expr(one, certain && index == 0))
    }

    fn call(&mut self, call: &'m ast::ExprCall, awaited: bool, certain: bool) -> bool {
        let Some(site) = self.scope.resolution.sites.get(&self.scope.at(call)) else {
            return !awaited && self.is_choice(call) && self.all(&call.arguments.args, certain);
        };
        let is_element = call.func.as_attribute_expr().is_some_and(|attribute| {
            let receiver = attribute.value.as_name_expr();
            receiver.is_some_and(|name| self.targets.contains(name.id.as_str()))
        });
        let fits = certain
            && self.found.is_none()
            && is_element
            && self.passes(&call.arguments)
            && awaited == self.scope.function.def.is_async
            && matches!(site, Site::Call { targets } if only_read(self.scope.model, self.scope.resolution, targets));
        self.found = fits.then_some(call);
        fits
    }

    /// Reads the arguments of a call of another entity: names and literals.
    fn passes(&mut self, arguments: &'m ast::Arguments) -> bool {
        let keywords = &arguments.keywords;
        let values = keywords.iter().map(|keyword| &keyword.value);
        keywords.iter().all(|keyword| keyword.arg.is_some())
            && arguments.args.iter().chain(values).all(|argument| {
                if let Expr::Name(name) = argument {
                    self.passed.insert(&name.id);
                }
                (argument.is_name_expr() || argument.is_literal_expr())
                    && self.expr(argument, false)
            })
    }

    /// Whether a call takes the smaller or greater of some values, or the like.
    fn is_choice(&self, call: &ast::ExprCall) -> bool {
        let few = match self.scope.builtin(&call.func).as_deref() {
            Some("min" | "max") => call.arguments.args.len() > 1,
            Some("abs" | "len" | "bool") => call.arguments.args.len() == 1,
            _ => false,
        };
        few && call.arguments.keywords.is_empty()
    }
}

impl Scope<'_> {
    /// Whether it is known what an expression does that is gone over: it takes elements of what is there.
    fn is_plain(&self, expr: &Expr) -> bool {
        match expr {
            Expr::Name(_) => true,
            Expr::Attribute(attribute) => self.is_plain(&attribute.value),
            Expr::Subscript(subscript) => {
                self.is_plain(&subscript.value) && self.is_plain(&subscript.slice)
            }
            Expr::Slice(slice) => [&slice.lower, &slice.upper, &slice.step]
                .into_iter()
                .flatten()
                .all(|bound| self.is_plain(bound)),
            Expr::List(list) => list.elts.iter().all(|one| self.is_plain(one)),
            Expr::Tuple(tuple) => tuple.elts.iter().all(|one| self.is_plain(one)),
            Expr::Call(call) => {
                let arguments = &call.arguments;
                let is_view = |func: &ast::ExprAttribute| {
                    matches!(func.attr.as_str(), "values" | "items" | "keys")
                        && arguments.is_empty()
                        && self.is_plain(&func.value)
                };
                let known = match &*call.func {
                    Expr::Attribute(func) => is_view(func),
                    func => self.builtin(func).is_some_and(|name| is_pure(&name)),
                };
                known
                    && arguments.keywords.is_empty()
                    && arguments.args.iter().all(|one| self.is_plain(one))
            }
            _ => expr.is_literal_expr(),
        }
    }
}

/// Whether a target is a name, or names.
fn is_target(target: &Expr) -> bool {
    match target {
        Expr::Name(_) => true,
        Expr::Tuple(tuple) => tuple.elts.iter().all(is_target),
        _ => false,
    }
}

/// Whether an operator raises nothing for values of a right type.
fn is_safe(operator: Operator) -> bool {
    matches!(
        operator,
        Operator::Add
            | Operator::Sub
            | Operator::Mult
            | Operator::BitAnd
            | Operator::BitOr
            | Operator::BitXor
    )
}

/// The names in an expression.
pub(super) fn names(expr: &Expr) -> HashSet<&str> {
    let mut names = Names(HashSet::new());
    names.visit_expr(expr);
    names.0
}

/// The names in statements.
pub(super) fn names_in(body: &[Stmt]) -> HashSet<&str> {
    let mut names = Names(HashSet::new());
    names.visit_body(body);
    names.0
}

struct Names<'e>(HashSet<&'e str>);

impl<'e> Visitor<'e> for Names<'e> {
    fn visit_expr(&mut self, expr: &'e Expr) {
        if let Expr::Name(name) = expr {
            self.0.insert(&name.id);
        }
        walk_expr(self, expr);
    }
}
