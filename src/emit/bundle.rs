//! A bundle in memory.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::digest::Digest;

/// The file that says what a bundle is; a folder that holds one is a bundle.
pub const BUNDLE_FILE: &str = "bundle.json";

/// The version of the layout of bundles.
const FORMAT: u32 = 1;

/// The files of a bundle: their paths below its folder, with `/`, and what they hold.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Bundle {
    files: BTreeMap<String, Vec<u8>>,
    digest: String,
}

#[derive(Serialize)]
struct Description<'a> {
    format: u32,
    target: &'a str,
    app: &'a str,
    digest: &'a str,
}

impl Bundle {
    /// Puts a file in.
    pub(super) fn add(&mut self, path: impl Into<String>, content: impl Into<Vec<u8>>) {
        self.files.insert(path.into(), content.into());
    }

    /// Adds the description, with the digest over all other files.
    pub(super) fn seal(&mut self, target: &str, app: &str) -> anyhow::Result<()> {
        self.digest = self.digest_files();
        let description = Description {
            format: FORMAT,
            target,
            app,
            digest: &self.digest,
        };
        let text = serde_json::to_string_pretty(&description)? + "\n";
        self.add(BUNDLE_FILE, text);
        Ok(())
    }

    /// The files, sorted by path.
    pub fn files(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.files
            .iter()
            .map(|(path, content)| (path.as_str(), content.as_slice()))
    }

    /// What a file holds.
    pub fn file(&self, path: &str) -> Option<&[u8]> {
        self.files.get(path).map(Vec::as_slice)
    }

    /// 64 hexadecimal digits that tell bundles apart.
    pub fn digest(&self) -> &str {
        &self.digest
    }

    fn digest_files(&self) -> String {
        let files = self.files.iter();
        let parts = files.flat_map(|(path, content)| [path.as_bytes(), content]);
        Digest::of(parts).hex(64)
    }
}
