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
            &creation(app, entity),
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

/// The method to show: rather one that is cut, and rather one that is handed an entity as it stands.
fn choose(app: &App) -> Option<(&Entity, &Method)> {
    let methods = app.entities.iter().flat_map(|entity| {
        let public = entity
            .methods
            .iter()
            .filter(|method| !method.name.starts_with('_'));
        public.map(move |method| (entity, method))
    });
    let plainness = |(_, method): &(&Entity, &Method)| {
        let is_plain = !matches!(method.body, Body::Split { .. });
        let mut required = method.params.iter().filter(|param| is_required(param));
        (
            is_plain,
            !required.any(|param| matches!(param.type_, Type::Entity { .. })),
        )
    };
    methods.min_by_key(plainness)
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

/// The parameters of a creation. Amounts are given also where they have a default, which tends to be nothing: with some of
/// everything the call that follows is likely to succeed.
fn creation(app: &App, entity: &Entity) -> Value {
    let mut body = arguments(app, &entity.init);
    for param in &entity.init {
        let is_key = entity.key.fields.contains(&param.name);
        if !is_key && matches!(param.type_, Type::Int | Type::Float) {
            body[&param.name] = json!(10);
        }
    }
    body
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ir::{Field, Key, Lines, VERSION};

    fn param(name: &str, type_: Type, default: Option<&str>) -> Param {
        Param {
            name: name.to_owned(),
            kind: ParamKind::Regular,
            type_,
            default: default.map(str::to_owned),
        }
    }

    fn origin() -> Lines {
        Lines {
            path: "shop.py".to_owned(),
            first: 1,
            last: 1,
        }
    }

    fn entity(name: &str, key: &str, init: Vec<Param>, methods: Vec<Method>) -> Entity {
        Entity {
            name: name.to_owned(),
            module: "shop".to_owned(),
            doc: None,
            origin: origin(),
            key: Key {
                type_: KeyType::Str,
                fields: vec![key.to_owned()],
            },
            fields: Vec::<Field>::new(),
            init,
            methods,
        }
    }

    fn method(name: &str, params: Vec<Param>, body: Body) -> Method {
        Method {
            name: name.to_owned(),
            doc: None,
            origin: origin(),
            is_async: false,
            params,
            returns: Type::Any,
            body,
        }
    }

    fn split() -> Body {
        Body::Split {
            module: "shop".to_owned(),
            function: "User.buy".to_owned(),
        }
    }

    #[test]
    fn entities_are_created_before_one_is_called() {
        let item = Type::Entity {
            name: "Item".to_owned(),
        };
        let items = Type::List {
            of: Box::new(item.clone()),
        };
        let methods = vec![
            method("buy_all", vec![param("items", items, None)], split()),
            method(
                "buy_item",
                vec![param("amount", Type::Int, None), param("item", item, None)],
                split(),
            ),
            method("deposit", vec![], Body::Plain),
        ];
        let app = App {
            version: VERSION,
            name: "shop".to_owned(),
            requires_python: None,
            requirements: Vec::new(),
            modules: Vec::new(),
            entities: vec![
                entity(
                    "Item",
                    "name",
                    vec![
                        param("name", Type::Str, None),
                        param("price", Type::Int, None),
                    ],
                    vec![],
                ),
                entity(
                    "User",
                    "username",
                    vec![
                        param("username", Type::Str, None),
                        param("balance", Type::Int, Some("0")),
                    ],
                    methods,
                ),
            ],
            functions: Vec::new(),
        };
        assert_eq!(
            curl(&app, "http://127.0.0.1:80"),
            [
                r#"curl http://127.0.0.1:80/Item --json '{"name":"name","price":10}'"#,
                r#"curl http://127.0.0.1:80/User --json '{"username":"username","balance":10}'"#,
                r#"curl http://127.0.0.1:80/User/username/buy_item --json '{"amount":1,"item":"name"}'"#,
            ]
        );
    }
}
