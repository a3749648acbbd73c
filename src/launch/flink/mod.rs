//! A Flink cluster of one JobManager and one TaskManager that runs the job of one bundle.

mod config;
mod rest;
mod resume;

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};

use self::config::{LOGGING, Memory, Place};
use super::ports;
use super::process::{Ask, Process, Processes, indented, wait_for};
pub use config::address;
use rest::{Health, Rest, Savepoint};
pub use resume::{Plan, Point, Record, forget_others, newest_checkpoint};

/// How long the cluster may take to offer its slots, a job to run, and a savepoint to be written.
const START: Duration = Duration::from_secs(120);
const SAVEPOINT: Duration = Duration::from_secs(300);

/// How long a process may take to end once its job is gone.
const GRACE: Duration = Duration::from_secs(10);

/// What keeps the JVM of a short task small and quick to start.
const LIGHT: [&str; 2] = ["-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"];

const JOB_MANAGER: &str = "org.apache.flink.runtime.entrypoint.StandaloneSessionClusterEntrypoint";
const TASK_MANAGER: &str = "org.apache.flink.runtime.taskexecutor.TaskManagerRunner";
const CLIENT: &str = "org.apache.flink.client.cli.CliFrontend";

/// What a cluster is started with.
#[derive(Debug)]
pub struct Settings<'s> {
    pub java: &'s Path,
    /// The interpreter of the environment that has Flink.
    pub python: &'s Path,
    pub bundle: &'s Path,
    /// The folder of the bundle's connectors.
    pub connectors: &'s Path,
    /// Where Flink's data lies.
    pub folder: &'s Path,
    pub checkpoints: &'s Path,
    pub savepoints: &'s Path,
    pub parallelism: u32,
    pub interval: Option<&'s str>,
}

/// A job to run.
#[derive(Debug)]
pub struct Submission<'s> {
    pub bundle: &'s Path,
    /// Its name, which no job has had before.
    pub job: &'s str,
    /// The state to begin with.
    pub from: Option<&'s Point>,
    /// The broker's address.
    pub bootstrap: &'s str,
}

/// A cluster that runs.
#[derive(Debug)]
pub struct Cluster {
    jvm: Jvm,
    rest: Rest,
    savepoints: PathBuf,
    parallelism: u32,
    job: Option<String>,
    taskmanager: Process,
    jobmanager: Process,
}

/// How every Java process of the cluster is started.
#[derive(Debug)]
struct Jvm {
    java: PathBuf,
    python: PathBuf,
    home: PathBuf,
    conf: PathBuf,
    temporary: PathBuf,
    class_path: OsString,
    opens: Vec<String>,
}

impl Cluster {
    /// Starts the processes.
    pub fn start(settings: &Settings<'_>, processes: &Processes) -> Result<Self> {
        let [rpc, rest] = ports::free()?;
        let jvm = Jvm::new(settings)?;
        let place = Place {
            folder: settings.folder,
            checkpoints: settings.checkpoints,
            savepoints: settings.savepoints,
            rpc,
            rest,
            parallelism: settings.parallelism,
            interval: settings.interval,
        };
        jvm.write_configuration(&place, settings.bundle)?;
        let mut command = jvm.command();
        command.args(LIGHT).args(["-Xmx384m", JOB_MANAGER]);
        let jobmanager = processes.start("jobmanager", jvm.configured(&mut command))?;
        let memory = Memory::new(settings.parallelism);
        let mut command = jvm.command();
        command
            .arg(format!("-Xmx{}m", memory.heap()))
            .arg(format!("-XX:MaxDirectMemorySize={}m", memory.direct()))
            .arg(format!("-XX:MaxMetaspaceSize={}m", Memory::METASPACE))
            .arg(TASK_MANAGER);
        let taskmanager = processes.start("taskmanager", jvm.configured(&mut command))?;
        Ok(Self {
            jvm,
            rest: Rest::new(rest),
            savepoints: settings.savepoints.to_owned(),
            parallelism: settings.parallelism,
            job: None,
            taskmanager,
            jobmanager,
        })
    }

