//! Loops whose calls could be made in parallel.
//!
//! A loop is reported only where that means the same: each round makes one call, of an element of what the loop goes over, with
//! arguments that no round changes; what is called only reads; and what a round does after its call changes nothing but
//! locals, so that nobody sees how far the loop had come when a call raises.

mod round;

#[cfg(test)]
mod tests;

use crate::diagnostics::Diagnostic;
use crate::model::Model;
use crate::resolve::reads::Scope;
use crate::resolve::values::external;
use crate::resolve::{Locals, Resolution, Site};
use crate::source::Span;
use crate::syntax::Ranged;
use crate::syntax::ast::visitor::{Visitor, walk_expr, walk_stmt};
use crate::syntax::ast::{self, Expr, Stmt};
use round::Round;

/// Reports loops and list comprehensions that call one element after the other.
pub(super) fn check(model: &Model<'_>, resolution: &Resolution, diagnostics: &mut Vec<Diagnostic>) {
    for function in model.every_function() {
        if resolution.leaving.contains(&model.span_of(function)) {
            let mut finder = Finder {
                scope: Scope::of(model, resolution, function),
                outermost: None,
                guarded: false,
                diagnostics,
            };
            finder.visit_body(&function.def.body);
        }
    }
}

/// What a loop or a comprehension goes over.
#[derive(Clone, Copy)]
struct Header<'m> {
    target: &'m Expr,
    iter: &'m Expr,
    conditions: &'m [Expr],
}

impl Scope<'_> {
    /// The text of a piece of the function, on one line.
    fn text(&self, node: &impl Ranged) -> String {
        let text = self.model.program.sources.text(self.at(node));
        match text.contains('\n') {
            true => text.split_whitespace().collect::<Vec<_>>().join(" "),
            false => text.to_owned(),
        }
    }

    /// The built-in function of that name, unless something else has taken the name.
    fn builtin(&self, func: &Expr) -> Option<String> {
        let name = func.as_name_expr()?;
        let bound = Locals::of(self.function.def).bound;
        let dotted = external(self.model, self.function.module, func)?;
        let builtin = dotted.strip_prefix("builtins.")?;
        (!bound.contains(name.id.as_str())).then(|| builtin.to_owned())
    }

    /// A name that the function does not use.
    fn unused(&self, name: &str) -> String {
        let used = round::names_in(&self.function.def.body);
        let bound = Locals::of(self.function.def).bound;
        let mut name = name.to_owned();
        while used.contains(name.as_str()) || bound.contains(&name) {
            name.push('_');
        }
        name
    }

    /// What to write for the calls of all elements.
    fn gathering(&self, call: &ast::ExprCall, header: Header<'_>, over: &str) -> String {
        let gather = match self.function.def.is_async {
            true => "await asyncio.gather",
            false => "stateflow.gather",
        };
        let conditions = header.conditions.iter();
        let conditions: String = conditions
            .map(|condition| format!(" if {}", self.text(condition)))
            .collect();
        let (call, target) = (self.text(call), self.text(header.target));
        format!("{gather}(*[{call} for {target} in {over}{conditions}])")
    }
}

struct Finder<'m, 'd> {
    scope: Scope<'m>,
    /// The outermost loop around the current statement.
    outermost: Option<Span>,
    /// Whether a `try` or a `with` around the current statement may see how far it has come.
    guarded: bool,
    diagnostics: &'d mut Vec<Diagnostic>,
}

