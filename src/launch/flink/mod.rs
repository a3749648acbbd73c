//! Targets whose work Flink does: a Kafka broker that holds the log, and a cluster that runs the bundle's job.

mod cluster;
mod config;
mod framework;
mod functions;
mod jvm;
mod pyflink;
mod rest;
mod resume;
mod statefun;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};

use super::about::About;
use super::engine::{Engine, Server};
use super::install::Installer;
use super::kafka::{self, Kafka};
use super::progress::Progress;
use super::{BUNDLES, Options, cache, java};
use cluster::{Cluster, Ended};
use framework::{Framework, Settings};
pub use pyflink::PYFLINK;
use resume::{Plan, Point, Record, forget_others, newest_checkpoint};
pub use statefun::STATEFUN;

/// How many partitions a new log has. They are never more nor fewer, so there is room for some parallelism.
const PARTITIONS: u32 = 8;

/// The broker and the cluster, as far as they are started.
pub struct Flink {
    framework: &'static Framework,
    installer: Installer,
    data: PathBuf,
    parallelism: u32,
    interval: Option<String>,
    kafka: Option<Kafka>,
    running: Option<Running>,
}

/// A cluster and the name of the bundle that it runs.
struct Running {
    cluster: Cluster,
    bundle: String,
}

/// The bundle that the state below a data folder is of.
pub fn bundle_in_use(data: &Path) -> Result<Option<String>> {
    let record = Record::read(&data.join("flink"))?;
    Ok(record.map(|record| record.bundle().to_owned()))
}

impl Flink {
    /// Fails where an option is for other targets, or where Flink could not take the data folder's name.
    pub fn new(
        framework: &'static Framework,
        options: &Options,
        installer: Installer,
    ) -> Result<Self> {
        ensure!(
            options.interleave.is_none(),
            "--interleave plays the messages of the target local in memory; {} runs on its engine",
            framework.target
        );
        let data = std::path::absolute(&options.data)?;
        framework.check_name(&data)?;
        Ok(Self {
            framework,
            installer,
            data,
            parallelism: options.parallelism.unwrap_or(1),
            interval: options.checkpoint_interval.clone(),
            kafka: None,
            running: None,
        })
    }

    fn folder(&self) -> PathBuf {
        self.data.join("flink")
    }

    fn checkpoints(&self) -> PathBuf {
        self.folder().join("checkpoints")
    }

    fn savepoints(&self) -> PathBuf {
        self.folder().join("savepoints")
    }

    /// Fails where a job of the bundle could not read the state that there is.
    fn check_state(&self, bundle: &Path) -> Result<()> {
        let Some(record) = Record::read(&self.folder())? else {
            return Ok(());
        };
        let before = About::read(&self.data.join(BUNDLES).join(record.bundle()))?;
        let now = About::read(bundle)?;
        ensure!(
            before.target == now.target,
            "the state in {} is that of the target {}; --data names another folder",
            self.data.display(),
            before.target
        );
        for name in self.framework.of_state {
            if let Some(value) = before
                .options
                .get(*name)
                .filter(|&value| now.options.get(*name) != Some(value))
            {
                bail!(
                    "the state in {} was written with --{name} {value}, and Flink reads it only so; --data names another folder",
                    self.data.display()
                );
            }
        }
        Ok(())
    }

    /// How a job of the bundle gets its state.
    fn plan(&self, bundle: &str) -> Result<Plan> {
        let Some(record) = Record::read(&self.folder())? else {
            return Ok(Plan::Begin(None));
        };
        let newest = match &record {
            Record::Started { bundle, job, .. } => {
                newest_checkpoint(&self.checkpoints().join(bundle), job)
            }
            Record::Stopped { .. } => None,
        };
        let fits = record.bundle() == bundle || !self.framework.replays;
        Ok(record.plan(newest, fits))
    }

    /// Has the bundle that was running at a crash run once more, and stops it with a savepoint.
    fn finish(&mut self, bundle: &str, from: Option<Point>, progress: &Progress) -> Result<()> {
        progress.note("finishing what the app as it was before the change had begun");
        let folder = self.data.join(BUNDLES).join(bundle);
        let python = self.install(&folder)?;
        self.begin(&folder, &python, from, progress)?;
        progress.say("stopping the job of the app as it was");
        self.save()
    }

