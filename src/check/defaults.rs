//! Defaults of parameters that other machines fill in.

use crate::diagnostics::Diagnostic;
use crate::model::{Binding, ClassRef, FunctionKind, Model};
use crate::resolve::values::{external, is_container, makes_constant, makes_container};
use crate::syntax::ast::Expr;
use crate::syntax::{ModuleId, span};

/// Reports defaults of entities' methods that could be changed, or are not the same everywhere.
pub(super) fn check(model: &Model<'_>, diagnostics: &mut Vec<Diagnostic>) {
    let is_entity = |class: &ClassRef| matches!(class, ClassRef::Entity(_));
    let classes = model.class_refs();
    let classes = classes.filter(|class| model.derived(*class).iter().any(is_entity));
    let methods = classes.flat_map(|class| model.methods(class));
    for method in methods.filter(|method| method.kind == FunctionKind::Method) {
        for param in &method.params {
            let Some(default) = param.default else {
                continue;
            };
            let file = model.program.module(method.module).file;
            let fault = fault(model, method.module, default);
            diagnostics.extend(fault.map(|fault| report(fault, param.name, span(file, default))));
        }
    }
}

/// What is wrong with a default.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fault {
    /// It can be changed.
    Mutable,
    /// It is whatever a call gives when the module is imported.
    Computed,
}

fn fault(model: &Model<'_>, module: ModuleId, default: &Expr) -> Option<Fault> {
    if makes_container(model, module, default) {
        return Some(Fault::Mutable);
    }
    match default {
        Expr::Call(call) => match external(model, module, &call.func) {
            Some(name) if makes_constant(&name) => {
                let keywords = call.arguments.keywords.iter().map(|keyword| &keyword.value);
                call.arguments
                    .args
                    .iter()
                    .chain(keywords)
                    .find_map(|argument| {
                        fault(model, module, argument).filter(|fault| *fault == Fault::Computed)
                    })
            }
            _ => Some(Fault::Computed),
        },
        Expr::Name(_) | Expr::Attribute(_) => match model.dotted(module, default) {
            Some(Binding::Variable {
                module,
                annotation,
                value,
            }) => is_container(model, module, value, annotation).then_some(Fault::Mutable),
            _ => None,
        },
        Expr::Tuple(tuple) => tuple
            .elts
            .iter()
            .find_map(|element| fault(model, module, element)),
        Expr::BinOp(binary) => {
            fault(model, module, &binary.left).or_else(|| fault(model, module, &binary.right))
        }
        Expr::UnaryOp(unary) => fault(model, module, &unary.operand),
        _ => None,
    }
}

fn report(fault: Fault, param: &str, at: crate::source::Span) -> Diagnostic {
    match fault {
        Fault::Mutable => Diagnostic::new(
            "E0304",
            format!("the default of `{param}` can be changed"),
            at,
            "",
        )
        .note("calls on different machines do not share it, as they would in plain Python")
        .help(format!(
            "write `{param} = None` and make it in the body, or use a tuple"
        )),
        Fault::Computed => Diagnostic::new(
            "E0304",
            format!("the default of `{param}` is computed when the module is imported"),
            at,
            "",
        )
        .note("every worker imports the module on its own and may get another value")
        .help(format!("write `{param} = None` and compute it in the body")),
    }
}
