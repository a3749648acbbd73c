//! What a bundle says of itself.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use serde::Deserialize;

use crate::emit::BUNDLE_FILE;

/// What a bundle is.
#[derive(Debug, Deserialize)]
pub struct About {
    /// The target that it was made for.
    pub target: String,
    /// The Pythons that it runs on (PEP 440).
    pub python: String,
    /// What it was asked to be like.
    pub options: BTreeMap<String, String>,
}

impl About {
    /// Of the bundle in that folder.
    pub fn read(bundle: &Path) -> Result<Self> {
        let path = bundle.join(BUNDLE_FILE);
        let read = || -> Result<Self> { Ok(serde_json::from_slice(&fs::read(&path)?)?) };
        read().with_context(|| format!("cannot read {}", path.display()))
    }
}
