//! `docs/ir.schema.json` is the schema of the format as the compiler has it.

use std::path::Path;

#[test]
fn the_schema_is_checked_in() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/ir.schema.json");
    let schema = stateflow::ir::json_schema();
    let text = serde_json::to_string_pretty(&schema).expect("a schema") + "\n";
    if std::env::var_os("UPDATE_SCHEMA").is_some() {
        std::fs::write(&path, &text).expect("a writable file");
    }
    let checked_in = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        checked_in == text,
        "docs/ir.schema.json is out of date: `UPDATE_SCHEMA=1 cargo test --test schema` writes it"
    );
}
