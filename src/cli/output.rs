//! Writing a bundle: it is whole or not there, and what was there before stays until it is.

use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use rustix::fs::{CWD, RenameFlags, renameat_with};
use stateflow::emit::{BUNDLE_FILE, Bundle};

/// What Python leaves in a bundle that has run.
const CACHE: &str = "__pycache__";

/// Writes the bundle in place of the one that may be at `folder`. Where that fails, what was there is untouched.
pub fn write(bundle: &Bundle, folder: &Path) -> Result<()> {
    let place = real(folder)?;
    check_replaceable(bundle, folder, &place)?;
    place_whole(bundle, &place)
        .with_context(|| format!("cannot write the bundle to {}", folder.display()))
}

/// The path without links, so far as it exists.
fn real(folder: &Path) -> Result<PathBuf> {
    match folder.canonicalize() {
        Ok(path) => Ok(path),
        Err(error) if error.kind() == ErrorKind::NotFound => std::path::absolute(folder)
            .with_context(|| format!("cannot write to {}", folder.display())),
        Err(error) => Err(error).with_context(|| format!("cannot write to {}", folder.display())),
    }
}

/// Fails where `place` holds what a compiler must not replace.
fn check_replaceable(bundle: &Bundle, folder: &Path, place: &Path) -> Result<()> {
    let shown = folder.display();
    if let Ok(current) = std::env::current_dir() {
        ensure!(
            !current.starts_with(place),
            "cannot write the bundle to {shown}: it is, or holds, the current folder, which would be gone"
        );
    }
    let entries = match fs::read_dir(place) {
        Ok(entries) => entries,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        Err(error) if error.kind() == ErrorKind::NotADirectory => {
            bail!(
                "cannot write the bundle to {shown}: a bundle is a folder, and this is or lies in a file"
            )
        }
        Err(error) => return Err(error).with_context(|| format!("cannot read {shown}")),
    };
    let names: Vec<_> = entries
        .map(|entry| entry.map(|entry| entry.file_name().to_string_lossy().into_owned()))
        .collect::<io::Result<_>>()
        .with_context(|| format!("cannot read {shown}"))?;
    if names.is_empty() {
        return Ok(());
    }
    ensure!(
        names.iter().any(|name| name == BUNDLE_FILE),
        "{shown} is not empty and is not a bundle; it is left as it is"
    );
    let is_ours = |name: &str| {
        name == CACHE
            || bundle
                .files()
                .any(|(path, _)| path.split('/').next() == Some(name))
    };
    match names.iter().find(|name| !is_ours(name)) {
        None => Ok(()),
        Some(name) => bail!(
            "{shown} holds `{name}`, which is not part of a bundle and would be lost; move it away"
        ),
    }
}

/// Writes the bundle beside its place and moves it in.
fn place_whole(bundle: &Bundle, place: &Path) -> io::Result<()> {
    let parent = place.parent().unwrap_or(Path::new("/"));
    fs::create_dir_all(parent)?;
    let beside = tempfile::Builder::new()
        .prefix(".stateflow-")
        .tempdir_in(parent)?;
    let whole = beside.path().join("bundle");
    fs::create_dir(&whole)?;
    for (path, content) in bundle.files() {
        let path = whole.join(path);
        fs::create_dir_all(path.parent().unwrap_or(&whole))?;
        fs::write(&path, content)?;
    }
    match fs::rename(&whole, place) {
        Err(error) if error.kind() == ErrorKind::DirectoryNotEmpty => exchange(&whole, place),
        done => done,
    }
}

/// Puts `new` in the place of `old`, in one step where the file system can do that.
fn exchange(new: &Path, old: &Path) -> io::Result<()> {
    if renameat_with(CWD, new, CWD, old, RenameFlags::EXCHANGE).is_ok() {
        return Ok(());
    }
    let aside = new.with_extension("old");
    fs::rename(old, &aside)?;
    fs::rename(new, old).inspect_err(|_| {
        let _ = fs::rename(&aside, old);
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use stateflow::{emit, ir};

    fn bundle(source: &str) -> Bundle {
        let app = ir::App {
            version: ir::VERSION,
            name: "shop".to_owned(),
            requires_python: None,
            requirements: Vec::new(),
            modules: vec![ir::Module {
                name: "shop".to_owned(),
                path: "shop.py".to_owned(),
                source: source.to_owned(),
                imports_before: 1,
                recorded: ir::Recorded::default(),
            }],
            entities: Vec::new(),
            functions: Vec::new(),
        };
        let target = emit::find_target("local").unwrap();
        target.emit(&app, &target.defaults()).unwrap()
    }

    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).unwrap();
        entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect()
    }

    #[test]
    fn a_bundle_replaces_a_bundle_and_leaves_nothing_beside_it() {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().join("some/where");
        for source in ["x = 1\n", "x = 2\n"] {
            write(&bundle(source), &place).unwrap();
            fs::create_dir(place.join(CACHE)).unwrap();
            assert_eq!(
                fs::read_to_string(place.join("app/shop.py")).unwrap(),
                source
            );
            assert_eq!(names(place.parent().unwrap()), ["where"]);
        }
    }

    #[test]
    fn an_empty_folder_is_taken() {
        let folder = tempfile::tempdir().unwrap();
        write(&bundle("x = 1\n"), folder.path()).unwrap();
        assert!(folder.path().join(BUNDLE_FILE).is_file());
    }

    #[test]
    fn what_is_not_a_bundle_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("thesis.txt"), "years of work").unwrap();
        let error = write(&bundle("x = 1\n"), folder.path()).unwrap_err();
        assert!(error.to_string().contains("is not a bundle"), "{error}");
        fs::write(folder.path().join(BUNDLE_FILE), "{}").unwrap();
        let error = write(&bundle("x = 1\n"), folder.path()).unwrap_err();
        assert!(error.to_string().contains("thesis.txt"), "{error}");
        assert_eq!(
            fs::read_to_string(folder.path().join("thesis.txt")).unwrap(),
            "years of work"
        );
    }
}
