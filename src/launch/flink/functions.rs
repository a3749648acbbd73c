//! The processes that a job calls: an app's entities behind HTTP, on one port that they share.

use std::process::Command;
use std::rc::Rc;
use std::time::Duration;

use anyhow::Result;

use super::super::http;
use super::super::kept::Kept;
use super::super::ports;
use super::super::process::{Ask, Processes, wait_for};
use super::framework::Settings;

/// How long they may take to answer for the first time.
const START: Duration = Duration::from_secs(60);

/// How long calls under way may take to end after a stop.
const GRACE: Duration = Duration::from_secs(10);

/// Processes that run, any of which may be given any call.
#[derive(Debug)]
pub struct Functions {
    processes: Vec<Kept>,
    port: u16,
}

impl Functions {
    /// Starts one for every task of the job, on a free port.
    pub fn start(settings: &Settings<'_>, processes: &Rc<Processes>) -> Result<Self> {
        let [port] = ports::free()?;
        let started = (0..settings.parallelism)
            .map(|_| Kept::start("functions", command(settings, port), processes));
        Ok(Self {
            processes: started.collect::<Result<_>>()?,
            port,
        })
    }

    /// Waits until one of them answers.
    pub fn wait_ready(&mut self) -> Result<()> {
        wait_for("the functions to start", START, || {
            self.check()?;
            let answer = http::request(self.port, "GET", "/healthz", "");
            Ok(answer
                .is_ok_and(|answer| answer.status == 200)
                .then_some(()))
        })
    }

    /// `http://127.0.0.1:8001`.
    pub fn address(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Starts again those that have ended by themselves, and says whether there were any.
    pub fn keep(&mut self) -> Result<bool> {
        let mut any = false;
        for process in &mut self.processes {
            any |= process.keep()?;
        }
        Ok(any)
    }

    /// Fails where one has ended by itself.
    pub fn check(&mut self) -> Result<()> {
        self.processes.iter_mut().try_for_each(Kept::check)
    }

    /// Ends them.
    pub fn stop(self) -> Result<()> {
        let mut processes = self.processes.into_iter();
        processes.try_for_each(|process| process.stop(Ask::Input, GRACE))
    }
}

fn command(settings: &Settings<'_>, port: u16) -> Command {
    let mut command = Command::new(settings.python);
    command
        .args(["-I", "-u"])
        .arg(settings.bundle.join("functions.py"))
        .args(["--host", "127.0.0.1", "--port", &port.to_string()])
        .args(["--reuse-port", "--exit-with-stdin"]);
    command
}
