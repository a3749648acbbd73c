//! Processes that are started, logged, watched over and stopped.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::fs::{self, File, OpenOptions};
use std::io::{BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, ExitStatus, Stdio};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use rustix::process::{Pid, Signal, kill_process, kill_process_group};

use super::watchdog::Watchdog;

/// Becomes the program that its arguments name once it is told to, so that nothing runs that is not guarded.
const GATE: &str = r#"read -r _ && exec "$@""#;

/// How often something that has no way to tell is looked at.
const BEAT: Duration = Duration::from_millis(50);

/// How many lines of a log are shown, and how far from its end they are looked for.
const LAST_LINES: usize = 15;
const LAST_BYTES: u64 = 16 * 1024;

/// Starts processes. Each is the leader of a group of its own, which a Ctrl-C on the terminal does not reach, and which is
/// killed with this process however that ends.
#[derive(Debug)]
pub struct Processes {
    watchdog: Rc<Watchdog>,
    logs: PathBuf,
    verbose: bool,
    begun: RefCell<BTreeSet<&'static str>>,
}

/// A process that runs. It is killed when this is dropped.
#[derive(Debug)]
pub struct Process {
    name: &'static str,
    child: Child,
    input: Option<ChildStdin>,
    log: Option<PathBuf>,
    ended: Arc<AtomicBool>,
    watchdog: Rc<Watchdog>,
}

/// How a process is asked to end.
#[derive(Debug, Clone, Copy)]
pub enum Ask {
    /// By the end of its standard input.
    Input,
    /// By SIGTERM.
    Signal,
}

impl Processes {
    /// What they print goes to files in the folder `logs`, which a run begins anew, and to standard error if `verbose`.
    pub fn new(logs: PathBuf, verbose: bool) -> Result<Self> {
        Ok(Self {
            watchdog: Rc::new(Watchdog::start()?),
            logs,
            verbose,
            begun: RefCell::default(),
        })
    }

    /// Starts a process whose output goes to its log.
    pub fn start(&self, name: &'static str, command: &Command) -> Result<Process> {
        let path = self.logs.join(format!("{name}.log"));
        let log = self
            .open_log(name, &path)
            .with_context(|| format!("cannot write {}", path.display()))?;
        let end = log.metadata().map_or(0, |data| data.len());
        let (out, err) = (log.try_clone()?, log);
        let process = self.spawn(name, command, out.into(), err.into(), Some(path.clone()))?;
        if self.verbose {
            let ended = Arc::clone(&process.ended);
            thread::spawn(move || show_log(name, &path, end, &ended));
        }
        Ok(process)
    }

    /// Starts a process whose output is read here; what it says on standard error is shown.
    pub fn start_piped(
        &self,
        name: &'static str,
        command: &Command,
    ) -> Result<(Process, ChildStdout)> {
        let mut process = self.spawn(name, command, Stdio::piped(), Stdio::inherit(), None)?;
        let output = process.child.stdout.take();
        Ok((process, output.context("a process has no output to read")?))
    }

    /// Runs a process to its end. `look` is given the last line that it has printed, time and again; where it fails, the
    /// process is ended.
    pub fn run(
        &self,
        name: &'static str,
        command: &Command,
        mut look: impl FnMut(&str) -> Result<()>,
    ) -> Result<Finished> {
        let mut process = self.start(name, command)?;
        loop {
            if let Some(status) = process.status()? {
                let log = process.last_lines();
                return Ok(Finished { status, log });
            }
            look(process.last_lines().last().map_or("", String::as_str))?;
            thread::sleep(BEAT);
        }
    }

    fn open_log(&self, name: &'static str, path: &Path) -> std::io::Result<File> {
        fs::create_dir_all(&self.logs)?;
        if self.begun.borrow_mut().insert(name) {
            File::create(path)?;
        }
        OpenOptions::new().append(true).open(path)
    }

