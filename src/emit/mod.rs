//! Bundles: what each target wants to have, made from the IR alone.

mod bundle;
mod linemap;
mod local;
mod pyflink;
mod python;
mod runtime;

pub use bundle::{BUNDLE_FILE, Bundle};
pub use runtime::{REQUIRES_PYTHON, requirements};

use crate::ir;

/// Something that bundles are made for.
#[derive(Debug)]
pub struct Target {
    /// How the command line names it.
    pub name: &'static str,
    /// What it is, in a few words.
    pub summary: &'static str,
    /// What it requires of the Python package index, pinned, beside what every bundle does.
    requires: fn() -> Vec<String>,
    /// What it does not use of the run-time package.
    unused: &'static [&'static str],
    files: fn(&ir::App, &mut Bundle) -> anyhow::Result<()>,
}

/// Every target, sorted by name.
pub static TARGETS: &[Target] = &[local::TARGET, pyflink::TARGET];

/// The target of that name.
pub fn find_target(name: &str) -> Option<&'static Target> {
    TARGETS.iter().find(|target| target.name == name)
}

impl Target {
    /// The files of the app's bundle. The same app gives the same bytes.
    pub fn emit(&self, app: &ir::App) -> anyhow::Result<Bundle> {
        let mut bundle = Bundle::default();
        bundle.add("dataflow.json", to_json(app)?);
        bundle.add(
            "requirements.txt",
            requirements(app, (self.requires)()).join("\n") + "\n",
        );
        runtime::add(&mut bundle, self.unused);
        python::add(app, &mut bundle)?;
        (self.files)(app, &mut bundle)?;
        bundle.seal(self.name, &app.name)?;
        Ok(bundle)
    }
}

/// The IR as people and bundles read it: indented JSON with a final line end.
pub fn to_json(app: &ir::App) -> anyhow::Result<String> {
    Ok(serde_json::to_string_pretty(app)? + "\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn app() -> ir::App {
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
            }],
            entities: Vec::new(),
            functions: Vec::new(),
        }
    }

    #[test]
    fn every_target_gives_a_described_bundle_of_the_same_bytes() {
        for target in TARGETS {
            let bundle = target.emit(&app()).unwrap();
            assert_eq!(bundle, target.emit(&app()).unwrap());
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
            let bundle = local::TARGET.emit(app).unwrap();
            bundle.file(BUNDLE_FILE).unwrap().to_vec()
        };
        let mut other = app();
        other.modules[0].source.push_str("y = 2\n");
        assert_ne!(digest(&app()), digest(&other));
    }
}
