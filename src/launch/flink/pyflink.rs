//! PyFlink: the Flink that comes with the Python package, and Python inside its TaskManager or beside it.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use super::config::Format;
use super::framework::{Distribution, Framework, Settings};
use super::rest::Halt;
use crate::emit::OF_STATE;

/// The framework of the target `pyflink`.
pub static PYFLINK: Framework = Framework {
    target: "pyflink",
    archives: "Flink's connectors",
    ends_of_names: &[',', ':'],
    of_state: OF_STATE,
    replays: true,
    format: Format::Yaml,
    halt: Halt::Stop,
    off_heap: 0,
    distribution,
    program,
    functions: |_, _| Ok(None),
};

/// Python runs inside the TaskManager as well and finds its environment, as any embedded one does, by the first `python3` on
/// PATH; its hashes have to be the same wherever a job goes on.
fn distribution(settings: &Settings<'_>) -> Result<Distribution> {
    let home = flink_home(settings.python)?;
    let mut class_path = settings.archives.join("*").into_os_string();
    for part in [home.join("lib").join("*"), python_archive(&home)?] {
        class_path.push(":");
        class_path.push(part);
    }
    let shipped = home.join("conf").join("config.yaml");
    let shipped = fs::read_to_string(&shipped)
        .with_context(|| format!("cannot read {}", shipped.display()))?;
    Ok(Distribution {
        class_path,
        options: opens(&shipped),
        environment: vec![
            ("FLINK_LIB_DIR", Some(home.join("lib").into())),
            ("FLINK_OPT_DIR", Some(home.join("opt").into())),
            ("PATH", Some(path_with(settings.python.parent()))),
            ("PYTHONHASHSEED", Some("0".into())),
            ("PYTHONPATH", None),
            ("PYTHONHOME", None),
        ],
    })
}

fn program(settings: &Settings<'_>) -> Vec<OsString> {
    let (bundle, python) = (settings.bundle, settings.python);
    vec![
        "--python".into(),
        bundle.join("job.py").into(),
        "--pyFiles".into(),
        bundle.into(),
        "--pyExecutable".into(),
        python.into(),
        "--pyClientExecutable".into(),
        python.into(),
        "--bootstrap".into(),
        settings.bootstrap.into(),
    ]
}

fn path_with(folder: Option<&Path>) -> OsString {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = folder.map(Path::to_owned).into_iter();
    std::env::join_paths(folders.chain(std::env::split_paths(&path))).unwrap_or(path)
}

/// The Flink that came with the Python package.
fn flink_home(python: &Path) -> Result<PathBuf> {
    let environment = python.ancestors().nth(2).unwrap_or(Path::new("/"));
    let libraries = fs::read_dir(environment.join("lib")).into_iter().flatten();
    let homes = libraries
        .map_while(Result::ok)
        .map(|library| library.path().join("site-packages").join("pyflink"));
    let home = homes.into_iter().find(|home| home.join("lib").is_dir());
    home.with_context(|| format!("there is no Flink in {}", environment.display()))
}

fn python_archive(home: &Path) -> Result<PathBuf> {
    let is_archive = |path: &PathBuf| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        name.starts_with("flink-python") && name.ends_with(".jar")
    };
    let optional = fs::read_dir(home.join("opt")).into_iter().flatten();
    let mut archives = optional.map_while(Result::ok).map(|entry| entry.path());
    let archive = archives.find(is_archive);
    archive.with_context(|| format!("there is no flink-python in {}", home.display()))
}

/// What Flink opens of Java's modules, by the configuration that it is shipped with.
fn opens(shipped: &str) -> Vec<String> {
    let lines = shipped
        .lines()
        .filter(|line| !line.trim_start().starts_with('#'));
    lines
        .flat_map(str::split_whitespace)
        .filter(|word| word.starts_with("--add-"))
        .map(str::to_owned)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_modules_to_open_are_those_of_the_shipped_configuration() {
        let shipped = "# all: --add-opens=no\nenv:\n  java:\n    opts:\n      all: --add-exports=a/b=ALL-UNNAMED --add-opens=c/d=ALL-UNNAMED\nrest: x\n";
        assert_eq!(
            opens(shipped),
            [
                "--add-exports=a/b=ALL-UNNAMED",
                "--add-opens=c/d=ALL-UNNAMED"
            ]
        );
    }

    #[test]
    fn flink_is_found_in_an_environment() {
        let folder = tempfile::tempdir().unwrap();
        let python = folder.path().join("bin/python");
        assert!(flink_home(&python).is_err());
        let home = folder.path().join("lib/python3.12/site-packages/pyflink");
        fs::create_dir_all(home.join("lib")).unwrap();
        fs::create_dir_all(home.join("opt")).unwrap();
        assert_eq!(flink_home(&python).unwrap(), home);
        assert!(python_archive(&home).is_err());
        let archive = home.join("opt/flink-python-2.2.1.jar");
        fs::write(home.join("opt/flink-sql-client-2.2.1.jar"), "").unwrap();
        fs::write(&archive, "").unwrap();
        assert_eq!(python_archive(&home).unwrap(), archive);
    }
}
