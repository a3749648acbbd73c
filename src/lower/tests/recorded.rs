//! What is recorded in modules.

use std::path::Path;

use crate::source::Memory;

const ASK: &str = "\
import requests

def ask(url: str) -> int:
    return int(requests.get(url).text)
";

const SHOP: &str = "
import other
import stateflow

@stateflow.entity
class Item:
    def __init__(self, name: str) -> None:
        self.name = name

    def __key__(self) -> str:
        return self.name

    def price(self, url: str) -> int:
        return ask(url) + other.ask(url)
";

#[test]
fn functions_at_the_same_place_of_several_modules() {
    let files: Memory = [
        ("/app.py", format!("{ASK}{SHOP}")),
        ("/other.py", ASK.to_owned()),
    ]
    .into_iter()
    .collect();
    let app = crate::compile(&files, Path::new("/app.py")).unwrap().app;
    let modules = app.expect("an app").modules;
    let recorded = modules.iter().map(|module| &module.recorded.functions);
    assert_eq!(recorded.collect::<Vec<_>>(), [&[3], &[3]]);
}
