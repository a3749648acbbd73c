//! Where a job takes up the work of the one before.
//!
//! A savepoint is good for every bundle, as all was at rest when it was made. Where a job plays again what came after a
//! checkpoint in the log, the checkpoint is good for its own bundle only: no other code does the same with it.

use std::fs::{self, File};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

const FILE: &str = "resume.json";

/// State that a job can begin with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Point {
    Savepoint(String),
    Checkpoint(String),
}

impl Point {
    /// Its address.
    pub fn address(&self) -> &str {
        match self {
            Self::Savepoint(address) | Self::Checkpoint(address) => address,
        }
    }
}

/// What is known of the last job.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "last", rename_all = "lowercase")]
pub enum Record {
    /// It was stopped, and all of its state is in the savepoint.
    Stopped { bundle: String, savepoint: String },
    /// It was started. Where it is gone, its newest checkpoint counts.
    Started {
        bundle: String,
        job: String,
        from: Option<Point>,
        /// Whether all of its tasks have run.
        ran: bool,
    },
}

/// How the next job gets its state.
#[derive(Debug, PartialEq, Eq)]
pub enum Plan {
    /// It begins with that, or with nothing.
    Begin(Option<Point>),
    /// The bundle that wrote the state has to run first, from there, and be stopped with a savepoint.
    Through { bundle: String, from: Option<Point> },
}

impl Record {
    /// What was known when the last run ended.
    pub fn read(folder: &Path) -> Result<Option<Self>> {
        let path = folder.join(FILE);
        let text = match fs::read(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => {
                return Err(error).with_context(|| format!("cannot read {}", path.display()));
            }
        };
        let record = serde_json::from_slice(&text)
            .with_context(|| format!("{} is not what a run leaves there", path.display()))?;
        Ok(Some(record))
    }

    /// Replaces what was known, or forgets it.
    pub fn write(record: Option<&Self>, folder: &Path) -> Result<()> {
        let path = folder.join(FILE);
        let written = match record {
            Some(record) => replace(&path, &serde_json::to_vec_pretty(record)?),
            None => fs::remove_file(&path),
        };
        written.with_context(|| format!("cannot write {}", path.display()))
    }

    /// The bundle that the state is of.
    pub fn bundle(&self) -> &str {
        match self {
            Self::Stopped { bundle, .. } | Self::Started { bundle, .. } => bundle,
        }
    }

    /// How the next job gets its state, where the recorded one has left `newest` as its newest checkpoint. `fits` says whether
    /// the next bundle can go on from a checkpoint of the recorded one.
    pub fn plan(&self, newest: Option<Point>, fits: bool) -> Plan {
        match self {
            Self::Stopped { savepoint, .. } => {
                Plan::Begin(Some(Point::Savepoint(savepoint.clone())))
            }
            Self::Started {
                bundle, from, ran, ..
            } => {
                let is_clean =
                    !ran && newest.is_none() && !matches!(from, Some(Point::Checkpoint(_)));
                let from = newest.or_else(|| from.clone());
                if fits || is_clean {
                    return Plan::Begin(from);
                }
                let bundle = bundle.clone();
                Plan::Through { bundle, from }
            }
        }
    }
}

fn replace(path: &Path, content: &[u8]) -> std::io::Result<()> {
    let beside = path.with_added_extension("new");
    let mut file = File::create(&beside)?;
    file.write_all(content)?;
    file.sync_all()?;
    fs::rename(&beside, path)
}

/// The newest checkpoint that a job has completed, below the folder of its bundle's checkpoints.
pub fn newest_checkpoint(checkpoints: &Path, job: &str) -> Option<Point> {
    let entries = fs::read_dir(checkpoints.join(job)).ok()?;
    let number = |path: &PathBuf| -> Option<u64> {
        path.file_name()?
            .to_str()?
            .strip_prefix("chk-")?
            .parse()
            .ok()
    };
    let newest = entries
        .map_while(Result::ok)
        .map(|entry| entry.path())
        .filter(|path| number(path).is_some() && path.join("_metadata").is_file())
        .max_by_key(number)?;
    Some(Point::Checkpoint(super::config::address(&newest)))
}

