//! Taking the sites out of expressions.
//!
//! What is evaluated before a site keeps its value in a temporary; the site itself becomes the end of a block, and its result
//! stands in its place. What is evaluated after the last site stays as it is written. The order is CPython's: left to right,
//! each part once, short circuits respected.

use super::builder::Builder;
use super::cfg::{Leaving, Role, Term};
use super::comprehension::Comprehension;
use super::depart::Departure;
use super::effects::Effects;
use super::fields;
use super::fresh::{describe, short, snake};
use super::refuse;
use super::supers::super_arguments;
use super::text::Edit;
use crate::ir::Code;
use crate::model::{Binding, ClassRef, EntityId};
use crate::resolve::{Site, is_defined};
use crate::syntax::ast::{self, Expr};
use crate::syntax::{Ranged, TextRange, TextSize, imports_at_top};

/// How many arguments CPython has no instruction of its own for in a call of a method.
const METHOD_CALL_ARGUMENTS: usize = 30;

/// A part of an expression, in the order of evaluation.
#[derive(Clone, Copy)]
pub enum Operand<'e> {
    /// An expression.
    Value(&'e Expr),
    /// What a method is called on: it is the object that is kept, and the method is looked up on it in time.
    Receiver(&'e ast::ExprAttribute),
    /// `*values` in a call or a display.
    Unpacked(&'e Expr),
    /// `**values` in a call or a display.
    Mapping(&'e Expr),
    /// A replacement field of an f-string.
    Field(&'e ast::InterpolatedElement),
}

impl Operand<'_> {
    /// Where it stands.
    pub fn range(&self) -> TextRange {
        match self {
            Self::Value(expr) | Self::Unpacked(expr) | Self::Mapping(expr) => expr.range(),
            Self::Receiver(attribute) => attribute.value.range(),
            Self::Field(field) => field.range,
        }
    }
}

impl Builder<'_, '_> {
    /// Evaluates every site in an expression; what is left of it, with its replacements, can be evaluated where it stands.
    pub fn lower_expr(&mut self, expr: &Expr) {
        if !self.has_site(expr.range()) {
            return;
        }
        match self.site(expr) {
            Some(site) => {
                let departure = self.depart(expr, site);
                self.leave(expr, departure);
            }
            None => self.lower_parts(expr),
        }
    }

    /// Evaluates the operands of a site and says how the method is left there.
    pub fn depart(&mut self, expr: &Expr, site: &Site) -> Departure {
        if let Expr::Await(await_) = expr {
            let mut departure = self.depart(&await_.value, site);
            departure.place_at(self.text.line(await_.start()));
            return departure;
        }
        let mut departure = match (expr, site) {
            (Expr::Call(call), Site::Create { entity }) => self.depart_to_create(call, *entity),
            (Expr::Call(call), Site::Call { targets } | Site::Helper { targets }) => {
                self.depart_to_call(call, targets.clone())
            }
            (Expr::Attribute(attribute), Site::Read { targets } | Site::Getter { targets }) => {
                self.depart_to_read(attribute, targets)
            }
            (Expr::Call(call), Site::Gather) => self.depart_to_gather(call),
            _ => unreachable!("a site is a call or an attribute"),
        };
        departure.stop = self.stop(expr, site);
        departure
    }

    fn depart_to_call(&mut self, call: &ast::ExprCall, targets: Vec<String>) -> Departure {
        self.lower_call_operands(call);
        let (callee, receiver) = match &*call.func {
            Expr::Attribute(attribute) => (attribute.attr.to_string(), short(&attribute.value)),
            other => (short(other).unwrap_or_default(), None),
        };
        Departure {
            leaving: Leaving::Call {
                callee: self.callee(call),
                arguments: self.text.render_arguments(&call.arguments, &self.edits),
            },
            targets,
            receiver: match &*call.func {
                Expr::Attribute(attribute) => self.local(&attribute.value),
                _ => None,
            },
            effects: self.call_effects(call),
            wanted: format!("{callee}_result"),
            role: Role::After {
                callee,
                receiver: receiver.unwrap_or_default(),
            },
            line: self.line_of_call(call),
            stop: None,
        }
    }

    /// What a call looks up: an error in that is on the line of the method's name.
    pub fn callee(&self, call: &ast::ExprCall) -> Code {
        let mut looked_up = self.text.render_expr(&call.func, &self.edits);
        if let Expr::Attribute(attribute) = &*call.func {
            self.place_at_name(&mut looked_up, attribute);
        }
        looked_up
    }

    fn place_at_name(&self, looked_up: &mut Code, attribute: &ast::ExprAttribute) {
        if let Some(line) = looked_up.lines.last_mut() {
            *line = self.text.line(attribute.attr.start());
        }
    }

    fn depart_to_create(&mut self, call: &ast::ExprCall, entity: EntityId) -> Departure {
        self.lower_call_operands(call);
        let derived = self.model.derived(ClassRef::Entity(entity)).iter();
        let mut targets: Vec<String> = derived
            .map(|class| format!("{}.__init__", self.model.qualname(*class)))
            .collect();
        targets.sort();
        let entity = self.model.entity(entity).name.to_owned();
        Departure {
            leaving: Leaving::Create {
                class: self.text.render_expr(&call.func, &self.edits),
                arguments: self.text.render_arguments(&call.arguments, &self.edits),
                entity: entity.clone(),
            },
            targets,
            receiver: None,
            effects: self.call_effects(call),
            wanted: format!("new_{}", snake(&entity)),
            role: Role::After {
                callee: entity,
                receiver: String::new(),
            },
            line: self.line_of_call(call),
            stop: None,
        }
    }

    fn depart_to_read(&mut self, attribute: &ast::ExprAttribute, targets: &[String]) -> Departure {
        self.lower_expr(&attribute.value);
        self.reading(attribute, targets)
    }

    /// The departure to read an attribute of what has been evaluated.
    pub fn reading(&self, attribute: &ast::ExprAttribute, targets: &[String]) -> Departure {
        let receiver = short(&attribute.value).unwrap_or_default();
        Departure {
            leaving: Leaving::Read {
                receiver: self.text.render_expr(&attribute.value, &self.edits),
                attributes: vec![attribute.attr.to_string()],
                is_field: fields::are_fields(self.model, targets),
                is_key: fields::are_keys(self.model, targets),
            },
            targets: targets.to_vec(),
            receiver: self.local(&attribute.value),
            effects: self.effects(&attribute.value),
            wanted: match receiver.as_str() {
                "" => attribute.attr.to_string(),
                receiver => format!("{receiver}_{}", attribute.attr),
            },
            role: Role::After {
                callee: attribute.attr.to_string(),
                receiver,
            },
            line: self.text.line(attribute.attr.start()),
            stop: None,
        }
    }

    /// The local that an expression is by now.
    fn local(&self, expr: &Expr) -> Option<String> {
        let code = self.text.render_expr(expr, &self.edits);
        Some(code.text).filter(|text| self.locals.contains(text))
    }

    /// The line that CPython names in a traceback through a call.
    pub fn line_of_call(&self, call: &ast::ExprCall) -> u32 {
        self.text.line(self.place_of_call(call))
    }

    /// What a traceback through a call names the line of: the method's name, except in a call that CPython compiles as any other
    /// because arguments are unpacked or are very many, or because the module imports something of the receiver's name.
    pub fn place_of_call(&self, call: &ast::ExprCall) -> TextSize {
        let arguments = &call.arguments;
        let named = arguments.keywords.len();
        let count = arguments.args.len() + named + usize::from(named > 0);
        let unpacks = arguments.args.iter().any(Expr::is_starred_expr)
            || arguments.keywords.iter().any(|one| one.arg.is_none());
        let Expr::Attribute(attribute) = &*call.func else {
            return call.start();
        };
        let is_imported = attribute.value.as_name_expr().is_some_and(|name| {
            let module = self.model.program.module(self.function.module);
            imports_at_top(&module.tree.body, &name.id)
        });
        if unpacks || count >= METHOD_CALL_ARGUMENTS || is_imported {
            return call.start();
        }
        attribute.attr.start()
    }

    pub fn call_effects(&self, call: &ast::ExprCall) -> Effects {
        let arguments = call.arguments.args.iter();
        let keywords = call.arguments.keywords.iter();
        self.effects_of(
            std::iter::once(&*call.func)
                .chain(arguments)
                .chain(keywords.map(|keyword| &keyword.value)),
        )
    }

    /// Evaluates what is called and the arguments.
    pub fn lower_call_operands(&mut self, call: &ast::ExprCall) {
        if let Some(generator) = self.only_unpacked(call) {
            return self.lower_only_unpacked(call, &generator);
        }
        let operands = self.call_operands(call);
        self.lower_operands(&operands);
    }

    /// The parts of a call, in the order of evaluation.
    pub fn call_operands<'e>(&self, call: &'e ast::ExprCall) -> Vec<Operand<'e>> {
        let mut operands = Vec::new();
        match &*call.func {
            // What is called may itself be read from another entity.
            Expr::Attribute(attribute) if self.site(&call.func).is_none() => {
                operands.push(Operand::Receiver(attribute));
            }
            func => operands.push(Operand::Value(func)),
        }
        let is_only = call.arguments.args.len() == 1;
        for argument in &call.arguments.args {
            operands.push(match argument {
                // A single `*values` is iterated when the call is made.
                Expr::Starred(starred) if is_only => Operand::Value(&starred.value),
                Expr::Starred(starred) => Operand::Unpacked(&starred.value),
                _ => Operand::Value(argument),
            });
        }
        operands.extend(call.arguments.keywords.iter().map(keyword_operand));
        operands
    }

    fn lower_parts(&mut self, expr: &Expr) {
        match expr {
            Expr::BoolOp(op) => self.lower_bool(expr, op),
            Expr::If(choice) => self.lower_choice(expr, choice),
            Expr::Compare(compare) => self.lower_comparison(expr, compare),
            Expr::Call(call) => self.lower_call(expr, call),
            Expr::FString(string) => self.lower_fstring(string),
            Expr::Lambda(_) | Expr::Yield(_) | Expr::YieldFrom(_) | Expr::TString(_) => {
                let refused = refuse::expression(self, expr);
                self.diagnostics.push(refused);
            }
            _ => match Comprehension::of(expr) {
                Some(comprehension) => self.lower_comprehension(&comprehension),
                None => self.lower_operands(&operands(expr)),
            },
        }
    }

    /// Evaluates the sites in the parts of an expression, but not the expression itself: it is a target.
    pub fn lower_expr_parts(&mut self, target: &Expr) {
        self.lower_operands(&operands(target));
    }

    /// Evaluates the parts of a target that is read now and assigned to after `value` has been evaluated.
    pub fn keep_target_parts(&mut self, target: &Expr, value: &Expr) {
        let parts = operands(target);
        self.lower_operands(&parts);
        for part in &parts {
            self.keep(part, &[Operand::Value(value)]);
        }
    }

    /// Evaluates the sites of expressions that follow one another.
    pub fn lower_in_order(&mut self, exprs: &[&Expr]) {
        let operands: Vec<Operand<'_>> = exprs.iter().map(|expr| Operand::Value(expr)).collect();
        self.lower_operands(&operands);
    }

    /// Evaluates an expression and keeps its value for when another one has been evaluated.
    pub fn lower_before(&mut self, expr: &Expr, later: &Expr) {
        self.lower_expr(expr);
        self.keep(&Operand::Value(expr), &[Operand::Value(later)]);
    }

    /// Evaluates operands up to the last that has a site; what comes before it is kept in temporaries.
    pub fn lower_operands(&mut self, operands: &[Operand<'_>]) {
        let Some(last) = operands
            .iter()
            .rposition(|operand| self.has_site(operand.range()))
        else {
            return;
        };
        for (index, operand) in operands[..=last].iter().enumerate() {
            self.lower_operand(operand);
            if index < last {
                self.keep(operand, &operands[index + 1..=last]);
            }
        }
    }

    /// Evaluates the sites in an operand.
    pub fn lower_operand(&mut self, operand: &Operand<'_>) {
        match operand {
            Operand::Unpacked(expr) => self.lower_unpacked_operand(expr),
            Operand::Value(expr) | Operand::Mapping(expr) => self.lower_expr(expr),
            Operand::Receiver(attribute) => self.lower_expr(&attribute.value),
            Operand::Field(field) => self.lower_field(field),
        }
    }

    /// Evaluates what comes before a later site, unless its value cannot change until it is used.
    pub fn keep(&mut self, operand: &Operand<'_>, later: &[Operand<'_>]) {
        match operand {
            Operand::Value(expr) => {
                if !self.is_stable(expr, later) {
                    self.save(expr);
                }
            }
            Operand::Receiver(attribute) => self.keep_receiver(attribute, later),
            // A generator expression that has been evaluated is a list of our own.
            Operand::Unpacked(expr)
                if self.edits.at(expr.range()).is_some() && expr.is_generator_expr() => {}
            Operand::Unpacked(expr) => self.save_as(expr, "[*", "]"),
            Operand::Mapping(expr) => self.save_as(expr, "{**", "}"),
            Operand::Field(field) => self.save_field(field),
        }
    }

    fn keep_receiver(&mut self, attribute: &ast::ExprAttribute, later: &[Operand<'_>]) {
        let receiver = &*attribute.value;
        if !self.is_stable(receiver, later) {
            self.save(receiver);
        }
        if !self.lookup_is_safe(attribute) {
            let effects = self.effects(receiver);
            let mut code = self.text.render_expr(receiver, &self.edits);
            code.text.push('.');
            code.text.push_str(&attribute.attr);
            self.place_at_name(&mut code, attribute);
            self.push(code, effects);
        }
    }

    /// Whether looking up a method cannot fail, so that it may happen after the arguments.
    fn lookup_is_safe(&self, attribute: &ast::ExprAttribute) -> bool {
        self.resolution
            .builtin_methods
            .contains(&self.span(attribute))
            || self.is_of_module(&attribute.value)
            || self.is_own_method(attribute)
    }

    fn is_own_method(&self, attribute: &ast::ExprAttribute) -> bool {
        matches!(&*attribute.value, Expr::Name(name) if self.is_receiver(name))
            && self.home.has_method(&attribute.attr)
    }

    /// Evaluates an expression into a temporary.
    pub fn save(&mut self, expr: &Expr) -> String {
        self.refuse_uncarriable(expr);
        let name = self.temporary(&describe(expr));
        self.assign(&name, expr);
        self.replace(expr.range(), &name);
        name
    }

    fn refuse_uncarriable(&mut self, expr: &Expr) {
        if let Some(what) = refuse::uncarriable_operand(self, expr) {
            let refused = refuse::operand(what, self.span(expr));
            self.diagnostics.push(refused);
        }
    }

    fn save_as(&mut self, expr: &Expr, before: &str, after: &str) {
        self.refuse_uncarriable(expr);
        let name = self.temporary(&describe(expr));
        let mut effects = self.effects(expr);
        let mut code = self.text.render_operand(expr, &self.edits);
        code.text = format!("{name} = {before}{}{after}", code.text);
        effects.then(&Effects::of_binding(&name));
        self.push(code, effects);
        self.replace(expr.range(), &name);
    }

    fn is_receiver(&self, name: &ast::ExprName) -> bool {
        self.receiver == Some(name.id.as_str())
    }

    /// Whether evaluating an expression later, after other operands with sites, gives the same and cannot be told from now.
    fn is_stable(&self, expr: &Expr, later: &[Operand<'_>]) -> bool {
        if let Some(edit) = self.edits.at(expr.range()) {
            return !self.may_be_unbound(expr.range())
                && edit.uses.iter().all(|name| !self.rebinds(later, name));
        }
        match expr {
            Expr::NumberLiteral(_)
            | Expr::StringLiteral(_)
            | Expr::BytesLiteral(_)
            | Expr::BooleanLiteral(_)
            | Expr::NoneLiteral(_)
            | Expr::EllipsisLiteral(_) => true,
            Expr::Name(name) if self.locals.contains(name.id.as_str()) => {
                !self.may_be_unbound(name.range) && !self.rebinds(later, &name.id)
            }
            Expr::Name(name) => {
                self.is_receiver(name) || is_defined(self.model, self.function.module, &name.id)
            }
            Expr::Lambda(lambda) => lambda
                .parameters
                .as_deref()
                .is_none_or(|parameters| parameters.iter().all(|one| one.default().is_none())),
            Expr::Attribute(attribute) => self.is_of_module(expr) || self.is_own_method(attribute),
            Expr::UnaryOp(op) => matches!(&*op.operand, Expr::NumberLiteral(_)),
            Expr::Call(_) => match super_arguments(expr) {
                Some([]) => true,
                Some([class, of]) => {
                    self.is_of_module(class) && of.is_name_expr() && self.is_stable(of, later)
                }
                _ => false,
            },
            Expr::Tuple(tuple) => tuple
                .elts
                .iter()
                .all(|element| self.is_stable(element, later)),
            _ => false,
        }
    }

    fn rebinds(&self, later: &[Operand<'_>], name: &str) -> bool {
        later.iter().any(|operand| {
            let effects = match operand {
                Operand::Value(expr) | Operand::Unpacked(expr) | Operand::Mapping(expr) => {
                    self.effects(expr)
                }
                Operand::Receiver(attribute) => self.effects(&attribute.value),
                Operand::Field(field) => self.effects(&field.expression),
            };
            effects.may_bind.contains(name)
        })
    }

    /// Whether an expression is a name of the module, or an attribute of a module or class: entities cannot write those.
    fn is_of_module(&self, expr: &Expr) -> bool {
        match expr {
            Expr::Name(name) => {
                !self.locals.contains(name.id.as_str())
                    && !self.is_receiver(name)
                    && is_defined(self.model, self.function.module, &name.id)
                    && !matches!(
                        self.model.name(self.function.module, &name.id),
                        Some(Binding::Variable { .. })
                    )
            }
            Expr::Attribute(attribute) => self.is_of_module(&attribute.value),
            _ => false,
        }
    }

    fn lower_bool(&mut self, expr: &Expr, op: &ast::ExprBoolOp) {
        let [first, rest @ ..] = &*op.values else {
            return;
        };
        self.lower_expr(first);
        if !rest.iter().any(|value| self.has_site(value.range())) {
            return;
        }
        let role = match op.op {
            ast::BoolOp::And => Role::Part("and"),
            ast::BoolOp::Or => Role::Part("or"),
        };
        let name = self.temporary(&describe(expr));
        let join = self.block(role);
        self.assign(&name, first);
        let mut rest = rest;
        while let [value, others @ ..] = rest {
            let more = self.block(Role::Part("part"));
            self.branch_on(&name, op.op, expr, more, join);
            self.enter(more);
            self.lower_expr(value);
            if others.iter().any(|other| self.has_site(other.range())) {
                self.assign(&name, value);
                rest = others;
            } else {
                self.assign_rest((&name, expr.start()), op.op, value, others);
                break;
            }
        }
        self.end(Term::Goto(join));
        self.enter(join);
        self.replace(expr.range(), &name);
    }

    /// Goes on with the next operand, or past them where `name` decides.
    fn branch_on(
        &mut self,
        name: &str,
        op: ast::BoolOp,
        at: &Expr,
        more: super::cfg::BlockId,
        join: super::cfg::BlockId,
    ) {
        let (then, orelse) = match op {
            ast::BoolOp::And => (more, join),
            ast::BoolOp::Or => (join, more),
        };
        self.end(Term::Branch {
            test: Code::line(name, self.text.line(at.start())),
            effects: Effects::of_uses([name.to_owned()]),
            then,
            orelse,
        });
    }

    /// Assigns the rest of a boolean operation, from `value` on, which has no more sites. `at` is where the whole begins.
    fn assign_rest(
        &mut self,
        (name, at): (&str, TextSize),
        op: ast::BoolOp,
        value: &Expr,
        others: &[Expr],
    ) {
        let mut effects = self.effects(value);
        let mut code = self.text.render_operand_at(at, value, &self.edits);
        for other in others {
            let mut skipped = self.effects(other);
            skipped.binds.clear();
            effects.then(&skipped);
            let operand = self.text.render_operand(other, &self.edits);
            code.append(&format!(" {} ", op.as_str()), &operand);
        }
        code.text.insert_str(0, &format!("{name} = "));
        effects.then(&Effects::of_binding(name));
        self.push(code, effects);
    }

    fn lower_choice(&mut self, expr: &Expr, choice: &ast::ExprIf) {
        if !self.has_site(choice.body.range()) && !self.has_site(choice.orelse.range()) {
            return self.lower_expr(&choice.test);
        }
        let name = self.temporary(&describe(expr));
        let then = self.block(Role::Part("then"));
        let orelse = self.block(Role::Part("else"));
        let join = self.block(Role::Part("choice"));
        self.lower_condition(&choice.test, then, orelse);
        for (block, value) in [(then, &choice.body), (orelse, &choice.orelse)] {
            self.enter(block);
            self.lower_expr(value);
            self.assign(&name, value);
            self.end(Term::Goto(join));
        }
        self.enter(join);
        self.replace(expr.range(), &name);
    }

    fn lower_comparison(&mut self, expr: &Expr, compare: &ast::ExprCompare) {
        let [second, rest @ ..] = &*compare.comparators else {
            return;
        };
        if !rest.iter().any(|value| self.has_site(value.range())) {
            let operands = [Operand::Value(&compare.left), Operand::Value(second)];
            return self.lower_operands(&operands);
        }
        let name = self.temporary("comparison");
        let join = self.block(Role::Part("comparison"));
        let mut left = &*compare.left;
        self.lower_expr(left);
        for (index, right) in compare.comparators.iter().enumerate() {
            let rest = &compare.comparators[index + 1..];
            if !rest.iter().any(|value| self.has_site(value.range())) {
                self.lower_operands_after(left, right);
                self.assign_comparison(
                    (&name, expr.start()),
                    left,
                    &compare.ops[index..],
                    right,
                    rest,
                );
                break;
            }
            self.lower_link(left, right, rest);
            self.assign_comparison(
                (&name, expr.start()),
                left,
                &compare.ops[index..=index],
                right,
                &[],
            );
            let more = self.block(Role::Part("part"));
            self.branch_on(&name, ast::BoolOp::And, expr, more, join);
            self.enter(more);
            left = right;
        }
        self.end(Term::Goto(join));
        self.enter(join);
        self.replace(expr.range(), &name);
    }

    /// Evaluates what stands right of a comparison whose left side has been evaluated.
    fn lower_operands_after(&mut self, left: &Expr, right: &Expr) {
        if self.has_site(right.range()) {
            self.keep(&Operand::Value(left), &[Operand::Value(right)]);
            self.lower_expr(right);
        }
    }

    /// The same where the right side is compared again with what follows, so that it is kept.
    fn lower_link(&mut self, left: &Expr, right: &Expr, rest: &[Expr]) {
        let later: Vec<Operand<'_>> = rest.iter().map(Operand::Value).collect();
        if !self.has_site(right.range()) && self.is_stable(right, &later) {
            return;
        }
        self.keep(&Operand::Value(left), &[Operand::Value(right)]);
        self.lower_expr(right);
        self.keep(&Operand::Value(right), &later);
    }

    /// Assigns the comparison of two operands, and of those that follow them where they have no sites. `at` is where the whole
    /// begins.
    fn assign_comparison(
        &mut self,
        (name, at): (&str, TextSize),
        left: &Expr,
        ops: &[ast::CmpOp],
        right: &Expr,
        rest: &[Expr],
    ) {
        let mut effects = self.effects(left);
        let mut code = self.text.render_operand_at(at, left, &self.edits);
        for (index, (op, operand)) in ops
            .iter()
            .zip(std::iter::once(right).chain(rest))
            .enumerate()
        {
            let mut next = self.effects(operand);
            if index > 0 {
                next.binds.clear();
            }
            effects.then(&next);
            let operand = self.text.render_operand(operand, &self.edits);
            code.append(&format!(" {op} "), &operand);
        }
        effects.then(&Effects::of_binding(name));
        code.text.insert_str(0, &format!("{name} = "));
        self.push(code, effects);
    }

    /// Evaluates a condition and goes to one of two blocks, without computing its value where nobody asks for it.
    pub fn lower_condition(
        &mut self,
        test: &Expr,
        then: super::cfg::BlockId,
        orelse: super::cfg::BlockId,
    ) {
        match test {
            Expr::UnaryOp(op) if op.op == ast::UnaryOp::Not && self.has_site(test.range()) => {
                self.lower_condition(&op.operand, orelse, then);
            }
            Expr::BoolOp(op) if op.values[1..].iter().any(|v| self.has_site(v.range())) => {
                let (last, first) = op.values.split_last().unwrap_or((test, &[]));
                for value in first {
                    let more = self.block(Role::Part("part"));
                    match op.op {
                        ast::BoolOp::And => self.lower_condition(value, more, orelse),
                        ast::BoolOp::Or => self.lower_condition(value, then, more),
                    }
                    self.enter(more);
                }
                self.lower_condition(last, then, orelse);
            }
            _ => {
                let mark = self.fresh.mark();
                self.lower_expr(test);
                self.branch(test, then, orelse);
                self.fresh.release(mark);
            }
        }
    }

    fn lower_fstring(&mut self, string: &ast::ExprFString) {
        let fields: Vec<Operand<'_>> = string
            .value
            .elements()
            .filter_map(|element| element.as_interpolation())
            .map(Operand::Field)
            .collect();
        self.lower_operands(&fields);
    }

    fn lower_field(&mut self, field: &ast::InterpolatedElement) {
        if !self.has_site(field.range) {
            return;
        }
        let mut parts = vec![Operand::Value(&field.expression)];
        if let Some(spec) = &field.format_spec {
            parts.extend(
                spec.elements
                    .iter()
                    .filter_map(|element| element.as_interpolation())
                    .map(Operand::Field),
            );
        }
        self.lower_operands(&parts);
        self.show_text(field);
    }

    /// Keeps the text that a field with `=` shows of itself, where names in it are no longer what they were.
    pub fn keep_shown_text(&mut self, field: &ast::InterpolatedElement) {
        let is_changed = self.edits.any_in(field.range) && !self.has_site(field.range);
        if is_changed {
            self.show_text(field);
        }
    }

    /// Writes the text that a field with `=` shows of itself beside the field, whose own text has been changed.
    fn show_text(&mut self, field: &ast::InterpolatedElement) {
        let Some(shown) = field.debug_text.as_ref().map(ast::DebugText::as_str) else {
            return;
        };
        let mut uses: Vec<String> = self.field_effects(field).uses.into_iter().collect();
        let value = self.text.render_expr(&field.expression, &self.edits).text;
        let spec = field.format_spec.as_ref().map(|spec| {
            let spec = self.text.render(spec.range, &self.edits).text;
            format!(":{}", spec.trim_start_matches(':'))
        });
        let conversion = match (field.conversion.to_char(), &spec) {
            (Some(conversion), _) => format!("!{conversion}"),
            (None, None) => "!r".to_owned(),
            (None, Some(_)) => String::new(),
        };
        let shown = match shown.contains(['"', '\'', '\\', '\n']) {
            true => {
                let text = self.temporary("text");
                self.push_hidden(format!("{text} = {}", quoted(shown)), &[], Some(&text));
                uses.push(text.clone());
                format!("{{{text}}}")
            }
            false => shown.replace('{', "{{").replace('}', "}}"),
        };
        let text = format!("{shown}{{{value}{conversion}{}}}", spec.unwrap_or_default());
        self.edits.set(field.range, Edit { text, uses });
    }

    fn field_effects(&self, field: &ast::InterpolatedElement) -> Effects {
        let mut effects = self.effects(&field.expression);
        if let Some(spec) = &field.format_spec {
            for inner in spec
                .elements
                .iter()
                .filter_map(|one| one.as_interpolation())
            {
                effects.then(&self.effects(&inner.expression));
            }
        }
        effects
    }

    /// Formats a replacement field into a temporary: its value is turned into text before the next is evaluated.
    fn save_field(&mut self, field: &ast::InterpolatedElement) {
        let name = self.temporary(&format!("{}_text", describe(&field.expression)));
        let mut effects = self.field_effects(field);
        effects.then(&Effects::of_binding(&name));
        let mut code = self.text.render(field.range, &self.edits);
        let quote = match (code.text.contains('"'), code.text.contains('\n')) {
            (false, false) => "\"",
            (true, false) if !code.text.contains('\'') => "'",
            _ => "\"\"\"",
        };
        code.text = format!("{name} = f{quote}{}{quote}", code.text);
        self.push(code, effects);
        self.edits.set(
            field.range,
            Edit {
                text: format!("{{{name}}}"),
                uses: vec![name],
            },
        );
    }
}

/// A text as a literal of Python.
fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for letter in text.chars() {
        match letter {
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '"' | '\\' => quoted.extend(['\\', letter]),
            _ => quoted.push(letter),
        }
    }
    quoted.push('"');
    quoted
}

/// The operand that a keyword argument is.
pub fn keyword_operand(keyword: &ast::Keyword) -> Operand<'_> {
    match keyword.arg {
        None => Operand::Mapping(&keyword.value),
        Some(_) => Operand::Value(&keyword.value),
    }
}

/// The parts of an expression that are evaluated in any case, in that order.
fn operands(expr: &Expr) -> Vec<Operand<'_>> {
    match expr {
        Expr::Attribute(attribute) => vec![Operand::Value(&attribute.value)],
        Expr::Subscript(subscript) => {
            let mut parts = vec![Operand::Value(&subscript.value)];
            parts.extend(index_operands(&subscript.slice));
            parts
        }
        Expr::BinOp(op) => vec![Operand::Value(&op.left), Operand::Value(&op.right)],
        Expr::UnaryOp(op) => vec![Operand::Value(&op.operand)],
        Expr::Named(named) => vec![Operand::Value(&named.value)],
        Expr::Starred(starred) => vec![Operand::Value(&starred.value)],
        Expr::Await(await_) => vec![Operand::Value(&await_.value)],
        Expr::List(list) => list.elts.iter().map(element).collect(),
        Expr::Tuple(tuple) => tuple.elts.iter().map(element).collect(),
        Expr::Set(set) => set.elts.iter().map(element).collect(),
        Expr::Dict(dict) => dict
            .items
            .iter()
            .flat_map(|item| match &item.key {
                Some(key) => vec![Operand::Value(key), Operand::Value(&item.value)],
                None => vec![Operand::Mapping(&item.value)],
            })
            .collect(),
        _ => Vec::new(),
    }
}

/// The parts of an index; slices in it have no value of their own.
fn index_operands(index: &Expr) -> Vec<Operand<'_>> {
    match index {
        Expr::Slice(slice) => [&slice.lower, &slice.upper, &slice.step]
            .into_iter()
            .filter_map(|part| part.as_deref())
            .map(Operand::Value)
            .collect(),
        Expr::Tuple(tuple) if tuple.elts.iter().any(Expr::is_slice_expr) => tuple
            .elts
            .iter()
            .flat_map(|element| match element {
                Expr::Starred(_) => vec![self::element(element)],
                _ => index_operands(element),
            })
            .collect(),
        _ => vec![Operand::Value(index)],
    }
}

fn element(expr: &Expr) -> Operand<'_> {
    match expr {
        Expr::Starred(starred) => Operand::Unpacked(&starred.value),
        _ => Operand::Value(expr),
    }
}
