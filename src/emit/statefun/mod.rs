//! Flink Stateful Functions: entities as remote functions, Kafka around the engine, and a gateway in front.

mod options;

use askama::Template;

use super::deploy::{self, CLIENT, GATEWAY_DOCKERFILE, Script, said, templates};
use super::{Bundle, Choices, NO_DEPENDENCIES, REQUIREMENTS, Target};
use crate::ir;
use options::{OPTIONS, Shape};

/// The target.
pub const TARGET: Target = Target {
    name: "statefun",
    summary: "remote functions of Flink Stateful Functions 3.3, behind Apache Kafka",
    options: OPTIONS,
    python_before: |_| Some("3.14"),
    requires: |_| vec![CLIENT.to_owned(), PROTOBUF.to_owned()],
    unused: &[
        "stateflow/adapters/interleaved",
        "stateflow/adapters/local",
        "stateflow/adapters/memory",
        "stateflow/adapters/pyflink",
    ],
    files,
};

const STATEFUN: &str = "3.3.0";

/// What the engine's package uses where the app asks for no other. It asks for one before 4, which is written in Python on all Pythons
/// that bundles run on, and goes with no package that asks for a later one; so it is installed by itself.
const PROTOBUF: &str = "protobuf==7.36.2";

/// The Flink that it is built for.
const FLINK: &str = "1.16.2";

/// Bytes of the largest record of Kafka, as the topics are made and the gateway checks.
const MAX_RECORD: u32 = 8 << 20;

/// The function that knows requests again, beside those of the entities.
const KEPT_REQUESTS: &str = "kept-requests";

/// It is the same in every bundle.
const FUNCTIONS_DOCKERFILE: &str = include_str!("../../../templates/statefun/functions.Dockerfile");

/// Where the engine finds the others.
#[derive(Debug)]
pub struct Place<'a> {
    /// `HOST:PORT`.
    pub kafka: &'a str,
    /// The URL that functions are called at.
    pub functions: &'a str,
}

/// The addresses in a bundle's module.
pub const COMPOSED: Place<'static> = Place {
    kafka: "kafka:9092",
    functions: "http://functions:8001/",
};

templates! {
    Module: "statefun/module.yaml" { app: &'a ir::App, prefix: &'a str, functions: &'a [String], shape: &'a Shape, place: &'a Place<'a> }
    Config: "statefun/flink-conf.yaml" { app: &'a ir::App, prefix: &'a str, shape: &'a Shape }
    Project: "statefun/pom.xml" { flink: &'a str }
    Dockerfile: "statefun/Dockerfile" { slug: &'a str }
    Compose: "statefun/compose.yaml" { app: &'a ir::App, slug: &'a str, settings: &'a str }
    Kubernetes: "statefun/kubernetes.yaml" { app: &'a ir::App, slug: &'a str, module: &'a str, settings: &'a str }
    Readme: "statefun/README.md" { app: &'a ir::App, prefix: &'a str, slug: &'a str, shape: &'a Shape }
}

fn files(app: &ir::App, choices: &Choices, bundle: &mut Bundle) -> anyhow::Result<()> {
    let (prefix, slug) = (&deploy::prefix(&app.name), &deploy::slug(&app.name));
    let shape = &Shape::of(choices);
    let functions = &functions(app);
    let module = |place: &Place<'_>| {
        Module {
            app,
            prefix,
            functions,
            shape,
            place,
        }
        .render()
    };
    let config = Config { app, prefix, shape }.render()?;
    let settings = &said(&config).join("\n");
    let in_cluster = module(&Place {
        kafka: "KAFKA:9092",
        functions: &format!("http://{slug}-functions:8001/"),
    })?;
    let kubernetes = Kubernetes {
        app,
        slug,
        module: &said(&in_cluster).join("\n"),
        settings,
    };
    let rendered = [
        ("module.yaml", module(&COMPOSED)?),
        ("pom.xml", Project { flink: FLINK }.render()?),
        ("Dockerfile", Dockerfile { slug }.render()?),
        (
            "compose.yaml",
            Compose {
                app,
                slug,
                settings,
            }
            .render()?,
        ),
        ("kubernetes.yaml", kubernetes.render()?),
        (
            "README.md",
            Readme {
                app,
                prefix,
                slug,
                shape,
            }
            .render()?,
        ),
        ("flink-conf.yaml", config),
    ];
    for (path, content) in rendered.into_iter().chain(scripts(app, prefix)?) {
        bundle.add(path, content + "\n");
    }
    bundle.add(NO_DEPENDENCIES, engine_package());
    bundle.add("functions.Dockerfile", FUNCTIONS_DOCKERFILE);
    bundle.add("gateway.Dockerfile", GATEWAY_DOCKERFILE);
    Ok(())
}

fn engine_package() -> String {
    format!(
        "# It asks for a protobuf before 4, and runs with that of {REQUIREMENTS}.\n\
         apache-flink-statefun=={STATEFUN}\n"
    )
}

fn scripts(app: &ir::App, prefix: &str) -> askama::Result<Vec<(&'static str, String)>> {
    let name = &app.name;
    [
        (
            "functions.py",
            format!("Serves the functions that are the entities of {name}"),
            "stateflow.adapters.statefun_server",
        ),
        (
            "gateway.py",
            format!("Serves {name} over HTTP, in front of the engine"),
            "stateflow.adapters.statefun_gateway",
        ),
        (
            "topics.py",
            format!("Makes the topics that {name} uses, or checks them"),
            "stateflow.adapters.statefun_topics",
        ),
    ]
    .into_iter()
    .map(|(name, about, module)| {
        let script = Script {
            name,
            about: &about,
            module,
            prefix,
        };
        Ok((name, script.render()?))
    })
    .collect()
}

/// The names of the function types, sorted.
fn functions(app: &ir::App) -> Vec<String> {
    let entities = app.entities.iter();
    let mut names: Vec<_> = entities.map(|entity| type_name(&entity.name)).collect();
    names.push(KEPT_REQUESTS.to_owned());
    names.sort();
    names
}

/// The name of a class in the characters that topics have. No two classes have the same one, as `-` is in no identifier.
fn type_name(class: &str) -> String {
    let in_ascii = |c: char| match c {
        c if c.is_ascii() => c.to_string(),
        c => format!("-{:x}-", u32::from(c)),
    };
    class.chars().map(in_ascii).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_engines_package_is_installed_by_itself() {
        let app = ir::App {
            requirements: vec!["protobuf>=6".to_owned()],
            ..crate::emit::tests::app()
        };
        let bundle = TARGET.emit(&app, &TARGET.defaults()).unwrap();
        let text = |path| String::from_utf8(bundle.file(path).unwrap().to_vec()).unwrap();
        assert!(text(NO_DEPENDENCIES).ends_with("\napache-flink-statefun==3.3.0\n"));
        assert!(!text(REQUIREMENTS).contains("statefun"));
        assert!(text(REQUIREMENTS).contains("protobuf>=6\n"));
    }

    #[test]
    fn a_class_has_a_name_of_ascii() {
        assert_eq!(type_name("User"), "User");
        assert_eq!(type_name("Café店"), "Caf-e9--5e97-");
    }
}
