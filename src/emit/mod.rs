//! Bundles: what each target wants to have, made from the IR alone.

mod bundle;
mod deploy;
mod linemap;
mod local;
mod options;
mod pyflink;
mod python;
mod runtime;
mod statefun;

use bundle::Description;
pub use bundle::{BUNDLE_FILE, Bundle};
pub use options::{Choices, TargetOption, Value, Values, duration};
pub use pyflink::OF_STATE;
pub use runtime::{NO_DEPENDENCIES, REQUIREMENTS, REQUIRES_PYTHON, requirements};
pub use statefun::{COMPOSED, Place};

use crate::ir;

/// Something that bundles are made for.
#[derive(Debug)]
pub struct Target {
    /// How the command line names it.
    pub name: &'static str,
    /// What it is, in a few words.
    pub summary: &'static str,
    /// What its bundles can be asked to be like.
    pub options: &'static [TargetOption],
    /// The first Python that it does not run on.
    python_before: fn(&Choices) -> Option<&'static str>,
    /// What it requires of the Python package index, pinned, beside what every bundle does.
    requires: fn(&Choices) -> Vec<String>,
    /// What it does not use of the run-time package.
    unused: &'static [&'static str],
    files: fn(&ir::App, &Choices, &mut Bundle) -> anyhow::Result<()>,
}

/// Every target, sorted by name.
pub static TARGETS: &[Target] = &[local::TARGET, pyflink::TARGET, statefun::TARGET];

/// The target of that name.
pub fn find_target(name: &str) -> Option<&'static Target> {
    TARGETS.iter().find(|target| target.name == name)
}

impl Target {
    /// The files of the app's bundle. The same app and choices give the same bytes.
    pub fn emit(&self, app: &ir::App, choices: &Choices) -> anyhow::Result<Bundle> {
        let mut bundle = Bundle::default();
        bundle.add("dataflow.json", to_json(app)?);
        bundle.add(
            REQUIREMENTS,
            requirements(app, (self.requires)(choices)).join("\n") + "\n",
        );
        runtime::add(&mut bundle, self.unused);
        python::add(app, &mut bundle)?;
        (self.files)(app, choices, &mut bundle)?;
        bundle.seal(&Description {
            target: self.name,
            app: &app.name,
            options: choices.all(),
            python: &self.python(choices),
        })?;
        Ok(bundle)
    }
}

impl Target {
    /// The Pythons that its bundles run on (PEP 440).
    fn python(&self, choices: &Choices) -> String {
        let (major, minor) = REQUIRES_PYTHON;
        let before = (self.python_before)(choices).map(|before| format!(",<{before}"));
        format!(">={major}.{minor}{}", before.unwrap_or_default())
    }
}

/// The IR as people and bundles read it: indented JSON with a final line end.
pub fn to_json(app: &ir::App) -> anyhow::Result<String> {
    Ok(serde_json::to_string_pretty(app)? + "\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    pub(super) fn app() -> ir::App {
        ir::App {
            version: ir::VERSION,
            name: "shop".to_owned(),
            requires_python: None,
            requirements: Vec::new(),
            modules: vec![ir::Module {
                name: "shop".to_owned(),
                path: "shop.py".to_owned(),
                source: "x = 1\n".to_owned(),
                imports_before: 1,
                recorded: ir::Recorded::default(),
            }],
            entities: Vec::new(),
            functions: Vec::new(),
        }
    }

    #[test]
    fn every_target_gives_a_described_bundle_of_the_same_bytes() {
        for target in TARGETS {
            let emit = || target.emit(&app(), &target.defaults()).unwrap();
            let bundle = emit();
            assert_eq!(bundle, emit());
            let description: serde_json::Value =
                serde_json::from_slice(bundle.file(BUNDLE_FILE).unwrap()).unwrap();
            assert_eq!(description["target"], target.name);
            assert_eq!(description["app"], "shop");
            assert_eq!(description["digest"].as_str().unwrap().len(), 64);
            for path in [
                "README.md",
                "dataflow.json",
                "linemap.json",
                "requirements.txt",
                "app/shop.py",
            ] {
                let content = bundle.file(path).unwrap();
                assert!(
                    content.ends_with(b"\n") && !content.ends_with(b"\n\n"),
                    "{path}"
                );
            }
        }
    }

    #[test]
    fn the_digest_tells_bundles_apart() {
        let digest = |app: &ir::App| {
            let bundle = local::TARGET.emit(app, &local::TARGET.defaults()).unwrap();
            bundle.file(BUNDLE_FILE).unwrap().to_vec()
        };
        let mut other = app();
        other.modules[0].source.push_str("y = 2\n");
        assert_ne!(digest(&app()), digest(&other));
    }
}
