//! Apache Flink with PyFlink: a job that owns the entities, Kafka around it, and a gateway in front.

use askama::Template;

use super::{Bundle, Target};
use crate::ir;

/// The target.
pub const TARGET: Target = Target {
    name: "pyflink",
    summary: "a job on Apache Flink, its log in Apache Kafka",
    requires: &["apache-flink==2.2.1", "confluent-kafka==2.16.1"],
    files,
};

macro_rules! templates {
    ($($name:ident: $path:literal,)*) => {
        $(
            #[derive(Template)]
            #[template(path = $path, escape = "none")]
            struct $name<'a> {
                app: &'a ir::App,
                prefix: &'a str,
            }
        )*
    };
}

templates! {
    Job: "pyflink/job.py",
    Gateway: "pyflink/gateway.py",
    Topics: "pyflink/topics.py",
    Config: "pyflink/config.yaml",
    Pom: "pyflink/pom.xml",
    Readme: "pyflink/README.md",
}

fn files(app: &ir::App, bundle: &mut Bundle) -> anyhow::Result<()> {
    let prefix = &prefix(&app.name);
    bundle.add("job.py", Job { app, prefix }.render()? + "\n");
    bundle.add("gateway.py", Gateway { app, prefix }.render()? + "\n");
    bundle.add("topics.py", Topics { app, prefix }.render()? + "\n");
    bundle.add("config.yaml", Config { app, prefix }.render()? + "\n");
    bundle.add("pom.xml", Pom { app, prefix }.render()? + "\n");
    bundle.add("README.md", Readme { app, prefix }.render()? + "\n");
    Ok(())
}

/// What the names of an app's topics begin with: of the characters that Kafka takes in them.
fn prefix(name: &str) -> String {
    let allowed = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    name.chars()
        .map(|c| if allowed(c) { c } else { '_' })
        .collect()
}
