//! Source files: how their bytes become text, and where in it a position stands.

mod decode;
mod encoding;
mod files;
mod lines;

pub use decode::{DecodeError, decode, decode_lossy};
pub use files::{Disk, Files, Memory};
pub use lines::{LineIndex, Position};

use std::path::PathBuf;

/// The index of a file in its [`Sources`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FileId(pub u32);

/// A range of bytes of a file's decoded text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Span {
    /// The file.
    pub file: FileId,
    /// The first byte.
    pub start: u32,
    /// The byte after the last.
    pub end: u32,
}

impl Span {
    /// Whether it lies inside another.
    pub fn is_inside(self, outer: Self) -> bool {
        self.file == outer.file && outer.start <= self.start && self.end <= outer.end
    }
}

/// A file of the app.
#[derive(Debug)]
pub struct SourceFile {
    /// Where it was read from.
    pub path: PathBuf,
    /// How diagnostics name it: as the user would from the current folder.
    pub display: String,
    /// Its path below the app's root, with `/`: how bundles and tracebacks name it.
    pub relative: String,
    /// The decoded text, with `\n` line ends and without a byte order mark.
    pub text: String,
    /// Where its lines begin.
    pub index: LineIndex,
}

/// All files that were read.
#[derive(Debug, Default)]
pub struct Sources {
    files: Vec<SourceFile>,
}

impl Sources {
    /// Takes a file in and gives its id.
    pub fn add(&mut self, file: SourceFile) -> FileId {
        self.files.push(file);
        FileId(self.files.len() as u32 - 1)
    }

    /// The file of that id.
    pub fn file(&self, id: FileId) -> &SourceFile {
        &self.files[id.0 as usize]
    }

    /// The text of a span.
    pub fn text(&self, span: Span) -> &str {
        &self.file(span.file).text[span.start as usize..span.end as usize]
    }

    /// Every file, in the order in which it was added.
    pub fn iter(&self) -> impl Iterator<Item = (FileId, &SourceFile)> {
        self.files
            .iter()
            .enumerate()
            .map(|(index, file)| (FileId(index as u32), file))
    }
}
