//! The server process of a bundle.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{ChildStdout, Command};
use std::rc::Rc;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use anyhow::{Result, bail};

use super::engine;
use super::kept::Ends;
use super::process::{Ask, Process, Processes};

/// How the server says that it serves; the address follows.
const READY: &str = "listening on ";

/// How long a start may take before it counts as hanging.
const START: Duration = Duration::from_secs(60);

/// How long requests under way may take to end after a stop.
const GRACE: Duration = Duration::from_secs(15);

/// A running server.
#[derive(Debug)]
pub struct Server {
    process: Process,
    address: String,
    port: u16,
    command: Command,
    processes: Rc<Processes>,
    /// Of one that holds nothing itself, so that it can be started again.
    ends: Option<Ends>,
}

impl Server {
    /// Starts it and waits until it serves.
    pub fn start(
        settings: &engine::Server,
        bundle: &Path,
        python: &Path,
        port: u16,
        processes: &Rc<Processes>,
    ) -> Result<Self> {
        let (process, address) = start(&command(settings, bundle, python, port), processes)?;
        let port = address
            .rsplit(':')
            .next()
            .and_then(|port| port.parse().ok())
            .unwrap_or(port);
        Ok(Self {
            process,
            address,
            port,
            command: command(settings, bundle, python, port),
            processes: Rc::clone(processes),
            ends: settings.holds_nothing.then(Ends::default),
        })
    }

    /// Where it serves: `http://127.0.0.1:8000`.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// The port that it serves on.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Starts it again where it has ended by itself and holds nothing. Fails where that does not help.
    pub fn keep(&mut self) -> Result<()> {
        let Some(ends) = &mut self.ends else {
            return self.process.check();
        };
        if ends.has_ended("gateway", &mut self.process)? {
            (self.process, _) = start(&self.command, &self.processes)?;
        }
        Ok(())
    }

    /// Asks it to finish what is under way and waits for that; past the grace period it is killed.
    pub fn stop(self) -> Result<()> {
        self.process.stop(Ask::Input, GRACE)
    }
}

fn command(settings: &engine::Server, bundle: &Path, python: &Path, port: u16) -> Command {
    let mut command = Command::new(python);
    command.args(["-I", "-u"]).arg(bundle.join(settings.script));
    command.args(["--port", &port.to_string()]);
    command.args(["--exit-with-stdin", "--log-format", "text"]);
    command.args(&settings.arguments);
    command
}

/// Starts it, waits until it serves, and gives its address.
fn start(command: &Command, processes: &Processes) -> Result<(Process, String)> {
    let (mut process, output) = processes.start_piped("server", command)?;
    let Some(address) = wait_ready(&follow(output))? else {
        bail!("the server did not start ({})", process.end()?);
    };
    Ok((process, address))
}

/// Reads what the server prints: the line that says it is ready goes to the receiver, every other line is shown.
fn follow(stdout: ChildStdout) -> mpsc::Receiver<String> {
    let (ready, receiver) = mpsc::channel();
    thread::spawn(move || {
        for line in BufReader::new(stdout).lines().map_while(Result::ok) {
            match line.strip_prefix(READY) {
                Some(address) => drop(ready.send(address.trim().to_owned())),
                None => super::say(&line),
            }
        }
    });
    receiver
}

/// The address, or `None` where the server ended instead.
fn wait_ready(ready: &mpsc::Receiver<String>) -> Result<Option<String>> {
    match ready.recv_timeout(START) {
        Ok(address) => Ok(Some(address)),
        Err(RecvTimeoutError::Disconnected) => Ok(None),
        Err(RecvTimeoutError::Timeout) => bail!(
            "the server did not answer within {} seconds",
            START.as_secs()
        ),
    }
}
