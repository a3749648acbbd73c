//! Diagnostics for scripts: one JSON object a line.

use super::Diagnostic;
use crate::source::Sources;

/// A diagnostic as one JSON object.
pub fn to_json(sources: &Sources, diagnostic: &Diagnostic) -> serde_json::Value {
    let _ = sources;
    serde_json::json!({ "code": diagnostic.code })
}
