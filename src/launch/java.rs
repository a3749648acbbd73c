//! Finding a Java, and what every command of it has.

use std::env;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Result, bail};

/// The oldest Java that engines are run on.
const OLDEST: u32 = 17;

/// The `java` of JAVA_HOME, or else the one on PATH.
pub fn find() -> Result<PathBuf> {
    let java = match env::var_os("JAVA_HOME").filter(|home| !home.is_empty()) {
        Some(home) => PathBuf::from(home).join("bin").join("java"),
        None => PathBuf::from("java"),
    };
    let shown = java.display();
    let output = Command::new(&java)
        .arg("-version")
        .stdin(Stdio::null())
        .output();
    let Ok(output) = output else {
        bail!(
            "{shown} is not there; install a Java of at least version {OLDEST}, or name its folder in JAVA_HOME"
        );
    };
    match version(&String::from_utf8_lossy(&output.stderr)) {
        Some(version) if version >= OLDEST => Ok(java),
        Some(version) => bail!(
            "{shown} is Java {version}, and Java {OLDEST} or later is needed; name its folder in JAVA_HOME"
        ),
        None => bail!("{shown} does not tell its version; name another Java's folder in JAVA_HOME"),
    }
}

/// A command of Java on those classes, which keeps what it writes for itself in the folder `temporary`.
pub fn command(java: &Path, temporary: &Path, class_path: &OsStr) -> Command {
    let mut folder = OsString::from("-Djava.io.tmpdir=");
    folder.push(temporary);
    let mut command = Command::new(java);
    command
        .arg(folder)
        .args([
            "-Djava.awt.headless=true",
            "-Djava.net.preferIPv4Stack=true",
        ])
        .arg("-cp")
        .arg(class_path);
    command
}

/// The feature version: 17 of `openjdk version "17.0.15" 2025-04-15`, 8 of `java version "1.8.0_392"`.
fn version(said: &str) -> Option<u32> {
    let (_, rest) = said.split_once(" version \"")?;
    let mut numbers = rest.split(|c: char| !c.is_ascii_digit());
    match numbers.next()?.parse().ok()? {
        1 => numbers.next()?.parse().ok(),
        version => Some(version),
    }
}

#[cfg(test)]
mod tests {
    use super::version;

    #[test]
    fn versions_are_read_in_their_old_and_new_form() {
        for (said, expected) in [
            ("openjdk version \"17.0.15\" 2025-04-15\n", Some(17)),
            ("openjdk version \"21\" 2023-09-19\n", Some(21)),
            ("java version \"1.8.0_392\"\n", Some(8)),
            (
                "Picked up JAVA_TOOL_OPTIONS: -Xmx1g\nopenjdk version \"24-ea\"\n",
                Some(24),
            ),
            ("sh: java: not found\n", None),
        ] {
            assert_eq!(version(said), expected, "{said}");
        }
    }
}
