//! Every code has a page and a rejected program, and what the user reads about that program is as checked in.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use stateflow::diagnostics::{CODES, Style, render};
use stateflow::source::Disk;

fn names(folder: &str) -> BTreeSet<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let Ok(entries) = std::fs::read_dir(&root) else {
        return BTreeSet::new();
    };
    entries
        .map(|entry| {
            let path = entry.expect("a readable entry").path();
            path.file_stem()
                .expect("a name")
                .to_string_lossy()
                .into_owned()
        })
        .collect()
}

/// The app of a fixture: `app.py`, or the package `app/`, relative to the crate as a user would name it.
fn app(code: &str) -> PathBuf {
    let folder = Path::new("fixtures/errors").join(code);
    let module = folder.join("app.py");
    if module.is_file() {
        module
    } else {
        folder.join("app")
    }
}

fn codes() -> BTreeSet<String> {
    CODES.iter().map(|code| code.code.to_owned()).collect()
}

#[test]
fn codes_are_sorted_and_unique() {
    assert!(CODES.is_sorted_by(|a, b| a.code < b.code));
}

#[test]
fn every_code_has_a_page_and_every_page_a_code() {
    assert_eq!(names("docs/codes"), codes());
    for code in CODES {
        let heading = code.page.lines().next().unwrap_or_default();
        assert!(
            heading.starts_with("# ") && heading.contains(code.code),
            "the page of {} begins with `{heading}`",
            code.code
        );
    }
}

#[test]
fn every_code_has_a_fixture_and_every_fixture_a_code() {
    assert_eq!(names("fixtures/errors"), codes());
}

#[test]
fn every_fixture_is_reported_as_checked_in() {
    for code in names("fixtures/errors") {
        let compilation = stateflow::compile(&Disk, &app(&code)).expect("a readable app");
        let found = &compilation.diagnostics;
        assert!(
            found.iter().any(|diagnostic| diagnostic.code == code),
            "{code} is not reported, but {found:?}"
        );
        let rendered: Vec<_> = found
            .iter()
            .map(|diagnostic| render(&compilation.sources, diagnostic, Style::Plain))
            .collect();
        insta::with_settings!({
            snapshot_path => format!("../fixtures/errors/{code}"),
            prepend_module_to_snapshot => false,
            omit_expression => true,
            description => code.clone(),
        }, {
            insta::assert_snapshot!("rendered", rendered.join("\n\n"));
        });
    }
}
