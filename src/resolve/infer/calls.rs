//! Calls.

use std::collections::BTreeSet;

use super::super::code::{CodeId, Owner};
use super::super::types::Type;
use super::super::{Site, errors, signature};
use super::Interpreter;
use super::arguments::Args;
use super::findings::Via;
use super::members::Found;
use crate::model::{ClassId, ClassRef, EntityId};
use crate::syntax::ast::{self, Expr};

impl Interpreter<'_, '_> {
    pub(super) fn call(&mut self, call: &ast::ExprCall) -> Type {
        match &*call.func {
            Expr::Attribute(attribute) => {
                let receiver = self.expr(&attribute.value);
                self.note_lookup(attribute, &receiver);
                let result = self.method_call(call, attribute, &receiver);
                if !receiver.is_builtin() && !matches!(receiver, Type::Symbol(_)) {
                    self.env.forget_attributes();
                }
                result
            }
            Expr::Name(name) => {
                let callee = self.name(&name.id);
                let result = self.value_call(call, &callee);
                if !matches!(callee, Type::Symbol(_)) {
                    self.env.forget_attributes();
                }
                result
            }
            callee => {
                let callee = self.expr(callee);
                self.value_call(call, &callee)
            }
        }
    }

    fn value_call(&mut self, call: &ast::ExprCall, callee: &Type) -> Type {
        let args = self.arguments_for(call, callee);
        self.call_with(call, callee, &args)
    }

    fn arguments_for(&mut self, call: &ast::ExprCall, callee: &Type) -> Args {
        let gets = match callee {
            Type::Symbol(name) => super::builtin_calls::lambda_gets(name),
            _ => super::arguments::LambdaGets::Anything,
        };
        self.arguments_with(&call.arguments, gets)
    }

    /// Calls a value that is not looked up on a receiver.
    fn call_with(&mut self, call: &ast::ExprCall, callee: &Type, args: &Args) -> Type {
        let members = callee.members().to_vec();
        Type::union(members.into_iter().map(|member| match member {
            Type::EntityClass(id) => self.create(call, id),
            Type::ClassObject(id) => self.construct(call, id, args),
            Type::Function(function) => {
                let code = self.facts.codes.function(function);
                self.call_code(call, code, None, args)
            }
            Type::Bound(code) => self.call_code(call, code, None, args),
            Type::Callable(result) => *result,
            Type::Symbol(name) => self.symbol_call(call, &name, args),
            Type::Unknown(_) => member,
            Type::Instance { .. } => match self.find(&member, "__call__") {
                Found::Code(_) => self.call_codes(call, &member, "__call__", args),
                _ => self.foreign_result(call, "this call", args),
            },
            _ => self.foreign_result(call, "this call", args),
        }))
    }

    fn call_code(
        &mut self,
        call: &ast::ExprCall,
        code: CodeId,
        receiver: Option<&Type>,
        args: &Args,
    ) -> Type {
        let at = self.at(call);
        self.grow_arguments(call, code, 0);
        self.own_call(at, code, Via::Call);
        self.note_method_call(at, code);
        self.result_of(code, receiver, args)
    }

    /// Calls what may have that name on a value, here.
    fn call_codes(&mut self, call: &ast::ExprCall, value: &Type, name: &str, args: &Args) -> Type {
        let codes = self.facts.codes_of(value, name);
        Type::union(
            codes
                .into_iter()
                .map(|code| self.call_code(call, code, Some(value), args)),
        )
    }

    fn construct(&mut self, call: &ast::ExprCall, class: ClassId, args: &Args) -> Type {
        let at = self.at(call);
        for name in ["__new__", "__init__", "__post_init__"] {
            if let Found::Code(code) = self.find(&Type::instance(class), name) {
                self.grow_arguments(call, code, 0);
                self.own_call(at, code, Via::Construction);
            }
        }
        if self.is_exception(&Type::instance(class)) {
            self.note_thrown(self.facts.model.class(class).class.name.as_str(), args, at);
        }
        self.made(class, args)
    }

    fn create(&mut self, call: &ast::ExprCall, id: EntityId) -> Type {
        let at = self.at(call);
        if let Some(findings) = &mut self.findings {
            findings.sites.push((at, Site::Create { entity: id }));
        }
        let init = self.facts.codes.member(Owner::Entity(id), "__init__");
        self.check_signature(call, init, self.facts.model.entity(id).name);
        Type::reference(id)
    }

    fn check_signature(&mut self, call: &ast::ExprCall, code: Option<CodeId>, name: &str) {
        if self.recording() {
            let found = signature::check(self.facts, call, code, name, self.file);
            found
                .into_iter()
                .for_each(|diagnostic| self.report(|_| diagnostic));
        }
    }

