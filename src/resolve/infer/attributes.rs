//! Attributes: fields, methods, members of classes and modules.

use super::super::builtins::has_method;
use super::super::code::{CodeId, Owner};
use super::super::facts::Facts;
use super::super::types::{Reason, Type};
use super::super::{Site, errors};
use super::Interpreter;
use super::arguments::Args;
use super::findings::{OwnCall, Via};
use super::members::Found;
use crate::diagnostics::Diagnostic;
use crate::model::{ClassRef, EntityId, FunctionKind};
use crate::source::Span;
use crate::syntax::ast;

impl<'a> Interpreter<'a, '_> {
    pub(super) fn attribute(&mut self, attribute: &ast::ExprAttribute) -> Type {
        let receiver = self.expr(&attribute.value);
        self.note_lookup(attribute, &receiver);
        let type_ = self.read(attribute, &receiver);
        self.narrowed(attribute).unwrap_or(type_)
    }

    pub(super) fn note_lookup(&mut self, attribute: &ast::ExprAttribute, receiver: &Type) {
        let (at, on) = (self.at(attribute), self.at(&*attribute.value));
        if let Some(findings) = &mut self.findings
            && receiver.is_builtin()
        {
            findings.builtin_receivers.push(on);
            if has_method(receiver, &attribute.attr) {
                findings.builtin_methods.push(at);
            }
        }
    }

    fn read(&mut self, attribute: &ast::ExprAttribute, receiver: &Type) -> Type {
        let mut targets = Vec::new();
        let mut types = Vec::new();
        for member in receiver.members() {
            let type_ = match member {
                Type::Entity { id, is_self: true } => self.read_own(attribute, *id),
                Type::Entity { id, is_self: false } => {
                    self.read_reference(attribute, *id, &mut targets)
                }
                Type::EntityClass(id) => self.read_entity_class(attribute, *id),
                Type::Super(class) => self.read_super(attribute, *class),
                Type::Unknown(reason) => {
                    self.refuse_unknown(attribute, reason, errors::Use::Read);
                    member.clone()
                }
                _ => {
                    for id in self.facts.entities_behind(member) {
                        let type_ = self.read_reference(attribute, id, &mut targets);
                        types.push(type_);
                    }
                    self.read_other(attribute, member)
                }
            };
            types.push(type_);
        }
        self.site(self.at(attribute), targets, |targets| Site::Read {
            targets,
        });
        Type::union(types)
    }

    /// An attribute of the receiver itself, read here.
    fn read_own(&mut self, attribute: &ast::ExprAttribute, id: EntityId) -> Type {
        let receiver = Type::Entity { id, is_self: true };
        match self.find(&receiver, &attribute.attr) {
            Found::Value(type_) => type_,
            Found::Code(_) => self.read_codes(&receiver, attribute),
            Found::Nothing => {
                let file = self.file;
                self.report(|facts| errors::unknown_attribute(facts, id, attribute, file));
                Type::Opaque
            }
        }
    }

    /// Functions of which one is read without being called: a property runs, others are handed on.
    fn read_codes(&mut self, receiver: &Type, attribute: &ast::ExprAttribute) -> Type {
        let codes = self.facts.codes_of(receiver, &attribute.attr);
        let at = self.at(attribute);
        Type::union(codes.into_iter().map(|code| {
            let value = self.read_code(code, at);
            match self.facts.is_property(code) {
                true => self.result_of(code, Some(receiver), &Args::default()),
                false => value,
            }
        }))
    }

    fn read_code(&mut self, code: CodeId, at: Span) -> Type {
        if self.facts.is_property(code) {
            self.own_call(at, code, Via::Property);
            return self.facts.result(code);
        }
        self.own_call(at, code, Via::Value);
        Type::Bound(code)
    }

    fn read_reference(
        &mut self,
        attribute: &ast::ExprAttribute,
        id: EntityId,
        targets: &mut Vec<String>,
    ) -> Type {
        let name = attribute.attr.as_str();
        if name == "__class__" {
            return Type::EntityClass(id);
        }
        let reference = Type::reference(id);
        let file = self.file;
        match self.find(&reference, name) {
            Found::Code(code) if self.facts.is_property(code) => {
                targets.extend(self.facts.targets(id, name));
                self.results(&reference, name)
            }
            Found::Code(code) if self.facts.is_method(code) => {
                self.report(|facts| errors::reference_member(facts, code, attribute, file));
                self.facts.result(code)
            }
            Found::Code(_) => self.read_codes(&reference, attribute),
            Found::Value(type_) if self.facts.is_readable(id, name) => {
                targets.extend(self.facts.targets(id, name));
                type_
            }
            _ => {
                self.report(|facts| errors::unknown_attribute(facts, id, attribute, file));
                Type::Opaque
            }
        }
    }

    /// What the functions of that name give that a value may have.
    pub(super) fn results(&mut self, value: &Type, name: &str) -> Type {
        let args = Args::default();
        let mut codes = self.facts.codes_of(value, name);
        for id in self.facts.entities_behind(value) {
            codes.extend(self.facts.codes_of(&Type::reference(id), name));
        }
        Type::union(
            codes
                .into_iter()
                .map(|code| self.result_of(code, Some(value), &args)),
        )
    }

    fn read_super(&mut self, attribute: &ast::ExprAttribute, class: ClassRef) -> Type {
        let codes = self.facts.inherited(class, &attribute.attr);
        let at = self.at(attribute);
        Type::union(codes.into_iter().map(|code| self.read_code(code, at)))
    }

    fn read_entity_class(&mut self, attribute: &ast::ExprAttribute, id: EntityId) -> Type {
        match self.find(&Type::EntityClass(id), &attribute.attr) {
            Found::Value(type_) => type_,
            Found::Code(code) if self.facts.is_method(code) => {
                let at = self.at(attribute);
                self.report(|facts| errors::unbound(facts, code, errors::ThroughClass::Value, at));
                Type::Opaque
            }
            Found::Code(code) if self.facts.is_property(code) => {
                self.property_of_class(attribute, &Type::Entity { id, is_self: true })
            }
            Found::Code(code) => self.read_code(code, self.at(attribute)),
            Found::Nothing => Type::Opaque,
        }
    }

    /// A property that is looked up on its class: whoever gets it may run all that it is made of.
    fn property_of_class(&mut self, attribute: &ast::ExprAttribute, instance: &Type) -> Type {
        let name = attribute.attr.as_str();
        let mut codes = self.facts.codes_of(instance, name);
        for kind in [FunctionKind::Setter, FunctionKind::Deleter] {
            codes.extend(self.facts.accessors_of(instance, name, kind));
        }
        for code in codes {
            self.own_call(self.at(attribute), code, Via::Value);
        }
        Type::Opaque
    }

    fn read_other(&mut self, attribute: &ast::ExprAttribute, member: &Type) -> Type {
        match (self.find(member, &attribute.attr), member) {
            (Found::Value(type_), _) => {
                self.handed_on(&type_, self.at(attribute));
                type_
            }
            (Found::Code(code), Type::ClassObject(id)) if self.facts.is_property(code) => {
                self.property_of_class(attribute, &Type::instance(*id))
            }
            (Found::Code(_), _) => self.read_codes(member, attribute),
            (Found::Nothing, _) => self.of_python(attribute, member),
        }
    }

    /// An attribute that Python's own classes have. Whoever has a method of a container gets what the container holds.
    fn of_python(&mut self, attribute: &ast::ExprAttribute, container: &Type) -> Type {
        if !container.is_container() {
            return self.of_exception(container, &attribute.attr);
        }
        let at = self.at(&*attribute.value);
        match self.method_result(container, &attribute.attr, &Args::default(), at) {
            Some(result) if result.may_hold_entity() => Type::Callable(Box::new(result)),
            _ => Type::Opaque,
        }
    }

    /// What reading an attribute gives, without any consequences.
    pub(super) fn read_quietly(&mut self, receiver: &Type, name: &str) -> Type {
        let members = receiver.members().to_vec();
        Type::union(
            members
                .into_iter()
                .map(|member| match self.find(&member, name) {
                    Found::Value(type_) => type_,
                    Found::Code(code) if self.facts.is_property(code) => {
                        self.results(&member, name)
                    }
                    Found::Code(code) => Type::Bound(code),
                    Found::Nothing => match member {
                        Type::Unknown(_) => member,
                        member => self.of_exception(&member, name),
                    },
                }),
        )
    }

    /// Takes note that functions are handed on, to be called by whoever gets them.
    pub(super) fn handed_on(&mut self, type_: &Type, at: Span) {
        for member in type_.members() {
            match member {
                Type::Function(function) => {
                    let code = self.facts.codes.function(*function);
                    self.own_call(at, code, Via::Value);
                }
                Type::Bound(code) => self.own_call(at, *code, Via::Value),
                _ => {}
            }
        }
    }

    pub(super) fn own_call(&mut self, at: Span, code: CodeId, via: Via) {
        if let Some(findings) = &mut self.findings {
            findings.own_calls.push(OwnCall { at, code, via });
        }
    }

    /// Takes note of a site, where it reaches anything.
    pub(super) fn site(
        &mut self,
        at: Span,
        mut targets: Vec<String>,
        site: impl FnOnce(Vec<String>) -> Site,
    ) {
        if let Some(findings) = &mut self.findings
            && !targets.is_empty()
        {
            targets.sort();
            targets.dedup();
            findings.sites.push((at, site(targets)));
        }
    }

    /// Reports, in the last pass, what is made of the facts.
    pub(super) fn report(&mut self, make: impl FnOnce(&Facts<'a>) -> Diagnostic) {
        if let Some(findings) = &mut self.findings {
            let diagnostic = make(self.facts);
            if !findings.diagnostics.contains(&diagnostic) {
                findings.diagnostics.push(diagnostic);
            }
        }
    }

    /// Refuses a receiver that cannot be told, where an entity has an attribute of that name.
    pub(super) fn refuse_unknown(
        &mut self,
        attribute: &ast::ExprAttribute,
        reason: &Reason,
        use_: errors::Use,
    ) {
        let receiver = self.at(&*attribute.value);
        self.refuse_unknown_at(receiver, &attribute.attr, reason, use_);
    }

    /// The same for what reaches an attribute by its name.
    pub(super) fn refuse_unknown_at(
        &mut self,
        receiver: Span,
        name: &str,
        reason: &Reason,
        use_: errors::Use,
    ) {
        if !self.recording() {
            return;
        }
        let diagnostic = errors::unknown_receiver(self.facts, receiver, name, reason, use_);
        if let Some(diagnostic) = diagnostic {
            self.report(|_| diagnostic);
        }
    }

    pub(super) fn refuse_assignment(&mut self, attribute: &ast::ExprAttribute, id: EntityId) {
        let file = self.file;
        self.report(|facts| errors::assignment(facts, id, attribute, file));
    }

    /// Refuses to change a container that was read from another entity: it is a copy.
    pub(super) fn refuse_change_of_copy(
        &mut self,
        change: &impl crate::syntax::Ranged,
        container: &ast::Expr,
    ) {
        let ast::Expr::Attribute(attribute) = container else {
            return;
        };
        if !self.recording() {
            return;
        }
        let receiver = self.peek(&attribute.value);
        let members = receiver.members().iter();
        let mut read_from = members.flat_map(|member| self.facts.entities_behind(member));
        let Some(id) = read_from.next() else {
            return;
        };
        let value = self.facts.field(Owner::Entity(id), &attribute.attr);
        if value.is_some_and(|value| value.members().iter().any(is_container)) {
            let at = self.at(change);
            self.report(|facts| errors::change_of_copy(facts, id, attribute, at));
        }
    }

    pub(super) fn unused_read(&mut self, attribute: &ast::ExprAttribute) {
        let at = self.at(attribute);
        let Some(findings) = &mut self.findings else {
            return;
        };
        let is_read =
            |(found, site): &(Span, Site)| *found == at && matches!(site, Site::Read { .. });
        if findings.sites.iter().any(is_read) {
            self.report(|_| errors::unused_read(at));
        }
    }
}

fn is_container(type_: &Type) -> bool {
    matches!(
        type_.peel(),
        Type::List(_) | Type::Set(_) | Type::Dict(..) | Type::Iter(_)
    )
}
