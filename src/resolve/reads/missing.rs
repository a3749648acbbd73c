//! Look-ups that add what is missing, as those of a `defaultdict` do.

use crate::model::Model;
use crate::syntax::ast::visitor::{Visitor, walk_alias, walk_expr};
use crate::syntax::ast::{self, Expr, Operator};

/// Whether an app makes dictionaries with such look-ups: what a name or a field holds may then be one.
pub(in crate::resolve) fn adds_what_is_missing(model: &Model<'_>) -> bool {
    let mut mentions = Mentions { found: false };
    for module in &model.program.modules {
        mentions.visit_body(&module.tree.body);
    }
    mentions.found
}

/// Whether a method of that name, or a function of `operator`, may look up elements of what it is given.
pub(super) fn looks_up(function: &str) -> bool {
    matches!(
        function,
        "__getitem__" | "__mod__" | "__rmod__" | "format" | "format_map" | "mod" | "translate"
    )
}

/// Whether an operator does, as `%` for a text with names in it.
pub(super) fn operator_looks_up(operator: Operator, right: &Expr) -> bool {
    operator == Operator::Mod && !right.is_literal_expr()
}

struct Mentions {
    found: bool,
}

impl Mentions {
    fn name(&mut self, name: &str) {
        self.found |= matches!(name, "defaultdict" | "DefaultDict" | "*");
    }
}

impl<'a> Visitor<'a> for Mentions {
    fn visit_expr(&mut self, expr: &'a Expr) {
        if let Expr::Attribute(attribute) = expr {
            self.name(&attribute.attr);
        }
        walk_expr(self, expr);
    }

    fn visit_alias(&mut self, alias: &'a ast::Alias) {
        self.name(&alias.name);
        walk_alias(self, alias);
    }
}
