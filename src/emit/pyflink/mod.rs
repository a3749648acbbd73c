//! Apache Flink with PyFlink: a job that owns the entities, Kafka around it, and a gateway in front.

mod options;

use askama::Template;

use super::deploy::{self, CLIENT, GATEWAY_DOCKERFILE, Script, said, templates};
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
            CLIENT.to_owned(),
        ]
    },
    unused: &[
        "stateflow/adapters/interleaved",
        "stateflow/adapters/local",
        "stateflow/adapters/memory",
        "stateflow/adapters/statefun",
    ],
    files,
};

templates! {
    Job: "pyflink/job.py" { app: &'a ir::App, prefix: &'a str }
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
    let (prefix, slug) = (&deploy::prefix(&app.name), &deploy::slug(&app.name));
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
        settings: &said(&config).join("\n"),
    };
    let gateway = Script {
        name: "gateway.py",
        about: &format!("Serves {} over HTTP, in front of the job", app.name),
        module: "stateflow.kafka.gateway",
        prefix,
    };
    let rendered = [
        ("job.py", Job { app, prefix }.render()?),
        ("gateway.py", gateway.render()?),
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

/// The settings as members of an object whose values are strings.
fn quoted(config: &str) -> String {
    let pairs = said(config)
        .into_iter()
        .filter_map(|line| line.split_once(": "));
    let lines = pairs.map(|(name, value)| format!("{name}: \"{value}\""));
    lines.collect::<Vec<_>>().join("\n")
}