    fn spawn(
        &self,
        name: &'static str,
        command: &Command,
        output: Stdio,
        errors: Stdio,
        log: Option<PathBuf>,
    ) -> Result<Process> {
        let mut child = gated(command)
            .stdin(Stdio::piped())
            .stdout(output)
            .stderr(errors)
            .process_group(0)
            .spawn()
            .with_context(|| format!("cannot start {}", command.get_program().display()))?;
        let mut process = Process {
            name,
            input: child.stdin.take(),
            child,
            log,
            ended: Arc::default(),
            watchdog: Rc::clone(&self.watchdog),
        };
        self.watchdog.guard(process.child.id())?;
        if let Some(input) = &mut process.input {
            // One that has ended already is found by those who look after it.
            let _ = input.write_all(b"\n");
        }
        Ok(process)
    }
}

/// How a process ended, and the last lines of its log.
#[derive(Debug)]
pub struct Finished {
    pub status: ExitStatus,
    pub log: Vec<String>,
}

impl Process {
    /// How it ended, where it has.
    pub fn status(&mut self) -> Result<Option<ExitStatus>> {
        let status = self.child.try_wait();
        status.with_context(|| format!("cannot wait for the {}", self.name))
    }

    /// Waits for its end and tells how it came.
    pub fn end(&mut self) -> Result<String> {
        let status = self.child.wait();
        status
            .map(tell)
            .with_context(|| format!("cannot wait for the {}", self.name))
    }

    /// Fails where it has ended by itself.
    pub fn check(&mut self) -> Result<()> {
        let Some(status) = self.status()? else {
            return Ok(());
        };
        let mut text = format!("the {} ended by itself ({})", self.name, tell(status));
        if let Some(log) = &self.log {
            text += &format!("; its log, {}, ends with\n", log.display());
            text += &indented(&self.last_lines());
        }
        bail!("{}", text.trim_end())
    }

    /// Asks it to end and waits for that; past the grace period it is killed, and so is what it has started itself.
    pub fn stop(mut self, ask: Ask, grace: Duration) -> Result<()> {
        match ask {
            Ask::Input => drop(self.input.take()),
            Ask::Signal => {
                if self.status()?.is_none() {
                    let _ = kill_process(Pid::from_child(&self.child), Signal::TERM);
                }
            }
        }
        let deadline = Instant::now() + grace;
        while self.status()?.is_none() && Instant::now() < deadline {
            thread::sleep(BEAT);
        }
        Ok(())
    }

    /// Kills it and what it has started itself.
    pub fn kill(&mut self) {
        let _ = kill_process_group(Pid::from_child(&self.child), Signal::KILL);
        let _ = self.child.wait();
    }

    fn last_lines(&self) -> Vec<String> {
        let read = |path: &PathBuf| last_lines(path).ok();
        self.log.as_ref().and_then(read).unwrap_or_default()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
        self.watchdog.release(self.child.id());
        self.ended.store(true, Ordering::Relaxed);
    }
}

/// Waits until `look` gives something; it fails past the deadline, or where `look` does.
pub fn wait_for<T>(
    what: &str,
    patience: Duration,
    mut look: impl FnMut() -> Result<Option<T>>,
) -> Result<T> {
    let deadline = Instant::now() + patience;
    loop {
        if let Some(found) = look()? {
            return Ok(found);
        }
        if Instant::now() > deadline {
            bail!("waited {} seconds in vain for {what}", patience.as_secs());
        }
        thread::sleep(BEAT);
    }
}

/// How a process ended, in words.
pub fn tell(status: ExitStatus) -> String {
    match status.code() {
        Some(code) => format!("exit status {code}"),
        None => status.to_string(),
    }
}

/// The lines as they stand below a sentence.
pub fn indented(lines: &[String]) -> String {
    lines.iter().map(|line| format!("    {line}\n")).collect()
}

/// The same command behind the gate.
fn gated(command: &Command) -> Command {
    let mut gated = Command::new("/bin/sh");
    gated.args(["-c", GATE, "sh"]);
    gated.arg(command.get_program()).args(command.get_args());
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => gated.env(name, value),
            None => gated.env_remove(name),
        };
    }
    if let Some(folder) = command.get_current_dir() {
        gated.current_dir(folder);
    }
    gated
}

