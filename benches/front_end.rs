//! How fast the standard libraries of two Pythons are read, beside CPython's own parser over the same files in the same run.
//!
//! `cargo bench --bench front_end` prints a table; nothing is asserted.

#[path = "../tests/library/mod.rs"]
mod library;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use stateflow::source::{LineIndex, SourceFile, Sources, decode};
use stateflow::syntax::{Module, Program, ast::PythonVersion, parse, with_large_stack};
use stateflow::{check, model, resolve};

/// Each measurement is the fastest of that many.
const RUNS: usize = 5;

/// Reads the paths of files from its input, and prints the seconds of the fastest of `RUNS` runs of `ast.parse` over them. What it does
/// not take, because it is of another version, it leaves out; the numbers of these lines stand behind the seconds.
const CPYTHON: &str = r#"
import ast, pathlib, sys, time, warnings
warnings.simplefilter("ignore")
runs = int(sys.argv[1])
def takes(content):
    try:
        return bool(ast.parse(content))
    except SyntaxError:
        return False
contents = [pathlib.Path(line).read_bytes() for line in sys.stdin.read().splitlines()]
refused = [number for number, content in enumerate(contents) if not takes(content)]
contents = [content for number, content in enumerate(contents) if number not in refused]
def run():
    start = time.perf_counter()
    for content in contents:
        ast.parse(content)
    return time.perf_counter() - start
print(min(run() for _ in range(runs)), *refused)
"#;

fn main() {
    let version = PythonVersion {
        major: 3,
        minor: 13,
    };
    println!(
        "| library | files | MB | CPython's ast.parse, MB/s | parsed, MB/s | ratio | checked, MB/s | ratio |"
    );
    println!("|---|---|---|---|---|---|---|---|");
    for (name, folder) in [
        ("installed", library::installed()),
        ("3.13", library::newer()),
    ] {
        let mut files = with_large_stack(|| accepted(&folder, version)).expect("a thread");
        let seconds = cpython(&mut files);
        let bytes: usize = files.iter().map(|(_, content)| content.len()).sum();
        let size = bytes as f64 / 1e6;
        let theirs = size / seconds;
        let (parsed, checked) = with_large_stack(|| {
            let parsed = size
                / fastest(|| {
                    files
                        .iter()
                        .for_each(|(_, content)| drop(parsed(content, version)))
                });
            let checked = size
                / fastest(|| {
                    files
                        .iter()
                        .for_each(|(_, content)| looked_through(content, version))
                });
            (parsed, checked)
        })
        .expect("a thread");
        println!(
            "| {name} | {} | {size:.1} | {theirs:.1} | {parsed:.1} | {:.1} | {checked:.1} | {:.1} |",
            files.len(),
            parsed / theirs,
            checked / theirs
        );
    }
}

/// The files below a folder that both parsers read, with their contents.
fn accepted(folder: &Path, version: PythonVersion) -> Vec<(PathBuf, Vec<u8>)> {
    let mut folders = vec![folder.to_owned()];
    let mut files = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("a readable folder") {
            let path = entry.expect("a readable entry").path();
            let is_named = |name: &str| path.file_name().is_some_and(|found| found == name);
            if path.is_dir()
                && !is_named("site-packages")
                && !is_named("lib2to3")
                && !is_named("test")
            {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "py") {
                let content = fs::read(&path).expect("a readable file");
                if parsed(&content, version).is_some() {
                    files.push((path, content));
                }
            }
        }
    }
    files.sort();
    files
}

/// A file as a program of one module, if it is without errors.
fn parsed(content: &[u8], version: PythonVersion) -> Option<Program> {
    let text = decode(content).ok()?;
    let mut sources = Sources::default();
    let file = sources.add(SourceFile {
        path: PathBuf::from("app.py"),
        display: "app.py".to_owned(),
        relative: "app.py".to_owned(),
        index: LineIndex::new(&text),
        text,
    });
    let (tree, errors) = parse(file, sources.file(file), version);
    let module = Module {
        name: "app".to_owned(),
        is_package: false,
        file,
        tree,
    };
    errors.is_empty().then(|| Program {
        name: "app".to_owned(),
        root: PathBuf::new(),
        sources,
        modules: vec![module],
        requirements: Vec::new(),
        requires_python: None,
    })
}

/// All that `stateflow check` does with a file.
fn looked_through(content: &[u8], version: PythonVersion) {
    let program = parsed(content, version).expect("an accepted file");
    let (model, _) = model::build(&program);
    let (resolution, _) = resolve::resolve(&model);
    check::check(&model, &resolution);
}

/// The seconds of the fastest run.
fn fastest(run: impl Fn()) -> f64 {
    let seconds = (0..RUNS).map(|_| {
        let start = Instant::now();
        run();
        start.elapsed().as_secs_f64()
    });
    seconds.fold(f64::INFINITY, f64::min)
}

fn cpython(files: &mut Vec<(PathBuf, Vec<u8>)>) -> f64 {
    let folder = tempfile::tempdir().expect("a folder");
    let list = folder.path().join("files");
    let paths: Vec<_> = files
        .iter()
        .map(|(path, _)| path.to_string_lossy())
        .collect();
    fs::write(&list, paths.join("\n")).expect("a written list");
    let output = Command::new("python3")
        .args(["-I", "-c", CPYTHON, &RUNS.to_string()])
        .stdin(fs::File::open(&list).expect("the list"))
        .output()
        .expect("python3 runs");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let printed = String::from_utf8_lossy(&output.stdout);
    let mut numbers = printed.split_whitespace();
    let seconds = numbers.next().and_then(|number| number.parse().ok());
    let refused: Vec<usize> = numbers.filter_map(|number| number.parse().ok()).collect();
    let mut number = 0..;
    files.retain(|_| {
        number
            .next()
            .is_none_or(|number| !refused.contains(&number))
    });
    seconds.expect("seconds")
}