    /// Starts what does not run yet, and the bundle's job from that point.
    fn begin(
        &mut self,
        bundle: &Path,
        python: &Path,
        from: Option<Point>,
        progress: &Progress,
    ) -> Result<()> {
        let java = java::find()?;
        let archives = self.archives(bundle, progress)?;
        progress.say("starting Kafka and Flink");
        let mut kafka = match self.kafka.take() {
            Some(kafka) => kafka,
            None => self.start_kafka(&java, progress)?,
        };
        let name = name(bundle);
        let settings = Settings {
            framework: self.framework,
            java: &java,
            python,
            bundle,
            archives: &archives,
            folder: &self.folder(),
            checkpoints: &self.checkpoints().join(&name),
            savepoints: &self.savepoints(),
            parallelism: self.parallelism,
            interval: self.interval.as_deref(),
            bootstrap: &kafka.bootstrap(),
        };
        let mut cluster = Cluster::start(&settings, &self.installer.processes)?;
        kafka.wait_ready()?;
        self.create_topics(bundle, python, &mut kafka)?;
        cluster.wait_ready()?;
        progress.say("starting the job");
        self.run(&mut cluster, &name, from, &mut kafka)?;
        self.kafka = Some(kafka);
        self.running = Some(Running {
            cluster,
            bundle: name,
        });
        Ok(())
    }

    fn archives(&self, bundle: &Path, progress: &Progress) -> Result<PathBuf> {
        let project = bundle.join("pom.xml");
        let project =
            fs::read(&project).with_context(|| format!("cannot read {}", project.display()))?;
        self.installer
            .jars(&project, self.framework.archives, progress)
    }

    fn start_kafka(&self, java: &Path, progress: &Progress) -> Result<Kafka> {
        let jars = self.kafka_jars(progress)?;
        let settings = kafka::Settings {
            java,
            jars: &jars,
            folder: self.data.join("kafka"),
        };
        Kafka::start(&settings, &self.installer.processes)
    }

    fn kafka_jars(&self, progress: &Progress) -> Result<PathBuf> {
        let project = kafka::PROJECT.as_bytes();
        self.installer.jars(project, "Kafka", progress)
    }

    /// Has the bundle create its topics, or verify them.
    fn create_topics(&self, bundle: &Path, python: &Path, kafka: &mut Kafka) -> Result<()> {
        let mut command = Command::new(python);
        command.arg("-I").arg(bundle.join("topics.py"));
        command.args(["--bootstrap", &kafka.bootstrap()]);
        if Record::read(&self.folder())?.is_none() {
            let partitions = PARTITIONS.max(self.parallelism);
            command.args(["--partitions", &partitions.to_string()]);
        }
        let finished = self
            .installer
            .processes
            .run("topics", &command, |_| kafka.check())?;
        if !finished.status.success() {
            bail!("the log cannot be used: {}", finished.log.join("\n"));
        }
        Ok(())
    }

    /// Runs the job and keeps the record of what state there is in step with it. A job whose tasks never ran leaves all
    /// as it was.
    fn run(
        &self,
        cluster: &mut Cluster,
        bundle: &str,
        from: Option<Point>,
        kafka: &mut Kafka,
    ) -> Result<()> {
        let before = Record::read(&self.folder())?;
        let job = cache::fresh_id(bundle.as_bytes());
        let started = |ran| Record::Started {
            bundle: bundle.to_owned(),
            job: job.clone(),
            from: from.clone(),
            ran,
        };
        Record::write(Some(&started(false)), &self.folder())?;
        let mut look = || kafka.check();
        let processes = &self.installer.processes;
        if let Err(error) = cluster.run(&job, from.as_ref(), processes, &mut look) {
            if newest_checkpoint(&self.checkpoints().join(bundle), &job).is_none() {
                Record::write(before.as_ref(), &self.folder())?;
            }
            return Err(error);
        }
        Record::write(Some(&started(true)), &self.folder())?;
        let origin = from.as_ref().map_or("", Point::address);
        forget_others(&self.savepoints(), &[origin]);
        forget_others(&self.checkpoints(), &[bundle, origin]);
        forget_others(&self.checkpoints().join(bundle), &[&job, origin]);
        Ok(())
    }

