//! Diagnostics for people.

use super::Diagnostic;
use crate::source::Sources;

/// Whether to write terminal colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// Text alone.
    Plain,
    /// With ANSI escapes.
    Coloured,
}

/// A diagnostic with the lines it speaks of.
pub fn render(sources: &Sources, diagnostic: &Diagnostic, style: Style) -> String {
    let _ = (sources, style);
    diagnostic.message.clone()
}
