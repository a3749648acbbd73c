//! Diagnostics for scripts: one JSON object a line.

use serde_json::{Value, json};

use super::{Diagnostic, Label, Severity};
use crate::source::{Sources, Span};

/// A diagnostic as one JSON object.
///
/// Lines and columns count from 1, columns in Unicode code points; the end is the position after the last character.
/// `suggestion` is null where there is none.
pub fn to_json(sources: &Sources, diagnostic: &Diagnostic) -> Value {
    let mut object = json!({
        "code": diagnostic.code,
        "severity": match diagnostic.severity() {
            Severity::Error => "error",
            Severity::Warning => "warning",
        },
        "message": diagnostic.message,
    });
    add_place(&mut object, sources, diagnostic.primary.span);
    object["label"] = json!(diagnostic.primary.text);
    object["labels"] = diagnostic
        .secondary
        .iter()
        .map(|label| labelled(sources, label))
        .collect();
    object["notes"] = json!(diagnostic.notes);
    object["help"] = json!(diagnostic.help);
    object["suggestion"] = match &diagnostic.suggestion {
        None => Value::Null,
        Some(suggestion) => {
            let mut object = json!({ "replacement": suggestion.replacement });
            add_place(&mut object, sources, suggestion.span);
            object
        }
    };
    object
}

fn labelled(sources: &Sources, label: &Label) -> Value {
    let mut object = json!({ "text": label.text });
    add_place(&mut object, sources, label.span);
    object
}

fn add_place(object: &mut Value, sources: &Sources, span: Span) {
    let file = sources.file(span.file);
    let start = file.index.position(&file.text, span.start);
    let end = file.index.position(&file.text, span.end);
    object["file"] = json!(file.display);
    object["line"] = json!(start.line);
    object["column"] = json!(start.column);
    object["end_line"] = json!(end.line);
    object["end_column"] = json!(end.column);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::{LineIndex, SourceFile};

    #[test]
    fn columns_are_code_points_from_one() {
        let text = "ü = 1\nitem.stok()\n";
        let mut sources = Sources::default();
        let file = sources.add(SourceFile {
            path: "shop.py".into(),
            display: "shop.py".into(),
            relative: "shop.py".into(),
            text: text.into(),
            index: LineIndex::new(text),
        });
        let name = Span {
            file,
            start: 0,
            end: 2,
        };
        let method = Span {
            file,
            start: 12,
            end: 16,
        };
        let diagnostic = Diagnostic::new("E0201", "no method `stok`", method, "unknown")
            .also(name, "here")
            .suggest(method, "stock");
        let expected = json!({
            "code": "E0201", "severity": "error", "message": "no method `stok`",
            "file": "shop.py", "line": 2, "column": 6, "end_line": 2, "end_column": 10, "label": "unknown",
            "labels": [{"text": "here", "file": "shop.py", "line": 1, "column": 1, "end_line": 1, "end_column": 2}],
            "notes": [], "help": [],
            "suggestion": {
                "replacement": "stock",
                "file": "shop.py", "line": 2, "column": 6, "end_line": 2, "end_column": 10,
            },
        });
        assert_eq!(to_json(&sources, &diagnostic), expected);
    }
}