/// Removes what is in a folder, but for the entries whose names are parts of one of the addresses.
pub fn forget_others(folder: &Path, addresses: &[&str]) {
    let is_kept = |name: &str| {
        let mut parts = addresses.iter().flat_map(|address| address.split('/'));
        parts.any(|part| part == name)
    };
    let entries = fs::read_dir(folder).into_iter().flatten();
    for entry in entries.map_while(Result::ok) {
        if !is_kept(&entry.file_name().to_string_lossy()) {
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn savepoint() -> Option<Point> {
        Some(Point::Savepoint("file:/s/savepoint-1".to_owned()))
    }

    fn checkpoint(number: u32) -> Option<Point> {
        Some(Point::Checkpoint(format!("file:///c/old/job/chk-{number}")))
    }

    fn started(from: Option<Point>, ran: bool) -> Record {
        Record::Started {
            bundle: "old".to_owned(),
            job: "job".to_owned(),
            from,
            ran,
        }
    }

    fn through(from: Option<Point>) -> Plan {
        Plan::Through {
            bundle: "old".to_owned(),
            from,
        }
    }

    #[test]
    fn what_was_stopped_goes_on_from_its_savepoint_with_any_bundle() {
        let record = Record::Stopped {
            bundle: "old".to_owned(),
            savepoint: "file:/s/savepoint-1".to_owned(),
        };
        for fits in [true, false] {
            assert_eq!(record.plan(None, fits), Plan::Begin(savepoint()));
        }
    }

    #[test]
    fn what_crashed_goes_on_from_its_newest_checkpoint_with_a_bundle_that_fits() {
        for ran in [false, true] {
            let record = started(savepoint(), ran);
            assert_eq!(record.plan(checkpoint(7), true), Plan::Begin(checkpoint(7)));
            assert_eq!(record.plan(checkpoint(7), false), through(checkpoint(7)));
        }
    }

    #[test]
    fn what_crashed_before_its_first_checkpoint_begins_again() {
        for from in [None, savepoint(), checkpoint(3)] {
            let record = started(from.clone(), true);
            assert_eq!(record.plan(None, true), Plan::Begin(from.clone()));
            assert_eq!(record.plan(None, false), through(from));
        }
    }

    #[test]
    fn what_never_ran_leaves_all_as_it_was() {
        for from in [None, savepoint()] {
            let record = started(from.clone(), false);
            assert_eq!(record.plan(None, false), Plan::Begin(from));
        }
        let record = started(checkpoint(3), false);
        assert_eq!(record.plan(None, false), through(checkpoint(3)));
    }

    #[test]
    fn records_are_read_as_written() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(Record::read(folder.path()).unwrap(), None);
        for record in [started(None, false), started(checkpoint(3), true)] {
            Record::write(Some(&record), folder.path()).unwrap();
            assert_eq!(Record::read(folder.path()).unwrap(), Some(record));
        }
        Record::write(None, folder.path()).unwrap();
        assert_eq!(Record::read(folder.path()).unwrap(), None);
        fs::write(folder.path().join(FILE), "{").unwrap();
        assert!(Record::read(folder.path()).is_err());
    }

    #[test]
    fn the_newest_checkpoint_is_the_last_one_that_is_complete() {
        let folder = tempfile::tempdir().unwrap();
        for (name, is_complete) in [("chk-9", true), ("chk-10", true), ("chk-11", false)] {
            let checkpoint = folder.path().join("job").join(name);
            fs::create_dir_all(&checkpoint).unwrap();
            if is_complete {
                fs::write(checkpoint.join("_metadata"), "").unwrap();
            }
        }
        fs::create_dir_all(folder.path().join("job/shared")).unwrap();
        let newest = newest_checkpoint(folder.path(), "job").unwrap();
        assert!(newest.address().ends_with("/job/chk-10"), "{newest:?}");
        assert_eq!(newest_checkpoint(folder.path(), "other"), None);
    }

    #[test]
    fn what_a_point_lies_in_is_kept() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["one", "two", "three"] {
            fs::create_dir(folder.path().join(name)).unwrap();
        }
        forget_others(folder.path(), &["three", "file:/c/one/chk-3"]);
        assert!(folder.path().join("one").exists() && folder.path().join("three").exists());
        assert!(!folder.path().join("two").exists());
    }
}
