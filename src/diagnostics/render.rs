//! Diagnostics for people.

use annotate_snippets::{
    Annotation, AnnotationKind, Group, Level, Patch, Renderer, Snippet, renderer::AnsiColor,
};

use super::{Diagnostic, Label, Severity, Suggestion};
use crate::source::{FileId, Sources, Span};

/// Whether to write terminal colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// Text alone.
    Plain,
    /// With ANSI escapes.
    Coloured,
}

/// A diagnostic with the lines it speaks of, without a final line end.
pub fn render(sources: &Sources, diagnostic: &Diagnostic, style: Style) -> String {
    let mut helps = diagnostic.help.as_slice();
    let mut patch = None;
    if let Some(suggestion) = &diagnostic.suggestion {
        let (title, rest) = match helps.split_last() {
            Some((last, rest)) => (last.as_str(), rest),
            None => ("write this instead", helps),
        };
        helps = rest;
        patch = Some(suggested(sources, title, suggestion));
    }
    let mut report = vec![primary(sources, diagnostic, helps)];
    report.extend(patch);
    renderer(style).render(&report)
}

/// One line on how many errors and warnings there are; nothing where there are none.
pub fn summary(diagnostics: &[Diagnostic], style: Style) -> Option<String> {
    let count = |severity| {
        diagnostics
            .iter()
            .filter(|diagnostic| diagnostic.severity() == severity)
            .count()
    };
    let (errors, warnings) = (count(Severity::Error), count(Severity::Warning));
    let parts: Vec<_> = [counted(errors, "error"), counted(warnings, "warning")]
        .into_iter()
        .flatten()
        .collect();
    let level = level_of(if errors > 0 {
        Severity::Error
    } else {
        Severity::Warning
    });
    let title = level.primary_title(format!("found {}", parts.join(" and ")));
    (!parts.is_empty()).then(|| renderer(style).render(&[Group::with_title(title)]))
}

/// A message of its own, not about a place in a program: `error: …`.
pub fn message(severity: Severity, text: &str, style: Style) -> String {
    let title = level_of(severity).primary_title(text);
    renderer(style).render(&[Group::with_title(title)])
}

fn counted(count: usize, noun: &str) -> Option<String> {
    match count {
        0 => None,
        1 => Some(format!("1 {noun}")),
        _ => Some(format!("{count} {noun}s")),
    }
}

fn renderer(style: Style) -> Renderer {
    match style {
        Style::Plain => Renderer::plain(),
        Style::Coloured => Renderer::styled().help(AnsiColor::BrightCyan.on_default().bold()),
    }
}

fn level_of(severity: Severity) -> Level<'static> {
    match severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    }
}

fn primary<'a>(sources: &'a Sources, diagnostic: &'a Diagnostic, helps: &'a [String]) -> Group<'a> {
    let title = level_of(diagnostic.severity())
        .primary_title(diagnostic.message.as_str())
        .id(diagnostic.code);
    let mut group = Group::with_title(title);
    for file in files_of(diagnostic) {
        let marks = labels_of(diagnostic)
            .filter(|(label, _)| label.span.file == file)
            .map(|(label, kind)| mark(kind, label));
        group = group.element(snippet(sources, file).annotations(marks));
    }
    let notes = diagnostic
        .notes
        .iter()
        .map(|note| Level::NOTE.message(note));
    let helps = helps.iter().map(|help| Level::HELP.message(help));
    group.elements(notes.chain(helps))
}

/// The files that are marked, that of the primary label first.
fn files_of(diagnostic: &Diagnostic) -> Vec<FileId> {
    let mut files = Vec::new();
    for (label, _) in labels_of(diagnostic) {
        if !files.contains(&label.span.file) {
            files.push(label.span.file);
        }
    }
    files
}

fn labels_of(diagnostic: &Diagnostic) -> impl Iterator<Item = (&Label, AnnotationKind)> {
    let others = diagnostic
        .secondary
        .iter()
        .map(|label| (label, AnnotationKind::Context));
    std::iter::once((&diagnostic.primary, AnnotationKind::Primary)).chain(others)
}

