//! A Kafka broker of one process, which keeps its data below the data folder.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::rc::Rc;
use std::time::Duration;

use anyhow::{Context, Result, ensure};

use super::kept::Kept;
use super::ports;
use super::process::{Ask, Processes, indented, wait_for};
use super::{cache, java};

/// The project that names the broker's archives.
pub const PROJECT: &str = include_str!(concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/deployment/kafka/pom.xml"
));

/// How long the broker may take to accept connections, with data to recover.
const START: Duration = Duration::from_secs(120);

/// How long it may take to shut down in order.
const GRACE: Duration = Duration::from_secs(30);

/// The file that says that the storage has been formatted.
const FORMATTED: &str = "formatted";

/// What a broker is started with.
#[derive(Debug)]
pub struct Settings<'s> {
    pub java: &'s Path,
    /// The folder of its archives.
    pub jars: &'s Path,
    /// Where it keeps its data.
    pub folder: PathBuf,
}

/// A broker that runs.
#[derive(Debug)]
pub struct Kafka {
    process: Kept,
    port: u16,
}

impl Kafka {
    /// Starts it on free ports.
    pub fn start(settings: &Settings<'_>, processes: &Rc<Processes>) -> Result<Self> {
        let folder = &settings.folder;
        let [port, controller] = ports::free()?;
        let properties = folder.join("server.properties");
        fs::create_dir_all(folder.join("tmp"))
            .and_then(|()| fs::write(&properties, broker(folder, port, controller)))
            .with_context(|| format!("cannot write to {}", folder.display()))?;
        if !folder.join(FORMATTED).exists() {
            format_storage(settings, &properties, processes)?;
        }
        let mut command = tool(settings);
        command.args(["-Xms256m", "-Xmx512m", "kafka.Kafka"]);
        command.arg(&properties);
        let process = Kept::start("kafka", command, processes)?;
        Ok(Self { process, port })
    }

    /// Waits until it accepts connections.
    pub fn wait_ready(&mut self) -> Result<()> {
        wait_for("the Kafka broker to start", START, || {
            self.process.check()?;
            Ok(ports::answers(self.port).then_some(()))
        })
    }

    /// `127.0.0.1:9092`.
    pub fn bootstrap(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// Starts it again, on the same port and data, where it has ended by itself, and says whether it had.
    pub fn keep(&mut self) -> Result<bool> {
        self.process.keep()
    }

    /// Fails where it has ended by itself.
    pub fn check(&mut self) -> Result<()> {
        self.process.check()
    }

    /// Shuts it down in order.
    pub fn stop(self) -> Result<()> {
        self.process.stop(Ask::Signal, GRACE)
    }
}

fn format_storage(settings: &Settings<'_>, properties: &Path, processes: &Processes) -> Result<()> {
    let mut command = tool(settings);
    command.args(["-XX:TieredStopAtLevel=1", "kafka.tools.StorageTool"]);
    command.args(["format", "--ignore-formatted"]);
    command.args(["--cluster-id", &cluster_id(&settings.folder)]);
    command.arg("--config").arg(properties);
    let finished = processes.run("kafka-format", &command, |_| Ok(()))?;
    ensure!(
        finished.status.success(),
        "the storage of the Kafka broker cannot be formatted:\n{}",
        indented(&finished.log).trim_end()
    );
    let marker = settings.folder.join(FORMATTED);
    fs::write(&marker, "").with_context(|| format!("cannot write {}", marker.display()))
}

fn tool(settings: &Settings<'_>) -> Command {
    let temporary = settings.folder.join("tmp");
    let class_path = settings.jars.join("*");
    let mut command = java::command(settings.java, &temporary, class_path.as_os_str());
    command
        .arg("-Dorg.slf4j.simpleLogger.showDateTime=true")
        .arg("-Dorg.slf4j.simpleLogger.dateTimeFormat=HH:mm:ss.SSS")
        .current_dir(&settings.folder);
    command
}

/// The 22 characters of base64 that name a cluster, so that a client of another one finds out.
fn cluster_id(folder: &Path) -> String {
    let id = cache::fresh_id(folder.as_os_str().as_encoded_bytes());
    format!("{}A", &id[..21])
}

/// The broker's settings. What must hold of a topic is set by who creates it. A broker that was killed is let in again only
/// when the session that it had has run out.
fn broker(folder: &Path, port: u16, controller: u16) -> String {
    format!(
        "process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:{controller}
controller.listener.names=CONTROLLER
broker.session.timeout.ms=3000
broker.heartbeat.interval.ms=500
listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}
advertised.listeners=PLAINTEXT://127.0.0.1:{port}
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
log.dirs={}
auto.create.topics.enable=false
unclean.leader.election.enable=false
default.replication.factor=1
offsets.topic.replication.factor=1
offsets.topic.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=4
group.initial.rebalance.delay.ms=0
log.cleaner.dedupe.buffer.size=8388608
",
        escaped(&folder.join("log").display().to_string())
    )
}

/// A value as Java reads it from a file of properties.
fn escaped(value: &str) -> String {
    let mut text = String::new();
    for unit in value.encode_utf16() {
        match u8::try_from(unit).map(char::from) {
            Ok('\\') => text.push_str("\\\\"),
            Ok(c) if c.is_ascii() && !c.is_ascii_control() => text.push(c),
            _ => text.push_str(&format!("\\u{unit:04x}")),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_broker_listens_on_loopback_only() {
        let text = broker(Path::new("/data/Zoë's app/kafka"), 9092, 9093);
        assert!(
            text.contains("\nlog.dirs=/data/Zo\\u00eb's app/kafka/log\n"),
            "{text}"
        );
        for line in text.lines().filter(|line| line.contains("listeners=")) {
            assert!(
                line.split("://")
                    .skip(1)
                    .all(|part| part.starts_with("127.0.0.1:"))
            );
        }
    }

    #[test]
    fn a_cluster_has_a_name_that_is_16_bytes_in_base64() {
        let id = cluster_id(Path::new("/data"));
        assert_eq!(id.len(), 22);
        assert!(id.chars().all(|c| c.is_ascii_alphanumeric()) && id.ends_with('A'));
    }
}
