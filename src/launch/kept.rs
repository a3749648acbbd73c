//! A process that is started again when it ends by itself.

use std::collections::VecDeque;
use std::process::Command;
use std::rc::Rc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

use super::process::{Ask, Process, Processes, tell};

/// How often a process may end by itself in that time before starting it again is given up.
const ENDS: usize = 5;
const WITHIN: Duration = Duration::from_secs(120);

/// A process with what it takes to start it again.
#[derive(Debug)]
pub struct Kept {
    name: &'static str,
    command: Command,
    processes: Rc<Processes>,
    process: Process,
    ends: Ends,
}

/// When a process has ended lately.
#[derive(Debug, Default)]
pub struct Ends(VecDeque<Instant>);

impl Kept {
    /// Starts it for the first time.
    pub fn start(name: &'static str, command: Command, processes: &Rc<Processes>) -> Result<Self> {
        Ok(Self {
            name,
            process: processes.start(name, &command)?,
            command,
            processes: Rc::clone(processes),
            ends: Ends::default(),
        })
    }

    /// Starts it again where it has ended by itself, and says whether it had. Fails where it has ended too often.
    pub fn keep(&mut self) -> Result<bool> {
        let has_ended = self.ends.has_ended(self.name, &mut self.process)?;
        if has_ended {
            self.restart()?;
        }
        Ok(has_ended)
    }

    /// Has another one run in its place, also of what it has started itself.
    pub fn restart(&mut self) -> Result<()> {
        self.process.kill();
        self.process = self.processes.start(self.name, &self.command)?;
        Ok(())
    }

    /// Fails where it has ended by itself.
    pub fn check(&mut self) -> Result<()> {
        self.process.check()
    }

    /// Asks it to end and waits for that.
    pub fn stop(self, ask: Ask, grace: Duration) -> Result<()> {
        self.process.stop(ask, grace)
    }
}

impl Ends {
    /// Whether a process has ended by itself, so that it is to be started again, which is told. Fails where it has ended too often.
    pub fn has_ended(&mut self, name: &str, process: &mut Process) -> Result<bool> {
        let Some(status) = process.status()? else {
            return Ok(false);
        };
        if self.add(Instant::now()) > ENDS {
            let minutes = WITHIN.as_secs() / 60;
            process.check().with_context(|| {
                format!(
                    "the {name} ends again and again, more than {ENDS} times in {minutes} minutes"
                )
            })?;
        }
        super::say(&format!(
            "the {name} ended by itself ({}); starting it again",
            tell(status)
        ));
        Ok(true)
    }

    /// Notes an end, and gives how many there have been lately.
    fn add(&mut self, now: Instant) -> usize {
        self.0.push_back(now);
        self.0.retain(|&end| now.duration_since(end) <= WITHIN);
        self.0.len()
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::thread;

    use super::*;

    const BEAT: Duration = Duration::from_millis(20);

    fn kept(folder: &tempfile::TempDir, script: &str) -> Kept {
        let processes = Processes::new(folder.path().join("logs"), false).unwrap();
        let mut command = Command::new("sh");
        command.args(["-c", script]).current_dir(folder.path());
        Kept::start("broker", command, &Rc::new(processes)).unwrap()
    }

    #[test]
    fn ends_count_for_two_minutes() {
        let mut ends = Ends::default();
        let begin = Instant::now();
        for (seconds, expected) in [(0, 1), (60, 2), (120, 3), (121, 3), (500, 1)] {
            let now = begin + Duration::from_secs(seconds);
            assert_eq!(ends.add(now), expected, "after {seconds} seconds");
        }
    }

    #[test]
    fn what_ends_is_started_again_with_the_same_command() {
        let folder = tempfile::tempdir().unwrap();
        let mut kept = kept(
            &folder,
            "echo . >> starts; [ $(wc -l < starts) = 1 ] || sleep 600",
        );
        while !kept.keep().unwrap() {
            thread::sleep(BEAT);
        }
        let starts = folder.path().join("starts");
        while fs::read_to_string(&starts).unwrap() != ".\n.\n" {
            thread::sleep(BEAT);
        }
        assert!(!kept.keep().unwrap());
    }

    #[test]
    fn what_ends_again_and_again_is_told_of_with_its_last_words() {
        let folder = tempfile::tempdir().unwrap();
        let mut kept = kept(&folder, "echo no memory >&2; exit 3");
        let mut starts = 0;
        let error = loop {
            match kept.keep() {
                Ok(again) => starts += usize::from(again),
                Err(error) => break format!("{error:#}"),
            }
            thread::sleep(BEAT);
        };
        assert_eq!(starts, ENDS);
        assert!(
            error.starts_with("the broker ends again and again"),
            "{error}"
        );
        assert!(error.ends_with("    no memory"), "{error}");
    }
}
