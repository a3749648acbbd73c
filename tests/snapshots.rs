//! The IR and the generated Python of every fixture app, as checked in: a change to the compiler shows here as a diff.

use std::path::{Path, PathBuf};

use stateflow::diagnostics::{Style, render};
use stateflow::emit::{Bundle, find_target, to_json};
use stateflow::source::{Disk, LineIndex, SourceFile, Sources};
use stateflow::{ir, syntax};

/// The apps: in each folder of `fixtures/apps` the file or the package that bears the folder's name.
fn apps() -> Vec<(String, PathBuf)> {
    let folder = Path::new("fixtures/apps");
    let mut apps: Vec<_> = std::fs::read_dir(folder)
        .expect("the fixture apps")
        .map(|entry| {
            let name = entry.expect("an entry").file_name();
            let name = name.into_string().expect("a plain name");
            let module = folder.join(&name).join(format!("{name}.py"));
            let package = folder.join(&name).join(&name);
            let path = if module.is_file() { module } else { package };
            (name, path)
        })
        .collect();
    apps.sort();
    apps
}

fn compiled(path: &Path) -> ir::App {
    let compilation = stateflow::compile(&Disk, path).expect("a readable app");
    let told = compilation
        .diagnostics
        .iter()
        .map(|diagnostic| render(&compilation.sources, diagnostic, Style::Plain));
    let told = told.collect::<Vec<_>>().join("\n\n");
    compilation
        .app
        .unwrap_or_else(|| panic!("{} does not compile:\n{told}", path.display()))
}

fn bundle(app: &ir::App) -> Bundle {
    let target = find_target("local").expect("the target");
    target.emit(app, &target.defaults()).expect("a bundle")
}

fn modules(bundle: &Bundle) -> impl Iterator<Item = (&str, &str)> {
    bundle.files().filter_map(|(path, content)| {
        let path = path.strip_prefix("app/")?;
        Some((path, std::str::from_utf8(content).expect("UTF-8")))
    })
}

/// Compares with the snapshot of that name among those of the app.
fn assert_snapshot(app: &str, name: &str, text: &str) {
    insta::with_settings!({
        snapshot_path => format!("snapshots/{app}"),
        prepend_module_to_snapshot => false,
        omit_expression => true,
    }, {
        insta::assert_snapshot!(name.to_owned(), text);
    });
}

#[test]
fn the_ir_is_as_checked_in() {
    for (name, path) in apps() {
        let mut app = compiled(&path);
        for module in &mut app.modules {
            module.source = format!("the text of {}", module.path);
        }
        assert_snapshot(&name, "ir", &to_json(&app).expect("JSON"));
    }
}

#[test]
fn the_generated_python_is_as_checked_in() {
    for (name, path) in apps() {
        for (module, text) in modules(&bundle(&compiled(&path))) {
            assert_snapshot(&name, &module.replace('/', "."), text);
        }
    }
}

#[test]
fn the_line_map_leads_to_the_same_text_where_a_line_was_kept() {
    for (_, path) in apps() {
        let app = compiled(&path);
        let bundle = bundle(&app);
        let map: serde_json::Value =
            serde_json::from_slice(bundle.file("linemap.json").expect("a map")).expect("JSON");
        for (path, text) in modules(&bundle) {
            let source = &app
                .modules
                .iter()
                .find(|module| module.path == path)
                .expect("a module")
                .source;
            let (generated, origin): (Vec<_>, Vec<_>) =
                (text.lines().collect(), source.lines().collect());
            let mut kept = 0;
            for run in map[path]["lines"].as_array().expect("runs") {
                let number = |index: usize| run[index].as_u64().expect("a number") as usize;
                for offset in 0..number(2) {
                    let line = origin[number(1) - 1 + offset];
                    kept += usize::from(generated[number(0) - 1 + offset] == line);
                }
            }
            assert!(
                kept * 2 > origin.len(),
                "{path}: only {kept} lines are where the map says"
            );
        }
    }
}

#[test]
fn generated_python_parses() {
    for (_, path) in apps() {
        for (module, text) in modules(&bundle(&compiled(&path))) {
            let mut sources = Sources::default();
            let file = sources.add(SourceFile {
                path: module.into(),
                display: module.to_owned(),
                relative: module.to_owned(),
                text: text.to_owned(),
                index: LineIndex::new(text),
            });
            let (_, diagnostics) =
                syntax::parse(file, sources.file(file), syntax::ast::PythonVersion::PY311);
            assert_eq!(diagnostics, [], "{module}:\n{text}");
        }
    }
}

#[test]
fn an_app_read_from_its_ir_gives_the_same_bundle() {
    for (_, path) in apps() {
        let app = compiled(&path);
        let read: ir::App = serde_json::from_str(&to_json(&app).expect("JSON")).expect("an app");
        assert_eq!(bundle(&read), bundle(&app));
    }
}

/// The files that are made of a target's templates, without what every bundle has.
fn templated(app: &ir::App, target: &str, options: &[(&str, &str)]) -> Vec<(String, String)> {
    let target = find_target(target).expect("the target");
    let given = options.iter();
    let given = given.map(|&(name, value)| (name.to_owned(), value.to_owned()));
    let choices = target.choose(&given.collect()).expect("choices");
    let bundle = target.emit(app, &choices).expect("a bundle");
    let is_templated = |path: &str| {
        !path.starts_with("app/") && !path.starts_with("stateflow/") && !path.ends_with(".json")
    };
    let files = bundle.files().filter(|(path, _)| is_templated(path));
    files
        .map(|(path, text)| (path.to_owned(), String::from_utf8_lossy(text).into_owned()))
        .collect()
}

/// The lines of one text that the other does not have.
fn only<'t>(one: &'t str, other: &str) -> impl Iterator<Item = &'t str> {
    let others: Vec<_> = other.lines().map(str::to_owned).collect();
    one.lines()
        .filter(move |line| !others.iter().any(|other| other == line))
}

/// Compares the files of a target's templates, and what each of its options changes in them.
fn assert_templates(target: &str, options: &[(&str, &str)]) {
    let app = compiled(Path::new("fixtures/apps/shop/shop.py"));
    let usual = templated(&app, target, &[]);
    let whole = usual.iter();
    let whole = whole.map(|(path, text)| format!("==> {path}\n{text}"));
    assert_snapshot("shop", target, &whole.collect::<String>());
    for (option, value) in options {
        let mut text = String::new();
        let other = templated(&app, target, &[(option, value)]);
        for ((path, before), (other, after)) in usual.iter().zip(&other) {
            assert_eq!(path, other);
            if before != after {
                text += &format!("==> {path}\n");
                text.extend(only(before, after).map(|line| format!("- {line}\n")));
                text.extend(only(after, before).map(|line| format!("+ {line}\n")));
            }
        }
        assert_snapshot("shop", &format!("{target} {option} {value}"), &text);
    }
}

#[test]
fn bundles_for_pyflink_are_as_checked_in() {
    assert_templates(
        "pyflink",
        &[
            ("delivery", "transactions"),
            ("delivery", "at-least-once"),
            ("execution-mode", "process"),
            ("flink-version", "1.20"),
            ("state-backend", "rocksdb"),
            ("state-ttl", "30d"),
        ],
    );
}

#[test]
fn bundles_for_statefun_are_as_checked_in() {
    assert_templates("statefun", &[("replies", "early")]);
}
