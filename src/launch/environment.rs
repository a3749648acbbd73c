//! Virtual environments, cached by what is in them.

use std::env;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};
use sha2::{Digest, Sha256};

use super::interpreter::Interpreter;
use super::progress::Progress;

/// The folder that caches go to: `STATEFLOW_CACHE`, else `stateflow` in the user's cache folder.
pub fn cache_folder() -> Result<PathBuf> {
    let set = |name: &str| env::var_os(name).filter(|value| !value.is_empty());
    if let Some(folder) = set("STATEFLOW_CACHE") {
        return Ok(PathBuf::from(folder));
    }
    if let Some(folder) = set("XDG_CACHE_HOME") {
        return Ok(PathBuf::from(folder).join("stateflow"));
    }
    match env::home_dir() {
        Some(home) => Ok(home.join(".cache").join("stateflow")),
        None => {
            bail!("there is no home folder to keep a cache in; set STATEFLOW_CACHE to a folder")
        }
    }
}

/// The interpreter of an environment that holds exactly what `requirements` asks for. It is made in the cache on first use,
/// under a lock and beside its final place, so that runs at the same time and interrupted runs never see half of one.
pub fn prepare(
    interpreter: &Interpreter,
    requirements: &Path,
    cache: &Path,
    progress: &Progress,
) -> Result<PathBuf> {
    let wanted = fs::read(requirements)
        .with_context(|| format!("cannot read {}", requirements.display()))?;
    let folder = cache.join("venvs");
    fs::create_dir_all(&folder)
        .with_context(|| format!("cannot make the cache folder {}", folder.display()))?;
    let name = digest(interpreter, &wanted);
    let place = folder.join(&name);
    let _lock = lock(&folder.join(format!("{name}.lock")), progress)?;
    if !python_of(&place).is_file() {
        make(interpreter, requirements, &place, progress)?;
    }
    Ok(python_of(&place))
}

fn digest(interpreter: &Interpreter, wanted: &[u8]) -> String {
    let mut hasher = Sha256::new();
    hasher.update(interpreter.path.as_os_str().as_encoded_bytes());
    hasher.update(format!("{:?}", interpreter.version));
    hasher.update(wanted);
    let hash = hasher.finalize();
    hash[..8].iter().map(|byte| format!("{byte:02x}")).collect()
}

fn lock(path: &Path, progress: &Progress) -> Result<File> {
    let file = File::create(path).with_context(|| format!("cannot write {}", path.display()))?;
    if file.try_lock().is_err() {
        progress.say("waiting for another run that makes the same environment");
        file.lock()
            .with_context(|| format!("cannot lock {}", path.display()))?;
    }
    Ok(file)
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
    let partial = place.with_extension("partial");
    let _ = fs::remove_dir_all(&partial);
    progress.note("setting up the Python environment (once for these requirements)");
    progress.say("installing requirements");
    let python = python_of(&partial);
    let mut commands = if has_uv() {
        with_uv(interpreter, &partial, &python)
    } else {
        with_pip(interpreter, &partial, &python)
    };
    commands[1].arg(requirements);
    for command in &mut commands {
        complete(command)?;
    }
    fs::rename(&partial, place)
        .with_context(|| format!("cannot move the environment to {}", place.display()))
}

fn has_uv() -> bool {
    Command::new("uv")
        .arg("--version")
        .stdin(Stdio::null())
        .output()
        .is_ok_and(|output| output.status.success())
}

fn with_uv(interpreter: &Interpreter, partial: &Path, python: &Path) -> [Command; 2] {
    let mut create = Command::new("uv");
    create.args(["venv", "--quiet", "--python"]);
    create.arg(&interpreter.path).arg(partial);
    let mut install = Command::new("uv");
    install.args(["pip", "install", "--quiet", "--python"]);
    install.arg(python).arg("--requirements");
    [create, install]
}

fn with_pip(interpreter: &Interpreter, partial: &Path, python: &Path) -> [Command; 2] {
    let mut create = Command::new(&interpreter.path);
    create.args(["-m", "venv"]).arg(partial);
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
