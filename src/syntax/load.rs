//! Reading an app: from where it begins, along its imports.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::io;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use ruff_python_ast::PythonVersion;

use super::imports::{Import, ImportStmt, exported, imports};
use super::locate::{Found, Location, find, holds, locate};
use super::program::{Module, Program, import_base, slashed};
use super::stdlib::comes_with_python;
use super::{Ranged, Tree, parse, requirements, span};
use crate::diagnostics::Diagnostic;
use crate::source::{FileId, Files, LineIndex, SourceFile, Sources, Span, decode, decode_lossy};

/// Larger files are refused: no one wrote them.
const MAX_SIZE: usize = 64 << 20;

/// Reads the app at `path` (a Python file or a package folder) and every module of its own that it imports, however:
/// absolutely, relatively, under an alias, or under `if TYPE_CHECKING`. No code of it runs.
///
/// An app that cannot be read at all is an error; what is wrong inside it is a diagnostic.
pub fn load(files: &dyn Files, path: &Path) -> Result<(Program, Vec<Diagnostic>)> {
    let Location {
        name,
        root,
        modules,
        script,
    } = locate(files, path)?;
    let mut loader = Loader {
        files,
        root,
        version: PythonVersion::latest(),
        sources: Sources::default(),
        opened: BTreeMap::new(),
        modules: BTreeMap::new(),
        pending: VecDeque::new(),
        unprovided: Some(BTreeSet::new()),
        diagnostics: Vec::new(),
    };
    let script = loader.begin(&script)?;
    let needs = requirements::read(
        files,
        &loader.root,
        script,
        &mut loader.sources,
        &mut loader.diagnostics,
    );
    loader.version = needs.oldest_python();
    if !needs.distributions.is_empty() {
        loader.unprovided = None;
    }
    for module in modules {
        loader.enter(&module)?;
    }
    loader.follow_all();
    let program = Program {
        name,
        root: loader.root,
        sources: loader.sources,
        modules: loader.modules.into_values().flatten().collect(),
        requirements: needs.distributions,
        requires_python: needs.python,
    };
    Ok((program, loader.diagnostics))
}

struct Loader<'a> {
    files: &'a dyn Files,
    root: PathBuf,
    version: PythonVersion,
    sources: Sources,
    /// The files that were taken in: none where a file is no text.
    opened: BTreeMap<PathBuf, Option<FileId>>,
    /// By name; none where the file is no text.
    modules: BTreeMap<String, Option<Module>>,
    /// Modules whose imports are still to be followed.
    pending: VecDeque<String>,
    /// Third-party modules that were reported; none where the app says what it requires.
    unprovided: Option<BTreeSet<String>>,
    diagnostics: Vec<Diagnostic>,
}

/// An import as the loader follows it.
struct Wanted {
    base: Option<String>,
    names: Vec<(String, Span)>,
    from: bool,
    relative: bool,
    optional: bool,
    typing: bool,
    at: Span,
}

