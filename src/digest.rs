//! Digests of lists of parts: each part has its length before it, so that no other list gives the same bytes.

use sha2::{Digest as _, Sha256};

/// A SHA-256 in the making.
#[derive(Debug, Default)]
pub(crate) struct Digest(Sha256);

impl Digest {
    /// That of some parts.
    pub fn of<'p>(parts: impl IntoIterator<Item = &'p [u8]>) -> Self {
        let mut digest = Self::default();
        parts.into_iter().for_each(|part| digest.add(part));
        digest
    }

    /// Adds a part.
    pub fn add(&mut self, part: &[u8]) {
        self.add_count(part.len());
        self.0.update(part);
    }

    /// Adds how many parts of a part follow.
    pub fn add_count(&mut self, count: usize) {
        self.0.update((count as u64).to_le_bytes());
    }

    /// Its first hexadecimal digits, of which there are 64.
    pub fn hex(self, digits: usize) -> String {
        let hash = self.0.finalize();
        let mut text: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
        text.truncate(digits);
        text
    }
}
