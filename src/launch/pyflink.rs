//! The target `pyflink`: a Kafka broker that holds the log, and a Flink cluster that runs the bundle's job.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};

use super::about::About;
use super::engine::{Engine, Server};
use super::flink::{
    self, Cluster, Ended, Plan, Point, Record, Submission, forget_others, newest_checkpoint,
};
use super::install::Installer;
use super::kafka::{self, Kafka};
use super::progress::Progress;
use super::{BUNDLES, Options, cache, java};
use crate::emit::OF_STATE;

/// How many partitions a new log has. They are never more nor fewer, so there is room for some parallelism.
const PARTITIONS: u32 = 8;

/// The broker and the cluster, as far as they are started.
pub struct PyFlink {
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

impl PyFlink {
    /// Fails where an option is for other targets, or where Flink could not take the data folder's name.
    pub fn new(options: &Options, installer: Installer) -> Result<Self> {
        ensure!(
            options.interleave.is_none(),
            "--interleave plays the messages of the target local in memory; pyflink runs on its engine"
        );
        let data = std::path::absolute(&options.data)?;
        let is_safe = |path: &str| !path.contains([',', ':']);
        ensure!(
            data.to_str().is_some_and(is_safe),
            "the data folder {} cannot be used: Flink takes commas and colons in its name for the ends of names; --data names another",
            data.display()
        );
        Ok(Self {
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
        let before = About::read(&self.data.join(BUNDLES).join(record.bundle()))?.options;
        let now = About::read(bundle)?.options;
        for name in OF_STATE {
            if let Some(value) = before
                .get(*name)
                .filter(|&value| now.get(*name) != Some(value))
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
        Ok(record.plan(newest, bundle))
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
        let connectors = self.connectors(bundle, progress)?;
        progress.say("starting Kafka and Flink");
        let mut kafka = match self.kafka.take() {
            Some(kafka) => kafka,
            None => self.start_kafka(&java, progress)?,
        };
        let name = name(bundle);
        let settings = flink::Settings {
            java: &java,
            python,
            bundle,
            connectors: &connectors,
            folder: &self.folder(),
            checkpoints: &self.checkpoints().join(&name),
            savepoints: &self.savepoints(),
            parallelism: self.parallelism,
            interval: self.interval.as_deref(),
        };
        let mut cluster = Cluster::start(&settings, &self.installer.processes)?;
        kafka.wait_ready()?;
        self.create_topics(bundle, python, &mut kafka)?;
        cluster.wait_ready()?;
        progress.say("starting the job");
        self.run(&mut cluster, bundle, from, &mut kafka)?;
        self.kafka = Some(kafka);
        self.running = Some(Running {
            cluster,
            bundle: name,
        });
        Ok(())
    }

    fn connectors(&self, bundle: &Path, progress: &Progress) -> Result<PathBuf> {
        let project = bundle.join("pom.xml");
        let project =
            fs::read(&project).with_context(|| format!("cannot read {}", project.display()))?;
        self.installer
            .jars(&project, "Flink's connectors", progress)
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
        bundle: &Path,
        from: Option<Point>,
        kafka: &mut Kafka,
    ) -> Result<()> {
        let before = Record::read(&self.folder())?;
        let name = name(bundle);
        let job = cache::fresh_id(name.as_bytes());
        let started = |ran| Record::Started {
            bundle: name.clone(),
            job: job.clone(),
            from: from.clone(),
            ran,
        };
        Record::write(Some(&started(false)), &self.folder())?;
        let submission = Submission {
            bundle,
            job: &job,
            from: from.as_ref(),
            bootstrap: &kafka.bootstrap(),
        };
        let mut look = || kafka.check();
        if let Err(error) = cluster.run(&submission, &self.installer.processes, &mut look) {
            if newest_checkpoint(&self.checkpoints().join(&name), &job).is_none() {
                Record::write(before.as_ref(), &self.folder())?;
            }
            return Err(error);
        }
        Record::write(Some(&started(true)), &self.folder())?;
        let origin = from.as_ref().map_or("", Point::address);
        forget_others(&self.savepoints(), &[origin]);
        forget_others(&self.checkpoints(), &[&name, origin]);
        forget_others(&self.checkpoints().join(&name), &[&job, origin]);
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
        let bundle = self.data.join(BUNDLES).join(&running.bundle);
        self.run(&mut running.cluster, &bundle, from.clone(), kafka)?;
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

impl Engine for PyFlink {
    fn install(&mut self, bundle: &Path) -> Result<PathBuf> {
        let progress = Progress::start("looking for Java and Python");
        java::find()?;
        let python = self.installer.python(bundle, &progress)?;
        self.kafka_jars(&progress)?;
        self.connectors(bundle, &progress)?;
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
        }
    }

    fn keep(&mut self) -> Result<()> {
        let (Some(kafka), Some(running)) = (&mut self.kafka, &mut self.running) else {
            return Ok(());
        };
        kafka.keep()?;
        match running.cluster.keep()? {
            Ended::JobManager => self.recover(),
            Ended::Nothing | Ended::TaskManager => running.cluster.check_job(),
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
            lines.push(format!("Flink at {}", running.cluster.address()));
        }
        lines
    }
}

/// What a bundle is called: the name of its folder, which is made of its digest.
fn name(bundle: &Path) -> String {
    let name = bundle.file_name().unwrap_or_default();
    name.to_string_lossy().into_owned()
}
