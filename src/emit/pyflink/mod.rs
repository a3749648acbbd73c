//! Apache Flink with PyFlink: a job that owns the entities, Kafka around it, and a gateway in front.

mod options;

use askama::Template;

use super::{Bundle, Choices, Target};
use crate::ir;
pub use options::OF_STATE;
use options::{Flink, OPTIONS, Shape};

/// The target.
pub const TARGET: Target = Target {
    name: "pyflink",
    summary: "a job on Apache Flink 2.2, with its log in Apache Kafka",
    options: OPTIONS,
    python_before: |choices| Some(Shape::of(choices).flink.python_before),
    requires: |choices| {
        vec![
            format!("apache-flink=={}", Shape::of(choices).flink.version),
            "confluent-kafka==2.16.1".to_owned(),
        ]
    },
    unused: &[
        "stateflow/adapters/interleaved",
        "stateflow/adapters/local",
        "stateflow/adapters/memory",
    ],
    files,
};

/// It is the same in every bundle.
const GATEWAY_DOCKERFILE: &str = include_str!("../../../templates/pyflink/gateway.Dockerfile");

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
    Config: "pyflink/config.yaml" { app: &'a ir::App, shape: &'a Shape<'a> }
    Submit: "pyflink/submit.sh" { flink: &'a Flink }
    Project: "pyflink/pom.xml" { flink: &'a Flink }
    Dockerfile: "pyflink/Dockerfile" { flink: &'a Flink }
    Compose: "pyflink/compose.yaml" { app: &'a ir::App, flink: &'a Flink, slug: &'a str, settings: &'a str }
    Deployment: "pyflink/flinkdeployment.yaml" { flink: &'a Flink, slug: &'a str, settings: &'a str }
    Readme: "pyflink/README.md" { app: &'a ir::App, prefix: &'a str, shape: &'a Shape<'a> }
}

fn files(app: &ir::App, choices: &Choices, bundle: &mut Bundle) -> anyhow::Result<()> {
    let (prefix, slug) = (&prefix(&app.name), &slug(&app.name));
    let shape = &Shape::of(choices);
    let flink = shape.flink;
    let config = Config { app, shape }.render()?;
    let deployment = Deployment {
        flink,
        slug,
        settings: &quoted(&config),
    };
    let compose = Compose {
        app,
        flink,
        slug,
        settings: &settings(&config).join("\n"),
    };
    let rendered = [
        ("job.py", Job { app, prefix }.render()?),
        ("gateway.py", Gateway { app, prefix }.render()?),
        ("topics.py", Topics { app, prefix }.render()?),
        ("config.yaml", config),
        ("submit.sh", Submit { flink }.render()?),
        ("pom.xml", Project { flink }.render()?),
        ("Dockerfile", Dockerfile { flink }.render()?),
        ("compose.yaml", compose.render()?),
        ("flinkdeployment.yaml", deployment.render()?),
        ("README.md", Readme { app, prefix, shape }.render()?),
    ];
    bundle.add("gateway.Dockerfile", GATEWAY_DOCKERFILE);
    for (path, content) in rendered {
        bundle.add(path, content + "\n");
    }
    Ok(())
}

/// The settings of Flink, without what explains them.
fn settings(config: &str) -> Vec<&str> {
    let is_setting = |line: &&str| !line.is_empty() && !line.starts_with('#');
    config.lines().filter(is_setting).collect()
}

/// The settings as members of an object whose values are strings.
fn quoted(config: &str) -> String {
    let pairs = settings(config)
        .into_iter()
        .filter_map(|line| line.split_once(": "));
    let lines = pairs.map(|(name, value)| format!("{name}: \"{value}\""));
    lines.collect::<Vec<_>>().join("\n")
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
