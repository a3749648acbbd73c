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

/// What a bundle is.
#[derive(Serialize)]
pub(super) struct Description<'a> {
    pub target: &'a str,
    pub app: &'a str,
    /// What it was asked to be like.
    pub options: &'a BTreeMap<&'static str, String>,
    /// The Pythons that it runs on.
    pub python: &'a str,
}

#[derive(Serialize)]
struct Sealed<'a> {
    format: u32,
    #[serde(flatten)]
    description: &'a Description<'a>,
    digest: &'a str,
}

impl Bundle {
    /// Puts a file in.
    pub(super) fn add(&mut self, path: impl Into<String>, content: impl Into<Vec<u8>>) {
        self.files.insert(path.into(), content.into());
    }

    /// Adds the description, with the digest over it and all files.
    pub(super) fn seal(&mut self, description: &Description<'_>) -> anyhow::Result<()> {
        self.digest = self.digest_with(&serde_json::to_vec(description)?);
        let sealed = Sealed {
            format: FORMAT,
            description,
            digest: &self.digest,
        };
        let text = serde_json::to_string_pretty(&sealed)? + "\n";
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

    fn digest_with(&self, description: &[u8]) -> String {
        let files = self.files.iter();
        let parts = files.flat_map(|(path, content)| [path.as_bytes(), content]);
        Digest::of(parts.chain([description])).hex(64)
    }
}
