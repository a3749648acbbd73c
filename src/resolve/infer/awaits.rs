//! What is awaited.

use super::super::code::CodeId;
use super::super::gathers::{Gathered, gathered};
use super::super::types::Type;
use super::Interpreter;
use super::arguments::Args;
use super::findings::Gather;
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

    /// What a call that makes others in parallel gives. In a method that is not asynchronous, only `stateflow.gather` is one; with
    /// an argument that Python refuses, or may refuse, none is.
    pub(super) fn gather(&mut self, call: &ast::ExprCall, name: &str, args: &Args) -> Type {
        let mut keywords = call.arguments.keywords.iter();
        let is_one = (name == "stateflow.gather" || self.is_async())
            && keywords.all(|keyword| keyword.arg.as_deref() == Some("return_exceptions"));
        let elements = gathered(call).into_iter().filter_map(Gathered::element);
        let gather = Gather {
            at: self.at(call),
            branches: elements.map(|element| self.at(element)).collect(),
            return_exceptions: call
                .arguments
                .find_keyword("return_exceptions")
                .map(|keyword| self.at(keyword)),
        };
        let is_list =
            args.starred != Type::Never || call.arguments.args.iter().any(Expr::is_starred_expr);
        let mut results = args.positional.clone();
        if gather.return_exceptions.is_some() {
            results = results
                .into_iter()
                .map(|result| result.join(Type::Opaque))
                .collect();
        }
        if let Some(findings) = self.findings.as_mut().filter(|_| is_one) {
            findings.gathers.push(gather);
        }
        if is_list {
            return Type::list(Type::union(results).join(args.starred.clone()));
        }
        Type::Tuple(results)
    }

    /// Whether the function is asynchronous.
    fn is_async(&self) -> bool {
        self.code
            .is_some_and(|code| self.facts.codes.is_async(code))
    }

    /// Whether a call was found to reach an asynchronous method.
    pub(super) fn gives_coroutine(&self, call: &ast::ExprCall) -> bool {
        let at = self.at(call);
        let findings = self.findings.as_ref();
        let reached = findings.and_then(|found| found.method_calls.get(&at));
        reached.is_some_and(|codes| self.facts.codes.has_async(codes))
    }

    /// Takes note that a call may reach a function.
    pub(super) fn note_method_call(&mut self, at: Span, code: CodeId) {
        if let Some(findings) = &mut self.findings {
            findings.method_calls.entry(at).or_default().insert(code);
        }
    }
}
