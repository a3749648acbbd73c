//! What is said about wrong or impossible uses of entities.

use super::code::CodeId;
use super::facts::Facts;
use super::types::{Reason, Why};
use crate::diagnostics::Diagnostic;
use crate::model::{Entity, EntityId, FunctionKind, nearest};
use crate::source::{FileId, Span};
use crate::syntax::{ast, span};

/// How an attribute of something unknown is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Use {
    /// Its value is read.
    Read,
    /// It is called.
    Call,
    /// It is assigned to.
    Assignment,
}

/// A method that the entity does not have.
pub(crate) fn unknown_method(
    facts: &Facts<'_>,
    id: EntityId,
    call: &ast::ExprCall,
    attribute: &ast::ExprAttribute,
    file: FileId,
) -> Diagnostic {
    let entity = facts.model.entity(id);
    let name = attribute.attr.as_str();
    let at = span(file, &attribute.attr);
    let mut diagnostic = Diagnostic::new(
        "E0201",
        format!("entity `{}` has no method `{name}`", entity.name),
        at,
        "no such method",
    )
    .also(
        class_span(facts, entity),
        format!("`{}` is defined here", entity.name),
    );
    let methods: Vec<&str> = callable(entity).collect();
    diagnostic = diagnostic.note(match methods.as_slice() {
        [] => format!("`{}` has no methods yet", entity.name),
        _ => format!("`{}` has {}", entity.name, listed(&methods)),
    });
    match nearest(name, methods.iter().copied()) {
        Some(meant) => diagnostic
            .help(format!("did you mean `{meant}`?"))
            .suggest(at, meant),
        None => diagnostic.help(format!(
            "define it in `{}`: `def {name}({}):`",
            entity.name,
            parameters_for(call)
        )),
    }
}

/// An attribute that the entity does not have.
pub(crate) fn unknown_attribute(
    facts: &Facts<'_>,
    id: EntityId,
    attribute: &ast::ExprAttribute,
    file: FileId,
) -> Diagnostic {
    let entity = facts.model.entity(id);
    let name = attribute.attr.as_str();
    let at = span(file, &attribute.attr);
    let diagnostic = Diagnostic::new(
        "E0202",
        format!("entity `{}` has no attribute `{name}`", entity.name),
        at,
        "no such attribute",
    )
    .also(
        class_span(facts, entity),
        format!("`{}` is defined here", entity.name),
    );
    if let Some(other) = entity.attribute(name) {
        return diagnostic
            .also(other.at, "it is assigned here, outside `__init__`")
            .note("only attributes that `__init__` assigns can be read from another entity")
            .help(format!("assign `{name}` in `__init__` too"));
    }
    let fields: Vec<&str> = entity.fields.iter().map(|field| field.name).collect();
    let diagnostic = diagnostic.note(match fields.as_slice() {
        [] => format!("`{}` has no attributes", entity.name),
        _ => format!("`{}` has {}", entity.name, listed(&fields)),
    });
    match nearest(name, fields.iter().copied().chain(callable(entity))) {
        Some(meant) => diagnostic
            .help(format!("did you mean `{meant}`?"))
            .suggest(at, meant),
        None => diagnostic.help(format!(
            "assign `{name}` in `__init__` of `{}`",
            entity.name
        )),
    }
}

/// A receiver whose type cannot be told, where an entity has an attribute of that name.
pub(crate) fn unknown_receiver(
    facts: &Facts<'_>,
    attribute: &ast::ExprAttribute,
    reason: &Reason,
    use_: Use,
    file: FileId,
) -> Option<Diagnostic> {
    let name = attribute.attr.as_str();
    let has_it = |entity: &&Entity<'_>| {
        entity.field(name).is_some()
            || (use_ != Use::Assignment && callable(entity).any(|method| method == name))
    };
    let candidates: Vec<&str> = facts
        .model
        .entities
        .iter()
        .filter(has_it)
        .map(|entity| entity.name)
        .collect();
    let entity = candidates.first()?;
    let receiver = facts
        .model
        .program
        .sources
        .text(span(file, &*attribute.value));
    let receiver = if receiver.contains('\n') {
        "this"
    } else {
        receiver
    };
    let diagnostic = Diagnostic::new(
        "E0203",
        format!("the type of `{receiver}` is not known, and it could be an entity"),
        span(file, &*attribute.value),
        match use_ {
            Use::Call => format!("`{name}` is a method of {}", either(&candidates)),
            Use::Read | Use::Assignment => format!("`{name}` is an attribute of {}", either(&candidates)),
        },
    )
    .note("a call or a read of another entity leaves this one, so it must be known where that happens");
    Some(with_reason(diagnostic, reason, entity))
}

