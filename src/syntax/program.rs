//! A whole app: its modules, found by following imports, and what it requires.

use std::path::{Path, PathBuf};

use super::Tree;
use crate::diagnostics::Diagnostic;
use crate::source::{FileId, Files, Sources};

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
}

/// Reads the app at `path` (a Python file or a package folder) and every module of its own that it imports, however:
/// absolutely, relatively, under an alias, or under `if TYPE_CHECKING`. No code of it runs.
///
/// An app that cannot be read at all is an error; what is wrong inside it is a diagnostic.
pub fn load(files: &dyn Files, path: &Path) -> anyhow::Result<(Program, Vec<Diagnostic>)> {
    let _ = (files, path);
    anyhow::bail!("not read")
}
