//! What is said about wrong or impossible uses of entities.

use super::code::{CodeId, Owner};
use super::facts::Facts;
use super::types::{Reason, Why};
use crate::diagnostics::Diagnostic;
use crate::model::{ClassRef, Entity, EntityId, FunctionKind, nearest};
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
    let methods = callable(facts, id);
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
    match nearest(name, fields.iter().copied().chain(callable(facts, id))) {
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
    receiver: Span,
    name: &str,
    reason: &Reason,
    use_: Use,
) -> Option<Diagnostic> {
    let entities = facts.model.entities.iter().zip(0..);
    let has_it = |(entity, id): &(&Entity<'_>, u32)| {
        entity.field(name).is_some()
            || match use_ {
                Use::Assignment => is_property(facts, EntityId(*id), name),
                Use::Read | Use::Call => callable(facts, EntityId(*id)).contains(&name),
            }
    };
    let candidates: Vec<&str> = entities
        .filter(has_it)
        .map(|(entity, _)| entity.name)
        .collect();
    let entity = candidates.first()?;
    let text = facts.model.program.sources.text(receiver);
    let shown = if text.contains('\n') {
        "this".to_owned()
    } else {
        format!("`{text}`")
    };
    let diagnostic = Diagnostic::new(
        "E0203",
        format!("the type of {shown} is not known, and it could be an entity"),
        receiver,
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

/// A method that is looked up on a reference without being called, or one that cannot be called there.
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
        _ if member == "__key__" || member == "__init__" => Diagnostic::new(
            "E0208",
            format!("`{name}` cannot be called on a reference"),
            at,
            "",
        )
        .help("read the attributes that make up the key"),
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

/// Why a method cannot be used through its class.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ThroughClass {
    /// It is not called there.
    Value,
    /// What it is called on does not stand first, or cannot be told.
    NoReceiver,
    /// It may be called on what is not of the class.
    AnotherClass,
    /// It is a special method.
    Special,
}

/// A method that is looked up on the class.
pub(crate) fn unbound(facts: &Facts<'_>, code: CodeId, why: ThroughClass, at: Span) -> Diagnostic {
    let code = facts.codes.get(code);
    let name = &code.name;
    let (message, note, help) = match why {
        ThroughClass::Value => (
            format!("`{name}` is used through the class without being called"),
            "whoever calls it may call it on another entity, and the method that does so cannot be cut there".to_owned(),
            format!("call it where it stands: `{name}(…)`"),
        ),
        ThroughClass::NoReceiver => (
            format!("what `{name}` is called on cannot be told"),
            "through the class, a method is called on its first argument, and where that is another entity the call leaves this one".to_owned(),
            "write the instance as the first argument, with a type".to_owned(),
        ),
        ThroughClass::AnotherClass => (
            format!("`{name}` may be called on something that does not have it"),
            "the entity that is called has the methods of its own class and of its bases alone".to_owned(),
            "call the method on the instance, or test with `isinstance` before".to_owned(),
        ),
        ThroughClass::Special => (
            format!("`{name}` cannot be called on another entity"),
            "special methods belong to the entity itself".to_owned(),
            format!("give `{}` a method with an ordinary name", owner_of(name)),
        ),
    };
    Diagnostic::new("E0209", message, at, "")
        .note(note)
        .help(help)
}

/// The class in the name of a method.
fn owner_of(name: &str) -> &str {
    name.rsplit_once('.').map_or(name, |(owner, _)| owner)
}

/// Why a function that leaves its entity cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refused {
    /// It is handed on, to be called by others.
    HandedOn,
    /// It makes an object.
    Construction,
    /// It is a generator, or decorated.
    Wrapped,
    /// Python calls it by itself.
    Special,
}

/// A function that leaves its entity, used where it cannot be cut.
pub(crate) fn leaving_function(name: &str, why: Refused, at: Span, site: Span) -> Diagnostic {
    let (message, note, help) = match why {
        Refused::HandedOn => (
            format!("handing on `{name}`, which calls other entities, is not supported yet"),
            "whoever gets it would call it where nothing can be cut",
            "call it where it stands, in a loop if it is to be called for many values",
        ),
        Refused::Construction => (
            format!(
                "making an object by `{name}`, which calls other entities, is not supported yet"
            ),
            "an object is made in one piece",
            "read the values before, and pass them",
        ),
        Refused::Wrapped => (
            format!("calling `{name}`, which calls other entities, is not supported yet"),
            "it is a generator, or has a decorator: a call of it does not simply run it, so it cannot be cut",
            "make it a plain function that returns a list or a value",
        ),
        Refused::Special => (
            format!("`{name}`, which calls other entities, cannot be cut"),
            "Python calls such a method by itself, where nothing can be cut",
            "give it an ordinary name, and call that",
        ),
    };
    Diagnostic::new("E0210", message, at, "")
        .also(site, "here it leaves the entity")
        .note(note)
        .help(help)
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

/// A class pattern that does not say which attributes of an entity it reads.
pub(crate) fn pattern_by_position(entity: &str, at: Span) -> Diagnostic {
    Diagnostic::new(
        "E0212",
        format!("a pattern looks at an entity `{entity}` without naming the attribute"),
        at,
        "",
    )
    .note("which attribute it is must be known when the app is compiled")
    .help(format!("name the attribute: `{entity}(attribute=…)`"))
}

/// A class pattern that asks an entity for what it does not have.
pub(crate) fn pattern_of_nothing(entity: &str, name: &str, at: Span) -> Diagnostic {
    Diagnostic::new(
        "E0212",
        format!("`{name}` is no attribute that can be read of an entity `{entity}`"),
        at,
        "",
    )
    .note("a pattern reads fields, constants and properties of another entity")
    .help(format!(
        "match `{entity}()`, and call its methods in the body"
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

/// The methods and properties of an entity that can be used on a reference.
fn callable<'e>(facts: &Facts<'e>, id: EntityId) -> Vec<&'e str> {
    let special = |name: &str| name.starts_with("__") && name.ends_with("__");
    let methods = facts.model.all_methods(ClassRef::Entity(id)).into_iter();
    methods
        .filter(|(_, method)| {
            matches!(method.kind, FunctionKind::Method | FunctionKind::Property)
                && !special(method.name)
        })
        .map(|(_, method)| method.name)
        .collect()
}

fn is_property(facts: &Facts<'_>, id: EntityId, name: &str) -> bool {
    let code = facts.codes.member(Owner::Entity(id), name);
    code.is_some_and(|code| facts.is_property(code))
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