fn with_reason(diagnostic: Diagnostic, reason: &Reason, entity: &str) -> Diagnostic {
    let own = "or with its own type if it is no entity";
    match &reason.why {
        Why::Parameter(name) => diagnostic
            .also(reason.at, "this parameter has no annotation")
            .help(format!("annotate it: `{name}: {entity}`, {own}")),
        Why::Any(name) => diagnostic
            .also(reason.at, format!("`{name}` does not say what it holds"))
            .help(format!("name the type: `{entity}`, `list[{entity}]`, {own}")),
        Why::Name(name) => diagnostic
            .also(reason.at, format!("`{name}` is not known as a type"))
            .help("import the class, or name it as it is defined at the top of a module"),
        Why::External(name) => diagnostic
            .also(reason.at, format!("{} was given an entity and may return it", quoted(name)))
            .help(format!("annotate the variable that takes the result: `x: {entity} = …`, {own}")),
        Why::Content => diagnostic
            .also(reason.at, "what this holds cannot be seen")
            .help(format!(
                "annotate it where it is first assigned: `list[{entity}]`, `dict[str, {entity}]`, {own}"
            )),
        Why::Complex => diagnostic
            .also(reason.at, "its type is too involved to be followed")
            .help("assign it to a variable with an annotation"),
    }
}

/// An assignment to an attribute of a reference.
pub(crate) fn assignment(
    facts: &Facts<'_>,
    id: EntityId,
    attribute: &ast::ExprAttribute,
    file: FileId,
) -> Diagnostic {
    let entity = facts.model.entity(id);
    let name = attribute.attr.as_str();
    Diagnostic::new(
        "E0205",
        format!("`{name}` belongs to another entity and cannot be changed from here"),
        span(file, attribute),
        format!("this is a reference to an entity `{}`", entity.name),
    )
    .also(class_span(facts, entity), format!("`{}` is defined here", entity.name))
    .note("an entity's attributes change only in its own methods")
    .help(format!(
        "call a method of `{}` that does it, such as `def set_{name}(self, value): self.{name} = value`",
        entity.name
    ))
}

/// A change of a container that was read from another entity.
pub(crate) fn change_of_copy(
    facts: &Facts<'_>,
    id: EntityId,
    attribute: &ast::ExprAttribute,
    at: Span,
) -> Diagnostic {
    let entity = facts.model.entity(id);
    Diagnostic::new(
        "E0206",
        format!(
            "this changes a copy of `{}`, not the entity `{}`",
            attribute.attr, entity.name
        ),
        at,
        "",
    )
    .also(
        class_span(facts, entity),
        format!("`{}` is defined here", entity.name),
    )
    .note("what is read from another entity arrives by value")
    .help(format!(
        "make the change in a method of `{}` and call that",
        entity.name
    ))
}

/// A method, property, static or class method that is looked up on a reference without being a call.
pub(crate) fn reference_member(
    facts: &Facts<'_>,
    code: CodeId,
    attribute: &ast::ExprAttribute,
    file: FileId,
) -> Diagnostic {
    let code = facts.codes.get(code);
    let name = &code.name;
    let at = span(file, &attribute.attr);
    let member = attribute.attr.as_str();
    match code.function.kind {
        _ if member == "__key__" || member == "__init__" => {
            Diagnostic::new("E0208", format!("`{name}` cannot be called on a reference"), at, "")
                .help("read the attributes that make up the key")
        }
        FunctionKind::Property => {
            Diagnostic::new("E0208", format!("reading the property `{name}` of another entity is not supported yet"), at, "")
                .help("make it a method and call it")
        }
        FunctionKind::Static | FunctionKind::Class => Diagnostic::new(
            "E0208",
            format!("`{name}` is not a method of the instance, and calling it through a reference is not supported yet"),
            at,
            "",
        )
        .help(format!("call it on the class: `{name}(…)`")),
        _ => Diagnostic::new(
            "E0207",
            format!("using the method `{name}` of another entity as a value is not supported yet"),
            at,
            "it is not called here",
        )
        .note("a method of a reference exists only as a call that leaves this entity")
        .help(format!("call it where it stands: `{}(…)`", attribute.attr)),
    }
}

/// A constant of the class that is read through a reference.
pub(crate) fn class_constant(
    facts: &Facts<'_>,
    id: EntityId,
    attribute: &ast::ExprAttribute,
    file: FileId,
) -> Diagnostic {
    let name = facts.model.entity(id).name;
    Diagnostic::new(
        "E0208",
        format!("`{}` belongs to the class `{name}`, and using it through a reference is not supported yet", attribute.attr),
        span(file, &attribute.attr),
        "",
    )
    .help(format!("write `{name}.{}`", attribute.attr))
}

/// A method that is looked up on the class.
pub(crate) fn unbound(facts: &Facts<'_>, code: CodeId, at: Span) -> Diagnostic {
    let name = &facts.codes.get(code).name;
    Diagnostic::new(
        "E0209",
        format!("using `{name}` through the class is not supported yet"),
        at,
        "",
    )
    .help("call the method on the instance")
}

