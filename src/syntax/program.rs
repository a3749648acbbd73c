//! A whole app: its modules, found by following imports, and what it requires.

use std::path::{Path, PathBuf};

use super::{Tree, ast};
use crate::source::{FileId, Sources};

/// The index of a module in its [`Program`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ModuleId(pub u32);

/// A module of the app's own.
#[derive(Debug)]
pub struct Module {
    /// The dotted name under which the app imports it.
    pub name: String,
    /// Whether it is a package's `__init__.py`.
    pub is_package: bool,
    /// Its file.
    pub file: FileId,
    /// What it holds.
    pub tree: Tree,
}

/// An app as read: every module of its own that it imports.
#[derive(Debug)]
pub struct Program {
    /// The app's name: the stem of the file, or the name of the package.
    pub name: String,
    /// The folder that the modules' names are relative to.
    pub root: PathBuf,
    /// The files.
    pub sources: Sources,
    /// The modules, sorted by name.
    pub modules: Vec<Module>,
    /// Third-party requirements (PEP 508), sorted.
    pub requirements: Vec<String>,
    /// The Python versions asked for (PEP 440), where the app says so.
    pub requires_python: Option<String>,
}

impl Program {
    /// The module of that id.
    pub fn module(&self, id: ModuleId) -> &Module {
        &self.modules[id.0 as usize]
    }

    /// The module of that dotted name, where the app has it.
    pub fn find(&self, name: &str) -> Option<ModuleId> {
        self.modules
            .binary_search_by(|module| module.name.as_str().cmp(name))
            .ok()
            .map(|index| ModuleId(index as u32))
    }

    /// Every module with its id.
    pub fn iter(&self) -> impl Iterator<Item = (ModuleId, &Module)> {
        self.modules
            .iter()
            .enumerate()
            .map(|(index, module)| (ModuleId(index as u32), module))
    }
}

impl Module {
    /// The dotted name of the module that a `from … import` in this module names; none where it leads out of the top-level
    /// package.
    pub fn import_base(&self, import: &ast::StmtImportFrom) -> Option<String> {
        import_base(&self.name, self.is_package, import)
    }
}

/// See [`Module::import_base`].
pub(super) fn import_base(
    name: &str,
    is_package: bool,
    import: &ast::StmtImportFrom,
) -> Option<String> {
    let written = import.module.as_ref().map_or("", |module| module.as_str());
    if import.level == 0 {
        return Some(written.to_owned());
    }
    let climbs = import.level - u32::from(is_package);
    let mut base = name;
    for _ in 0..climbs {
        base = base.rsplit_once('.').map(|(parent, _)| parent)?;
    }
    Some(match written {
        "" => base.to_owned(),
        _ => format!("{base}.{written}"),
    })
}

/// A relative path with `/` between its parts.
pub(super) fn slashed(path: &Path) -> String {
    let parts: Vec<_> = path
        .components()
        .map(|part| part.as_os_str().to_string_lossy())
        .collect();
    parts.join("/")
}
