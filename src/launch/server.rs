//! The server process of a bundle.

use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use super::Event;

/// How the server says that it serves; the address follows.
const READY: &str = "listening on ";

/// How long a start may take before it counts as hanging.
const START: Duration = Duration::from_secs(60);

/// How long requests under way may take to end after a stop.
const GRACE: Duration = Duration::from_secs(15);

/// What a server is started with.
pub struct Settings<'s> {
    pub python: &'s Path,
    pub bundle: &'s Path,
    pub data: &'s Path,
    pub port: u16,
    pub interleave: Option<u64>,
    pub generation: u64,
}

/// A running server. It watches its standard input, so that it ends with this process however that ends.
#[derive(Debug)]
pub struct Server {
    child: Child,
    address: String,
    port: u16,
    generation: u64,
}

impl Server {
    /// Starts it and waits until it serves. When it ends by itself afterwards, [`Event::Ended`] is sent.
    pub fn start(settings: &Settings<'_>, events: Sender<Event>) -> Result<Self> {
        let mut child = command(settings)
            .spawn()
            .with_context(|| format!("cannot start {}", settings.python.display()))?;
        let Some(stdout) = child.stdout.take() else {
            bail!("the server has no output to read");
        };
        let ready = follow(stdout, settings.generation, events);
        let Some(address) = wait_ready(&ready, &mut child)? else {
            let status = child.wait().context("cannot wait for the server")?;
            bail!("the server did not start ({})", super::tell(status));
        };
        let port = address
            .rsplit(':')
            .next()
            .and_then(|port| port.parse().ok())
            .unwrap_or(settings.port);
        Ok(Self {
            child,
            address,
            port,
            generation: settings.generation,
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

    /// Which start of this run it is.
    pub fn generation(&self) -> u64 {
        self.generation
    }

    /// Waits until it has ended by itself.
    pub fn wait(&mut self) -> Result<ExitStatus> {
        self.child.wait().context("cannot wait for the server")
    }

    /// Asks it to finish what is under way and waits for that; past the grace period, or when `hurry` says so, it is killed.
    pub fn stop(&mut self, mut hurry: impl FnMut() -> bool) -> Result<()> {
        drop(self.child.stdin.take());
        let deadline = Instant::now() + GRACE;
        while Instant::now() < deadline && !hurry() {
            let ended = self.child.try_wait();
            if ended.context("cannot wait for the server")?.is_some() {
                return Ok(());
            }
            thread::sleep(Duration::from_millis(20));
        }
        self.child.kill().context("cannot stop the server")?;
        self.wait().map(|_| ())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.stop(|| false);
    }
}

/// Fails where another process listens on that port of loopback.
pub fn check_free(port: u16) -> Result<()> {
    match TcpListener::bind(("127.0.0.1", port)) {
        Ok(_) => Ok(()),
        Err(error) => bail!(
            "port {port} cannot be used ({error}); choose another with --port, or --port 0 for any free one"
        ),
    }
}

fn command(settings: &Settings<'_>) -> Command {
    let mut command = Command::new(settings.python);
    command
        .args(["-I", "-u"])
        .arg(settings.bundle.join("main.py"));
    command.arg("--port").arg(settings.port.to_string());
    command.arg("--data").arg(settings.data);
    command.args(["--exit-with-stdin", "--log-format", "text"]);
    if let Some(seed) = settings.interleave {
        command.arg("--interleave").arg(seed.to_string());
    }
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .process_group(0);
    command
}

/// Reads what the server prints: the line that says it is ready goes to the receiver, every other line is shown.
fn follow(stdout: ChildStdout, generation: u64, events: Sender<Event>) -> mpsc::Receiver<String> {
    let (ready, receiver) = mpsc::channel();
    thread::spawn(move || {
        for line in BufReader::new(stdout).lines().map_while(Result::ok) {
            match line.strip_prefix(READY) {
                Some(address) => drop(ready.send(address.trim().to_owned())),
                None => super::say(&line),
            }
        }
        drop(ready);
        let _ = events.send(Event::Ended(generation));
    });
    receiver
}

/// The address, or `None` where the server ended instead.
fn wait_ready(ready: &mpsc::Receiver<String>, child: &mut Child) -> Result<Option<String>> {
    match ready.recv_timeout(START) {
        Ok(address) => Ok(Some(address)),
        Err(RecvTimeoutError::Disconnected) => Ok(None),
        Err(RecvTimeoutError::Timeout) => {
            let _ = child.kill();
            bail!(
                "the server did not answer within {} seconds",
                START.as_secs()
            )
        }
    }
}