impl<'m> Finder<'m, '_> {
    fn for_loop(&mut self, for_: &'m ast::StmtFor) {
        let header = Header {
            target: &for_.target,
            iter: &for_.iter,
            conditions: &[],
        };
        if for_.is_async || !for_.orelse.is_empty() || self.guarded {
            return;
        }
        let again = self.outermost.unwrap_or_else(|| self.scope.at(for_)).end;
        let Some(round) = Round::new(self.scope, header) else {
            return;
        };
        if let Some(call) = round.of_body(header, &for_.body, again) {
            self.report(call, header, self.instead(call, header));
        }
    }

    fn comprehension(&mut self, comp: &'m ast::ExprListComp) {
        let [clause] = &*comp.generators else {
            return;
        };
        let header = Header {
            target: &clause.target,
            iter: &clause.iter,
            conditions: &clause.ifs,
        };
        let round = Round::new(self.scope, header).filter(|_| !clause.is_async);
        let Some(call) = round.and_then(|round| round.of_element(header, &comp.elt)) else {
            return;
        };
        let element = match &*comp.elt {
            Expr::Await(await_) => &await_.value,
            element => element,
        };
        if matches!(element, Expr::Call(element) if std::ptr::eq(element, call)) {
            let over = self.scope.text(header.iter);
            let gathering = self.scope.gathering(call, header, &over);
            self.report(call, header, format!("write `{gathering}`"));
        } else if header.conditions.is_empty() {
            self.report(call, header, self.instead(call, header));
        }
    }

    /// What to go over instead: the answers, with the elements where something else needs them.
    fn instead(&self, call: &ast::ExprCall, header: Header<'m>) -> String {
        let mut elsewhere = Elsewhere {
            scope: self.scope,
            targets: round::names(header.target).into_iter().collect(),
            call: self.scope.at(call),
            found: false,
        };
        elsewhere.visit_body(&self.scope.function.def.body);
        let iter = self.scope.text(header.iter);
        let [answer, elements] = ["answer", "elements"].map(|name| self.scope.unused(name));
        if !elsewhere.found {
            let gathering = self.scope.gathering(call, header, &iter);
            return format!("go over the answers: `for {answer} in {gathering}`");
        }
        let gathering = self.scope.gathering(call, header, &elements);
        let target = self.scope.text(header.target);
        let target = match header.target {
            Expr::Tuple(tuple) if !tuple.parenthesized => format!("({target})"),
            _ => target,
        };
        format!(
            "with `{elements} = list({iter})`, go over the answers too: `for {target}, {answer} in zip({elements}, {gathering})`"
        )
    }

    fn report(&mut self, call: &ast::ExprCall, header: Header<'_>, help: String) {
        let at = self.scope.at(call);
        let Some(Site::Call { targets }) = self.scope.resolution.sites.get(&at) else {
            return;
        };
        let called = targets.join("` and `");
        let reads = match targets.len() {
            1 => "only reads",
            _ => "only read",
        };
        self.diagnostics.push(
            Diagnostic::new(
                "W0507",
                "a loop makes its calls one after the other, and could make them together",
                at,
                "each round waits for this",
            )
            .also(
                self.scope.at(header.iter),
                "there is a round for each of these",
            )
            .note(format!(
                "`{called}` {reads}, and no round needs what another has found"
            ))
            .help(help),
        );
    }
}

impl<'m> Visitor<'m> for Finder<'m, '_> {
    fn visit_stmt(&mut self, stmt: &'m Stmt) {
        let (outermost, guarded) = (self.outermost, self.guarded);
        match stmt {
            Stmt::FunctionDef(_) | Stmt::ClassDef(_) => return,
            Stmt::For(for_) => {
                self.for_loop(for_);
                self.outermost = outermost.or(Some(self.scope.at(stmt)));
            }
            Stmt::While(_) => self.outermost = outermost.or(Some(self.scope.at(stmt))),
            Stmt::Try(_) | Stmt::With(_) => self.guarded = true,
            _ => {}
        }
        walk_stmt(self, stmt);
        (self.outermost, self.guarded) = (outermost, guarded);
    }

    fn visit_expr(&mut self, expr: &'m Expr) {
        match expr {
            Expr::Lambda(_) => return,
            Expr::Call(call) => {
                let site = self.scope.resolution.sites.get(&self.scope.at(call));
                if site == Some(&Site::Gather) {
                    return;
                }
            }
            Expr::ListComp(comp) => self.comprehension(comp),
            _ => {}
        }
        walk_expr(self, expr);
    }
}

/// Looks for uses of a loop's targets other than in its call.
struct Elsewhere<'m> {
    scope: Scope<'m>,
    targets: Vec<&'m str>,
    call: Span,
    found: bool,
}

impl Visitor<'_> for Elsewhere<'_> {
    fn visit_expr(&mut self, expr: &Expr) {
        if let Expr::Name(name) = expr {
            let is_target = !name.ctx.is_store() && self.targets.contains(&name.id.as_str());
            self.found |= is_target && !self.scope.at(name).is_inside(self.call);
        }
        walk_expr(self, expr);
    }
}
