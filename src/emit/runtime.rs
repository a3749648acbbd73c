//! The run-time package, which is copied into every bundle, and what it requires.

use std::collections::BTreeMap;

use super::Bundle;
use crate::ir;

/// The package's files: their paths with `/` and what they hold.
static FILES: &[(&str, &[u8])] = include!(concat!(env!("OUT_DIR"), "/runtime.rs"));

static PROJECT: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/pyproject.toml"));

/// The oldest Python that the package runs on, as major and minor version.
pub const REQUIRES_PYTHON: (u32, u32) = (3, 11);

/// The file of what has to be installed.
pub const REQUIREMENTS: &str = "requirements.txt";

/// The file of what has to be installed without what it depends on, where a target has such a thing.
pub const NO_DEPENDENCIES: &str = "requirements-no-deps.txt";

/// Copies the package, but for what only other targets use: files and folders of it, as the beginnings of their paths.
pub fn add(bundle: &mut Bundle, unused: &[&str]) {
    let is_used = |path: &str| !unused.iter().any(|one| path.starts_with(one));
    for (path, content) in FILES.iter().filter(|(path, _)| is_used(path)) {
        bundle.add(*path, *content);
    }
}

/// What has to be installed for the app to run, sorted: its own requirements as it states them, and the package's
/// and the target's, pinned where the app says nothing of them. The package itself is not among them: the bundle has it.
pub fn requirements(app: &ir::App, target: Vec<String>) -> Vec<String> {
    let mut wanted = BTreeMap::new();
    for requirement in &app.requirements {
        wanted
            .entry(project_name(requirement))
            .or_insert_with(Vec::new)
            .push(requirement.clone());
    }
    for requirement in dependencies().into_iter().chain(target) {
        wanted
            .entry(project_name(&requirement))
            .or_insert_with(|| vec![pinned(&requirement)]);
    }
    wanted.remove("stateflow");
    wanted.into_values().flatten().collect()
}

fn dependencies() -> Vec<String> {
    let project: toml::Table = PROJECT.parse().unwrap_or_default();
    let list = project
        .get("project")
        .and_then(|project| project.get("dependencies")?.as_array());
    list.into_iter()
        .flatten()
        .filter_map(|requirement| requirement.as_str().map(str::to_owned))
        .collect()
}

/// `name>=1.2,<2` as `name==1.2`.
fn pinned(requirement: &str) -> String {
    let lowest = requirement.split(',').next().unwrap_or(requirement);
    lowest.replace(">=", "==")
}

/// The normalized name of the project that a requirement asks for (PEP 503).
fn project_name(requirement: &str) -> String {
    let name = requirement
        .split(|c: char| !(c.is_ascii_alphanumeric() || "._-".contains(c)))
        .next()
        .unwrap_or_default();
    let parts: Vec<_> = name
        .split(['.', '_', '-'])
        .filter(|part| !part.is_empty())
        .collect();
    parts.join("-").to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn app(requirements: &[&str]) -> ir::App {
        ir::App {
            requirements: requirements
                .iter()
                .map(|&requirement| requirement.to_owned())
                .collect(),
            ..crate::emit::tests::app()
        }
    }

    #[test]
    fn every_dependency_of_the_package_is_pinned() {
        let pins = requirements(&app(&[]), vec!["apache-flink==2.2.1".to_owned()]);
        assert_eq!(pins.len(), dependencies().len() + 1);
        for pin in &pins {
            assert!(pin.contains("=="), "{pin}");
        }
        assert!(pins.iter().any(|pin| pin.starts_with("msgpack==")));
    }

    #[test]
    fn what_the_app_says_of_a_project_stands() {
        let found = requirements(
            &app(&[
                "Prometheus_Client >= 0.20",
                "requests[socks]==2.34.2",
                "stateflow>=0.1",
            ]),
            Vec::new(),
        );
        assert!(!found.iter().any(|pin| pin.starts_with("stateflow")));
        assert!(found.contains(&"Prometheus_Client >= 0.20".to_owned()));
        assert!(found.contains(&"requests[socks]==2.34.2".to_owned()));
        assert!(!found.iter().any(|pin| pin.starts_with("prometheus-client")));
    }

    #[test]
    fn the_oldest_python_is_that_of_the_project() {
        let project: toml::Table = PROJECT.parse().unwrap();
        let (major, minor) = REQUIRES_PYTHON;
        assert_eq!(
            project["project"]["requires-python"].as_str(),
            Some(format!(">={major}.{minor}").as_str())
        );
    }

    #[test]
    fn only_source_files_are_carried() {
        assert!(
            FILES
                .iter()
                .all(|(path, _)| path.ends_with(".py") || path.ends_with("/py.typed"))
        );
        assert!(FILES.is_sorted());
    }
}