/// A function that leaves its entity, used where it cannot be cut.
pub(crate) fn leaving_function(
    name: &str,
    handed_on: bool,
    at: Span,
    site: Option<Span>,
) -> Diagnostic {
    let message = if handed_on {
        format!("handing on `{name}`, which calls other entities, is not supported yet")
    } else {
        format!("calling `{name}`, which calls other entities, is not supported yet")
    };
    let diagnostic = Diagnostic::new("E0210", message, at, "")
        .note("only methods of entities can be cut where they leave their entity")
        .help("make it a method of the entity, or pass it values instead of references");
    match site {
        Some(site) => diagnostic.also(site, "here it leaves the entity"),
        None => diagnostic,
    }
}

/// `super()` in an entity.
pub(crate) fn super_call(at: Span) -> Diagnostic {
    Diagnostic::new(
        "E0211",
        "`super()` in an entity is not supported yet",
        at,
        "",
    )
    .help("leave it out: an entity has no base class with methods of its own")
}

/// `getattr` and its like on a reference.
pub(crate) fn dynamic_attribute(entity: &str, function: &str, at: Span) -> Diagnostic {
    Diagnostic::new(
        "E0212",
        format!("`{function}` cannot be used on a reference to an entity `{entity}`"),
        at,
        "",
    )
    .note("which attribute it is must be known when the app is compiled")
    .help(match function {
        "setattr" | "delattr" => format!("call a method of `{entity}` that makes the change"),
        _ => "name the attribute: `reference.attribute`".to_owned(),
    })
}

/// A pattern that looks into a reference.
pub(crate) fn pattern_on_reference(entity: &str, at: Span) -> Diagnostic {
    Diagnostic::new(
        "E0212",
        format!("a pattern that reads attributes of an entity `{entity}` is not supported yet"),
        at,
        "",
    )
    .help(format!(
        "match `{entity}()` and read the attributes in the body"
    ))
}

/// An entity's class, handed to something that would call it.
pub(crate) fn creation_by_others(entity: &str, function: &str, at: Span) -> Diagnostic {
    let function = function.strip_prefix("builtins.").unwrap_or(function);
    Diagnostic::new(
        "E0213",
        format!("creating `{entity}` from within `{function}` is not supported yet"),
        at,
        "",
    )
    .note("creating an entity leaves this one, which only code of this method can do")
    .help(format!("call `{entity}(…)` in a loop"))
}

/// A read of another entity whose value is dropped.
pub(crate) fn unused_read(at: Span) -> Diagnostic {
    Diagnostic::new("W0501", "the value read here is not used", at, "")
        .note("reading an attribute of another entity sends a message and waits for the answer")
        .help("remove it")
}

fn class_span(facts: &Facts<'_>, entity: &Entity<'_>) -> Span {
    span(
        facts.model.program.module(entity.module).file,
        &entity.class.name,
    )
}

/// The methods of an entity that can be called on a reference.
pub(crate) fn callable<'e>(entity: &'e Entity<'_>) -> impl Iterator<Item = &'e str> {
    let special = |name: &str| name.starts_with("__") && name.ends_with("__");
    entity
        .methods
        .iter()
        .filter(move |method| method.kind == FunctionKind::Method && !special(method.name))
        .map(|method| method.name)
}

/// Parameters that would take the arguments of a call.
fn parameters_for(call: &ast::ExprCall) -> String {
    let mut names = vec!["self".to_owned()];
    for (index, argument) in call.arguments.args.iter().enumerate() {
        names.push(match argument {
            ast::Expr::Name(name) if name.id != "self" => name.id.to_string(),
            ast::Expr::UnaryOp(ast::ExprUnaryOp { operand, .. }) if operand.is_name_expr() => {
                operand
                    .as_name_expr()
                    .map(|name| name.id.to_string())
                    .unwrap_or_default()
            }
            ast::Expr::Starred(_) => "*args".to_owned(),
            _ => format!("arg{}", index + 1),
        });
    }
    names.extend(
        call.arguments
            .keywords
            .iter()
            .map(|keyword| match &keyword.arg {
                Some(name) => name.to_string(),
                None => "**kwargs".to_owned(),
            }),
    );
    names.dedup();
    names.join(", ")
}

fn listed(names: &[&str]) -> String {
    let quoted: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    match quoted.as_slice() {
        [all @ .., last] if !all.is_empty() => format!("{} and {last}", all.join(", ")),
        _ => quoted.join(", "),
    }
}

fn either(names: &[&str]) -> String {
    let quoted: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    match quoted.as_slice() {
        [all @ .., last] if !all.is_empty() => format!("{} or {last}", all.join(", ")),
        _ => quoted.join(", "),
    }
}

fn quoted(name: &str) -> String {
    if name.contains(' ') {
        name.to_owned()
    } else {
        format!("`{name}`")
    }
}
