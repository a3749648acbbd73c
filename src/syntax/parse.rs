//! Parsing one file.

use ruff_python_ast::PythonVersion;
use ruff_python_ast::token::TokenKind;
use ruff_python_parser::{Mode, ParseOptions, parse_unchecked};

use super::nesting::too_deep;
use super::{Tree, ast, semantics, span};
use crate::diagnostics::Diagnostic;
use crate::source::{FileId, SourceFile, Span};

/// Parses a file; all its syntax errors are reported at once, with what could still be read. Syntax that is newer than
/// `version` is an error.
///
/// A file that nests deeper than CPython takes is reported and gives an empty tree.
pub fn parse(file: FileId, source: &SourceFile, version: PythonVersion) -> (Tree, Vec<Diagnostic>) {
    if let Some((what, at)) = too_deep(&source.text) {
        let tree = Tree {
            file,
            body: ast::Suite::new(),
            comments: Vec::new(),
        };
        let place = character_before(file, &source.text, at);
        let diagnostic =
            Diagnostic::new("E0003", "this is nested too deeply", place, what.reason())
                .note("Python itself refuses to compile it")
                .help("take a part of it into a variable or a function of its own");
        return (tree, vec![diagnostic]);
    }
    parse_shallow(file, source, version)
}

fn parse_shallow(
    file: FileId,
    source: &SourceFile,
    version: PythonVersion,
) -> (Tree, Vec<Diagnostic>) {
    let options = ParseOptions::from(Mode::Module).with_target_version(version);
    let parsed = parse_unchecked(&source.text, options);
    let mut diagnostics: Vec<_> = parsed
        .errors()
        .iter()
        .map(|error| {
            let message = format!("syntax error: {}", lower_first(&error.error.to_string()));
            Diagnostic::new("E0001", message, span(file, error), "")
        })
        .collect();
    diagnostics.extend(parsed.unsupported_syntax_errors().iter().map(|error| {
        Diagnostic::new(
            "E0004",
            lower_first(&error.to_string()),
            span(file, error),
            "",
        )
        .note(format!(
            "the app says in `requires-python` that it runs on Python {version}"
        ))
        .help("write it in another way, or ask for a newer Python")
    }));
    let comments = parsed
        .tokens()
        .iter()
        .filter(|token| token.kind() == TokenKind::Comment)
        .map(ruff_text_size::Ranged::range)
        .collect();
    let body = match parsed.into_syntax() {
        ast::Mod::Module(module) => module.body,
        ast::Mod::Expression(_) => ast::Suite::new(),
    };
    if diagnostics.is_empty() {
        diagnostics = semantics::check(file, source, version, &body);
    }
    let tree = Tree {
        file,
        body,
        comments,
    };
    (tree, diagnostics)
}

/// A message that goes on a sentence.
pub(super) fn lower_first(text: &str) -> String {
    let mut characters = text.chars();
    let Some(first) = characters.next() else {
        return String::new();
    };
    if characters.clone().next().is_some_and(char::is_uppercase) {
        return text.to_owned();
    }
    first.to_lowercase().chain(characters).collect()
}

fn character_before(file: FileId, text: &str, end: usize) -> Span {
    let start = text[..end]
        .char_indices()
        .next_back()
        .map_or(0, |(at, _)| at);
    Span {
        file,
        start: start as u32,
        end: end as u32,
    }
}

#[cfg(test)]
mod tests;
