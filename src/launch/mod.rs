//! Running a bundle on this machine: an interpreter, an environment with what the bundle requires, and a server that is
//! watched over until the user has had enough.

mod environment;
mod example;
mod interpreter;
mod progress;
mod server;
mod watch;

use std::path::PathBuf;
use std::process::ExitStatus;
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

/// Builds, starts and supervises until Ctrl-C or SIGTERM. `build` shows its own diagnostics and gives `None` for an app with
/// errors; with [`Options::reload`] it is called again after every change, and an app with errors leaves the old server in
/// place.
pub fn run(options: &Options, build: &mut dyn FnMut() -> Result<Option<Built>>) -> Result<Outcome> {
    let (events, inbox) = mpsc::channel();
    stop_on_signals(events.clone())?;
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
    let mut server = launcher.start(&built)?;
    announce(&built, &server, options);
    while let Some(event) = settled(&inbox) {
        match event {
            Event::Stop => break,
            Event::Ended(generation) if generation == server.generation() => {
                bail!("the server ended by itself ({})", tell(server.wait()?));
            }
            Event::Ended(_) => {}
            Event::Changed => {
                if let Some(next) = build()? {
                    watch.follow(&next.files)?;
                    built = next;
                    server.stop()?;
                    server = launcher.start(&built)?;
                    eprintln!("reloaded; serving at {}", server.address());
                }
            }
        }
    }
    server.stop()?;
    Ok(Outcome::Stopped)
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

fn stop_on_signals(events: Sender<Event>) -> Result<()> {
    ctrlc::set_handler(move || {
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
    println!("serving {} at {address}", built.app.name);
    match options.interleave {
        Some(seed) => {
            println!("  calls interleave in memory under seed {seed}; nothing is kept");
        }
        None => println!("  data in {}", options.data.display()),
    }
    println!("  documentation at {address}/docs");
    println!("  try it:");
    for line in example::curl(&built.app, address) {
        println!("    {line}");
    }
    println!("  stop with Ctrl-C");
}

/// Starts one server after another on the same port.
struct Launcher<'o> {
    options: &'o Options,
    events: Sender<Event>,
    port: u16,
    generation: u64,
}

impl Launcher<'_> {
    fn start(&mut self, built: &Built) -> Result<Server> {
        let progress = Progress::start("starting");
        server::check_free(self.port)?;
        let interpreter = interpreter::find()?;
        let requirements = built.bundle.join("requirements.txt");
        let python =
            environment::prepare(&interpreter, &requirements, &self.options.cache, &progress)?;
        progress.say("starting the server");
        self.generation += 1;
        let server = Server::start(
            &Settings {
                python: &python,
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
}
