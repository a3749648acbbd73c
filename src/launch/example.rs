//! Example requests for the app's own entities.

use serde_json::{Map, Value, json};

use crate::ir::{App, Body, Entity, KeyType, Method, Param, ParamKind, Type};

/// How deep values of containers are made up.
const DEPTH: usize = 3;

/// `curl` lines that create what is needed and call a method: one that leaves its entity, where the app has such.
pub fn curl(app: &App, address: &str) -> Vec<String> {
    let create = |entity: &Entity| {
        line(
            &format!("{address}/{}", entity.name),
            &arguments(app, &entity.init),
        )
    };
    let Some((entity, method)) = choose(app) else {
        return app.entities.iter().map(create).collect();
    };
    let params = entity.init.iter().chain(&method.params);
    let mut needed = vec![entity];
    needed.extend(
        params
            .filter(|param| is_required(param))
            .flat_map(|param| entities_in(app, &param.type_)),
    );
    needed.sort_by(|a, b| a.name.cmp(&b.name));
    needed.dedup_by(|a, b| a.name == b.name);
    let mut lines: Vec<String> = needed.into_iter().map(create).collect();
    let path = format!("{address}/{}/{}/{}", entity.name, key(entity), method.name);
    lines.push(line(&path, &arguments(app, &method.params)));
    lines
}

fn choose(app: &App) -> Option<(&Entity, &Method)> {
    let public = || {
        app.entities.iter().flat_map(|entity| {
            let methods = entity.methods.iter();
            methods
                .filter(|method| !method.name.starts_with('_'))
                .map(move |method| (entity, method))
        })
    };
    public()
        .find(|(_, method)| matches!(method.body, Body::Split { .. }))
        .or_else(|| public().next())
}

fn line(url: &str, body: &Value) -> String {
    let body = body.to_string().replace('\'', r"'\''");
    format!("curl {url} --json '{body}'")
}

fn is_required(param: &Param) -> bool {
    param.default.is_none()
        && !matches!(param.kind, ParamKind::VarPositional | ParamKind::VarKeyword)
}

fn arguments(app: &App, params: &[Param]) -> Value {
    let params = params.iter().filter(|param| is_required(param));
    let body: Map<String, Value> = params
        .map(|param| {
            let value = value(app, &param.type_, &param.name, DEPTH);
            (param.name.clone(), value)
        })
        .collect();
    Value::Object(body)
}

/// The key that an entity made from [`arguments`] has, as a segment of a path.
fn key(entity: &Entity) -> &str {
    match (entity.key.type_, entity.key.fields.as_slice()) {
        (KeyType::Int, _) => "1",
        (KeyType::Str, [field]) if entity.init.iter().any(|param| param.name == *field) => field,
        (KeyType::Str, _) => "KEY",
    }
}

fn find<'a>(app: &'a App, name: &str) -> Option<&'a Entity> {
    app.entities.iter().find(|entity| entity.name == name)
}

fn entities_in<'a>(app: &'a App, type_: &Type) -> Vec<&'a Entity> {
    match type_ {
        Type::Entity { name } => find(app, name).into_iter().collect(),
        Type::Tuple { of } => of.iter().flat_map(|of| entities_in(app, of)).collect(),
        Type::Union(union) => entities_in(app, &union.of[0]),
        Type::List { of } | Type::Set { of } | Type::Frozenset { of } | Type::TupleOf { of } => {
            entities_in(app, of)
        }
        _ => Vec::new(),
    }
}

fn value(app: &App, type_: &Type, name: &str, depth: usize) -> Value {
    let of = |type_: &Type| value(app, type_, name, depth.saturating_sub(1));
    match type_ {
        _ if depth == 0 => Value::Null,
        Type::Any | Type::Str => json!(name),
        Type::None => Value::Null,
        Type::Bool => json!(true),
        Type::Int => json!(1),
        Type::Float => json!(1.0),
        Type::Bytes => json!(""),
        Type::Class { module, name } => class(module, name),
        Type::Entity { name } => reference(app, name),
        Type::List { of: element }
        | Type::Set { of: element }
        | Type::Frozenset { of: element }
        | Type::TupleOf { of: element } => json!([of(element)]),
        Type::Dict { .. } => json!({}),
        Type::Tuple { of: elements } => elements.iter().map(of).collect(),
        Type::Union(union) => of(&union.of[0]),
        Type::Literal { values } => values.first().cloned().unwrap_or_default(),
    }
}

fn reference(app: &App, name: &str) -> Value {
    match find(app, name) {
        Some(entity) if entity.key.type_ == KeyType::Int => json!(1),
        Some(entity) => json!(key(entity)),
        None => Value::Null,
    }
}

fn class(module: &str, name: &str) -> Value {
    match (module, name) {
        ("decimal", "Decimal") => json!("1.00"),
        ("datetime", "datetime") => json!("2026-01-31T12:00:00"),
        ("datetime", "date") => json!("2026-01-31"),
        ("datetime", "time") => json!("12:00:00"),
        ("datetime", "timedelta") => json!("PT1H"),
        ("uuid", "UUID") => json!("12345678-1234-5678-1234-567812345678"),
        _ => json!({}),
    }
}