    fn method_call(
        &mut self,
        call: &ast::ExprCall,
        attribute: &ast::ExprAttribute,
        receiver: &Type,
    ) -> Type {
        let receiver = &self.narrowed_receiver(attribute, receiver);
        let args = self.method_arguments(call, attribute, receiver);
        let mut remote = Remote::default();
        let mut types = Vec::new();
        for member in receiver.members() {
            let type_ = match member {
                Type::Entity { id, is_self: true } => self.call_own(call, attribute, *id, &args),
                Type::Entity { id, is_self: false } => {
                    self.call_reference(call, attribute, *id, &args, &mut remote)
                }
                Type::EntityClass(id) => {
                    self.call_on_entity_class(call, attribute, *id, &args, &mut remote)
                }
                Type::Unknown(reason) => {
                    self.refuse_unknown(attribute, reason, errors::Use::Call);
                    let grown = self.grown_unknown(call, &attribute.attr, &args);
                    self.grow(&attribute.value, grown);
                    member.clone()
                }
                Type::Super(class) => self.call_on_super(call, attribute, *class, &args),
                _ => {
                    for id in self.facts.entities_behind(member) {
                        let type_ = self.call_reference(call, attribute, id, &args, &mut remote);
                        types.push(type_);
                    }
                    self.call_on_other(call, attribute, member, &args, &mut remote)
                }
            };
            types.push(type_);
        }
        self.site(self.at(attribute), remote.reads, |targets| Site::Read {
            targets,
        });
        self.site(self.at(call), remote.calls, |targets| Site::Call {
            targets,
        });
        Type::union(types)
    }

    fn narrowed_receiver(&self, attribute: &ast::ExprAttribute, receiver: &Type) -> Type {
        match &*attribute.value {
            Expr::Attribute(inner) => self.narrowed(inner).unwrap_or_else(|| receiver.clone()),
            _ => receiver.clone(),
        }
    }

    /// A call of a method of the receiver itself.
    fn call_own(
        &mut self,
        call: &ast::ExprCall,
        attribute: &ast::ExprAttribute,
        id: EntityId,
        args: &Args,
    ) -> Type {
        let receiver = Type::Entity { id, is_self: true };
        match self.find(&receiver, &attribute.attr) {
            Found::Code(code) => {
                if self.facts.is_method(code) {
                    let shown = self.facts.codes.get(code).name.clone();
                    self.check_signature(call, Some(code), &shown);
                }
                self.call_found(call, attribute, &receiver, args)
            }
            Found::Value(value) => self.call_with(call, &value, args),
            Found::Nothing => {
                let file = self.file;
                self.report(|facts| errors::unknown_method(facts, id, call, attribute, file));
                Type::Opaque
            }
        }
    }

    /// A call of functions that a receiver has, and that run here.
    fn call_found(
        &mut self,
        call: &ast::ExprCall,
        attribute: &ast::ExprAttribute,
        receiver: &Type,
        args: &Args,
    ) -> Type {
        let codes = self.facts.codes_of(receiver, &attribute.attr);
        self.call_each(call, attribute, codes, Some(receiver), args)
    }

    fn call_each(
        &mut self,
        call: &ast::ExprCall,
        attribute: &ast::ExprAttribute,
        codes: Vec<CodeId>,
        receiver: Option<&Type>,
        args: &Args,
    ) -> Type {
        Type::union(codes.into_iter().map(|code| {
            if self.facts.is_property(code) {
                self.own_call(self.at(attribute), code, Via::Property);
                let value = self.facts.result(code);
                return self.call_with(call, &value, args);
            }
            self.call_code(call, code, receiver, args)
        }))
    }

    /// A call of a method of another entity.
    fn call_reference(
        &mut self,
        call: &ast::ExprCall,
        attribute: &ast::ExprAttribute,
        id: EntityId,
        args: &Args,
        remote: &mut Remote,
    ) -> Type {
        let name = attribute.attr.as_str();
        let file = self.file;
        let reference = Type::reference(id);
        match self.find(&reference, name) {
            Found::Code(code) if is_special(name) => {
                self.report(|facts| errors::reference_member(facts, code, attribute, file))
            }
            Found::Code(code) if self.facts.is_method(code) => {
                let shown = self.facts.codes.get(code).name.clone();
                self.check_signature(call, Some(code), &shown);
                for code in self.facts.codes_of(&reference, name) {
                    self.note_method_call(self.at(call), code);
                }
                remote.calls.extend(self.facts.targets(id, name));
                return self.results(&reference, name);
            }
            Found::Code(code) if self.facts.is_property(code) => {
                remote.reads.extend(self.facts.targets(id, name));
                let value = self.results(&reference, name);
                return self.call_with(call, &value, args);
            }
            Found::Code(_) => return self.call_found(call, attribute, &reference, args),
            Found::Value(_) if is_special(name) => return Type::Opaque,
            Found::Value(value) if self.facts.is_readable(id, name) => {
                remote.reads.extend(self.facts.targets(id, name));
                return self.call_with(call, &value, args);
            }
            _ => self.report(|facts| errors::unknown_method(facts, id, call, attribute, file)),
        }
        Type::Opaque
    }

