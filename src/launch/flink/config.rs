//! Flink's configuration of one cluster.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value;

use super::framework::Settings;

/// Where the cluster's logs go, and how.
pub const LOGGING: &str = "rootLogger.level = INFO
rootLogger.appenderRef.console.ref = Console
appender.console.name = Console
appender.console.type = CONSOLE
appender.console.layout.type = PatternLayout
appender.console.layout.pattern = %d{HH:mm:ss.SSS} %-5p %c{1} %m%n
";

/// For how many milliseconds the JobManager may answer what it has answered before.
const REFRESH: u32 = 250;

/// How a release of Flink reads its configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// As YAML, since Flink 1.19.
    Yaml,
    /// Line by line, before. What stands behind a colon is the value as it is.
    Lines,
}

impl Format {
    /// The name of the file.
    pub fn file(self) -> &'static str {
        match self {
            Self::Yaml => "config.yaml",
            Self::Lines => "flink-conf.yaml",
        }
    }

    /// The keys of the folders of checkpoints and of savepoints.
    fn folders(self) -> [&'static str; 2] {
        match self {
            Self::Yaml => [
                "execution.checkpointing.dir",
                "execution.checkpointing.savepoint-dir",
            ],
            Self::Lines => ["state.checkpoints.dir", "state.savepoints.dir"],
        }
    }

    fn value(self, value: &Value) -> String {
        match (self, value) {
            (Self::Lines, Value::String(text)) => text.clone(),
            _ => value.to_string(),
        }
    }
}

/// The TaskManager's memory in megabytes, all of it explicit, as Flink wants it of a process that its scripts do not start.
#[derive(Debug, Clone, Copy)]
pub struct Memory {
    slots: u64,
    task_off_heap: u64,
}

impl Memory {
    const FRAMEWORK_HEAP: u64 = 128;
    const FRAMEWORK_OFF_HEAP: u64 = 128;
    const NETWORK: u64 = 64;
    pub const METASPACE: u64 = 256;

    /// For that many tasks at once, which need so much direct memory together.
    pub fn new(slots: u32, task_off_heap: u64) -> Self {
        Self {
            slots: u64::from(slots),
            task_off_heap,
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
        Self::FRAMEWORK_OFF_HEAP + self.task_off_heap + Self::NETWORK
    }

    fn settings(self) -> [(&'static str, u64); 10] {
        [
            ("framework.heap.size", Self::FRAMEWORK_HEAP),
            ("framework.off-heap.size", Self::FRAMEWORK_OFF_HEAP),
            ("task.heap.size", self.task_heap()),
            ("task.off-heap.size", self.task_off_heap),
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
    pub settings: &'p Settings<'p>,
    pub memory: Memory,
    pub rpc: u16,
    pub rest: u16,
}

impl Place<'_> {
    fn decided(&self) -> BTreeMap<String, Value> {
        let settings = self.settings;
        let mut decided = BTreeMap::new();
        let mut set = |key: &str, value: Value| decided.insert(key.to_owned(), value);
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
        set("web.refresh-interval", REFRESH.to_string().into());
        set("parallelism.default", settings.parallelism.into());
        set("taskmanager.numberOfTaskSlots", settings.parallelism.into());
        set("taskmanager.cpu.cores", settings.parallelism.into());
        for (key, megabytes) in self.memory.settings() {
            let key = format!("taskmanager.memory.{key}");
            set(&key, format!("{megabytes}m").into());
        }
        set("io.tmp.dirs", shown(&settings.folder.join("tmp")).into());
        let [checkpoints, savepoints] = settings.framework.format.folders();
        set(checkpoints, address(settings.checkpoints).into());
        set(savepoints, address(settings.savepoints).into());
        set(
            "execution.checkpointing.externalized-checkpoint-retention",
            "RETAIN_ON_CANCELLATION".into(),
        );
        if let Some(interval) = settings.interval {
            set("execution.checkpointing.interval", interval.into());
        }
        decided
    }

    /// The bundle's configuration with what is decided here in place of what it says of it.
    pub fn configure(&self, bundle: &str) -> String {
        let decided = self.decided();
        let is_ours = |line: &str| {
            line.split_once(':')
                .is_some_and(|(key, _)| decided.contains_key(key.trim_end()))
        };
        let mut text = String::new();
        for line in bundle.lines().filter(|line| !is_ours(line)) {
            text += line;
            text.push('\n');
        }
        for (key, value) in &decided {
            let value = self.settings.framework.format.value(value);
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
    use super::super::framework::Framework;
    use super::super::pyflink::PYFLINK;
    use super::super::statefun::STATEFUN;
    use super::*;

    fn settings(framework: &'static Framework) -> Settings<'static> {
        Settings {
            framework,
            java: Path::new("java"),
            python: Path::new("python"),
            bundle: Path::new("/my data/bundles/ab"),
            archives: Path::new("/jars"),
            folder: Path::new("/my data/flink"),
            checkpoints: Path::new("/my data/flink/checkpoints/ab"),
            savepoints: Path::new("/my data/flink/savepoints"),
            parallelism: 2,
            interval: None,
            bootstrap: "127.0.0.1:9092",
        }
    }

    fn configured(settings: &Settings<'_>, bundle: &str) -> String {
        let place = Place {
            settings,
            memory: Memory::new(2, 0),
            rpc: 6123,
            rest: 8081,
        };
        place.configure(bundle)
    }

    #[test]
    fn no_key_stands_twice_and_the_place_wins() {
        let bundle = "# The job's settings.\nrest.port: 80\nexecution.checkpointing.interval: 1 s\nparallelism.default : 9\n";
        let text = configured(&settings(&PYFLINK), bundle);
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
        keys.sort();
        keys.dedup_by_key(|(key, _)| *key);
        assert_eq!(keys.len(), count, "{text}");
    }

    #[test]
    fn a_flink_that_reads_lines_is_given_values_as_they_are() {
        let bundle = "state.checkpoints.dir: file:///checkpoints\n";
        let text = configured(&settings(&STATEFUN), bundle);
        assert!(text.contains("\nio.tmp.dirs: /my data/flink/tmp\n"));
        assert!(text.contains("state.checkpoints.dir: file:///my data/flink/checkpoints/ab\n"));
        assert!(text.contains("\nstate.savepoints.dir: file:///my data/flink/savepoints\n"));
        assert_eq!(text.matches("state.checkpoints.dir").count(), 1);
        assert!(!text.contains('"'), "{text}");
    }

    #[test]
    fn an_interval_is_that_of_the_user() {
        let bundle = "execution.checkpointing.interval: 1 s\n";
        let settings = Settings {
            interval: Some("250ms"),
            ..settings(&PYFLINK)
        };
        let text = configured(&settings, bundle);
        assert!(
            text.contains("execution.checkpointing.interval: \"250ms\"\n"),
            "{text}"
        );
        assert_eq!(text.matches("checkpointing.interval").count(), 1);
    }

    #[test]
    fn the_heap_holds_what_flink_counts_on() {
        let memory = Memory::new(3, 16);
        assert_eq!(memory.heap(), 128 + memory.task_heap());
        assert_eq!(memory.direct(), 208);
    }
}
