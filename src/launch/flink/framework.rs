//! What the targets that Flink runs differ in.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use anyhow::{Result, bail};

use super::super::process::Processes;
use super::config::Format;
use super::functions::Functions;
use super::rest::Halt;

/// A way to write jobs for Flink, and the release of it that comes along.
#[derive(Debug)]
pub struct Framework {
    /// The target whose bundles are written so.
    pub target: &'static str,
    /// What the archives are that a bundle's project asks for.
    pub archives: &'static str,
    /// What the name of a folder may not have in it, as Flink takes it for the end of the name.
    pub ends_of_names: &'static [char],
    /// The options of the target that decide how Flink writes its state.
    pub of_state: &'static [&'static str],
    /// Whether a job that goes on from a checkpoint has to do the same with what came after it.
    pub replays: bool,
    pub format: Format,
    pub halt: Halt,
    /// The direct memory that its tasks need of a TaskManager, in megabytes.
    pub off_heap: u64,
    pub distribution: fn(&Settings<'_>) -> Result<Distribution>,
    /// What a submission says of the job to run.
    pub program: fn(&Settings<'_>) -> Vec<OsString>,
    /// Starts what the job calls.
    pub functions: fn(&Settings<'_>, &Rc<Processes>) -> Result<Option<Functions>>,
}

impl Framework {
    /// Fails where Flink could not take a folder's name.
    pub fn check_name(&self, folder: &Path) -> Result<()> {
        let shown = folder.display();
        let Some(name) = folder.to_str() else {
            bail!(
                "the data folder {shown} cannot be used: its name is no text; --data names another"
            );
        };
        if let Some(end) = name.chars().find(|c| self.ends_of_names.contains(c)) {
            bail!(
                "the data folder {shown} cannot be used: Flink takes `{end}` for the end of a name; --data names another"
            );
        }
        Ok(())
    }
}

/// What a cluster is started with.
#[derive(Debug)]
pub struct Settings<'s> {
    pub framework: &'static Framework,
    pub java: &'s Path,
    /// The interpreter of the environment that holds what the bundle requires.
    pub python: &'s Path,
    pub bundle: &'s Path,
    /// The folder of the archives that the bundle's project asks for.
    pub archives: &'s Path,
    /// Where Flink's data lies.
    pub folder: &'s Path,
    pub checkpoints: &'s Path,
    pub savepoints: &'s Path,
    pub parallelism: u32,
    pub interval: Option<&'s str>,
    /// The broker's address.
    pub bootstrap: &'s str,
}

impl Settings<'_> {
    /// The folder of what is written for this cluster.
    pub fn conf(&self) -> PathBuf {
        self.folder.join("conf")
    }
}

/// Flink as it is installed: what its Java processes are started with.
#[derive(Debug)]
pub struct Distribution {
    pub class_path: OsString,
    /// Java's options.
    pub options: Vec<String>,
    /// Variables to set, or to remove.
    pub environment: Vec<(&'static str, Option<OsString>)>,
}

#[cfg(test)]
mod tests {
    use super::super::pyflink::PYFLINK;
    use super::super::statefun::STATEFUN;
    use super::*;

    #[test]
    fn a_name_that_flink_would_cut_is_refused() {
        for (name, framework, expected) in [
            ("/my data/Zoë's", &STATEFUN, None),
            ("/data/a,b", &PYFLINK, Some("`,`")),
            ("/data/a:b", &STATEFUN, Some("`:`")),
            ("/data/a#b", &STATEFUN, Some("`#`")),
            ("/data/a#b", &PYFLINK, None),
        ] {
            let said = framework.check_name(Path::new(name)).err();
            let said = said.map(|error| error.to_string());
            match expected {
                None => assert_eq!(said, None),
                Some(words) => assert!(said.is_some_and(|said| said.contains(words)), "{name}"),
            }
        }
    }
}
