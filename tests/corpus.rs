//! Every file of CPython's own libraries, of the version that is installed and of 3.13, goes through the front end, which
//! accepts what the installed CPython accepts and refuses what it refuses.

mod library;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use stateflow::check;
use stateflow::model;
use stateflow::resolve;
use stateflow::source::{FileId, LineIndex, SourceFile, Sources, decode};
use stateflow::syntax::{Module, Program, ast::PythonVersion, parse, with_large_stack};

/// Prints the version, then for each file of the library in a folder whether CPython compiles it (`ok`), whether its compiler refuses
/// it (`compiler`) or its parser (`parser`).
const VERDICTS: &str = r#"
import ast, pathlib, sys, warnings
warnings.simplefilter("ignore")
print(*sys.version_info[:2])
for path in sorted(pathlib.Path(sys.argv[1]).rglob("*.py")):
    if "site-packages" in path.parts:
        continue
    content = path.read_bytes()
    try:
        compile(content, str(path), "exec", dont_inherit=True)
        verdict = "ok"
    except (SyntaxError, ValueError):
        try:
            ast.parse(content)
            verdict = "compiler"
        except (SyntaxError, ValueError):
            verdict = "parser"
    print(verdict, path)
"#;

fn verdicts(library: &Path) -> (PythonVersion, BTreeMap<PathBuf, String>) {
    let output = Command::new("python3")
        .args(["-I", "-c", VERDICTS])
        .arg(library)
        .output()
        .expect("python3 runs");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let text = String::from_utf8(output.stdout).expect("paths in UTF-8");
    let (version, files) = text.split_once('\n').expect("a line for the version");
    let (major, minor) = version.split_once(' ').expect("two numbers");
    let version = PythonVersion {
        major: major.parse().expect("a number"),
        minor: minor.parse().expect("a number"),
    };
    let files = files.lines().map(|line| {
        let (verdict, path) = line.split_once(' ').expect("a verdict and a path");
        (PathBuf::from(path), verdict.to_owned())
    });
    (version, files.collect())
}

/// What the front end says of a file, and after it has built the model.
fn refusal(bytes: &[u8], version: PythonVersion) -> Option<String> {
    compiled(bytes, version, |model| assert_eq!(model.scopes.len(), 1))
}

/// What is said of a file, after its model has been looked at.
fn compiled(
    bytes: &[u8],
    version: PythonVersion,
    look: impl FnOnce(&model::Model<'_>),
) -> Option<String> {
    let text = match decode(bytes) {
        Ok(text) => text,
        Err(error) => return Some(error.to_string()),
    };
    let source = SourceFile {
        path: PathBuf::from("app.py"),
        display: "app.py".to_owned(),
        relative: "app.py".to_owned(),
        index: LineIndex::new(&text),
        text,
    };
    let mut sources = Sources::default();
    let file = sources.add(source);
    let (tree, found) = parse(file, sources.file(file), version);
    let refusal = found.first().map(|first| {
        let line = sources.file(file).index.line(first.primary.span.start);
        format!("line {line}: {}", first.message)
    });
    let program = Program {
        name: "app".to_owned(),
        root: PathBuf::new(),
        sources,
        modules: vec![Module {
            name: "app".to_owned(),
            is_package: false,
            file: FileId(0),
            tree,
        }],
        requirements: Vec::new(),
        requires_python: None,
    };
    let (built, _) = model::build(&program);
    look(&built);
    refusal
}

/// The text with every class at the top of the module made an entity.
fn with_entities(text: &str) -> String {
    let mut marked = String::new();
    for line in text.split_inclusive('\n') {
        if line.starts_with("class ") {
            marked.push_str("@stateflow.entity\n");
        }
        marked.push_str(line);
    }
    marked + "\nimport stateflow\n"
}

/// Holds the front end against CPython on a library of more than `least` files.
fn agrees(library: &Path, least: usize) {
    let (version, files) = verdicts(library);
    assert!(files.len() > least, "only {} files", files.len());
    let differences = with_large_stack(|| {
        let mut differences = Vec::new();
        for (path, verdict) in &files {
            let bytes = fs::read(path).expect("a readable file");
            match (verdict.as_str(), refusal(&bytes, version)) {
                ("ok", Some(reason)) => {
                    differences.push(format!("{} is refused: {reason}", path.display()))
                }
                ("parser" | "compiler", None) => {
                    differences.push(format!("{} is accepted", path.display()))
                }
                _ => {}
            }
        }
        differences
    });
    assert_eq!(differences.expect("a thread"), [] as [String; 0]);
}

/// Checks a library with its classes as entities; how many there were, and how many places at which they leave.
fn checked(library: &Path) -> (usize, usize) {
    let (version, files) = verdicts(library);
    with_large_stack(|| {
        let (mut entities, mut sites) = (0, 0);
        for path in files.keys() {
            let bytes = fs::read(path).expect("a readable file");
            let Ok(text) = decode(&bytes) else {
                continue;
            };
            compiled(with_entities(&text).as_bytes(), version, |model| {
                let (resolution, _) = resolve::resolve(model);
                check::check(model, &resolution);
                entities += model.entities.len();
                sites += resolution.sites.len();
            });
        }
        (entities, sites)
    })
    .expect("a thread")
}

#[test]
fn the_front_end_agrees_with_cpython_on_its_own_library() {
    agrees(&library::installed(), 500);
}

#[test]
fn the_front_end_agrees_with_cpython_on_the_library_of_a_newer_one() {
    agrees(&library::newer(), 500);
}

#[test]
fn every_class_of_the_library_may_be_an_entity() {
    let (entities, sites) = checked(&library::installed());
    assert!(entities > 5_000, "only {entities} entities");
    assert!(sites > 1_000, "only {sites} sites");
}

#[test]
fn every_class_of_the_library_of_a_newer_one_may_be_an_entity() {
    let (entities, sites) = checked(&library::newer());
    assert!(entities > 2_000, "only {entities} entities");
    assert!(sites > 500, "only {sites} sites");
}
