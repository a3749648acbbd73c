//! Methods and the blocks that they are cut into.

mod along;
mod gathers;
mod inner;
mod machine;
mod order;
mod printed;
mod python;
mod recorded;
mod refusals;
mod scopes;
mod shapes;
mod statements;
mod unwinding;

use std::path::Path;

use crate::ir::Block;
use crate::source::Memory;

/// What the methods stand in; `METHOD` is where.
const APP: &str = "
import asyncio
import stateflow
from contextlib import contextmanager

LIMIT = 10

async def drawn():
    yield 1

@contextmanager
def made():
    yield 1

@stateflow.entity
class Item:
    def __init__(self, name: str):
        self.name = name
        self.price = 1
        self.owner: 'Item' = self

    def __key__(self):
        return self.name

    def f(self, *args: int, **more: int) -> int:
        return 1

    def fail(self, *args: int) -> int:
        raise ValueError(args)
    async def h(self, *args: int, **more: int) -> int:
        return 1

    def items(self) -> list[int]:
        return []

    def grow(self) -> int:
        self.price += 1
        return self.price

    def ask(self) -> int:
        return self.owner.price

class Tally:
    def __add__(self, by: int) -> int:
        return by

class Guard:
    def __enter__(self) -> int:
        return 1

    def __exit__(self, *error: object) -> None:
        pass

@stateflow.entity
class User:
    def __init__(self, name: str):
        self.name = name
        self.n = 0
        self.xs = [0, 1, 2]

    def __key__(self):
        return self.name

    def g(self, *args: int, **more: int) -> int:
        return 1

METHOD
";

/// The blocks of the method `m` of that text, or the codes of what is wrong with it.
fn cut(method: &str) -> Result<Vec<Block>, Vec<&'static str>> {
    let method = method.trim_matches('\n').replace('\n', "\n    ");
    let source = APP.replace("METHOD", &format!("    {}", method.trim_start()));
    let files: Memory = [("/app.py", source)].into_iter().collect();
    let compilation = crate::compile(&files, Path::new("/app.py")).expect("a readable app");
    let Some(app) = compilation.app else {
        let found = compilation.diagnostics.iter().map(|found| found.code);
        return Err(found.filter(|code| code.starts_with('E')).collect());
    };
    let mut functions = app.functions.into_iter();
    match functions.find(|function| function.name == "User.m") {
        Some(function) => Ok(function.blocks),
        None => panic!("the method is not cut"),
    }
}
