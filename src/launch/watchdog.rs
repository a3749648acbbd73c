//! Ending what was started, however this process ends.

use std::io::Write;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result};

/// Reads `+ GROUP` and `- GROUP`; at the end of its input, which comes with the end of this process, it kills the groups
/// that are left.
const SCRIPT: &str = r#"
trap '' HUP INT TERM
groups=' '
while read -r sign group; do
    case $sign in
    +) groups="$groups$group " ;;
    -) groups="${groups%% "$group" *} ${groups#* "$group" }" ;;
    esac
done
for group in $groups; do
    kill -KILL "-$group" 2>/dev/null
done
"#;

/// A process that outlives this one for long enough to kill the process groups that it was told of.
#[derive(Debug)]
pub struct Watchdog(Child);

impl Watchdog {
    /// Starts it.
    pub fn start() -> Result<Self> {
        Command::new("/bin/sh")
            .args(["-c", SCRIPT])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn()
            .map(Self)
            .context("cannot start /bin/sh")
    }

    /// Takes a process group into its care.
    pub fn guard(&self, group: u32) -> Result<()> {
        self.tell('+', group)
            .context("the process that watches over the others has ended")
    }

    /// Forgets a process group that is gone.
    pub fn release(&self, group: u32) {
        let _ = self.tell('-', group);
    }

    fn tell(&self, sign: char, group: u32) -> std::io::Result<()> {
        match self.0.stdin.as_ref() {
            Some(mut pipe) => pipe.write_all(format!("{sign} {group}\n").as_bytes()),
            None => Ok(()),
        }
    }
}

impl Drop for Watchdog {
    fn drop(&mut self) {
        drop(self.0.stdin.take());
        let _ = self.0.wait();
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::process::ExitStatusExt;

    use super::*;

    fn sleeper() -> Child {
        let mut command = Command::new("sleep");
        command.arg("600").process_group(0).spawn().unwrap()
    }

    #[test]
    fn what_it_guards_still_is_killed_in_the_end() {
        let mut sleepers = [sleeper(), sleeper(), sleeper()];
        let watchdog = Watchdog::start().unwrap();
        for sleeper in &sleepers {
            watchdog.guard(sleeper.id()).unwrap();
        }
        watchdog.release(sleepers[1].id());
        drop(watchdog);
        for index in [0, 2] {
            assert_eq!(sleepers[index].wait().unwrap().signal(), Some(9));
        }
        assert!(sleepers[1].try_wait().unwrap().is_none());
        sleepers[1].kill().unwrap();
        sleepers[1].wait().unwrap();
    }
}
