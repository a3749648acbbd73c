//! What a target needs around its server.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use anyhow::{Result, bail};

use super::Options;
use super::flink::{Flink, PYFLINK, STATEFUN};
use super::install::Installer;
use super::local::Local;
use super::process::Processes;

/// The targets that run on this machine.
pub static RUNNABLE: &[&str] = &["local", "pyflink", "statefun"];

/// The processes that a target needs besides the server, which is all that a client sees of it.
pub trait Engine {
    /// Installs what the bundle runs on and gives the interpreter of its environment.
    fn install(&mut self, bundle: &Path) -> Result<PathBuf>;

    /// Has the bundle's work done from now on, from where it was left.
    fn start(&mut self, bundle: &Path, python: &Path) -> Result<()>;

    /// How the server is started.
    fn server(&self) -> Server;

    /// Starts again what has ended by itself. Fails where that does not help.
    fn keep(&mut self) -> Result<()>;

    /// Leaves the work, so that another bundle can go on with it.
    fn suspend(&mut self) -> Result<()>;

    /// Leaves the work and ends everything.
    fn stop(&mut self) -> Result<()>;

    /// What there is to know, a line for each.
    fn describe(&self) -> Vec<String>;
}

/// How a server is started.
#[derive(Debug)]
pub struct Server {
    /// Its script in the bundle.
    pub script: &'static str,
    /// What the script is told besides the port.
    pub arguments: Vec<OsString>,
    /// Whether all that is to be kept is with the engine, so that the server can be started again when it ends.
    pub holds_nothing: bool,
}

/// The engine of the target that was asked for.
pub fn of(options: &Options, processes: Rc<Processes>) -> Result<Box<dyn Engine>> {
    let installer = Installer {
        cache: options.cache.clone(),
        processes,
    };
    Ok(match options.target {
        "local" => Box::new(Local::new(options, installer)?),
        "pyflink" => Box::new(Flink::new(&PYFLINK, options, installer)?),
        "statefun" => Box::new(Flink::new(&STATEFUN, options, installer)?),
        other => bail!("the target `{other}` does not run on this machine"),
    })
}
