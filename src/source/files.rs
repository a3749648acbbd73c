//! The file system as the compiler sees it: read only, and replaceable in tests.

use std::io;
use std::path::{Path, PathBuf};

/// What the front end may ask of a file system.
pub trait Files {
    /// The content of a file.
    fn read(&self, path: &Path) -> io::Result<Vec<u8>>;
    /// Whether a file is there.
    fn is_file(&self, path: &Path) -> bool;
    /// Whether a folder is there.
    fn is_dir(&self, path: &Path) -> bool;
    /// What a folder holds, sorted.
    fn list(&self, path: &Path) -> io::Result<Vec<PathBuf>>;
}

/// The machine's own file system.
#[derive(Debug, Default)]
pub struct Disk;

impl Files for Disk {
    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        std::fs::read(path)
    }

    fn is_file(&self, path: &Path) -> bool {
        path.is_file()
    }

    fn is_dir(&self, path: &Path) -> bool {
        path.is_dir()
    }

    fn list(&self, path: &Path) -> io::Result<Vec<PathBuf>> {
        let mut entries = std::fs::read_dir(path)?
            .map(|entry| entry.map(|entry| entry.path()))
            .collect::<io::Result<Vec<_>>>()?;
        entries.sort();
        Ok(entries)
    }
}
