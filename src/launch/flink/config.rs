//! Flink's configuration of one cluster.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value;

/// Where the cluster's logs go, and how.
pub const LOGGING: &str = "rootLogger.level = INFO
rootLogger.appenderRef.console.ref = Console
appender.console.name = Console
appender.console.type = CONSOLE
appender.console.layout.type = PatternLayout
appender.console.layout.pattern = %d{HH:mm:ss.SSS} %-5p %c{1} %m%n
";

/// The TaskManager's memory in megabytes, all of it explicit, as Flink wants it of a process that its scripts do not start.
#[derive(Debug, Clone, Copy)]
pub struct Memory {
    slots: u64,
}

impl Memory {
    const FRAMEWORK_HEAP: u64 = 128;
    const FRAMEWORK_OFF_HEAP: u64 = 128;
    const NETWORK: u64 = 64;
    pub const METASPACE: u64 = 256;

    /// For that many tasks at once.
    pub fn new(slots: u32) -> Self {
        Self {
            slots: u64::from(slots),
        }
    }

    fn task_heap(self) -> u64 {
        256 + 128 * self.slots
    }

    /// The JVM's heap.
    pub fn heap(self) -> u64 {
        Self::FRAMEWORK_HEAP + self.task_heap()
    }

    /// The JVM's direct memory.
    pub fn direct(self) -> u64 {
        Self::FRAMEWORK_OFF_HEAP + Self::NETWORK
    }

    fn settings(self) -> [(&'static str, u64); 10] {
        [
            ("framework.heap.size", Self::FRAMEWORK_HEAP),
            ("framework.off-heap.size", Self::FRAMEWORK_OFF_HEAP),
            ("task.heap.size", self.task_heap()),
            ("task.off-heap.size", 0),
            ("managed.size", 64 * self.slots),
            ("network.min", Self::NETWORK),
            ("network.max", Self::NETWORK),
            ("jvm-metaspace.size", Self::METASPACE),
            ("jvm-overhead.min", 192),
            ("jvm-overhead.max", 192),
        ]
    }
}

/// What a run decides, whatever the bundle says.
#[derive(Debug)]
pub struct Place<'p> {
    /// The folder that all of Flink's data lies below.
    pub folder: &'p Path,
    /// The folder of this bundle's checkpoints.
    pub checkpoints: &'p Path,
    pub savepoints: &'p Path,
    pub rpc: u16,
    pub rest: u16,
    pub parallelism: u32,
    /// How often a checkpoint is made, where the user says so: `1s`.
    pub interval: Option<&'p str>,
}

impl Place<'_> {
    fn settings(&self) -> BTreeMap<String, Value> {
        let mut settings = BTreeMap::new();
        let mut set = |key: &str, value: Value| settings.insert(key.to_owned(), value);
        for key in [
            "jobmanager.rpc.address",
            "jobmanager.bind-host",
            "rest.address",
            "rest.bind-address",
            "taskmanager.host",
            "taskmanager.bind-host",
        ] {
            set(key, "127.0.0.1".into());
        }
        for key in [
            "blob.server.port",
            "taskmanager.rpc.port",
            "taskmanager.data.port",
            "metrics.internal.query-service.port",
        ] {
            set(key, "0".into());
        }
        set("jobmanager.rpc.port", self.rpc.into());
        set("rest.port", self.rest.into());
        set("rest.bind-port", self.rest.to_string().into());
        set("parallelism.default", self.parallelism.into());
        set("taskmanager.numberOfTaskSlots", self.parallelism.into());
        set("taskmanager.cpu.cores", self.parallelism.into());
        for (key, megabytes) in Memory::new(self.parallelism).settings() {
            let key = format!("taskmanager.memory.{key}");
            set(&key, format!("{megabytes}m").into());
        }
        set("io.tmp.dirs", shown(&self.folder.join("tmp")).into());
        set(
            "execution.checkpointing.dir",
            address(self.checkpoints).into(),
        );
        set(
            "execution.checkpointing.savepoint-dir",
            address(self.savepoints).into(),
        );
        set(
            "execution.checkpointing.externalized-checkpoint-retention",
            "RETAIN_ON_CANCELLATION".into(),
        );
        if let Some(interval) = self.interval {
            set("execution.checkpointing.interval", interval.into());
        }
        settings
    }

    /// The bundle's configuration with what is decided here in place of what it says of it.
    pub fn configure(&self, bundle: &str) -> String {
        let settings = self.settings();
        let is_ours = |line: &str| {
            line.split_once(':')
                .is_some_and(|(key, _)| settings.contains_key(key.trim_end()))
        };
        let mut text = String::new();
        for line in bundle.lines().filter(|line| !is_ours(line)) {
            text += line;
            text.push('\n');
        }
        for (key, value) in &settings {
            text += &format!("{key}: {value}\n");
        }
        text
    }
}

/// A folder as Flink takes it.
pub fn address(folder: &Path) -> String {
    format!("file://{}", shown(folder))
}

fn shown(folder: &Path) -> String {
    folder.display().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place() -> Place<'static> {
        Place {
            folder: Path::new("/my data/flink"),
            checkpoints: Path::new("/my data/flink/checkpoints/ab"),
            savepoints: Path::new("/my data/flink/savepoints"),
            rpc: 6123,
            rest: 8081,
            parallelism: 2,
            interval: None,
        }
    }

    #[test]
    fn no_key_stands_twice_and_the_place_wins() {
        let bundle = "# The job's settings.\nrest.port: 80\nexecution.checkpointing.interval: 1 s\nparallelism.default : 9\n";
        let text = place().configure(bundle);
        assert!(text.starts_with("# The job's settings.\nexecution.checkpointing.interval: 1 s\n"));
        assert!(
            text.contains("\nrest.port: 8081\n") && text.contains("\nparallelism.default: 2\n")
        );
        assert!(text.contains("\nio.tmp.dirs: \"/my data/flink/tmp\"\n"));
        assert!(
            text.contains(
                "\nexecution.checkpointing.dir: \"file:///my data/flink/checkpoints/ab\"\n"
            )
        );
        let mut keys: Vec<_> = text
            .lines()
            .filter_map(|line| line.split_once(": "))
            .collect();
        let count = keys.len();
        keys.dedup_by_key(|(key, _)| *key);
        keys.sort();
        keys.dedup_by_key(|(key, _)| *key);
        assert_eq!(keys.len(), count, "{text}");
    }

    #[test]
    fn an_interval_is_that_of_the_user() {
        let bundle = "execution.checkpointing.interval: 1 s\n";
        let place = Place {
            interval: Some("250ms"),
            ..place()
        };
        let text = place.configure(bundle);
        assert!(
            text.contains("execution.checkpointing.interval: \"250ms\"\n"),
            "{text}"
        );
        assert_eq!(text.matches("checkpointing.interval").count(), 1);
    }

    #[test]
    fn the_heap_holds_what_flink_counts_on() {
        let memory = Memory::new(3);
        assert_eq!(memory.heap(), 128 + memory.task_heap());
        assert_eq!(memory.direct(), 192);
    }
}