    fn call_on_entity_class(
        &mut self,
        call: &ast::ExprCall,
        attribute: &ast::ExprAttribute,
        id: EntityId,
        args: &Args,
        remote: &mut Remote,
    ) -> Type {
        let class = Type::EntityClass(id);
        match self.find(&class, &attribute.attr) {
            Found::Code(code) if self.facts.is_method(code) => {
                self.call_unbound(call, attribute, code, args, remote)
            }
            Found::Code(_) => self.call_found(call, attribute, &class, args),
            Found::Value(value) => self.call_with(call, &value, args),
            Found::Nothing => Type::Opaque,
        }
    }

    /// `Base.method(receiver, …)` runs that very function, where the receiver is.
    fn call_unbound(
        &mut self,
        call: &ast::ExprCall,
        attribute: &ast::ExprAttribute,
        code: CodeId,
        args: &Args,
        remote: &mut Remote,
    ) -> Type {
        let first = call.arguments.args.first();
        if first.is_some_and(|receiver| self.is_nothing(receiver)) {
            return self.facts.result(code);
        }
        let receiver = args.positional(0);
        let (at, named_at) = (self.at(call), self.at(attribute));
        let elsewhere: BTreeSet<EntityId> = receiver
            .members()
            .iter()
            .flat_map(|member| self.facts.entities_behind(member))
            .collect();
        if let Some(why) = self.why_not_through_class(call, code, &receiver, &elsewhere) {
            self.report(|facts| errors::unbound(facts, code, why, named_at));
            return self.facts.result(code);
        }
        if let Some(findings) = &mut self.findings {
            findings.unbound.push((at, code));
        }
        for id in &elsewhere {
            let targets = self.facts.targets(*id, &attribute.attr);
            remote.calls.extend(targets);
        }
        let is_reference = |member: &Type| matches!(member, Type::Entity { is_self: false, .. });
        if !elsewhere.is_empty() && receiver.members().iter().all(is_reference) {
            self.note_method_call(at, code);
            return self.result_of(code, None, &Args::default());
        }
        self.grow_arguments(call, code, 1);
        self.own_call(at, code, Via::Call);
        self.note_method_call(at, code);
        self.result_of(code, None, &Args::default())
    }

    /// Why a method cannot be called through its class on such a receiver, which may be one of these entities.
    fn why_not_through_class(
        &self,
        call: &ast::ExprCall,
        code: CodeId,
        receiver: &Type,
        elsewhere: &BTreeSet<EntityId>,
    ) -> Option<errors::ThroughClass> {
        let is_given = call
            .arguments
            .args
            .first()
            .is_some_and(|first| !first.is_starred_expr());
        if !is_given || *receiver == Type::Never || receiver.reason().is_some() {
            return Some(errors::ThroughClass::NoReceiver);
        }
        if elsewhere.is_empty() {
            return None;
        }
        let callee = self.facts.codes.get(code);
        if is_special(callee.function.name) {
            return Some(errors::ThroughClass::Special);
        }
        let definer = callee.owner.class();
        let inherits = |class: ClassRef| {
            let mut order = self.facts.model.order(class).iter();
            order.any(|base| Some(*base) == definer)
        };
        let mut ids = elsewhere.iter();
        let fits = ids.all(|id| inherits(ClassRef::Entity(*id)))
            && receiver
                .members()
                .iter()
                .all(|member| member.class().is_some_and(inherits));
        (!fits).then_some(errors::ThroughClass::AnotherClass)
    }

    fn call_on_other(
        &mut self,
        call: &ast::ExprCall,
        attribute: &ast::ExprAttribute,
        member: &Type,
        args: &Args,
        remote: &mut Remote,
    ) -> Type {
        match self.find(member, &attribute.attr) {
            Found::Code(code)
                if matches!(member, Type::ClassObject(_)) && self.facts.is_method(code) =>
            {
                self.call_unbound(call, attribute, code, args, remote)
            }
            Found::Code(_) => self.call_found(call, attribute, member, args),
            Found::Value(value) => self.call_with(call, &value, args),
            Found::Nothing => self.container_call(call, attribute, member, args),
        }
    }

    fn call_on_super(
        &mut self,
        call: &ast::ExprCall,
        attribute: &ast::ExprAttribute,
        class: ClassRef,
        args: &Args,
    ) -> Type {
        let codes = self.facts.inherited(class, &attribute.attr);
        if codes.is_empty() {
            return Type::Opaque;
        }
        self.call_each(call, attribute, codes, None, args)
    }
}

/// What a method call may reach that is not here.
#[derive(Default)]
struct Remote {
    calls: Vec<String>,
    reads: Vec<String>,
}

fn is_special(name: &str) -> bool {
    name.starts_with("__") && name.ends_with("__")
}
