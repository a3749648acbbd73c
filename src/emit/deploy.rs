//! What bundles have in common whose engine reads and writes Apache Kafka: names, scripts, and settings of Flink.

use askama::Template;

/// The image of the gateway, which is the same in every bundle.
pub const GATEWAY_DOCKERFILE: &str = include_str!("../../templates/kafka/gateway.Dockerfile");

/// The pinned client of Kafka.
pub const CLIENT: &str = "confluent-kafka==2.16.1";

/// Templates, each with what it is made of.
macro_rules! templates {
    ($($name:ident: $path:literal { $($field:ident: $kind:ty),+ })*) => {
        $(
            #[derive(askama::Template)]
            #[template(path = $path, escape = "none")]
            struct $name<'a> {
                $($field: $kind,)+
            }
        )*
    };
}
pub(super) use templates;

/// A program that calls a function `main` of the run-time package with the bundle and the prefix of its topics.
#[derive(Template)]
#[template(path = "kafka/script.py", escape = "none")]
pub struct Script<'a> {
    pub name: &'a str,
    /// What it does, as a sentence without its end.
    pub about: &'a str,
    /// Where `main` is.
    pub module: &'a str,
    pub prefix: &'a str,
}

/// What a text of YAML says, without what explains it.
pub fn said(text: &str) -> Vec<&str> {
    let is_said = |line: &&str| {
        let line = line.trim_start();
        !line.is_empty() && !line.starts_with('#')
    };
    text.lines().filter(is_said).collect()
}

/// What the names of an app's topics begin with: of the characters that Kafka takes in them.
pub fn prefix(name: &str) -> String {
    let allowed = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    name.chars()
        .map(|c| if allowed(c) { c } else { '_' })
        .collect()
}

/// A name of the form that containers and services have (RFC 1035).
pub fn slug(name: &str) -> String {
    let text: String = name
        .to_lowercase()
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() { c } else { '-' })
        .collect();
    match text.trim_matches('-') {
        "" => "app".to_owned(),
        text if text.starts_with(|c: char| c.is_ascii_digit()) => format!("app-{text}"),
        text => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_have_the_characters_that_are_allowed() {
        for (name, of_topics, of_containers) in [
            ("shop", "shop", "shop"),
            ("my_shop", "my_shop", "my-shop"),
            ("_Café_2", "_Caf__2", "caf--2"),
            ("é1", "_1", "app-1"),
            ("店", "_", "app"),
        ] {
            assert_eq!(prefix(name), of_topics);
            assert_eq!(slug(name), of_containers);
        }
    }

    #[test]
    fn what_explains_is_left_out() {
        assert_eq!(said("# a\n\nb: 1\n  # c\n  d: 2\n"), ["b: 1", "  d: 2"]);
    }
}
