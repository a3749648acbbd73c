//! What expressions at the top of a module make.

use crate::model::{Binding, Model};
use crate::syntax::ModuleId;
use crate::syntax::ast::Expr;

/// What a dotted name at the top of a module stands for, through variables that are other names for it.
pub(crate) fn unaliased<'m>(
    model: &'m Model<'m>,
    module: ModuleId,
    expr: &Expr,
) -> Option<Binding<'m>> {
    model.unaliased(module, expr, |value| value)
}

/// The dotted name of something from outside the app.
pub(crate) fn external<'m>(model: &'m Model<'m>, module: ModuleId, expr: &Expr) -> Option<String> {
    match unaliased(model, module, expr)? {
        Binding::External(dotted) => Some(dotted),
        _ => None,
    }
}

/// Whether an expression makes a list, a set, a dictionary or another container that can be changed.
pub(crate) fn makes_container<'m>(model: &'m Model<'m>, module: ModuleId, expr: &Expr) -> bool {
    match expr {
        Expr::List(_)
        | Expr::Dict(_)
        | Expr::Set(_)
        | Expr::ListComp(_)
        | Expr::DictComp(_)
        | Expr::SetComp(_) => true,
        Expr::Call(call) => {
            external(model, module, &call.func).is_some_and(|name| is_container_class(&name))
        }
        _ => false,
    }
}

/// Whether a name or an attribute of a class holds such a container.
pub(crate) fn is_container(
    model: &Model<'_>,
    module: ModuleId,
    value: Option<&Expr>,
    annotation: Option<&Expr>,
) -> bool {
    let annotated = annotation.is_some_and(|annotation| {
        let class = match annotation {
            Expr::Subscript(generic) => &*generic.value,
            other => other,
        };
        external(model, module, class).is_some_and(|name| is_container_class(&name))
    });
    annotated || value.is_some_and(|value| makes_container(model, module, value))
}

fn is_container_class(dotted: &str) -> bool {
    matches!(
        dotted,
        "builtins.list"
            | "builtins.dict"
            | "builtins.set"
            | "builtins.bytearray"
            | "collections.deque"
            | "collections.defaultdict"
            | "collections.OrderedDict"
            | "collections.Counter"
            | "collections.ChainMap"
            | "typing.List"
            | "typing.Dict"
            | "typing.Set"
            | "typing.Deque"
            | "typing.DefaultDict"
            | "typing.OrderedDict"
            | "typing.Counter"
    )
}

/// Whether a call makes a value that never changes and is the same wherever it is made.
pub(crate) fn makes_constant(dotted: &str) -> bool {
    matches!(
        dotted,
        "builtins.tuple"
            | "builtins.frozenset"
            | "builtins.int"
            | "builtins.float"
            | "builtins.str"
            | "builtins.bytes"
            | "builtins.bool"
            | "builtins.complex"
            | "builtins.range"
            | "builtins.len"
            | "builtins.min"
            | "builtins.max"
            | "builtins.abs"
            | "builtins.sum"
            | "builtins.round"
            | "decimal.Decimal"
            | "fractions.Fraction"
            | "datetime.date"
            | "datetime.time"
            | "datetime.datetime"
            | "datetime.timedelta"
            | "datetime.timezone"
            | "zoneinfo.ZoneInfo"
            | "uuid.UUID"
            | "pathlib.Path"
            | "pathlib.PurePath"
            | "re.compile"
    )
}
