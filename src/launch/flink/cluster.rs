//! A Flink cluster of one JobManager and one TaskManager that runs the job of one bundle, and what that job calls.

use std::path::PathBuf;
use std::rc::Rc;
use std::time::Duration;

use anyhow::{Result, bail, ensure};

use super::super::kept::Kept;
use super::super::ports;
use super::super::process::{Ask, Processes, indented, wait_for};
use super::config::{Memory, Place, address};
use super::framework::Settings;
use super::functions::Functions;
use super::jvm::Jvm;
use super::rest::{Halt, Health, Rest, Savepoint};
use super::resume::Point;

/// How long the cluster may take to offer its slots, a job to run, and a savepoint to be written.
const START: Duration = Duration::from_secs(120);
const SAVEPOINT: Duration = Duration::from_secs(300);

/// How long a process may take to end once its job is gone.
const GRACE: Duration = Duration::from_secs(10);

/// A cluster that runs.
#[derive(Debug)]
pub struct Cluster {
    jvm: Jvm,
    rest: Rest,
    halt: Halt,
    savepoints: PathBuf,
    parallelism: u32,
    job: Option<String>,
    functions: Option<Functions>,
    taskmanager: Kept,
    jobmanager: Kept,
}

/// What of a cluster has ended by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    Nothing,
    /// The job goes on by itself.
    Worker,
    /// The job is gone.
    JobManager,
}

impl Cluster {
    /// Starts the processes.
    pub fn start(settings: &Settings<'_>, processes: &Rc<Processes>) -> Result<Self> {
        let [rpc, rest] = ports::free()?;
        let framework = settings.framework;
        let memory = Memory::new(settings.parallelism, framework.off_heap);
        let jvm = Jvm::new(settings)?;
        jvm.write_configuration(&Place {
            settings,
            memory,
            rpc,
            rest,
        })?;
        let jobmanager = Kept::start("jobmanager", jvm.jobmanager(), processes)?;
        let taskmanager = Kept::start("taskmanager", jvm.taskmanager(memory), processes)?;
        Ok(Self {
            jvm,
            rest: Rest::new(rest),
            halt: framework.halt,
            savepoints: settings.savepoints.to_owned(),
            parallelism: settings.parallelism,
            job: None,
            functions: (framework.functions)(settings, processes)?,
            taskmanager,
            jobmanager,
        })
    }

    /// What runs where, a line for each.
    pub fn describe(&self) -> Vec<String> {
        let mut lines = vec![format!("Flink at {}", self.rest.address())];
        if let Some(functions) = &self.functions {
            lines.push(format!("functions at {}", functions.address()));
        }
        lines
    }

    /// Waits until there is a slot for every task, and until calls of the job are answered.
    pub fn wait_ready(&mut self) -> Result<()> {
        let wanted = u64::from(self.parallelism);
        wait_for("Flink to start", START, || {
            self.check_processes()?;
            let is_ready = self.rest.free_slots().is_ok_and(|slots| slots >= wanted);
            Ok(is_ready.then_some(()))
        })?;
        self.functions
            .as_mut()
            .map_or(Ok(()), Functions::wait_ready)
    }

    /// Submits the job, to begin with that state, and waits until all of its tasks run, as long as `look` finds nothing wrong.
    /// No job has had its name before.
    pub fn run(
        &mut self,
        job: &str,
        from: Option<&Point>,
        processes: &Processes,
        look: &mut dyn FnMut() -> Result<()>,
    ) -> Result<()> {
        let command = self.jvm.client(job, from);
        let finished = processes.run("submit", &command, |_| {
            look()?;
            self.check_processes()
        })?;
        ensure!(
            finished.status.success(),
            "Flink does not take the job:\n{}",
            indented(&finished.log).trim_end()
        );
        self.job = Some(job.to_owned());
        self.wait_running(job, look)
    }

    fn wait_running(&mut self, job: &str, look: &mut dyn FnMut() -> Result<()>) -> Result<()> {
        let running = wait_for("the job to run", START, || {
            look()?;
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

    /// Starts again what has ended by itself. With a JobManager its job ends, so that the TaskManager, which may still be at
    /// work for it, is replaced as well.
    pub fn keep(&mut self) -> Result<Ended> {
        let is_called_anew = self.functions.as_mut().map_or(Ok(false), Functions::keep)?;
        let is_replaced = self.taskmanager.keep()?;
        if self.jobmanager.keep()? {
            self.job = None;
            if !is_replaced {
                self.taskmanager.restart()?;
            }
            return Ok(Ended::JobManager);
        }
        Ok(if is_replaced || is_called_anew {
            Ended::Worker
        } else {
            Ended::Nothing
        })
    }

    /// Starts Flink's processes again, and leaves the job that may have run.
    pub fn restart(&mut self) -> Result<()> {
        self.job = None;
        self.jobmanager.restart()?;
        self.taskmanager.restart()
    }

    /// Fails where a process has ended by itself, or the job.
    fn check(&mut self) -> Result<()> {
        self.check_processes()?;
        self.check_job()
    }

    /// Fails where the job has ended by itself.
    pub fn check_job(&self) -> Result<()> {
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
        self.taskmanager.check()?;
        self.functions.as_mut().map_or(Ok(()), Functions::check)
    }

    /// Ends the job with a savepoint, where all of its tasks run, and gives its address.
    pub fn save(&mut self) -> Result<String> {
        let Some(job) = self.job.clone() else {
            bail!("there is no job");
        };
        let name = self.rest.end(&job, self.halt, &address(&self.savepoints))?;
        let place = wait_for("the savepoint", SAVEPOINT, || {
            self.check_processes()?;
            match self.rest.savepoint(&job, &name)? {
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
        self.jobmanager.stop(Ask::Signal, GRACE)?;
        self.functions.map_or(Ok(()), Functions::stop)
    }
}
