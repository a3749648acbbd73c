//! How every Java process of a cluster is started.

use std::ffi::OsString;
use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result};

use super::super::java;
use super::config::{LOGGING, Memory, Place};
use super::framework::{Distribution, Settings};
use super::resume::Point;

/// What keeps the JVM of a short task small and quick to start.
const LIGHT: [&str; 2] = ["-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"];

/// The stack of a thread: Python runs on those of Java, and reads values that are nested in each other by functions that are.
const STACK: &str = "-Xss8m";

const JOB_MANAGER: &str = "org.apache.flink.runtime.entrypoint.StandaloneSessionClusterEntrypoint";
const TASK_MANAGER: &str = "org.apache.flink.runtime.taskexecutor.TaskManagerRunner";
const CLIENT: &str = "org.apache.flink.client.cli.CliFrontend";

/// Java, Flink, the folders of one cluster, and the job that it is for.
#[derive(Debug)]
pub struct Jvm {
    java: PathBuf,
    distribution: Distribution,
    program: Vec<OsString>,
    conf: PathBuf,
    temporary: PathBuf,
}

impl Jvm {
    pub fn new(settings: &Settings<'_>) -> Result<Self> {
        let framework = settings.framework;
        Ok(Self {
            java: settings.java.to_owned(),
            distribution: (framework.distribution)(settings)?,
            program: (framework.program)(settings),
            conf: settings.conf(),
            temporary: settings.folder.join("tmp"),
        })
    }

    pub fn write_configuration(&self, place: &Place<'_>) -> Result<()> {
        let name = place.settings.framework.format.file();
        let of_bundle = place.settings.bundle.join(name);
        let of_bundle = fs::read_to_string(&of_bundle)
            .with_context(|| format!("cannot read {}", of_bundle.display()))?;
        let _ = fs::remove_dir_all(&self.temporary);
        let write = || {
            for folder in [&self.conf, &self.temporary] {
                fs::create_dir_all(folder)?;
            }
            fs::write(self.conf.join("log4j.properties"), LOGGING)?;
            fs::write(self.conf.join(name), place.configure(&of_bundle))
        };
        write().with_context(|| format!("cannot write to {}", self.conf.display()))
    }

    /// Java with everything but a class to run.
    fn command(&self) -> Command {
        let Distribution {
            class_path,
            options,
            environment,
        } = &self.distribution;
        let mut command = java::command(&self.java, &self.temporary, class_path);
        let mut logging = OsString::from("-Dlog4j.configurationFile=");
        logging.push(self.conf.join("log4j.properties"));
        command
            .args(options)
            .arg(logging)
            .env("FLINK_CONF_DIR", &self.conf)
            .current_dir(&self.temporary);
        for (name, value) in environment {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            };
        }
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
            .arg(STACK)
            .arg(TASK_MANAGER);
        self.configured(command)
    }

    /// The command that submits the job under a name, to begin with a state.
    pub fn client(&self, job: &str, from: Option<&Point>) -> Command {
        let mut command = self.command();
        command.args(LIGHT).args([CLIENT, "run", "--detached"]);
        command.args(["-D", &format!("$internal.pipeline.job-id={job}")]);
        if let Some(from) = from {
            command.args(["--fromSavepoint", from.address()]);
        }
        command.args(&self.program);
        command
    }

    fn configured(&self, mut command: Command) -> Command {
        command.arg("--configDir").arg(&self.conf);
        command
    }
}
