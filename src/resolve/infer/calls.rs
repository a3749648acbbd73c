//! Calls.

use super::super::code::{CodeId, Owner};
use super::super::types::Type;
use super::super::{Site, errors, signature};
use super::Interpreter;
use super::arguments::Args;
use super::attributes::Found;
use super::findings::{SelfCall, Via};
use crate::model::{EntityId, FunctionKind};
use crate::source::Span;
use crate::syntax::ast::{self, Expr};

impl Interpreter<'_, '_> {
    pub(super) fn call(&mut self, call: &ast::ExprCall) -> Type {
        match &*call.func {
            Expr::Attribute(attribute) => {
                let receiver = self.expr(&attribute.value);
                self.note_receiver(&attribute.value, &receiver);
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
        let at = self.at(call);
        let members = callee.members().to_vec();
        Type::union(members.into_iter().map(|member| match member {
            Type::EntityClass(id) => self.create(call, id),
            Type::ClassObject(id) => self.construct(at, id),
            Type::Function(function) => {
                let code = self.facts.codes.function(function);
                self.call_code(at, code)
            }
            Type::Bound(code) => self.call_code(at, code),
            Type::Callable(result) => *result,
            Type::Symbol(name) => self.symbol_call(call, &name, args),
            Type::Unknown(_) => member,
            Type::Instance(class) => match self.find(&Type::Instance(class), "__call__") {
                Found::Code(code) => self.call_code(at, code),
                _ => self.foreign_result("this call", args, at),
            },
            _ => self.foreign_result("this call", args, at),
        }))
    }

    fn call_code(&mut self, at: Span, code: CodeId) -> Type {
        self.own_call(at, code, Via::Call);
        self.facts.result(code)
    }

    fn construct(&mut self, at: Span, class: crate::model::ClassId) -> Type {
        for name in ["__new__", "__init__", "__post_init__"] {
            if let Found::Code(code) = self.find(&Type::Instance(class), name) {
                self.own_call(at, code, Via::Call);
            }
        }
        Type::Instance(class)
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
                Type::Entity { id, is_self: true } => {
                    self.call_own(call, attribute, *id, &args, &mut remote)
                }
                Type::Entity { id, is_self: false } => {
                    self.call_reference(call, attribute, *id, &args, &mut remote)
                }
                Type::EntityClass(id) => self.call_on_entity_class(call, attribute, *id, &args),
                Type::Unknown(reason) => {
                    self.refuse_unknown(attribute, reason, errors::Use::Call);
                    member.clone()
                }
                _ => self.call_on_other(call, attribute, member, &args),
            };
            types.push(type_);
        }
        self.note_remote(call, attribute, remote);
        Type::union(types)
    }

    fn narrowed_receiver(&self, attribute: &ast::ExprAttribute, receiver: &Type) -> Type {
        match &*attribute.value {
            Expr::Attribute(inner) => self.narrowed(inner).unwrap_or_else(|| receiver.clone()),
            _ => receiver.clone(),
        }
    }

    fn note_remote(
        &mut self,
        call: &ast::ExprCall,
        attribute: &ast::ExprAttribute,
        mut remote: Remote,
    ) {
        self.site(self.at(attribute), remote.reads, |targets| Site::Read {
            targets,
        });
        if remote.calls.is_empty() {
            if let Some(findings) = &mut self.findings {
                findings.self_calls.extend(remote.own);
            }
            return;
        }
        remote
            .calls
            .extend(remote.own.into_iter().map(|own| own.target));
        self.site(self.at(call), remote.calls, |targets| Site::Call {
            targets,
        });
    }

    /// A call of a method of the receiver itself.
    fn call_own(
        &mut self,
        call: &ast::ExprCall,
        attribute: &ast::ExprAttribute,
        id: EntityId,
        args: &Args,
        remote: &mut Remote,
    ) -> Type {
        let name = attribute.attr.as_str();
        match self.find(&Type::Entity { id, is_self: true }, name) {
            Found::Code(code) => match self.facts.codes.get(code).function.kind {
                FunctionKind::Method => {
                    let shown = self.facts.codes.get(code).name.clone();
                    self.check_signature(call, Some(code), &shown);
                    self.note_method_call(call, code);
                    remote.own.push(SelfCall {
                        at: self.at(call),
                        target: (id, name.to_owned()),
                        code,
                    });
                    self.facts.result(code)
                }
                FunctionKind::Property => {
                    self.own_call(self.at(attribute), code, Via::Property);
                    let value = self.facts.result(code);
                    self.call_with(call, &value, args)
                }
                _ => self.call_code(self.at(call), code),
            },
            Found::Value(value) => self.call_with(call, &value, args),
            Found::Nothing => {
                let file = self.file;
                self.report(|facts| errors::unknown_method(facts, id, call, attribute, file));
                Type::Opaque
            }
        }
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
        match self.find(&Type::reference(id), name) {
            Found::Code(code) if self.facts.is_method(code) && !is_special(name) => {
                let shown = self.facts.codes.get(code).name.clone();
                self.check_signature(call, Some(code), &shown);
                self.note_method_call(call, code);
                remote.calls.push((id, name.to_owned()));
                return self.facts.result(code);
            }
            Found::Code(code) => {
                self.report(|facts| errors::reference_member(facts, code, attribute, file))
            }
            Found::Value(value) if self.facts.model.entity(id).field(name).is_some() => {
                remote.reads.push((id, name.to_owned()));
                return self.call_with(call, &value, args);
            }
            Found::Value(_) if is_special(name) => return Type::Opaque,
            Found::Value(_) if self.facts.in_class_body(Owner::Entity(id), name) => {
                self.report(|facts| errors::class_constant(facts, id, attribute, file));
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
    ) -> Type {
        match self.find(&Type::EntityClass(id), &attribute.attr) {
            Found::Code(code) if self.facts.is_method(code) => {
                let at = self.at(attribute);
                self.report(|facts| errors::unbound(facts, code, at));
                self.facts.result(code)
            }
            Found::Code(code) => self.call_code(self.at(call), code),
            Found::Value(value) => self.call_with(call, &value, args),
            Found::Nothing => Type::Opaque,
        }
    }

    fn call_on_other(
        &mut self,
        call: &ast::ExprCall,
        attribute: &ast::ExprAttribute,
        member: &Type,
        args: &Args,
    ) -> Type {
        if *member == super::builtin_calls::super_object() {
            return self.call_on_super(call, attribute);
        }
        match self.find(member, &attribute.attr) {
            Found::Code(code) => self.call_code(self.at(call), code),
            Found::Value(value) => self.call_with(call, &value, args),
            Found::Nothing => self.container_call(call, attribute, member, args),
        }
    }

    fn call_on_super(&mut self, call: &ast::ExprCall, attribute: &ast::ExprAttribute) -> Type {
        match self.owner {
            Owner::Entity(_) => {
                let at = self.at(call);
                self.report(|_| errors::super_call(at));
                Type::Opaque
            }
            Owner::Class(class) => {
                let bases = self.facts.bases(class);
                Type::union(
                    bases
                        .into_iter()
                        .map(|base| match self.find(&base, &attribute.attr) {
                            Found::Code(code) => self.call_code(self.at(call), code),
                            _ => Type::Opaque,
                        }),
                )
            }
            Owner::Module => Type::Opaque,
        }
    }
}

/// What a method call may reach that is not here.
#[derive(Default)]
struct Remote {
    calls: Vec<(EntityId, String)>,
    reads: Vec<(EntityId, String)>,
    own: Vec<SelfCall>,
}

fn is_special(name: &str) -> bool {
    name.starts_with("__") && name.ends_with("__")
}
