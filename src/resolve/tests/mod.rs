//! Small programs with the sites and diagnostics that are found in them.

mod annotations;
mod awaits;
mod contents;
mod diagnostics;
mod functions;
mod inference;
mod reads;
mod surface;

use std::path::Path;

use super::*;
use crate::source::Memory;
use crate::syntax::load;

/// Entities that the programs call.
const SHOP: &str = "
import stateflow

@stateflow.entity
class Item:
    LIMIT = 10

    def __init__(self, name: str, price: int = 1, tags: list[str] | None = None):
        self.name = name
        self.price = price
        self.stock: int = 0
        self.tags: list[str] = tags or []
        self.owner: User | None = None

    def __key__(self):
        return self.name

    def update_stock(self, amount: int, *, note: str = '') -> bool:
        self.stock += amount
        return self.stock >= 0

    def related(self) -> list['Item']:
        return []

    def buyer(self) -> 'User':
        return User('x')

    @property
    def label(self) -> str:
        return self.name

    @staticmethod
    def parse(text: str) -> str:
        return text

@stateflow.entity
class User:
    def __init__(self, name: str):
        self.name = name
        self.balance = 0
        self.cart: dict[str, Item] = {}

    def __key__(self):
        return self.name

    def pay(self, amount: int) -> bool:
        self.balance -= amount
        return True
";

fn resolved<T>(
    files: &[(&str, &str)],
    look: impl FnOnce(&Model<'_>, Resolution, Vec<Diagnostic>) -> T,
) -> T {
    let memory: Memory = files.iter().copied().collect();
    let (program, found) = load(&memory, Path::new("app.py")).unwrap();
    assert_eq!(found, []);
    let (model, found) = crate::model::build(&program);
    assert_eq!(found, []);
    let (resolution, found) = resolve(&model);
    look(&model, resolution, found)
}

fn describe(model: &Model<'_>, at: Span, site: &Site) -> String {
    let text = model.program.sources.text(at);
    match site {
        Site::Call { targets } => format!("call {text} -> {}", targets.join("|")),
        Site::Helper { targets } => format!("helper {text} -> {}", targets.join("|")),
        Site::Read { targets } => format!("read {text} -> {}", targets.join("|")),
        Site::Getter { targets } => format!("getter {text} -> {}", targets.join("|")),
        Site::Accessor { targets } => format!("accessor {text} -> {}", targets.join("|")),
        Site::Create { entity } => format!("create {text} -> {}", model.entity(*entity).name),
        Site::Gather => format!("gather {text}"),
    }
}

/// The sites of an app in the order of the text; which must have no errors.
fn sites_of(files: &[(&str, &str)]) -> Vec<String> {
    resolved(files, |model, resolution, found| {
        let errors = said(model, &found)
            .into_iter()
            .filter(|one| one.starts_with('E'));
        assert_eq!(errors.collect::<Vec<_>>(), [""; 0]);
        let mut sites: Vec<_> = resolution.sites.iter().collect();
        sites.sort_by_key(|(at, _)| **at);
        sites
            .into_iter()
            .map(|(at, site)| describe(model, *at, site))
            .collect()
    })
}

fn said(model: &Model<'_>, found: &[Diagnostic]) -> Vec<String> {
    found
        .iter()
        .map(|one| {
            let text = model.program.sources.text(one.primary.span);
            format!("{} [{text}] {}", one.code, one.message)
        })
        .collect()
}

fn program(code: &str) -> String {
    format!("{SHOP}\n{code}")
}

/// A class with a method `go` of that signature and body, and what follows it.
fn method(signature: &str, body: &str) -> String {
    let body = body.replace('\n', "\n        ");
    program(&format!(
        "
@stateflow.entity
class Shop:
    def __init__(self, name: str, first: Item):
        self.name = name
        self.first = first
        self.items: list[Item] = []
        self.lookup: dict[str, Item] = {{}}
        self.found = []
        self.chosen = None

    def __key__(self):
        return self.name

    def go(self{signature}):
        {body}
"
    ))
}

/// The sites in the method `go`, without those of `Item` and `User`.
fn sites(signature: &str, body: &str) -> Vec<String> {
    sites_of(&[("app.py", &method(signature, body))])
        .into_iter()
        .filter(|site| !site.contains("User('x')"))
        .collect()
}

/// What is said about the method `go`.
fn complaints(signature: &str, body: &str) -> Vec<String> {
    complaints_of(&method(signature, body))
}

fn complaints_of(source: &str) -> Vec<String> {
    resolved(&[("app.py", source)], |model, _, found| said(model, &found))
}
