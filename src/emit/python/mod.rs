//! The app's modules with their split methods replaced by blocks.

mod block;
mod gather;
mod leave;
mod module;
#[cfg(test)]
mod tests;
mod writer;

use std::collections::BTreeMap;

use super::{Bundle, linemap};
use crate::ir;

/// Writes the modules below `app/`, and the line map.
pub fn add(app: &ir::App, bundle: &mut Bundle) -> anyhow::Result<()> {
    let mut maps = BTreeMap::new();
    for module in &app.modules {
        let emitted = module::emit(app, module);
        bundle.add(format!("app/{}", module.path), emitted.text);
        maps.insert(module.path.as_str(), emitted.map);
    }
    bundle.add("linemap.json", linemap::to_json(&maps));
    Ok(())
}