    /// Where people look.
    pub fn address(&self) -> String {
        self.rest.address()
    }

    /// Waits until there is a slot for every task.
    pub fn wait_ready(&mut self) -> Result<()> {
        let wanted = u64::from(self.parallelism);
        wait_for("Flink to start", START, || {
            self.check_processes()?;
            let is_ready = self.rest.free_slots().is_ok_and(|slots| slots >= wanted);
            Ok(is_ready.then_some(()))
        })
    }

    /// Submits a job and waits until all of its tasks run.
    pub fn run(&mut self, submission: &Submission<'_>, processes: &Processes) -> Result<()> {
        let command = self.jvm.client(submission);
        let finished = processes.run("submit", &command, |_| self.check_processes())?;
        ensure!(
            finished.status.success(),
            "Flink does not take the job:\n{}",
            indented(&finished.log).trim_end()
        );
        self.job = Some(submission.job.to_owned());
        self.wait_running(submission.job)
    }

    fn wait_running(&mut self, job: &str) -> Result<()> {
        let running = wait_for("the job to run", START, || {
            self.check()?;
            let health = self.rest.health(job);
            Ok(matches!(health, Ok(Health::Running)).then_some(()))
        });
        running.map_err(|error| match self.rest.failure(job) {
            Some(cause) if self.check().is_ok() => {
                error.context(format!("the job failed again and again: {cause}"))
            }
            _ => error,
        })
    }

    /// Fails where a process has ended by itself, or the job.
    pub fn check(&mut self) -> Result<()> {
        self.check_processes()?;
        let Some(job) = &self.job else {
            return Ok(());
        };
        if let Ok(Health::Over(state)) = self.rest.health(job) {
            let cause = self.rest.failure(job).unwrap_or(state);
            bail!("the job ended by itself: {cause}");
        }
        Ok(())
    }

    fn check_processes(&mut self) -> Result<()> {
        self.jobmanager.check()?;
        self.taskmanager.check()
    }

    /// Stops the job with a savepoint, where all of its tasks run, and gives its address.
    pub fn save(&mut self) -> Result<String> {
        let Some(job) = &self.job else {
            bail!("there is no job");
        };
        let name = self.rest.stop(job, &address(&self.savepoints))?;
        let place = wait_for("the savepoint", SAVEPOINT, || {
            self.taskmanager.check()?;
            self.jobmanager.check()?;
            match self.rest.savepoint(job, &name)? {
                Savepoint::Pending => Ok(None),
                Savepoint::Done(place) => Ok(Some(place)),
                Savepoint::Failed(cause) => bail!("{cause}"),
            }
        })?;
        self.job = None;
        Ok(place)
    }

    /// Ends the processes.
    pub fn stop(self) -> Result<()> {
        self.taskmanager.stop(Ask::Signal, GRACE)?;
        self.jobmanager.stop(Ask::Signal, GRACE)
    }
}

impl Jvm {
    fn new(settings: &Settings<'_>) -> Result<Self> {
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

    fn write_configuration(&self, place: &Place<'_>, bundle: &Path) -> Result<()> {
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
        let mut command = Command::new(&self.java);
        let mut temporary = OsString::from("-Djava.io.tmpdir=");
        temporary.push(&self.temporary);
        let mut logging = OsString::from("-Dlog4j.configurationFile=");
        logging.push(self.conf.join("log4j.properties"));
        command
            .args(&self.opens)
            .arg(temporary)
            .arg(logging)
            .args([
                "-Djava.awt.headless=true",
                "-Djava.net.preferIPv4Stack=true",
            ])
            .arg("-cp")
            .arg(&self.class_path)
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

    /// The command that submits a job.
    fn client(&self, submission: &Submission<'_>) -> Command {
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

    fn configured<'c>(&self, command: &'c mut Command) -> &'c mut Command {
        command.arg("--configDir").arg(&self.conf)
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
