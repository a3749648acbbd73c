//! Finding a Python.

use std::env;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use anyhow::{Result, bail};

use super::versions::{Version, allows};

/// Names looked for on PATH, in this order.
const NAMES: &[&str] = &[
    "python3",
    "python3.14",
    "python3.13",
    "python3.12",
    "python3.11",
    "python",
];

/// Prints the version and the interpreter's own path.
const PROBE: &str = "import sys; print(*sys.version_info[:3], sys.executable)";

/// A Python that was found and answers.
#[derive(Debug, Clone)]
pub struct Interpreter {
    /// Its executable.
    pub path: PathBuf,
    /// Its version.
    pub version: Version,
}

/// Finds a Python that will do: the one that `STATEFLOW_PYTHON` names, or else the first on PATH.
pub fn find(needed: &Needed<'_>) -> Result<Interpreter> {
    if let Some(named) = env::var_os("STATEFLOW_PYTHON") {
        let named = named.to_string_lossy().into_owned();
        return match probe(&named) {
            Probe::Found(interpreter) if needed.by(&interpreter) => Ok(interpreter),
            other => bail!(
                "STATEFLOW_PYTHON is {named}, which {}; it must be {}",
                other.tell(),
                needed.tell()
            ),
        };
    }
    let mut tried = Vec::new();
    for name in NAMES {
        match probe(name) {
            Probe::Found(interpreter) if needed.by(&interpreter) => return Ok(interpreter),
            other => tried.push(format!("{name} {}", other.tell())),
        }
    }
    bail!(
        "no {} was found: {}; install one, or name it in STATEFLOW_PYTHON",
        needed.tell(),
        tried.join(", ")
    )
}

/// Which Python will do.
#[derive(Debug, Clone, Copy)]
pub struct Needed<'a> {
    /// What the bundle is made for (a PEP 440 specifier).
    pub bundle: &'a str,
    /// What the app asks for (a PEP 440 specifier).
    pub app: Option<&'a str>,
}

impl Needed<'_> {
    fn by(&self, interpreter: &Interpreter) -> bool {
        let allows = |specifier| allows(specifier, interpreter.version);
        allows(self.bundle) && self.app.is_none_or(allows)
    }

    fn tell(&self) -> String {
        let mut text = format!("Python {}", self.bundle);
        if let Some(app) = self.app {
            text += &format!(" that is {app}, as the app asks,");
        }
        text
    }
}

enum Probe {
    Found(Interpreter),
    Missing,
    Broken,
}

impl Probe {
    fn tell(&self) -> String {
        match self {
            Self::Found(Interpreter { version, .. }) => {
                format!("is {}.{}.{}", version.0, version.1, version.2)
            }
            Self::Missing => "is not there".to_owned(),
            Self::Broken => "does not run".to_owned(),
        }
    }
}

fn probe(name: &str) -> Probe {
    let output = Command::new(name)
        .args(["-I", "-c", PROBE])
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output();
    match output {
        Ok(output) if output.status.success() => {
            parse(&String::from_utf8_lossy(&output.stdout)).map_or(Probe::Broken, Probe::Found)
        }
        Ok(_) => Probe::Broken,
        Err(_) => Probe::Missing,
    }
}

fn parse(answer: &str) -> Option<Interpreter> {
    let mut words = answer.trim_end().splitn(4, ' ');
    let mut number = || words.next()?.parse().ok();
    let version = (number()?, number()?, number()?);
    Some(Interpreter {
        path: PathBuf::from(words.next()?),
        version,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_version_and_path() {
        let interpreter = parse("3 12 1 /opt/some folder/python3\n").unwrap();
        assert_eq!(interpreter.version, (3, 12, 1));
        assert_eq!(interpreter.path, PathBuf::from("/opt/some folder/python3"));
        assert!(parse("hello").is_none());
    }

    #[test]
    fn only_versions_that_run_bundles_and_that_the_app_wants_will_do() {
        let does = |app, bundle, version| {
            let path = PathBuf::new();
            Needed { bundle, app }.by(&Interpreter { path, version })
        };
        assert!(!does(None, ">=3.11", (3, 10, 9)));
        assert!(does(None, ">=3.11", (3, 11, 0)));
        assert!(does(None, ">=3.11", (4, 0, 0)));
        assert!(!does(Some("<3.12"), ">=3.11", (3, 12, 0)));
        assert!(!does(Some(">=3.8"), ">=3.11", (3, 10, 0)));
        assert!(does(None, ">=3.11,<3.13", (3, 12, 9)));
        assert!(!does(None, ">=3.11,<3.13", (3, 13, 0)));
    }
}
