//! Installing what bundles and engines run on.

use std::fs;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use anyhow::{Context, Result};

use super::about::About;
use super::interpreter::{self, Needed};
use super::process::Processes;
use super::progress::Progress;
use super::{environment, maven};
use crate::ir;

/// Installs into the cache what is not there.
pub struct Installer {
    /// The folder of the cache.
    pub cache: PathBuf,
    /// What installs is a process as well.
    pub processes: Rc<Processes>,
}

impl Installer {
    /// The interpreter of an environment that holds what the bundle requires.
    pub fn python(&self, bundle: &Path, progress: &Progress) -> Result<PathBuf> {
        let dataflow = bundle.join("dataflow.json");
        let app: ir::App = fs::read(&dataflow)
            .map_err(anyhow::Error::from)
            .and_then(|text| Ok(serde_json::from_slice(&text)?))
            .with_context(|| format!("cannot read {}", dataflow.display()))?;
        let interpreter = interpreter::find(&Needed {
            bundle: &About::read(bundle)?.python,
            app: app.requires_python.as_deref(),
        })?;
        environment::prepare(&interpreter, bundle, &self.cache, progress)
    }

    /// The folder of the archives that a Maven project depends on.
    pub fn jars(&self, project: &[u8], what: &str, progress: &Progress) -> Result<PathBuf> {
        maven::jars(project, what, &self.cache, &self.processes, progress)
    }
}
