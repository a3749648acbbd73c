//! What exceptions of Python's own classes hold.

use super::super::builtins;
use super::super::types::{Type, Why};
use super::Interpreter;
use super::arguments::Args;
use crate::model::ClassRef;
use crate::source::Span;

impl Interpreter<'_, '_> {
    /// Takes note of what an exception is made with: whoever catches it finds that among its arguments.
    pub(super) fn note_thrown(&mut self, class: &str, args: &Args, at: Span) {
        let may_hold = args.all().any(Type::may_hold_entity);
        if may_hold && self.facts.thrown == Type::Never {
            self.facts.thrown = Type::unknown(Why::External(class.to_owned()), at);
            self.facts.changed = true;
        }
    }

    /// What an attribute gives that Python's own classes of exceptions have.
    pub(super) fn of_exception(&self, object: &Type, name: &str) -> Type {
        if !self.is_exception(object) {
            return Type::Opaque;
        }
        let thrown = || self.facts.thrown.clone().join(Type::Opaque);
        let exception = |class: &str| Type::External(format!("builtins.{class}"));
        match name {
            "args" => Type::tuple_of(thrown()),
            "value" | "code" => thrown(),
            "exceptions" => Type::tuple_of(exception("Exception")),
            "__cause__" | "__context__" => exception("BaseException").optional(),
            _ => Type::Opaque,
        }
    }

    /// Whether it is an instance of one of Python's own classes of exceptions, or of a class of the app's that inherits from one.
    pub(super) fn is_exception(&self, object: &Type) -> bool {
        match object {
            Type::External(name) => is_exception_class(name),
            Type::Instance { id, .. } => {
                let class = ClassRef::Class(*id);
                self.facts
                    .model
                    .has_external_base(class, is_exception_class)
            }
            _ => false,
        }
    }
}

fn is_exception_class(dotted: &str) -> bool {
    dotted
        .strip_prefix("builtins.")
        .is_some_and(builtins::is_exception)
}
