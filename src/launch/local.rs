//! The target `local`: its server is all there is.

use std::path::{Path, PathBuf};

use anyhow::{Result, ensure};

use super::Options;
use super::engine::{Engine, Server};
use super::install::Installer;
use super::progress::Progress;

/// No engine.
pub struct Local {
    installer: Installer,
    data: PathBuf,
    interleave: Option<u64>,
}

impl Local {
    /// Fails where an option is for targets with an engine.
    pub fn new(options: &Options, installer: Installer) -> Result<Self> {
        ensure!(
            options.parallelism.is_none(),
            "--parallelism is for targets with an engine, and local is one process"
        );
        ensure!(
            options.checkpoint_interval.is_none(),
            "--checkpoint-interval is for targets with an engine; local keeps every request at once"
        );
        Ok(Self {
            installer,
            data: options.data.clone(),
            interleave: options.interleave,
        })
    }
}

impl Engine for Local {
    fn install(&mut self, bundle: &Path) -> Result<PathBuf> {
        let progress = Progress::start("looking for Python");
        self.installer.python(bundle, &progress)
    }

    fn start(&mut self, _: &Path, _: &Path) -> Result<()> {
        Ok(())
    }

    fn server(&self) -> Server {
        let mut arguments = vec!["--data".into(), self.data.clone().into()];
        if let Some(seed) = self.interleave {
            arguments.extend(["--interleave".into(), seed.to_string().into()]);
        }
        Server {
            script: "main.py",
            arguments,
            holds_nothing: false,
        }
    }

    fn keep(&mut self) -> Result<()> {
        Ok(())
    }

    fn suspend(&mut self) -> Result<()> {
        Ok(())
    }

    fn stop(&mut self) -> Result<()> {
        Ok(())
    }

    fn describe(&self) -> Vec<String> {
        vec![match self.interleave {
            Some(seed) => {
                format!("calls interleave in memory under seed {seed}; nothing is kept")
            }
            None => format!("data in {}", self.data.display()),
        }]
    }
}
