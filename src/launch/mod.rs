//! Running a bundle on this machine: what it runs on is installed, its engine and its server are started and watched over
//! until the user has had enough.

mod about;
mod cache;
mod engine;
mod environment;
mod example;
mod flink;
mod http;
mod install;
mod interpreter;
mod java;
mod kafka;
mod kept;
mod local;
mod maven;
mod ports;
mod process;
mod progress;
mod server;
mod versions;
mod watch;
mod watchdog;

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::time::Duration;

use anyhow::{Context, Result};

use crate::ir;
pub use cache::cache_folder;
use engine::Engine;
pub use engine::RUNNABLE;
pub use flink::bundle_in_use;
use process::Processes;
use progress::Progress;
use server::Server;
use watch::Watch;

/// The folder below the data that bundles are run from.
pub const BUNDLES: &str = "bundles";

/// How long after a change of a file a build waits for the next one: editors write in several steps.
const SETTLE: Duration = Duration::from_millis(150);

/// How often the processes are looked at.
const BEAT: Duration = Duration::from_millis(500);

/// The exit status of a process that Ctrl-C ended, as shells count it.
const INTERRUPTED: i32 = 130;

/// What the user asked for.
#[derive(Debug)]
pub struct Options {
    /// The name of the target, one of [`RUNNABLE`].
    pub target: &'static str,
    /// The port on loopback; 0 takes a free one.
    pub port: u16,
    /// Where the data is kept.
    pub data: PathBuf,
    /// Whether to build and start again when a file changes.
    pub reload: bool,
    /// The seed under which calls are interleaved in memory, in place of the durable server.
    pub interleave: Option<u64>,
    /// How many tasks of an engine work side by side.
    pub parallelism: Option<u32>,
    /// How often an engine makes a checkpoint, as it writes durations: `500ms`.
    pub checkpoint_interval: Option<String>,
    /// Whether to show what all processes log.
    pub verbose: bool,
    /// Where what is installed is cached.
    pub cache: PathBuf,
}

/// A bundle that is ready to run.
#[derive(Debug)]
pub struct Built {
    /// Its folder.
    pub bundle: PathBuf,
    /// What it was made of.
    pub app: ir::App,
    /// The files that it was read from.
    pub files: Vec<PathBuf>,
}

/// Something that happened while a server runs.
#[derive(Debug)]
enum Event {
    /// The user asked to stop, or the system did.
    Stop,
    /// A watched file changed.
    Changed,
}

/// How a run came to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It was stopped.
    Stopped,
    /// The app has errors, which have been shown.
    Errors,
}

/// Builds, starts and supervises until Ctrl-C or SIGTERM; a second one ends everything at once. `build` shows its own
/// diagnostics and gives `None` for an app with errors; with [`Options::reload`] it is called again after every change, and
/// what does not build or start leaves the old app in place.
pub fn run(options: &Options, build: &mut dyn FnMut() -> Result<Option<Built>>) -> Result<Outcome> {
    let (events, inbox) = mpsc::channel();
    let patience = Arc::new(AtomicUsize::new(0));
    stop_on_signals(events.clone(), Arc::clone(&patience))?;
    let mut launcher = Launcher::new(options)?;
    let Some(mut built) = build()? else {
        return Ok(Outcome::Errors);
    };
    let mut watch = Watch::new(options.reload, &built.files, events)?;
    ports::check_free(options.port)?;
    let python = launcher.engine.install(&built.bundle)?;
    launcher.engine.start(&built.bundle, &python)?;
    patience.store(1, Ordering::SeqCst);
    let mut server = match launcher.serve(&built, &python) {
        Ok(server) => server,
        Err(error) => {
            launcher.engine.stop()?;
            return Err(error);
        }
    };
    launcher.announce(&built, &server);
    loop {
        match next(&inbox) {
            Some(Event::Stop) => break,
            Some(Event::Changed) => {
                if let Some(next) = attempt(build().transpose()) {
                    watch.follow(&next.files)?;
                    if next.bundle != built.bundle {
                        (server, built) = launcher.replace(server, built, next)?;
                    }
                }
            }
            None => {}
        }
        launcher.engine.keep()?;
        server.keep()?;
    }
    say("stopping");
    server.stop()?;
    launcher.engine.stop()?;
    Ok(Outcome::Stopped)
}