impl Loader<'_> {
    fn begin(&mut self, script: &Path) -> Result<Option<FileId>> {
        self.open(script)
            .with_context(|| format!("`{}` cannot be read", script.display()))
    }

    /// Adds a module that the app begins with.
    fn enter(&mut self, name: &str) -> Result<()> {
        if let Some((parent, _)) = name.rsplit_once('.') {
            self.enter(parent)?;
        }
        match find(self.files, &self.root, name) {
            Found::Module(path) => self.add(name, &path, false),
            Found::Package(path) => self.add(name, &path, true),
            _ => Ok(()),
        }
        .with_context(|| format!("the module `{name}` cannot be read"))
    }

    fn add(&mut self, name: &str, path: &Path, is_package: bool) -> io::Result<()> {
        if self.modules.contains_key(name) {
            return Ok(());
        }
        let module = self.open(path)?.map(|file| Module {
            name: name.to_owned(),
            is_package,
            file,
            tree: self.parse(file),
        });
        self.modules.insert(name.to_owned(), module);
        self.pending.push_back(name.to_owned());
        Ok(())
    }

    fn parse(&mut self, file: FileId) -> Tree {
        let (tree, found) = parse(file, self.sources.file(file), self.version);
        self.diagnostics.extend(found);
        tree
    }

    /// Takes a Python file in; one that is no text is reported.
    fn open(&mut self, path: &Path) -> io::Result<Option<FileId>> {
        if let Some(file) = self.opened.get(path) {
            return Ok(*file);
        }
        let bytes = self.files.read(path)?;
        if bytes.len() > MAX_SIZE {
            return Err(io::Error::other("it is larger than 64 MiB"));
        }
        let (text, problem) = match decode(&bytes) {
            Ok(text) => (text, None),
            Err(problem) => (decode_lossy(&bytes), Some(problem)),
        };
        let file = self.sources.add(SourceFile {
            path: path.to_owned(),
            display: path.display().to_string(),
            relative: slashed(path.strip_prefix(&self.root).unwrap_or(path)),
            index: LineIndex::new(&text),
            text,
        });
        let readable = problem.is_none();
        if let Some(problem) = problem {
            let text = &self.sources.file(file).text;
            let before = decode_lossy(&bytes[..problem.bytes.start]).len();
            let start = text.floor_char_boundary(before);
            let end = text.ceil_char_boundary((start + problem.bytes.len()).min(text.len()));
            let place = Span {
                file,
                start: start as u32,
                end: end as u32,
            };
            self.diagnostics.push(
                Diagnostic::new("E0002", "this file is not readable text", place, problem.reason)
                    .help("save it as UTF-8, or declare its encoding in the first line: `# coding: latin-1`"),
            );
        }
        let opened = readable.then_some(file);
        self.opened.insert(path.to_owned(), opened);
        Ok(opened)
    }

    fn follow_all(&mut self) {
        while let Some(name) = self.pending.pop_front() {
            let Some(Some(module)) = self.modules.get(&name) else {
                continue;
            };
            let wanted: Vec<_> = imports(&module.tree.body)
                .into_iter()
                .flat_map(|import| wanted(module, import))
                .collect();
            for import in wanted {
                self.follow(&import);
            }
        }
    }

    fn follow(&mut self, import: &Wanted) {
        let Some(base) = &import.base else {
            self.diagnostics.push(
                Diagnostic::new("E0011", "this relative import leads out of the package", import.at, "")
                    .note("the dots climb from the module to the packages around it, as far as the outermost one")
                    .help("write the name of the module instead of the dots, or put the module into a package"),
            );
            return;
        };
        match find(self.files, &self.root, base) {
            Found::External => self.follow_external(import, base),
            Found::Missing(package) => self.missing(import, base, &package),
            Found::Bare(folder) => self.bare(import, &folder),
            found => {
                self.reach(base, found, import.at);
                if import.from {
                    self.follow_names(import, base);
                }
            }
        }
    }

    /// `from package import name` where `name` may be a module.
    fn follow_names(&mut self, import: &Wanted, base: &str) {
        for (name, at) in &import.names {
            let names = match name.as_str() {
                "*" => self.exported(base),
                _ => vec![name.clone()],
            };
            for name in names {
                let name = format!("{base}.{name}");
                let found = find(self.files, &self.root, &name);
                if matches!(found, Found::Module(_) | Found::Package(_)) {
                    self.reach(&name, found, *at);
                }
            }
        }
    }

    /// The names in the `__all__` of a module that was reached.
    fn exported(&self, module: &str) -> Vec<String> {
        let module = self.modules.get(module).and_then(Option::as_ref);
        let names = module.and_then(|module| exported(&module.tree.body));
        names.into_iter().flatten().map(str::to_owned).collect()
    }

    fn follow_external(&mut self, import: &Wanted, base: &str) {
        let folder = base
            .split('.')
            .fold(self.root.clone(), |folder, part| folder.join(part));
        if import.relative {
            self.missing(import, base, "");
        } else if import
            .names
            .iter()
            .any(|(name, _)| holds(self.files, &folder, name))
            && base != "stateflow"
        {
            self.bare(import, base);
        } else if !import.optional && !import.typing {
            self.third_party(import, base);
        }
    }

    /// Reports a module that neither the app nor Python nor a requirement provides.
    fn third_party(&mut self, import: &Wanted, module: &str) {
        let top = module.split('.').next().unwrap_or(module);
        let Some(reported) = &mut self.unprovided else {
            return;
        };
        if top == "stateflow" || comes_with_python(top) || !reported.insert(top.to_owned()) {
            return;
        }
        let message = format!("nothing says where the module `{top}` comes from");
        let near = super::locate::modules(self.files, &self.root)
            .into_iter()
            .find(|known| strsim::damerau_levenshtein(known, top) <= 1 + top.len() / 5);
        let help = match near {
            Some(near) => format!("there is a module `{near}` in the app's folder"),
            None => "list what provides it in a `requirements.txt` beside the app".to_owned(),
        };
        self.diagnostics.push(
            Diagnostic::new("W0550", message, import.at, "")
                .note("it is neither the app's own nor part of Python, and the app lists no requirements")
                .help(help),
        );
    }

    /// Adds a module that was found, and the packages around it.
    fn reach(&mut self, name: &str, found: Found, at: Span) {
        if let Some((parent, _)) = name.rsplit_once('.') {
            let found = find(self.files, &self.root, parent);
            self.reach(parent, found, at);
        }
        let added = match found {
            Found::Module(path) => self.add(name, &path, false),
            Found::Package(path) => self.add(name, &path, true),
            _ => Ok(()),
        };
        if let Err(error) = added {
            self.modules.insert(name.to_owned(), None);
            let message = format!("the module `{name}` cannot be read");
            self.diagnostics
                .push(Diagnostic::new("E0010", message, at, error.to_string()));
        }
    }

    fn missing(&mut self, import: &Wanted, name: &str, package: &str) {
        if import.optional {
            return;
        }
        let mut diagnostic = Diagnostic::new(
            "E0010",
            format!("there is no module `{name}`"),
            import.at,
            "",
        );
        if !package.is_empty() {
            diagnostic = diagnostic.note(format!(
                "`{package}` is the app's own, and holds no such module"
            ));
        }
        self.diagnostics.push(diagnostic);
    }

    fn bare(&mut self, import: &Wanted, folder: &str) {
        let message = format!("the folder `{folder}` is not a package");
        let path = folder.replace('.', "/");
        self.diagnostics.push(
            Diagnostic::new("E0012", message, import.at, "imported here")
                .note("packages without an `__init__.py` are not supported yet")
                .help(format!("add an empty file `{path}/__init__.py`")),
        );
    }
}

fn wanted(module: &Module, import: Import<'_>) -> Vec<Wanted> {
    let Import {
        optional, typing, ..
    } = import;
    match import.stmt {
        ImportStmt::Import(stmt) => stmt
            .names
            .iter()
            .map(|alias| Wanted {
                base: Some(alias.name.to_string()),
                names: Vec::new(),
                from: false,
                relative: false,
                optional,
                typing,
                at: span(module.file, alias),
            })
            .collect(),
        ImportStmt::From(stmt) => {
            let names = stmt
                .names
                .iter()
                .map(|alias| (alias.name.to_string(), span(module.file, alias)))
                .collect();
            let at = stmt.module.as_ref().map_or(stmt.range(), Ranged::range);
            vec![Wanted {
                base: import_base(&module.name, module.is_package, stmt),
                names,
                from: true,
                relative: stmt.level > 0,
                optional,
                typing,
                at: span(module.file, &at),
            }]
        }
    }
}

#[cfg(test)]
mod tests;
