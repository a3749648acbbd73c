//! Calls that travel along with an earlier one.
//!
//! Where a method makes a call, and then, whatever that gives, calls something that only reads, the second can be made on the
//! way back from the first: it comes after it all the same, and in between the method would only have computed.

use std::collections::HashSet;

use super::builder::Builder;
use super::cfg::{BlockId, Graph, Leaving, Term};
use super::fields;
use super::names::Names;
use crate::ir::{Stop, is_private};
use crate::model::{Binding, ClassRef, Function};
use crate::resolve::Site;
use crate::resolve::reads::{Scope, only_read, reads};
use crate::syntax::Ranged;
use crate::syntax::ast::{self, Expr, UnaryOp};

/// Notes at each call those that can travel along.
pub fn note(graph: &mut Graph) {
    for id in graph.blocks.node_indices().collect::<Vec<_>>() {
        let Term::Leave {
            leaving: Leaving::Call { .. } | Leaving::Read { .. } | Leaving::Create { .. },
            next: Some(next),
            ..
        } = graph.block(id).term
        else {
            continue;
        };
        let found = followers(graph, next);
        if let Term::Leave { along, .. } = &mut graph.blocks[id].term {
            *along = found;
        }
    }
}

/// The calls that surely come next where a call returns, as far as they need nothing that is not there before it.
fn followers(graph: &Graph, next: BlockId) -> Vec<Stop> {
    let mut stops = Vec::new();
    let mut changed = Names::new();
    let mut passed = HashSet::new();
    let mut at = next;
    while passed.insert(at) {
        let block = graph.block(at);
        if !block.instrs.iter().all(|instr| instr.is_calm) {
            break;
        }
        changed.extend(block.result.clone());
        let effects = block.effects();
        changed.extend(effects.may_bind);
        changed.extend(effects.may_delete);
        at = match &block.term {
            Term::Goto(next) => *next,
            Term::Leave {
                stop: Some(stop),
                effects,
                next,
                ..
            } if effects.uses.is_disjoint(&changed) => {
                stops.push((**stop).clone());
                match next {
                    Some(next) => *next,
                    None => break,
                }
            }
            _ => break,
        };
    }
    stops
}

impl<'m, 'p> Builder<'m, 'p> {
    /// How a call could travel along with an earlier one.
    pub fn stop(&self, expr: &Expr, site: &Site) -> Option<Stop> {
        match (expr, site) {
            (Expr::Call(call), Site::Call { targets }) => {
                let arguments = &call.arguments;
                let positional = arguments.args.iter().map(|value| self.steady(value));
                let named = arguments.keywords.iter().map(|keyword| {
                    let name = keyword.arg.as_ref()?;
                    Some(format!("{name}={}", self.steady(&keyword.value)?))
                });
                let arguments = positional.chain(named).collect::<Option<Vec<_>>>()?;
                let func = call.func.as_attribute_expr()?;
                let callee = format!("{}.{}", self.steady(&func.value)?, func.attr);
                self.only_reads(call, func, targets).then(|| Stop::Call {
                    callee,
                    arguments,
                    targets: targets.clone(),
                })
            }
            (Expr::Attribute(attribute), Site::Read { targets })
                if fields::are_fields(self.model, targets)
                    && !self.resolution.changes_by_reading =>
            {
                Some(Stop::Read {
                    receiver: self.steady(&attribute.value)?,
                    attributes: vec![attribute.attr.to_string()],
                    targets: targets.clone(),
                })
            }
            _ => None,
        }
    }

    fn only_reads(
        &self,
        call: &ast::ExprCall,
        func: &ast::ExprAttribute,
        targets: &[String],
    ) -> bool {
        match self.resolution.unbound.contains_key(&self.span(call)) {
            true => self
                .called_through_class(func)
                .is_some_and(|method| reads(Scope::of(self.model, self.resolution, method))),
            false => only_read(self.model, self.resolution, targets),
        }
    }

    /// The method that is looked up on a class of that very name, whatever its receiver has under the method's.
    fn called_through_class(&self, func: &ast::ExprAttribute) -> Option<&'m Function<'p>> {
        let name = func.value.as_name_expr()?;
        if self.locals.contains(name.id.as_str()) || is_private(&func.attr) {
            return None;
        }
        let class = match self.model.dotted(self.function.module, &func.value)? {
            Binding::Entity(id) => ClassRef::Entity(id),
            Binding::Class(id) => ClassRef::Class(id),
            _ => return None,
        };
        Some(self.model.method(class, &func.attr)?.1)
    }

    /// The text of an operand whose value can be taken at any time: a name, a field of the entity's own, or a literal.
    fn steady(&self, expr: &Expr) -> Option<String> {
        let is_steady = self.edits.at(expr.range()).is_some()
            || match expr {
                Expr::Name(_) => true,
                Expr::Attribute(attribute) => self.runs_nothing(attribute),
                Expr::UnaryOp(ast::ExprUnaryOp {
                    op: UnaryOp::USub,
                    operand,
                    ..
                }) => operand.is_number_literal_expr(),
                _ => expr.is_literal_expr(),
            };
        let text = self.text.render_expr(expr, &self.edits).text;
        (is_steady && !text.contains('\n')).then_some(text)
    }

    /// Whether an expression is an attribute of the entity itself and no property.
    fn runs_nothing(&self, attribute: &ast::ExprAttribute) -> bool {
        let receiver = attribute.value.as_name_expr();
        receiver.is_some_and(|name| self.receiver == Some(name.id.as_str()))
            && !self.home.has_method(&attribute.attr)
            && !self.resolution.sites.contains_key(&self.span(attribute))
            && !self.resolution.calls.contains_key(&self.span(attribute))
    }
}
