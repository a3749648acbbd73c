//! Finding a Python.

use std::env;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use anyhow::{Result, bail};

use super::versions::{Version, allows};
use crate::emit::REQUIRES_PYTHON;

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
    /// What the app asks for (a PEP 440 specifier).
    pub wanted: Option<&'a str>,
    /// The first version that the target is not there for.
    pub before: Option<(u32, u32)>,
}

impl Needed<'_> {
    fn by(&self, interpreter: &Interpreter) -> bool {
        let (major, minor, _) = interpreter.version;
        (major, minor) >= REQUIRES_PYTHON
            && self.before.is_none_or(|before| (major, minor) < before)
            && self
                .wanted
                .is_none_or(|wanted| allows(wanted, interpreter.version))
    }

    fn tell(&self) -> String {
        let (major, minor) = REQUIRES_PYTHON;
        let mut text = match self.before {
            None => format!("Python {major}.{minor} or later"),
            Some(before) => {
                format!(
                    "Python from {major}.{minor} to before {}.{}, which the target's packages are made for,",
                    before.0, before.1
                )
            }
        };
        if let Some(wanted) = self.wanted {
            text += &format!(" that is {wanted}, as the app asks,");
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
        let does = |wanted, before, version| {
            let path = PathBuf::new();
            Needed { wanted, before }.by(&Interpreter { path, version })
        };
        assert!(!does(None, None, (3, 10, 9)));
        assert!(does(None, None, (3, 11, 0)));
        assert!(does(None, None, (4, 0, 0)));
        assert!(!does(Some("<3.12"), None, (3, 12, 0)));
        assert!(!does(Some(">=3.8"), None, (3, 10, 0)));
        assert!(does(None, Some((3, 13)), (3, 12, 9)));
        assert!(!does(None, Some((3, 13)), (3, 13, 0)));
    }
}
