//! `requirements.txt`, as far as a bundle can follow it.

use std::path::{Path, PathBuf};

use super::Reader;
use crate::diagnostics::Diagnostic;
use crate::source::{FileId, Span};

const CODE: &str = "E0021";

/// A requirement or option: the text without its comment, and where it stands.
struct Line {
    text: String,
    at: Span,
}

impl Reader<'_> {
    /// Reads a requirements file and those that it includes; `open` are the files that are being read.
    pub(super) fn list(&mut self, path: &Path, root: &Path, open: &mut Vec<PathBuf>) {
        let Some(file) = self.open(path, root, CODE) else {
            return;
        };
        open.push(path.to_owned());
        for line in lines(file, &self.sources.file(file).text) {
            if line.text.starts_with('-') {
                self.option(&line, path, root, open);
            } else {
                self.require(&line.text, CODE, line.at);
            }
        }
        open.pop();
    }

    fn option(&mut self, line: &Line, path: &Path, root: &Path, open: &mut Vec<PathBuf>) {
        let included = line
            .text
            .strip_prefix("--requirement")
            .or_else(|| line.text.strip_prefix("-r"));
        let Some(included) = included else {
            let option = line.text.split([' ', '=']).next().unwrap_or_default();
            self.diagnostics.push(
                Diagnostic::new(
                    CODE,
                    format!("the option `{option}` cannot be carried into a bundle"),
                    line.at,
                    "",
                )
                .note("a bundle lists the distributions that it installs, and nothing else")
                .help("name the distribution, and leave the rest to pip's own configuration"),
            );
            return;
        };
        let name = included.trim_start_matches('=').trim();
        let target = path.parent().unwrap_or(root).join(name);
        if open.contains(&target) {
            return;
        }
        if self.files.is_file(&target) {
            self.list(&target, root, open);
        } else {
            let message = format!("`{name}` is not there");
            self.diagnostics
                .push(Diagnostic::new(CODE, message, line.at, "included here"));
        }
    }
}

/// The lines that say something, joined where a backslash ends them.
fn lines(file: FileId, text: &str) -> Vec<Line> {
    let mut found = Vec::new();
    let mut pending = String::new();
    let (mut offset, mut start) = (0, 0);
    for line in text.split('\n') {
        if pending.is_empty() {
            start = offset + (line.len() - line.trim_start().len());
        }
        let end = offset + line.trim_end().len();
        offset += line.len() + 1;
        let line = line.trim_end();
        if let Some(head) = line.strip_suffix('\\') {
            pending.push_str(head);
            continue;
        }
        pending.push_str(line);
        let whole = std::mem::take(&mut pending);
        let content = without_comment(&whole).trim();
        if !content.is_empty() {
            let at = Span {
                file,
                start: start as u32,
                end: end.min(start + content.len()).max(start) as u32,
            };
            found.push(Line {
                text: content.to_owned(),
                at,
            });
        }
    }
    found
}

fn without_comment(line: &str) -> &str {
    let comment = line.match_indices('#').map(|(at, _)| at).find(|at| {
        line[..*at]
            .chars()
            .next_back()
            .is_none_or(char::is_whitespace)
    });
    comment.map_or(line, |at| &line[..at])
}
