//! How every Java process of a cluster is started.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use super::super::java;
use super::config::{LOGGING, Memory, Place};
use super::{Settings, Submission};

/// What keeps the JVM of a short task small and quick to start.
const LIGHT: [&str; 2] = ["-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"];

const JOB_MANAGER: &str = "org.apache.flink.runtime.entrypoint.StandaloneSessionClusterEntrypoint";
const TASK_MANAGER: &str = "org.apache.flink.runtime.taskexecutor.TaskManagerRunner";
const CLIENT: &str = "org.apache.flink.client.cli.CliFrontend";

/// Java, Flink, and the folders of one cluster.
#[derive(Debug)]
pub struct Jvm {
    java: PathBuf,
    python: PathBuf,
    home: PathBuf,
    conf: PathBuf,
    temporary: PathBuf,
    class_path: OsString,
    opens: Vec<String>,
}

impl Jvm {
    pub fn new(settings: &Settings<'_>) -> Result<Self> {
        let home = flink_home(settings.python)?;
        let mut class_path = settings.connectors.join("*").into_os_string();
        for part in [home.join("lib").join("*"), python_archive(&home)?] {
            class_path.push(":");
            class_path.push(part);
        }
        let shipped = home.join("conf").join("config.yaml");
        let shipped = fs::read_to_string(&shipped)
            .with_context(|| format!("cannot read {}", shipped.display()))?;
        Ok(Self {
            java: settings.java.to_owned(),
            python: settings.python.to_owned(),
            home,
            conf: settings.folder.join("conf"),
            temporary: settings.folder.join("tmp"),
            class_path,
            opens: opens(&shipped),
        })
    }

    pub fn write_configuration(&self, place: &Place<'_>, bundle: &Path) -> Result<()> {
        let of_bundle = bundle.join("config.yaml");
        let of_bundle = fs::read_to_string(&of_bundle)
            .with_context(|| format!("cannot read {}", of_bundle.display()))?;
        let _ = fs::remove_dir_all(&self.temporary);
        let write = || {
            for folder in [&self.conf, &self.temporary] {
                fs::create_dir_all(folder)?;
            }
            fs::write(self.conf.join("log4j.properties"), LOGGING)?;
            fs::write(self.conf.join("config.yaml"), place.configure(&of_bundle))
        };
        write().with_context(|| format!("cannot write to {}", self.conf.display()))
    }

    /// Java with everything but a class to run. Python runs inside the TaskManager as well and finds its environment, as
    /// any embedded one does, by the first `python3` on PATH; its hashes have to be the same wherever a job goes on.
    fn command(&self) -> Command {
        let mut command = java::command(&self.java, &self.temporary, &self.class_path);
        let mut logging = OsString::from("-Dlog4j.configurationFile=");
        logging.push(self.conf.join("log4j.properties"));
        command
            .args(&self.opens)
            .arg(logging)
            .env("FLINK_CONF_DIR", &self.conf)
            .env("FLINK_LIB_DIR", self.home.join("lib"))
            .env("FLINK_OPT_DIR", self.home.join("opt"))
            .env("PATH", path_with(self.python.parent()))
            .env("PYTHONHASHSEED", "0")
            .env_remove("PYTHONPATH")
            .env_remove("PYTHONHOME")
            .current_dir(&self.temporary);
        command
    }

    /// The command that is the JobManager.
    pub fn jobmanager(&self) -> Command {
        let mut command = self.command();
        command.args(LIGHT).args(["-Xmx384m", JOB_MANAGER]);
        self.configured(command)
    }

    /// The command that is a TaskManager with that memory.
    pub fn taskmanager(&self, memory: Memory) -> Command {
        let mut command = self.command();
        command
            .arg(format!("-Xmx{}m", memory.heap()))
            .arg(format!("-XX:MaxDirectMemorySize={}m", memory.direct()))
            .arg(format!("-XX:MaxMetaspaceSize={}m", Memory::METASPACE))
            .arg(TASK_MANAGER);
        self.configured(command)
    }

    /// The command that submits a job.
    pub fn client(&self, submission: &Submission<'_>) -> Command {
        let mut command = self.command();
        command.args(LIGHT).args([CLIENT, "run", "--detached"]);
        command.args([
            "-D",
            &format!("$internal.pipeline.job-id={}", submission.job),
        ]);
        if let Some(from) = submission.from {
            command.args(["--fromSavepoint", from.address()]);
        }
        let bundle = submission.bundle;
        command.arg("--python").arg(bundle.join("job.py"));
        command.arg("--pyFiles").arg(bundle);
        for option in ["--pyExecutable", "--pyClientExecutable"] {
            command.arg(option).arg(&self.python);
        }
        command.args(["--bootstrap", submission.bootstrap]);
        command
    }

    fn configured(&self, mut command: Command) -> Command {
        command.arg("--configDir").arg(&self.conf);
        command
    }
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
