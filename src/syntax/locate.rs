//! Which modules an app begins with, and where a module's file is.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::source::Files;

/// Where an app is.
#[derive(Debug)]
pub(super) struct Location {
    /// Its name.
    pub(super) name: String,
    /// The folder that the modules' names are relative to.
    pub(super) root: PathBuf,
    /// The modules that it begins with.
    pub(super) modules: Vec<String>,
    /// The file that may say what the app requires (PEP 723).
    pub(super) script: PathBuf,
}

/// Where a module is, if it is the app's own.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// In a file of its own.
    Module(PathBuf),
    /// In the `__init__.py` of a folder.
    Package(PathBuf),
    /// Nowhere, though the package of that name is the app's own.
    Missing(String),
    /// In a folder of that name that has no `__init__.py`.
    Bare(String),
    /// Outside the app.
    External,
}

const KEYWORDS: [&str; 35] = [
    "False", "None", "True", "and", "as", "assert", "async", "await", "break", "class", "continue",
    "def", "del", "elif", "else", "except", "finally", "for", "from", "global", "if", "import",
    "in", "is", "lambda", "nonlocal", "not", "or", "pass", "raise", "return", "try", "while",
    "with", "yield",
];

/// Finds the app at a path that the user gave.
pub(super) fn locate(files: &dyn Files, path: &Path) -> Result<Location> {
    if files.is_dir(path) {
        locate_package(files, path)
    } else if !files.is_file(path) {
        bail!("there is no `{}`", path.display())
    } else if path.extension().is_none_or(|extension| extension != "py") {
        bail!(
            "`{}` is not a Python file: its name does not end in `.py`",
            path.display()
        )
    } else {
        locate_file(files, path)
    }
}

fn locate_file(files: &dyn Files, path: &Path) -> Result<Location> {
    let stem = stem(path);
    let (root, packages) = climb(files, path.parent().unwrap_or(Path::new("")))?;
    let mut parts = packages;
    if stem != "__init__" {
        check_name(&stem, path)?;
        parts.push(stem.clone());
    } else if parts.is_empty() {
        bail!("the folder of `{}` has no name", path.display());
    }
    let package = parts.iter().rev().find(|part| *part != "__main__");
    Ok(Location {
        name: package.unwrap_or(&stem).clone(),
        root,
        modules: vec![parts.join(".")],
        script: path.to_owned(),
    })
}

fn locate_package(files: &dyn Files, path: &Path) -> Result<Location> {
    let entries = files
        .list(path)
        .with_context(|| format!("the folder `{}` cannot be read", path.display()))?;
    let python: Vec<_> = entries
        .iter()
        .filter(|entry| {
            entry.extension().is_some_and(|extension| extension == "py") && files.is_file(entry)
        })
        .map(|entry| stem(entry))
        .collect();
    let Some(first) = python.first() else {
        bail!("the folder `{}` holds no Python files", path.display());
    };
    if !python.iter().any(|stem| stem == "__init__") {
        bail!(
            "the folder `{}` is not a package, since it has no `__init__.py`; name the file of the app, such as `{}`",
            path.display(),
            path.join(format!("{first}.py")).display()
        );
    }
    let (root, packages) = climb(files, path)?;
    let package = packages.join(".");
    let Some(name) = packages.last() else {
        bail!("the folder `{}` has no name", path.display());
    };
    let module = |stem: &String| match stem.as_str() {
        "__init__" => package.clone(),
        _ => format!("{package}.{stem}"),
    };
    let main = python.iter().any(|stem| stem == "__main__");
    Ok(Location {
        name: name.clone(),
        modules: python
            .iter()
            .filter(|stem| is_name(stem))
            .map(module)
            .collect(),
        script: path.join(if main { "__main__.py" } else { "__init__.py" }),
        root,
    })
}

/// Leaves the packages that a folder is in: the folder above them, and their names from the outside in.
fn climb(files: &dyn Files, folder: &Path) -> Result<(PathBuf, Vec<String>)> {
    let is_package = |folder: &Path| files.is_file(&folder.join("__init__.py"));
    let mut folder = folder.to_owned();
    let mut names = Vec::new();
    while is_package(&folder) {
        if folder.file_name().is_none() {
            folder = plain_absolute(&folder)?;
        }
        let Some(name) = folder.file_name() else {
            break;
        };
        let name = name.to_string_lossy().into_owned();
        check_name(&name, &folder)?;
        names.push(name);
        folder.pop();
    }
    names.reverse();
    Ok((folder, names))
}

/// The path from the root of the file system, without `.` and `..`.
fn plain_absolute(path: &Path) -> Result<PathBuf> {
    let path = if path.as_os_str().is_empty() {
        Path::new(".")
    } else {
        path
    };
    let absolute = std::path::absolute(path)
        .with_context(|| format!("`{}` has no absolute path", path.display()))?;
    let mut plain = PathBuf::new();
    for part in absolute.components() {
        match part {
            std::path::Component::ParentDir => {
                plain.pop();
            }
            part => plain.push(part),
        }
    }
    Ok(plain)
}

fn check_name(name: &str, path: &Path) -> Result<()> {
    if !is_name(name) {
        bail!(
            "`{}` cannot be imported: `{name}` is not a Python name",
            path.display()
        );
    }
    if name == "stateflow" {
        bail!(
            "`{}` hides the package `stateflow`; give it another name",
            path.display()
        );
    }
    Ok(())
}

fn is_name(name: &str) -> bool {
    let mut characters = name.chars();
    characters
        .next()
        .is_some_and(|c| c.is_alphabetic() || c == '_')
        && characters.all(|c| c.is_alphanumeric() || c == '_')
        && !KEYWORDS.contains(&name)
}

fn stem(path: &Path) -> String {
    path.file_stem()
        .map(|stem| stem.to_string_lossy().into_owned())
        .unwrap_or_default()
}

/// Finds the module of a dotted name below `root`.
pub(super) fn find(files: &dyn Files, root: &Path, name: &str) -> Found {
    let mut folder = root.to_owned();
    let mut parts = name.split('.').peekable();
    let mut seen = String::new();
    while let Some(part) = parts.next() {
        if part.is_empty() || seen.is_empty() && part == "stateflow" {
            return Found::External;
        }
        let parent = seen.clone();
        if !seen.is_empty() {
            seen.push('.');
        }
        seen.push_str(part);
        let init = folder.join(part).join("__init__.py");
        let file = folder.join(format!("{part}.py"));
        folder.push(part);
        match parts.peek() {
            None if files.is_file(&init) => return Found::Package(init),
            None if files.is_file(&file) => return Found::Module(file),
            Some(_) if files.is_file(&init) => {}
            Some(_) if files.is_file(&file) => return Found::Missing(seen),
            Some(next) if holds(files, &folder, next) => return Found::Bare(seen),
            _ if parent.is_empty() => return Found::External,
            _ => return Found::Missing(parent),
        }
    }
    Found::External
}

/// The names of the modules and packages in a folder.
pub(super) fn modules(files: &dyn Files, folder: &Path) -> Vec<String> {
    let entries = files.list(folder).unwrap_or_default();
    let named = entries.iter().map(|entry| stem(entry));
    named
        .filter(|name| is_name(name) && holds(files, folder, name))
        .collect()
}

/// Whether a folder holds a module of that name.
pub(super) fn holds(files: &dyn Files, folder: &Path, module: &str) -> bool {
    files.is_file(&folder.join(format!("{module}.py")))
        || files.is_file(&folder.join(module).join("__init__.py"))
}
