//! Apache Flink with PyFlink: a job that owns the entities, Kafka around it, and a gateway in front.

use askama::Template;

use super::{Bundle, Target};
use crate::ir;

/// The target.
pub const TARGET: Target = Target {
    name: "pyflink",
    summary: "a job on Apache Flink 2.2, with its log in Apache Kafka",
    requires: &["apache-flink==2.2.1", "confluent-kafka==2.16.1"],
    unused: &[
        "stateflow/adapters/interleaved",
        "stateflow/adapters/local",
        "stateflow/adapters/memory",
    ],
    files,
};

/// What is the same in every bundle.
const FIXED: &[(&str, &str)] = &[
    ("config.yaml", CONFIG),
    (
        "Dockerfile",
        include_str!("../../templates/pyflink/Dockerfile"),
    ),
    (
        "gateway.Dockerfile",
        include_str!("../../templates/pyflink/gateway.Dockerfile"),
    ),
    ("pom.xml", include_str!("../../templates/pyflink/pom.xml")),
    (
        "submit.sh",
        include_str!("../../templates/pyflink/submit.sh"),
    ),
];

const CONFIG: &str = include_str!("../../templates/pyflink/config.yaml");

macro_rules! templates {
    ($($name:ident: $path:literal { $($field:ident: $kind:ty),+ })*) => {
        $(
            #[derive(Template)]
            #[template(path = $path, escape = "none")]
            struct $name<'a> {
                $($field: $kind,)+
            }
        )*
    };
}

templates! {
    Job: "pyflink/job.py" { app: &'a ir::App, prefix: &'a str }
    Gateway: "pyflink/gateway.py" { app: &'a ir::App, prefix: &'a str }
    Topics: "pyflink/topics.py" { app: &'a ir::App, prefix: &'a str }
    Compose: "pyflink/compose.yaml" { app: &'a ir::App, slug: &'a str, settings: &'a str }
    Deployment: "pyflink/flinkdeployment.yaml" { slug: &'a str, quoted: &'a str }
    Readme: "pyflink/README.md" { app: &'a ir::App, prefix: &'a str }
}

fn files(app: &ir::App, bundle: &mut Bundle) -> anyhow::Result<()> {
    let prefix = &prefix(&app.name);
    let slug = &slug(&app.name);
    let settings = &settings().join("\n");
    let quoted = &settings_quoted().join("\n");
    for (path, content) in FIXED {
        bundle.add(*path, *content);
    }
    let mut add = |path: &str, content: String| bundle.add(path, content + "\n");
    add("job.py", Job { app, prefix }.render()?);
    add("gateway.py", Gateway { app, prefix }.render()?);
    add("topics.py", Topics { app, prefix }.render()?);
    add("README.md", Readme { app, prefix }.render()?);
    let compose = Compose {
        app,
        slug,
        settings,
    };
    add("compose.yaml", compose.render()?);
    add(
        "flinkdeployment.yaml",
        Deployment { slug, quoted }.render()?,
    );
    Ok(())
}

/// The settings of Flink, without what explains them.
fn settings() -> Vec<&'static str> {
    let is_setting = |line: &&str| !line.is_empty() && !line.starts_with('#');
    CONFIG.lines().filter(is_setting).collect()
}

/// The settings as members of an object whose values are strings.
fn settings_quoted() -> Vec<String> {
    let pairs = settings()
        .into_iter()
        .filter_map(|line| line.split_once(": "));
    pairs
        .map(|(name, value)| format!("{name}: \"{value}\""))
        .collect()
}

/// What the names of an app's topics begin with: of the characters that Kafka takes in them.
fn prefix(name: &str) -> String {
    let allowed = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    name.chars()
        .map(|c| if allowed(c) { c } else { '_' })
        .collect()
}

/// A name of the form that containers have (RFC 1123).
fn slug(name: &str) -> String {
    let text: String = name
        .to_lowercase()
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() { c } else { '-' })
        .collect();
    let text = text.trim_matches('-');
    if text.is_empty() {
        "app".to_owned()
    } else {
        text.to_owned()
    }
}