fn mark<'a>(kind: AnnotationKind, label: &'a Label) -> Annotation<'a> {
    let annotation = kind.span(range(label.span));
    if label.text.is_empty() {
        annotation
    } else {
        annotation.label(label.text.as_str())
    }
}

fn suggested<'a>(sources: &'a Sources, title: &'a str, suggestion: &'a Suggestion) -> Group<'a> {
    let patch = Patch::new(range(suggestion.span), suggestion.replacement.as_str());
    Level::HELP
        .secondary_title(title)
        .element(snippet(sources, suggestion.span.file).patch(patch))
}

fn snippet<T: Clone>(sources: &Sources, file: FileId) -> Snippet<'_, T> {
    let file = sources.file(file);
    Snippet::source(file.text.as_str()).path(file.display.as_str())
}

fn range(span: Span) -> std::ops::Range<usize> {
    span.start as usize..span.end as usize
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::{LineIndex, SourceFile};

    fn sources() -> (Sources, FileId, FileId) {
        let mut sources = Sources::default();
        let mut add = |name: &str, text: &str| {
            sources.add(SourceFile {
                path: name.into(),
                display: name.into(),
                relative: name.into(),
                text: text.into(),
                index: LineIndex::new(text),
            })
        };
        let shop = add(
            "shop.py",
            "def f(item: Item):\n    ü = item.update_stok(1)\n",
        );
        let item = add("item.py", "class Item:\n    def update_stock(self): ...\n");
        (sources, shop, item)
    }

    fn unknown_method(shop: FileId, item: FileId) -> Diagnostic {
        let span = |file, start, end| Span { file, start, end };
        Diagnostic::new(
            "E0201",
            "`Item` has no method `update_stok`",
            span(shop, 33, 44),
            "unknown method",
        )
        .also(span(shop, 12, 16), "an `Item`, as annotated here")
        .also(span(item, 6, 10), "its methods are here")
        .note("methods are looked up when the app is compiled")
        .help("there is a method of a similar name")
        .suggest(span(shop, 33, 44), "update_stock")
    }

    #[test]
    fn a_diagnostic_shows_its_places_reasons_and_patch() {
        let (sources, shop, item) = sources();
        insta::assert_snapshot!(render(&sources, &unknown_method(shop, item), Style::Plain));
    }

    #[test]
    fn colours_change_nothing_but_escapes() {
        let (sources, shop, item) = sources();
        let diagnostic = unknown_method(shop, item);
        let coloured = render(&sources, &diagnostic, Style::Coloured);
        assert!(coloured.contains("\u{1b}["));
        assert!(!render(&sources, &diagnostic, Style::Plain).contains('\u{1b}'));
    }

    #[test]
    fn a_place_at_the_end_of_an_empty_file_is_shown() {
        let mut sources = Sources::default();
        let file = sources.add(SourceFile {
            path: "empty.py".into(),
            display: "empty.py".into(),
            relative: "empty.py".into(),
            text: String::new(),
            index: LineIndex::new(""),
        });
        let span = Span {
            file,
            start: 0,
            end: 0,
        };
        let text = render(
            &sources,
            &Diagnostic::new("E0101", "no entities", span, ""),
            Style::Plain,
        );
        assert!(text.starts_with("error[E0101]: no entities"), "{text}");
        assert!(text.contains("empty.py:1:1"), "{text}");
    }

    #[test]
    fn the_summary_counts_errors_and_warnings() {
        let (_, shop, item) = sources();
        let error = unknown_method(shop, item);
        let warning = Diagnostic {
            code: "W0501",
            ..error.clone()
        };
        assert_eq!(summary(&[], Style::Plain), None);
        assert_eq!(
            summary(std::slice::from_ref(&warning), Style::Plain).unwrap(),
            "warning: found 1 warning"
        );
        let both = [error.clone(), warning, error];
        assert_eq!(
            summary(&both, Style::Plain).unwrap(),
            "error: found 2 errors and 1 warning"
        );
    }
}
