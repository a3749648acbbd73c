//! What a bundle for Flink can be asked to be like.

use super::super::options::in_units;
use super::super::{Choices, TargetOption, Value, Values};

/// The options.
pub const OPTIONS: &[TargetOption] = &[
    TargetOption {
        name: DELIVERY,
        help: "What holds when something fails, and what it costs",
        values: Values::OneOf(&[
            Value {
                name: "log",
                help: "exactly once by the order of the log; an answer waits for nothing",
            },
            Value {
                name: TRANSACTIONS,
                help: "exactly once by Kafka's transactions; every hop and every answer waits for a checkpoint",
            },
            Value {
                name: AT_LEAST_ONCE,
                help: "fastest; after a failure the state may count something twice",
            },
        ]),
    },
    TargetOption {
        name: EXECUTION_MODE,
        help: "Where Python runs",
        values: Values::OneOf(&[
            Value {
                name: "thread",
                help: "in the TaskManager, fastest",
            },
            Value {
                name: PROCESS,
                help: "in a process beside the TaskManager, which native code of the app then cannot take along",
            },
        ]),
    },
    TargetOption {
        name: FLINK_VERSION,
        help: "The Flink that the job is for",
        values: Values::OneOf(&[
            Value {
                name: "2.2",
                help: "with Python 3.11 or 3.12",
            },
            Value {
                name: "1.20",
                help: "with Python 3.11",
            },
        ]),
    },
    TargetOption {
        name: STATE_BACKEND,
        help: "Where a TaskManager has the entities",
        values: Values::OneOf(&[
            Value {
                name: "hashmap",
                help: "in memory, fastest",
            },
            Value {
                name: ROCKSDB,
                help: "on disk, for more than fits in memory",
            },
        ]),
    },
    TargetOption {
        name: STATE_TTL,
        help: "After how long without a message an entity is gone, such as 30d",
        values: Values::Duration("never"),
    },
];

/// The options that decide how Flink writes its state.
pub const OF_STATE: &[&str] = &[EXECUTION_MODE, FLINK_VERSION];

const DELIVERY: &str = "delivery";
const TRANSACTIONS: &str = "transactions";
const AT_LEAST_ONCE: &str = "at-least-once";
const EXECUTION_MODE: &str = "execution-mode";
const PROCESS: &str = "process";
const FLINK_VERSION: &str = "flink-version";
const STATE_BACKEND: &str = "state-backend";
const ROCKSDB: &str = "rocksdb";
const STATE_TTL: &str = "state-ttl";

/// What a bundle was asked to be like, as its templates read it.
pub struct Shape<'a> {
    pub flink: &'static Flink,
    pub backend: &'a str,
    pub has_transactions: bool,
    pub may_repeat: bool,
    /// Whether Python runs beside the TaskManager.
    pub is_beside: bool,
    pub ttl: Option<String>,
}

/// A release of Flink, and what goes with it.
pub struct Flink {
    pub version: &'static str,
    /// The archive that reads and writes Kafka.
    pub connector: &'static str,
    pub connector_version: &'static str,
    /// The newest Python that it is there for.
    pub python: &'static str,
    pub python_before: &'static str,
}

const FLINK: Flink = Flink {
    version: "2.2.1",
    connector: "flink-sql-connector-kafka",
    connector_version: "5.0.0-2.2",
    python: "3.12",
    python_before: "3.13",
};

/// The connector of this series is there without what it is made of, which comes along as its dependencies.
const FLINK_1: Flink = Flink {
    version: "1.20.5",
    connector: "flink-connector-kafka",
    connector_version: "3.4.0-1.20",
    python: "3.11",
    python_before: "3.12",
};

impl<'a> Shape<'a> {
    pub fn of(choices: &'a Choices) -> Self {
        let is = |name: &str, value: &str| choices.get(name) == Some(value);
        Self {
            flink: [&FLINK, &FLINK_1]
                .into_iter()
                .find(|flink| is(FLINK_VERSION, flink.series()))
                .unwrap_or(&FLINK),
            backend: choices.get(STATE_BACKEND).unwrap_or_default(),
            has_transactions: is(DELIVERY, TRANSACTIONS),
            may_repeat: is(DELIVERY, AT_LEAST_ONCE),
            is_beside: is(EXECUTION_MODE, PROCESS),
            ttl: choices
                .get(STATE_TTL)
                .and_then(|ttl| ttl.parse().ok())
                .map(in_units),
        }
    }
}

impl Flink {
    /// `2.2` of `2.2.1`.
    pub fn series(&self) -> &'static str {
        self.version
            .rsplit_once('.')
            .map_or(self.version, |(series, _)| series)
    }

    /// As the Kubernetes operator names it: `v2_2`.
    pub fn enumerated(&self) -> String {
        format!("v{}", self.series().replace('.', "_"))
    }
}
