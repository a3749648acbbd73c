//! Properties whose setter or deleter leaves the method.

use super::builder::Builder;
use super::cfg::{Leaving, Role};
use super::depart::Departure;
use super::effects::Effects;
use super::fresh::short;
use crate::ir::{Code, mangled};
use crate::resolve::Site;
use crate::syntax::ast::{self, Expr};

impl Builder<'_, '_> {
    /// What an assignment to a target, or its deletion, may reach, where it is such a property.
    pub fn accessor(&self, target: &Expr) -> Option<&[String]> {
        let attribute = target.as_attribute_expr()?;
        match self.resolution.sites.get(&self.span(&attribute.attr))? {
            Site::Accessor { targets } => Some(targets),
            _ => None,
        }
    }

    /// Sets such a property, or deletes it, where there is no value; false where a target is none. Its parts have been evaluated.
    pub fn access(&mut self, target: &Expr, value: Option<&str>) -> bool {
        let (Expr::Attribute(attribute), Some(targets)) = (target, self.accessor(target)) else {
            return false;
        };
        let departure = self.depart_to_access(attribute, targets.to_vec(), value);
        self.leave_unused(attribute.attr.range, departure);
        true
    }

    fn depart_to_access(
        &self,
        attribute: &ast::ExprAttribute,
        targets: Vec<String>,
        value: Option<&str>,
    ) -> Departure {
        let line = self.text.line(attribute.attr.range.start());
        let name = mangled(self.home.class(), &attribute.attr);
        let mut arguments = self.text.render_expr(&attribute.value, &self.edits);
        arguments.text.push_str(&format!(", \"{name}\""));
        let mut effects = self.effects(&attribute.value);
        let function = match value {
            Some(value) => {
                arguments.text.push_str(&format!(", {value}"));
                effects.then(&Effects::of_uses([value.to_owned()]));
                "assign"
            }
            None => "delete",
        };
        Departure {
            leaving: Leaving::Call {
                callee: Code::line(format!("{}.{function}", self.flow), line),
                arguments,
            },
            targets,
            receiver: None,
            effects,
            wanted: format!("{}_{function}", attribute.attr),
            role: Role::After {
                callee: attribute.attr.to_string(),
                receiver: short(&attribute.value).unwrap_or_default(),
            },
            line,
            stop: None,
        }
    }
}
