//! Whatever the bytes, the front end gives diagnostics: it neither panics nor overflows the stack.

use std::path::Path;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use stateflow::model;
use stateflow::source::Memory;
use stateflow::syntax::{load, with_large_stack};

/// A program with something of everything that the model looks at.
const PROGRAM: &str = r#"# coding: utf-8
from __future__ import annotations
import stateflow as sf, decimal as d
from typing import TYPE_CHECKING, NewType
if TYPE_CHECKING:
    from app import User as U, Missing
__all__ = ["User", "Name"]
Name = NewType("Name", str)

@sf.entity
class User(object):
    rate: int = 3
    def __init__(self, name: Name, *rest, limit: d.Decimal = d.Decimal("1"), **more) -> None:
        self.name, (self.first, *self.others) = name, rest
        for self.index in range(3):
            self.limit: d.Decimal = limit
    def __key__(self) -> str:
        return f"{self.name!r:>{self.rate}}"
    @property
    def total(self):
        return [x for x in self.others if (y := x) is not (lambda z, /: z)]
    @staticmethod
    async def later(a, b=1):
        match a:
            case {"x": [1, *c], **e} if c: yield await b
            case User(name=str() as n) | [n, _]: pass
            case _: return
    def rename(self, name):
        try:
            self.name = name
        except* (ValueError, TypeError) as error:
            global made; made = -+~self.limit ** 2 @ 3
            raise error from None
        finally:
            with open(name) as self.file, (self.lock): del self.file

class Plain[T](dict):
    class Inner: x: T; y = 1

type Alias = Plain[int] | None
def helper(a, /, b: "User", *, c=1) -> Alias: return a if b else c
"#;

/// The codes that the front end reports about a file.
fn codes(content: Vec<u8>) -> Vec<&'static str> {
    let work = || {
        let files: Memory = [("app.py", content)].into_iter().collect();
        let (program, mut found) = load(&files, Path::new("app.py")).expect("a file that is there");
        found.extend(model::build(&program).1);
        for diagnostic in &found {
            let places = std::iter::once(&diagnostic.primary).chain(&diagnostic.secondary);
            for place in places {
                program.sources.text(place.span);
            }
        }
        found
            .into_iter()
            .map(|diagnostic| diagnostic.code)
            .collect()
    };
    with_large_stack(work).expect("a thread")
}

fn token() -> impl Strategy<Value = &'static str> {
    select(vec![
        "x",
        "self",
        ".a",
        "1",
        "1.5j",
        "'s'",
        "f'",
        "f\"{",
        "'''",
        "b'\\x",
        "{",
        "}",
        "(",
        ")",
        "[",
        "]",
        ",",
        ";",
        ":",
        ":=",
        "=",
        "==",
        "!=",
        "->",
        "-",
        "+",
        "~",
        "*",
        "**",
        "/",
        "@",
        "|",
        "<<",
        "...",
        "!",
        "\\",
        "\n",
        "\n    ",
        "\n  ",
        "\t",
        " ",
        "# c",
        "lambda",
        "if",
        "elif",
        "else",
        "for",
        "in",
        "is",
        "not",
        "and",
        "or",
        "await",
        "async",
        "yield",
        "from",
        "import",
        "def f",
        "class C",
        "return",
        "with",
        "as",
        "try",
        "except",
        "match",
        "case",
        "type",
        "del",
        "global",
        "\u{e9}",
        "\u{1f600}",
        "\u{c}",
        "\0",
        "\r",
    ])
}

#[test]
fn the_program_that_is_mutated_is_understood() {
    assert_eq!(codes(PROGRAM.into()), ["E0013", "E0111", "E0104"]);
}

proptest! {
    #[test]
    fn any_bytes_are_taken(content in vec(any::<u8>(), 0..400)) {
        codes(content);
    }

    #[test]
    fn any_encoding_is_taken(
        mark in select(vec!["", "\u{feff}"]),
        name in select(vec!["ascii", "utf8", "cp1252", "shift_jis", "gbk", "latin-1", "koi8-r", "?"]),
        content in vec(any::<u8>(), 0..60),
    ) {
        let head = format!("{mark}# coding: {name}\r\n");
        codes([head.into_bytes(), content].concat());
    }

    #[test]
    fn any_tokens_are_taken(tokens in vec(token(), 0..200)) {
        codes(tokens.join(" ").into_bytes());
    }

    #[test]
    fn any_repetition_is_taken(tokens in vec(token(), 1..5), glue in select(vec!["", " "]), times in 1_000..30_000_usize) {
        let piece = tokens.join(glue) + glue;
        codes(piece.repeat(times).into_bytes());
    }

    #[test]
    fn any_edit_is_taken(edits in vec((0..PROGRAM.len(), 0..30_usize, vec(token(), 0..4)), 1..6)) {
        let mut content = PROGRAM.as_bytes().to_vec();
        for (at, length, tokens) in edits {
            let at = at.min(content.len());
            let end = (at + length).min(content.len());
            content.splice(at..end, tokens.concat().into_bytes());
        }
        codes(content);
    }
}
