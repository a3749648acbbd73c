use super::*;

fn json(type_: &ir::Type) -> String {
    serde_json::to_value(type_).unwrap().to_string()
}

#[test]
fn fields_have_the_types_that_init_gives_them() {
    let source = program(
        "
from decimal import Decimal

@stateflow.entity
class Shop:
    total: Decimal

    def __init__(self, name: str, item: Item, tags=()):
        self.name = name
        self.item = item
        self.count = 0
        self.rate = 1.5
        self.open = True
        self.best = None
        self.items = []
        self.total = 0
        self.limit = Decimal('1')
        self.tags = tags

    def __key__(self):
        return self.name

    def put(self, item: Item):
        self.best = item
        self.items.append(item)
        self.count += 0.5
",
    );
    let found = resolved(&[("app.py", &source)], |model, resolution, _| {
        let shop = model
            .entities
            .iter()
            .position(|entity| entity.name == "Shop")
            .unwrap();
        let entity = &model.entities[shop];
        entity
            .fields
            .iter()
            .map(|field| {
                let type_ = &resolution.fields[&(EntityId(shop as u32), field.name.to_owned())];
                format!("{}: {}", field.name, json(type_))
            })
            .collect::<Vec<_>>()
    });
    let item = r#"{"kind":"entity","name":"Item"}"#;
    let decimal = r#"{"kind":"class","module":"decimal","name":"Decimal"}"#;
    assert_eq!(
        found,
        [
            r#"name: {"kind":"str"}"#.to_owned(),
            format!("item: {item}"),
            r#"count: {"kind":"int"}"#.to_owned(),
            r#"rate: {"kind":"float"}"#.to_owned(),
            r#"open: {"kind":"bool"}"#.to_owned(),
            format!(r#"best: {{"kind":"union","of":[{{"kind":"none"}},{item}]}}"#),
            r#"items: {"kind":"list","of":{"kind":"any"}}"#.to_owned(),
            format!("total: {decimal}"),
            format!("limit: {decimal}"),
            r#"tags: {"kind":"any"}"#.to_owned(),
        ]
    );
}

#[test]
fn annotations_are_given_by_their_place() {
    let source = program(
        "
import datetime as dt
from typing import Literal, Mapping
class Kind: pass

@stateflow.entity
class Shop:
    def __init__(self, name: str):
        self.name = name

    def __key__(self):
        return self.name

    def go(self, a: 'list[Item]', b: Mapping[str, Item | None], c: Kind, d: Literal['x', -1],
           e: dt.date, f: tuple[int, ...], *g: bytes, h: Nothing) -> tuple[float, set[bool]]:
        return 1.0, set()
",
    );
    let found = resolved(&[("app.py", &source)], |model, resolution, _| {
        let mut found: Vec<_> = resolution.annotations.iter().collect();
        found.sort_by_key(|(at, _)| **at);
        found
            .into_iter()
            .map(|(at, type_)| format!("{} = {}", model.program.sources.text(*at), json(type_)))
            .collect::<Vec<_>>()
    });
    let item = r#"{"kind":"entity","name":"Item"}"#;
    let expected = [
        format!(r#"'list[Item]' = {{"kind":"list","of":{item}}}"#),
        format!(
            r#"Mapping[str, Item | None] = {{"kind":"dict","key":{{"kind":"str"}},"value":{{"kind":"union","of":[{item},{{"kind":"none"}}]}}}}"#
        ),
        r#"Kind = {"kind":"class","module":"app","name":"Kind"}"#.to_owned(),
        r#"Literal['x', -1] = {"kind":"literal","values":["x",-1]}"#.to_owned(),
        r#"dt.date = {"kind":"class","module":"datetime","name":"date"}"#.to_owned(),
        r#"tuple[int, ...] = {"kind":"tuple_of","of":{"kind":"int"}}"#.to_owned(),
        r#"bytes = {"kind":"bytes"}"#.to_owned(),
        r#"Nothing = {"kind":"any"}"#.to_owned(),
        r#"tuple[float, set[bool]] = {"kind":"tuple","of":[{"kind":"float"},{"kind":"set","of":{"kind":"bool"}}]}"#
            .to_owned(),
    ];
    assert_eq!(found[found.len() - expected.len()..], expected);
}

#[test]
fn builtin_receivers_and_their_methods_are_noted() {
    let source = method(
        ", names: list[str], item: Item, other",
        "names.append('x')\n'a'.join(names)\nother.strip()\nself.items.append(item)\nself.name.append('x')\nitem.tags.index('x')",
    );
    let (receivers, methods) = resolved(&[("app.py", &source)], |model, resolution, _| {
        let texts = |spans: &HashSet<Span>| {
            let mut spans: Vec<_> = spans.iter().copied().collect();
            spans.sort();
            let texts = spans.into_iter().map(|at| model.program.sources.text(at));
            texts.map(str::to_owned).collect::<Vec<_>>()
        };
        (
            texts(&resolution.builtin_receivers),
            texts(&resolution.builtin_methods),
        )
    });
    assert_eq!(
        receivers,
        ["names", "'a'", "self.items", "self.name", "item.tags"]
    );
    assert_eq!(
        methods,
        [
            "names.append",
            "'a'.join",
            "self.items.append",
            "item.tags.index"
        ]
    );
}

#[test]
fn locals_that_cannot_be_carried_are_noted() {
    let source = method(
        ", items: list[int], d: dict[str, int]",
        "
a = lambda: 1
b = (x for x in items)
c = open('f')
d2 = d.items()
e = map(str, items)
f = iter(items)
f = list(f)
import threading
g = threading.Lock()
with open('x') as h:
    pass
def i():
    pass
j = items
k = self.go
"
        .trim(),
    );
    let found = resolved(&[("app.py", &source)], |_, resolution, _| {
        let mut found: Vec<String> = resolution
            .uncarriable
            .values()
            .flatten()
            .map(|(name, why)| format!("{name}: {}", why.what))
            .collect();
        found.sort();
        found
    });
    assert_eq!(
        found,
        [
            "a: a lambda",
            "b: a generator expression",
            "c: an open file",
            "d2: a view of a dictionary",
            "e: a `map` object",
            "g: a lock",
            "h: an open file",
            "i: a nested function",
            "k: a bound method",
            "threading: a module",
        ]
    );
}
