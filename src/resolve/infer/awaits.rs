//! What is awaited.

use super::super::code::CodeId;
use super::super::types::Type;
use super::Interpreter;
use crate::source::Span;
use crate::syntax::ast::{self, Expr};

impl Interpreter<'_, '_> {
    /// What awaiting an expression gives. A call of an asynchronous function has the type of what it returns.
    pub(super) fn awaited(&mut self, value: &Expr) -> Type {
        let at = self.at(value);
        if let Some(findings) = &mut self.findings {
            findings.awaited.insert(at);
        }
        self.expr(value)
    }

    /// Whether a call was found to reach an asynchronous method.
    pub(super) fn gives_coroutine(&self, call: &ast::ExprCall) -> bool {
        let at = self.at(call);
        let findings = self.findings.as_ref();
        findings.is_some_and(|found| found.method_calls.contains(&(at, true)))
    }

    /// Takes note that a call may reach a function.
    pub(super) fn note_method_call(&mut self, at: Span, code: CodeId) {
        let is_async = self.facts.codes.get(code).function.def.is_async;
        if let Some(findings) = &mut self.findings {
            findings.method_calls.insert((at, is_async));
        }
    }
}