    /// Runs the job again after its JobManager has ended, time and again where something else ends meanwhile.
    fn recover(&mut self) -> Result<()> {
        let (Some(mut kafka), Some(mut running)) = (self.kafka.take(), self.running.take()) else {
            return Ok(());
        };
        while let Err(error) = self.run_again(&mut running, &mut kafka) {
            let ended = (kafka.keep()?, running.cluster.keep()?);
            match ended {
                (false, Ended::Nothing) => return Err(error),
                (_, Ended::JobManager) => {}
                // The job may have been taken, and there must not be two of it.
                _ => running.cluster.restart()?,
            }
        }
        self.kafka = Some(kafka);
        self.running = Some(running);
        Ok(())
    }

    fn run_again(&self, running: &mut Running, kafka: &mut Kafka) -> Result<()> {
        kafka.wait_ready()?;
        running.cluster.wait_ready()?;
        let Plan::Begin(from) = self.plan(&running.bundle)? else {
            bail!("the state is not of the bundle that runs");
        };
        self.run(&mut running.cluster, &running.bundle, from.clone(), kafka)?;
        let from = from.as_ref().map_or("the beginning", Point::address);
        super::say(&format!("the job runs again, from {from}"));
        Ok(())
    }

    /// Stops the job with a savepoint, and then the cluster.
    fn save(&mut self) -> Result<()> {
        let Some(mut running) = self.running.take() else {
            return Ok(());
        };
        let savepoint = running
            .cluster
            .save()
            .context("the job could not be stopped with a savepoint")?;
        let stopped = Record::Stopped {
            bundle: running.bundle,
            savepoint: savepoint.clone(),
        };
        Record::write(Some(&stopped), &self.folder())?;
        forget_others(&self.savepoints(), &[&savepoint]);
        forget_others(&self.checkpoints(), &[]);
        running.cluster.stop()
    }
}

impl Engine for Flink {
    fn install(&mut self, bundle: &Path) -> Result<PathBuf> {
        let progress = Progress::start("looking for Java and Python");
        java::find()?;
        let python = self.installer.python(bundle, &progress)?;
        self.kafka_jars(&progress)?;
        self.archives(bundle, &progress)?;
        Ok(python)
    }

    fn start(&mut self, bundle: &Path, python: &Path) -> Result<()> {
        let bundle = std::path::absolute(bundle)?;
        self.check_state(&bundle)?;
        let progress = Progress::start("starting Kafka and Flink");
        let mut plan = self.plan(&name(&bundle))?;
        if let Plan::Through { bundle: old, from } = plan {
            self.finish(&old, from, &progress).with_context(|| {
                format!("the app as it was at the last crash ({BUNDLES}/{old}) has to finish first")
            })?;
            plan = self.plan(&name(&bundle))?;
        }
        match plan {
            Plan::Begin(from) => self.begin(&bundle, python, from, &progress),
            Plan::Through { .. } => bail!("the state that a savepoint was made of is there still"),
        }
    }

    fn server(&self) -> Server {
        let bootstrap = self.kafka.as_ref().map(Kafka::bootstrap);
        Server {
            script: "gateway.py",
            arguments: vec!["--bootstrap".into(), bootstrap.unwrap_or_default().into()],
            holds_nothing: true,
        }
    }

    fn keep(&mut self) -> Result<()> {
        let (Some(kafka), Some(running)) = (&mut self.kafka, &mut self.running) else {
            return Ok(());
        };
        kafka.keep()?;
        match running.cluster.keep()? {
            Ended::JobManager => self.recover(),
            Ended::Nothing | Ended::Worker => running.cluster.check_job(),
        }
    }

    fn suspend(&mut self) -> Result<()> {
        let _progress = Progress::start("stopping the job");
        if let Err(error) = self.save() {
            super::say(&format!(
                "{error:#}\nthe next job goes on from the last checkpoint"
            ));
        }
        Ok(())
    }

    fn stop(&mut self) -> Result<()> {
        self.suspend()?;
        let _progress = Progress::start("stopping Kafka");
        self.kafka.take().map_or(Ok(()), Kafka::stop)
    }

    fn describe(&self) -> Vec<String> {
        let mut lines = vec![format!("data in {}", self.data.display())];
        if let Some(kafka) = &self.kafka {
            lines.push(format!("Kafka at {}", kafka.bootstrap()));
        }
        if let Some(running) = &self.running {
            lines.extend(running.cluster.describe());
        }
        lines
    }
}

/// What a bundle is called: the name of its folder, which is made of its digest.
fn name(bundle: &Path) -> String {
    let name = bundle.file_name().unwrap_or_default();
    name.to_string_lossy().into_owned()
}
