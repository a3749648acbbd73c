//! Running a bundle on this machine: an interpreter, an environment with what the bundle requires, and a server that is
//! watched over until the user has had enough.

mod environment;
mod example;
mod interpreter;
mod progress;
mod server;
mod versions;
mod watch;

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitStatus;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver, Sender};
use std::time::Duration;

use anyhow::{Context, Result, bail};

use crate::ir;
pub use environment::cache_folder;
use progress::Progress;
use server::{Server, Settings};
use watch::Watch;

/// How long after a change of a file a build waits for the next one: editors write in several steps.
const SETTLE: Duration = Duration::from_millis(150);

/// The exit status of a process that Ctrl-C ended, as shells count it.
const INTERRUPTED: i32 = 130;

/// What the user asked for.
#[derive(Debug)]
pub struct Options {
    /// The port on loopback; 0 takes a free one.
    pub port: u16,
    /// Where the server keeps its data.
    pub data: PathBuf,
    /// Whether to build and start again when a file changes.
    pub reload: bool,
    /// The seed under which calls are interleaved in memory, in place of the durable server.
    pub interleave: Option<u64>,
    /// Where environments are cached.
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
    /// The server of that generation ended by itself.
    Ended(u64),
}

/// How a run came to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It was stopped.
    Stopped,
    /// The app has errors, which have been shown.
    Errors,
}

/// Builds, starts and supervises until Ctrl-C or SIGTERM; a second one ends the server at once. `build` shows its own
/// diagnostics and gives `None` for an app with errors; with [`Options::reload`] it is called again after every change, and
/// what does not build or start leaves the old app in place.
pub fn run(options: &Options, build: &mut dyn FnMut() -> Result<Option<Built>>) -> Result<Outcome> {
    let (events, inbox) = mpsc::channel();
    let serving = Arc::new(AtomicBool::new(false));
    stop_on_signals(events.clone(), Arc::clone(&serving))?;
    let Some(mut built) = build()? else {
        return Ok(Outcome::Errors);
    };
    let mut watch = Watch::new(options.reload, &built.files, events.clone())?;
    let mut launcher = Launcher {
        options,
        events,
        port: options.port,
        generation: 0,
    };
    server::check_free(options.port)?;
    let python = launcher.prepare(&built)?;
    serving.store(true, Ordering::SeqCst);
    let mut server = launcher.start(&built, &python)?;
    announce(&built, &server, options);
    while let Some(event) = settled(&inbox) {
        match event {
            Event::Stop => break,
            Event::Ended(generation) if generation == server.generation() => {
                bail!("the server ended by itself ({})", tell(server.wait()?));
            }
            Event::Ended(_) => {}
            Event::Changed => {
                let Some(next) = attempt(build().transpose()) else {
                    continue;
                };
                watch.follow(&next.files)?;
                if next.bundle != built.bundle {
                    launcher.replace(&mut server, &mut built, next)?;
                }
            }
        }
    }
    say("stopping");
    server.stop(|| matches!(inbox.try_recv(), Ok(Event::Stop)))?;
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

/// The next event; changes in quick succession count as one, and anything else goes before them.
fn settled(inbox: &Receiver<Event>) -> Option<Event> {
    let mut event = inbox.recv().ok()?;
    while matches!(event, Event::Changed) {
        match inbox.recv_timeout(SETTLE) {
            Ok(next) => event = next,
            Err(_) => break,
        }
    }
    Some(event)
}

/// Signals become events once there is a server to stop; before that they end the process, as they do by default.
fn stop_on_signals(events: Sender<Event>, serving: Arc<AtomicBool>) -> Result<()> {
    ctrlc::set_handler(move || {
        if !serving.load(Ordering::SeqCst) {
            std::process::exit(INTERRUPTED);
        }
        let _ = events.send(Event::Stop);
    })
    .context("signals cannot be handled here")
}

fn tell(status: ExitStatus) -> String {
    match status.code() {
        Some(code) => format!("exit status {code}"),
        None => status.to_string(),
    }
}

fn announce(built: &Built, server: &Server, options: &Options) {
    let address = server.address();
    let mut text = format!("serving {} at {address}\n", built.app.name);
    text += &match options.interleave {
        Some(seed) => format!("  calls interleave in memory under seed {seed}; nothing is kept\n"),
        None => format!("  data in {}\n", options.data.display()),
    };
    text += &format!("  documentation at {address}/docs\n  try it:\n");
    for line in example::curl(&built.app, address) {
        text += &format!("    {line}\n");
    }
    text += "  stop with Ctrl-C\n";
    let _ = io::stdout().lock().write_all(text.as_bytes());
}

/// Starts one server after another on the same port.
struct Launcher<'o> {
    options: &'o Options,
    events: Sender<Event>,
    port: u16,
    generation: u64,
}

impl Launcher<'_> {
    /// The interpreter of an environment that holds what the bundle requires.
    fn prepare(&self, built: &Built) -> Result<PathBuf> {
        let progress = Progress::start("looking for Python");
        let interpreter = interpreter::find(built.app.requires_python.as_deref())?;
        let requirements = built.bundle.join("requirements.txt");
        environment::prepare(&interpreter, &requirements, &self.options.cache, &progress)
    }

    fn start(&mut self, built: &Built, python: &Path) -> Result<Server> {
        let _progress = Progress::start("starting the server");
        self.generation += 1;
        let server = Server::start(
            &Settings {
                python,
                bundle: &built.bundle,
                data: &self.options.data,
                port: self.port,
                interleave: self.options.interleave,
                generation: self.generation,
            },
            self.events.clone(),
        )?;
        self.port = server.port();
        Ok(server)
    }

    /// Puts a server of `next` in the place of the running one, or that one back where the new one does not start.
    fn replace(&mut self, server: &mut Server, built: &mut Built, next: Built) -> Result<()> {
        let Some(python) = attempt(Some(self.prepare(&next))) else {
            return Ok(());
        };
        server.stop(|| false)?;
        match attempt(Some(self.start(&next, &python))) {
            Some(started) => {
                *server = started;
                *built = next;
                say(&format!("reloaded; serving at {}", server.address()));
            }
            None => {
                let python = self.prepare(built)?;
                *server = self.start(built, &python)?;
            }
        }
        Ok(())
    }
}
