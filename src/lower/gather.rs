//! Calls that leave the method together.

use super::builder::Builder;
use super::cfg::{Leaving, Role};
use super::depart::Departure;
use super::refuse;
use super::spill::Operand;
use crate::ir::{Branch, Code};
use crate::resolve::{Gathered, Site, gathered};
use crate::syntax::ast::{self, Expr};
use crate::syntax::{Ranged, TextRange};

/// What is evaluated for a branch.
struct Part<'e> {
    /// The branch; none for what comes behind all.
    argument: Option<Gathered<'e>>,
    operands: Vec<Operand<'e>>,
}

impl Builder<'_, '_> {
    /// Evaluates the operands of all branches, and says how the method is left by them.
    pub fn depart_to_gather(&mut self, call: &ast::ExprCall) -> Departure {
        let mut parts = Vec::new();
        self.add_parts(call, &mut parts);
        let mut rest = &parts[..];
        while let [part, behind @ ..] = rest {
            self.refuse_before(part, behind);
            rest = behind;
        }
        let operands: Vec<Operand<'_>> = parts.into_iter().flat_map(|part| part.operands).collect();
        self.lower_operands(&operands);
        let (branches, return_exceptions) = self.gathered_branches(call);
        Departure {
            leaving: Leaving::Gather {
                branches,
                return_exceptions,
            },
            targets: Vec::new(),
            receiver: None,
            effects: self.call_effects(call),
            wanted: "results".to_owned(),
            role: Role::After {
                callee: "gather".to_owned(),
                receiver: String::new(),
            },
            line: self.text.line(call.start()),
            stop: None,
        }
    }