/// The last lines of a log, without the frames of Java's stack traces.
fn last_lines(path: &Path) -> std::io::Result<Vec<String>> {
    let mut file = File::open(path)?;
    let length = file.metadata()?.len();
    file.seek(SeekFrom::Start(length.saturating_sub(LAST_BYTES)))?;
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes)?;
    let text = String::from_utf8_lossy(&bytes);
    let is_frame = |line: &str| line.starts_with("\tat ") || line.starts_with("\t... ");
    let lines = text.lines().filter(|line| !line.is_empty());
    let lines: Vec<_> = lines.filter(|line| !is_frame(line)).collect();
    let first = lines.len().saturating_sub(LAST_LINES);
    Ok(lines[first..].iter().map(|&line| line.to_owned()).collect())
}

/// Shows what is written to a log, from a place in it on, until the process has ended and all is shown.
fn show_log(name: &str, path: &Path, from: u64, ended: &AtomicBool) {
    let Ok(mut file) = File::open(path) else {
        return;
    };
    if file.seek(SeekFrom::Start(from)).is_err() {
        return;
    }
    let mut reader = BufReader::new(file);
    let mut line = Vec::new();
    loop {
        let is_last = ended.load(Ordering::Relaxed);
        while reader
            .read_until(b'\n', &mut line)
            .is_ok_and(|read| read > 0)
        {
            if line.ends_with(b"\n") {
                let text = String::from_utf8_lossy(&line);
                super::say(&format!("{name:11} | {}", text.trim_end()));
                line.clear();
            }
        }
        if is_last {
            return;
        }
        thread::sleep(BEAT);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        command
    }

    fn processes() -> (tempfile::TempDir, Processes) {
        let folder = tempfile::tempdir().unwrap();
        let processes = Processes::new(folder.path().join("logs"), false).unwrap();
        (folder, processes)
    }

    #[test]
    fn a_process_that_ends_by_itself_is_told_of_with_its_last_words() {
        let (_folder, processes) = processes();
        let mut process = processes
            .start("broker", &shell("echo no memory >&2; exit 3"))
            .unwrap();
        let error = loop {
            match process.check() {
                Ok(()) => thread::sleep(BEAT),
                Err(error) => break error.to_string(),
            }
        };
        assert!(
            error.starts_with("the broker ended by itself (exit status 3)"),
            "{error}"
        );
        assert!(error.ends_with("ends with\n    no memory"), "{error}");
    }

    #[test]
    fn what_does_not_end_when_asked_is_killed_with_what_it_started() {
        let (folder, processes) = processes();
        let file = folder.path().join("beat");
        let script = format!(
            "trap '' TERM; (trap '' TERM; while :; do date +%N > '{}'; done) & wait",
            file.display()
        );
        let process = processes.start("stubborn", &shell(&script)).unwrap();
        while !file.exists() {
            thread::sleep(BEAT);
        }
        process.stop(Ask::Signal, BEAT).unwrap();
        thread::sleep(BEAT);
        fs::remove_file(&file).unwrap();
        thread::sleep(4 * BEAT);
        assert!(!file.exists());
    }

    #[test]
    fn a_log_begins_anew_with_a_run_and_not_with_a_process() {
        let (folder, processes) = processes();
        let log = folder.path().join("logs/word.log");
        for expected in ["one\n", "one\ntwo\n"] {
            let word = expected.lines().last().unwrap();
            let finished = processes.run("word", &shell(&format!("echo {word}")), |_| Ok(()));
            assert_eq!(finished.unwrap().log.last().unwrap(), word);
            assert_eq!(fs::read_to_string(&log).unwrap(), expected);
        }
        let again = Processes::new(folder.path().join("logs"), false).unwrap();
        again.run("word", &shell("echo three"), |_| Ok(())).unwrap();
        assert_eq!(fs::read_to_string(&log).unwrap(), "three\n");
    }
}
