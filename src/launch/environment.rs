//! Virtual environments, cached by what is in them.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

use super::cache;
use super::interpreter::Interpreter;
use super::progress::Progress;

/// The interpreter of an environment that holds exactly what `requirements` asks for, made in the cache on first use.
pub fn prepare(
    interpreter: &Interpreter,
    requirements: &Path,
    cache: &Path,
    progress: &Progress,
) -> Result<PathBuf> {
    let wanted = fs::read(requirements)
        .with_context(|| format!("cannot read {}", requirements.display()))?;
    let place = cache.join("venvs").join(digest(interpreter, &wanted));
    cache::once(
        &place,
        progress,
        |place| python_of(place).is_file(),
        |partial| make(interpreter, requirements, partial, progress),
    )?;
    Ok(python_of(&place))
}

fn digest(interpreter: &Interpreter, wanted: &[u8]) -> String {
    let path = interpreter.path.as_os_str().as_encoded_bytes();
    let version = format!("{:?}", interpreter.version);
    cache::digest(&[path, version.as_bytes(), wanted])
}

fn python_of(place: &Path) -> PathBuf {
    place.join("bin").join("python")
}

fn make(
    interpreter: &Interpreter,
    requirements: &Path,
    place: &Path,
    progress: &Progress,
) -> Result<()> {
    progress.note("setting up the Python environment (once for these requirements)");
    progress.say("installing requirements");
    let python = python_of(place);
    let mut commands = if has_uv() {
        with_uv(interpreter, place, &python)
    } else {
        with_pip(interpreter, place, &python)
    };
    commands[1].arg(requirements);
    for command in &mut commands {
        complete(command)?;
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

fn with_uv(interpreter: &Interpreter, place: &Path, python: &Path) -> [Command; 2] {
    let mut create = Command::new("uv");
    create.args(["venv", "--quiet", "--python"]);
    create.arg(&interpreter.path).arg(place);
    let mut install = Command::new("uv");
    install.args(["pip", "install", "--quiet", "--python"]);
    install.arg(python).arg("--requirements");
    [create, install]
}

fn with_pip(interpreter: &Interpreter, place: &Path, python: &Path) -> [Command; 2] {
    let mut create = Command::new(&interpreter.path);
    create.args(["-m", "venv"]).arg(place);
    let mut install = Command::new(python);
    install.args(["-m", "pip", "install", "--quiet", "--no-input"]);
    install.args(["--disable-pip-version-check", "--requirement"]);
    [create, install]
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
            digest(&interpreter, wanted)
        };
        assert_eq!(of("/a", b"x"), of("/a", b"x"));
        assert_ne!(of("/a", b"x"), of("/b", b"x"));
        assert_ne!(of("/a", b"x"), of("/a", b"y"));
    }
}