    /// Finds what is evaluated for all branches, those of calls made in parallel among them included.
    fn add_parts<'e>(&mut self, call: &'e ast::ExprCall, parts: &mut Vec<Part<'e>>) {
        for argument in gathered(call) {
            match argument {
                Gathered::One(expr) if let Some(inner) = self.inner(expr) => {
                    self.add_parts(inner, parts);
                }
                _ => parts.push(Part {
                    argument: Some(argument),
                    operands: self.operands_of_branch(argument),
                }),
            }
        }
        let keywords = call.arguments.keywords.iter();
        parts.push(Part {
            argument: None,
            operands: keywords
                .map(|keyword| Operand::Value(&keyword.value))
                .collect(),
        });
    }

    /// What is evaluated for a branch before anything leaves.
    fn operands_of_branch<'e>(&mut self, argument: Gathered<'e>) -> Vec<Operand<'e>> {
        match argument {
            Gathered::One(expr) => match (expr, self.branch_site(expr)) {
                (
                    Expr::Call(call),
                    Some(Site::Call { .. } | Site::Helper { .. } | Site::Create { .. }),
                ) => self.call_operands(call),
                (Expr::Attribute(attribute), Some(Site::Read { .. } | Site::Getter { .. })) => {
                    vec![Operand::Value(&attribute.value)]
                }
                _ => vec![Operand::Value(expr)],
            },
            Gathered::Each {
                element,
                clauses,
                whole,
            } if self.branch_site(element).is_some() => {
                let first = &clauses[0].iter;
                let mut made = Vec::new();
                self.add_calls(element, &mut made);
                let inside = |site: &&TextRange| {
                    whole.range().contains_range(**site)
                        && !first.range().contains_range(**site)
                        && !made.contains(site)
                };
                if let Some(site) = self.sites().iter().find(inside) {
                    let refused = refuse::beside_parallel(self, *site, whole);
                    self.diagnostics.push(refused);
                }
                vec![Operand::Value(first)]
            }
            Gathered::Each { whole, .. } => vec![Operand::Unpacked(whole)],
            Gathered::Unpacked(values) => vec![Operand::Unpacked(values)],
        }
    }

    /// Finds the calls that a branch consists of.
    fn add_calls(&self, branch: &Expr, calls: &mut Vec<TextRange>) {
        calls.push(branch.range());
        let inner = self.inner(branch).map(gathered).unwrap_or_default();
        for element in inner.into_iter().filter_map(Gathered::element) {
            if self.branch_site(element).is_some() {
                self.add_calls(element, calls);
            }
        }
    }

    /// Refuses a branch that cannot be kept until what comes after it has been evaluated.
    fn refuse_before(&mut self, part: &Part<'_>, behind: &[Part<'_>]) {
        let (what, whole) = match part.argument {
            Some(Gathered::Each { element, whole, .. }) if self.branch_site(element).is_some() => {
                ("a call that is not awaited", whole)
            }
            Some(Gathered::One(expr))
                if self.branch_site(expr).is_none() && self.function.def.is_async =>
            {
                ("a coroutine", expr)
            }
            _ => return,
        };
        let mut operands = behind.iter().flat_map(|part| &part.operands);
        if operands.any(|operand| self.has_site(operand.range())) {
            let refused = refuse::operand(what, self.span(whole));
            self.diagnostics.push(refused);
        }
    }

    /// The site that a branch is. In a method that is not asynchronous, calls made in parallel are no branch of others: Python
    /// makes them where they stand.
    fn branch_site(&self, expr: &Expr) -> Option<&Site> {
        let site = match expr {
            Expr::Await(_) => None,
            other => self.site(other),
        };
        site.filter(|site| self.function.def.is_async || !matches!(site, Site::Gather))
    }

    /// The calls made in parallel that a branch is.
    fn inner<'e>(&self, branch: &'e Expr) -> Option<&'e ast::ExprCall> {
        match (branch, self.branch_site(branch)) {
            (Expr::Call(call), Some(Site::Gather)) => Some(call),
            _ => None,
        }
    }

    /// The branches, and whether exceptions are results.
    fn gathered_branches(&self, call: &ast::ExprCall) -> (Vec<Branch>, Option<Code>) {
        let branches = gathered(call).into_iter();
        let keyword = call.arguments.find_keyword("return_exceptions");
        (
            branches.map(|one| self.gathered_branch(one)).collect(),
            keyword.map(|keyword| self.text.render_expr(&keyword.value, &self.edits)),
        )
    }

    fn gathered_branch(&self, argument: Gathered<'_>) -> Branch {
        match argument {
            Gathered::One(expr) => self.call_of_branch(expr),
            Gathered::Each {
                element, clauses, ..
            } if self.branch_site(element).is_some() => {
                let (first, last) = (&clauses[0], &clauses[clauses.len() - 1]);
                let range = TextRange::new(first.start(), last.end());
                Branch::Each {
                    call: Box::new(self.call_of_branch(element)),
                    clauses: self.text.render(range, &self.edits),
                }
            }
            Gathered::Each { whole: values, .. } | Gathered::Unpacked(values) => {
                let mut code = self.text.render_operand(values, &self.edits);
                code.text.insert(0, '*');
                Branch::Value(code)
            }
        }
    }

    fn call_of_branch(&self, expr: &Expr) -> Branch {
        match (expr, self.branch_site(expr)) {
            (Expr::Call(call), Some(Site::Create { entity })) => Branch::Create {
                class: self.text.render_expr(&call.func, &self.edits),
                arguments: self.arguments(call),
                entity: self.model.entity(*entity).name.to_owned(),
                line: self.line_of_call(call),
            },
            (Expr::Call(call), Some(Site::Call { targets } | Site::Helper { targets })) => {
                Branch::Call {
                    callee: self.callee(call),
                    arguments: self.arguments(call),
                    targets: targets.clone(),
                    line: self.line_of_call(call),
                }
            }
            (Expr::Call(call), Some(Site::Gather)) => {
                let (branches, return_exceptions) = self.gathered_branches(call);
                Branch::Gather {
                    branches,
                    return_exceptions,
                }
            }
            (
                Expr::Attribute(attribute),
                Some(Site::Read { targets } | Site::Getter { targets }),
            ) => Branch::Read {
                receiver: self.text.render_expr(&attribute.value, &self.edits),
                attribute: attribute.attr.to_string(),
                targets: targets.clone(),
                line: self.text.line(attribute.attr.start()),
            },
            _ => Branch::Value(self.text.render_expr(expr, &self.edits)),
        }
    }

    fn arguments(&self, call: &ast::ExprCall) -> Code {
        self.text.render_arguments(&call.arguments, &self.edits)
    }
}
