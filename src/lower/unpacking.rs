//! Generator expressions that are unpacked: by `*`, or by an assignment to several targets.

use super::builder::Builder;
use super::cfg::{BlockId, Role, Term};
use super::comprehension::Comprehension;
use super::effects::Effects;
use super::spill::{Operand, keyword_operand};
use super::text::Edit;
use crate::ir::Code;
use crate::syntax::Ranged;
use crate::syntax::ast::{self, Expr};

impl Builder<'_, '_> {
    /// Evaluates what a single `*` in a call or display unpacks.
    pub fn lower_unpacked_operand(&mut self, expr: &Expr) {
        match Comprehension::of(expr) {
            Some(generator) if self.runs_in_place(&generator, false) => {
                let state = self.begin_comprehension(&generator);
                let elements = self.collect(&generator, &state);
                self.replace(expr.range(), &elements);
            }
            _ => self.lower_expr(expr),
        }
    }

    /// The generator expression that is the only argument by position, unpacked: it runs when all others have been evaluated.
    pub fn only_unpacked<'e>(&self, call: &'e ast::ExprCall) -> Option<Comprehension<'e>> {
        let [Expr::Starred(starred)] = &*call.arguments.args else {
            return None;
        };
        let keywords = call.arguments.keywords.iter();
        let leaves = keywords.clone().any(|one| self.has_site(one.value.range()));
        let generator = Comprehension::of(&starred.value)?;
        self.runs_in_place(&generator, leaves).then_some(generator)
    }

    /// Evaluates the parts of a call with such an argument.
    pub fn lower_only_unpacked(&mut self, call: &ast::ExprCall, generator: &Comprehension<'_>) {
        let keywords = &call.arguments.keywords;
        let others: Vec<Operand<'_>> = keywords.iter().map(keyword_operand).collect();
        let state = self.begin_consumption(call, generator, &others);
        let elements = self.collect(generator, &state);
        self.replace(generator.expr.range(), &elements);
    }

    /// Evaluates a generator expression that is assigned to several targets: as many of its elements as that asks for. Tells
    /// whether the assignment is one of those.
    pub fn lower_unpacked(&mut self, assign: &ast::StmtAssign) -> bool {
        let targets = match &*assign.targets {
            [Expr::Tuple(tuple)] => &tuple.elts,
            [Expr::List(list)] => &list.elts,
            _ => return false,
        };
        let Some(generator) = Comprehension::of(&assign.value) else {
            return false;
        };
        if !self.runs_in_place(&generator, false) {
            return false;
        }
        let most = (!targets.iter().any(Expr::is_starred_expr)).then_some(targets.len());
        let state = self.begin_comprehension(&generator);
        let elements = self.collect_most(&generator, &state, most);
        self.edits.set(
            assign.value.range(),
            Edit {
                text: format!("{elements}.__iter__()"),
                uses: vec![elements],
            },
        );
        true
    }

    /// Collects elements, and stops after one more than `most`.
    fn collect_most(
        &mut self,
        generator: &Comprehension<'_>,
        state: &str,
        most: Option<usize>,
    ) -> String {
        let Some(most) = most else {
            return self.collect(generator, state);
        };
        let elements = self.temporary("elements");
        let at = generator.expr.start();
        self.push_line(format!("{elements} = []"), at, &[], Some(&elements));
        let end = self.block(Role::Join("list"));
        self.run_comprehension(generator, state, end, &mut |this, next: BlockId| {
            this.add_element(&elements, "append", generator.element);
            let test = Code::line(format!("{elements}[{most}:]"), this.text.line(at));
            this.end(Term::Branch {
                test,
                effects: Effects::of_uses([elements.clone()]),
                then: end,
                orelse: next,
            });
        });
        self.enter(end);
        elements
    }
}
