//! The JSON Schema of the format, generated from the Rust types.

use super::App;

/// The JSON Schema (draft 2020-12) that every serialized [`App`] conforms to.
pub fn json_schema() -> serde_json::Value {
    schemars::schema_for!(App).to_value()
}