/// What was made; an error is shown, and so is that the old app is served on.
fn attempt<T>(made: Option<Result<T>>) -> Option<T> {
    match made {
        Some(Ok(made)) => return Some(made),
        Some(Err(error)) => say(&format!("error: {error:#}")),
        None => {}
    }
    say("the app is served on as it was before the change");
    None
}

/// Writes a line to standard error; where that is closed, nobody wants to know.
fn say(text: &str) {
    let _ = writeln!(io::stderr().lock(), "{text}");
}

/// The event of the next moment; changes in quick succession count as one, and a stop goes before them.
fn next(inbox: &Receiver<Event>) -> Option<Event> {
    let mut event = match inbox.recv_timeout(BEAT) {
        Ok(event) => event,
        Err(RecvTimeoutError::Timeout) => return None,
        Err(RecvTimeoutError::Disconnected) => return Some(Event::Stop),
    };
    while matches!(event, Event::Changed) {
        match inbox.recv_timeout(SETTLE) {
            Ok(next) => event = next,
            Err(_) => break,
        }
    }
    Some(event)
}

/// As many signals as `patience` says become events; the next one ends the process at once, and with it all that it has
/// started.
fn stop_on_signals(events: Sender<Event>, patience: Arc<AtomicUsize>) -> Result<()> {
    ctrlc::set_handler(move || {
        let left = patience.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| {
            left.checked_sub(1)
        });
        if left.is_err() {
            std::process::exit(INTERRUPTED);
        }
        let _ = events.send(Event::Stop);
    })
    .context("signals cannot be handled here")
}

/// Starts what the options ask for, and one server after another on the same port.
struct Launcher {
    engine: Box<dyn Engine>,
    processes: Rc<Processes>,
    port: u16,
}

impl Launcher {
    fn new(options: &Options) -> Result<Self> {
        let processes = Processes::new(options.data.join("logs"), options.verbose)?;
        let processes = Rc::new(processes);
        Ok(Self {
            engine: engine::of(options, Rc::clone(&processes))?,
            processes,
            port: options.port,
        })
    }

    fn serve(&mut self, built: &Built, python: &Path) -> Result<Server> {
        let _progress = Progress::start("starting the server");
        let settings = self.engine.server();
        let server = Server::start(&settings, &built.bundle, python, self.port, &self.processes)?;
        self.port = server.port();
        Ok(server)
    }

    fn bring_up(&mut self, built: &Built, python: &Path) -> Result<Server> {
        self.engine.start(&built.bundle, python)?;
        self.serve(built, python)
    }

    /// Puts a server of `next` in the place of the running one, or that one back where the new one does not start.
    fn replace(&mut self, server: Server, built: Built, next: Built) -> Result<(Server, Built)> {
        let Some(python) = attempt(Some(self.engine.install(&next.bundle))) else {
            return Ok((server, built));
        };
        server.stop()?;
        self.engine.suspend()?;
        if let Some(server) = attempt(Some(self.bring_up(&next, &python))) {
            say(&format!("reloaded; serving at {}", server.address()));
            return Ok((server, next));
        }
        self.engine.suspend()?;
        let python = self.engine.install(&built.bundle)?;
        Ok((self.bring_up(&built, &python)?, built))
    }

    fn announce(&self, built: &Built, server: &Server) {
        let address = server.address();
        let mut text = format!("serving {} at {address}\n", built.app.name);
        for line in self.engine.describe() {
            text += &format!("  {line}\n");
        }
        text += &format!("  documentation at {address}/docs\n  try it:\n");
        for line in example::curl(&built.app, address) {
            text += &format!("    {line}\n");
        }
        text += "  stop with Ctrl-C\n";
        let _ = io::stdout().lock().write_all(text.as_bytes());
    }
}
