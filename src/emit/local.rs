//! The embedded target: one process with SQLite, and no engine.

use askama::Template;

use super::{Bundle, Choices, Target};
use crate::ir;

/// The target.
pub const TARGET: Target = Target {
    name: "local",
    summary: "one process on one machine, state in SQLite, no engine needed",
    options: &[],
    python_before: |_| None,
    requires: |_| Vec::new(),
    unused: &[
        "stateflow/kafka/",
        "stateflow/adapters/pyflink",
        "stateflow/adapters/statefun",
    ],
    files,
};

#[derive(Template)]
#[template(path = "local/main.py", escape = "none")]
struct Main<'a> {
    app: &'a ir::App,
}

#[derive(Template)]
#[template(path = "local/README.md", escape = "none")]
struct Readme<'a> {
    app: &'a ir::App,
}

fn files(app: &ir::App, _: &Choices, bundle: &mut Bundle) -> anyhow::Result<()> {
    bundle.add("main.py", Main { app }.render()? + "\n");
    bundle.add("README.md", Readme { app }.render()? + "\n");
    Ok(())
}
