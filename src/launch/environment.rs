//! Virtual environments, cached by what is in them.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

use super::cache;
use super::interpreter::Interpreter;
use super::progress::Progress;
use crate::emit::{NO_DEPENDENCIES, REQUIREMENTS};

/// A file that says what is to be installed.
struct Requirements {
    path: PathBuf,
    content: Vec<u8>,
    /// Whether what they depend on is to be installed too.
    with_dependencies: bool,
}

/// The interpreter of an environment that holds exactly what a bundle asks for, made in the cache on first use.
pub fn prepare(
    interpreter: &Interpreter,
    bundle: &Path,
    cache: &Path,
    progress: &Progress,
) -> Result<PathBuf> {
    let wanted = wanted(bundle)?;
    let place = cache.join("venvs").join(digest(interpreter, &wanted));
    cache::once(
        &place,
        progress,
        |place| python_of(place).is_file(),
        |partial| make(interpreter, &wanted, partial, progress),
    )?;
    Ok(python_of(&place))
}

fn wanted(bundle: &Path) -> Result<Vec<Requirements>> {
    let read = |name: &str| {
        let path = bundle.join(name);
        let content = fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
        Ok::<_, anyhow::Error>(Requirements {
            path,
            content,
            with_dependencies: name == REQUIREMENTS,
        })
    };
    let mut wanted = vec![read(REQUIREMENTS)?];
    if bundle.join(NO_DEPENDENCIES).exists() {
        wanted.push(read(NO_DEPENDENCIES)?);
    }
    Ok(wanted)
}

fn digest(interpreter: &Interpreter, wanted: &[Requirements]) -> String {
    let path = interpreter.path.as_os_str().as_encoded_bytes();
    let version = format!("{:?}", interpreter.version);
    let mut parts = vec![path, version.as_bytes()];
    parts.extend(wanted.iter().map(|file| &*file.content));
    cache::digest(&parts)
}

fn python_of(place: &Path) -> PathBuf {
    place.join("bin").join("python")
}

fn make(
    interpreter: &Interpreter,
    wanted: &[Requirements],
    place: &Path,
    progress: &Progress,
) -> Result<()> {
    progress.note("setting up the Python environment (once for these requirements)");
    progress.say("installing requirements");
    let python = python_of(place);
    let (mut create, install): (_, fn(&Path) -> Command) = if has_uv() {
        (uv_venv(interpreter), uv_install)
    } else {
        (venv(interpreter), pip_install)
    };
    complete(create.arg(place))?;
    for file in wanted {
        let mut command = install(&python);
        if !file.with_dependencies {
            command.arg("--no-deps");
        }
        complete(command.arg("-r").arg(&file.path))?;
    }
    Ok(())
}

fn has_uv() -> bool {
    Command::new("uv")
        .arg("--version")
        .stdin(Stdio::null())
        .output()
        .is_ok_and(|output| output.status.success())
}

fn uv_venv(interpreter: &Interpreter) -> Command {
    let mut command = Command::new("uv");
    command.args(["venv", "--quiet", "--python"]);
    command.arg(&interpreter.path);
    command
}

fn uv_install(python: &Path) -> Command {
    let mut command = Command::new("uv");
    command.args(["pip", "install", "--quiet", "--python"]);
    command.arg(python);
    command
}

fn venv(interpreter: &Interpreter) -> Command {
    let mut command = Command::new(&interpreter.path);
    command.args(["-m", "venv"]);
    command
}

fn pip_install(python: &Path) -> Command {
    let mut command = Command::new(python);
    command.args(["-m", "pip", "install", "--quiet", "--no-input"]);
    command.arg("--disable-pip-version-check");
    command
}

fn complete(command: &mut Command) -> Result<()> {
    let output = command
        .stdin(Stdio::null())
        .output()
        .with_context(|| format!("cannot run {}", command.get_program().display()))?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    bail!(
        "the Python environment could not be set up:\n{}",
        said.trim_end()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn environments_differ_by_interpreter_and_requirements() {
        let of = |path: &str, wanted: &[u8]| {
            let interpreter = Interpreter {
                path: PathBuf::from(path),
                version: (3, 11, 7),
            };
            let wanted = Requirements {
                path: PathBuf::new(),
                content: wanted.to_vec(),
                with_dependencies: true,
            };
            digest(&interpreter, &[wanted])
        };
        assert_eq!(of("/a", b"x"), of("/a", b"x"));
        assert_ne!(of("/a", b"x"), of("/b", b"x"));
        assert_ne!(of("/a", b"x"), of("/a", b"y"));
    }
}
