//! Noticing that the app's files change, or that modules or requirements come to lie beside them.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::mpsc::Sender;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context, Result};
use notify::{RecommendedWatcher, RecursiveMode, Watcher};

use super::Event;

/// Watches files through their folders, as editors replace a file rather than write to it.
pub struct Watch {
    watcher: Option<RecommendedWatcher>,
    files: Arc<Mutex<BTreeSet<PathBuf>>>,
    folders: BTreeSet<PathBuf>,
}

impl Watch {
    /// Sends [`Event::Changed`] when one of `files` changes; does nothing where it is not `enabled`.
    pub fn new(enabled: bool, files: &[PathBuf], events: Sender<Event>) -> Result<Self> {
        let watched = Arc::new(Mutex::new(BTreeSet::new()));
        let watcher = enabled
            .then(|| watcher(Arc::clone(&watched), events))
            .transpose()?;
        let mut watch = Self {
            watcher,
            files: watched,
            folders: BTreeSet::new(),
        };
        watch.follow(files)?;
        Ok(watch)
    }

    /// Watches these files from now on.
    pub fn follow(&mut self, files: &[PathBuf]) -> Result<()> {
        let Some(watcher) = &mut self.watcher else {
            return Ok(());
        };
        let files: BTreeSet<_> = files.iter().map(|file| absolute(file)).collect();
        for folder in files.iter().filter_map(|file| file.parent()) {
            if self.folders.insert(folder.to_owned()) {
                watcher
                    .watch(folder, RecursiveMode::NonRecursive)
                    .with_context(|| format!("cannot watch {}", folder.display()))?;
            }
        }
        *self.files.lock().unwrap_or_else(PoisonError::into_inner) = files;
        Ok(())
    }
}

fn absolute(file: &Path) -> PathBuf {
    file.canonicalize().unwrap_or_else(|_| file.to_owned())
}

/// Whether a file beside those of the app could become a part of it.
fn may_matter(path: &Path) -> bool {
    let is_module = path.extension().is_some_and(|extension| extension == "py");
    is_module || path.ends_with("requirements.txt") || path.ends_with("pyproject.toml")
}

fn watcher(
    files: Arc<Mutex<BTreeSet<PathBuf>>>,
    events: Sender<Event>,
) -> Result<RecommendedWatcher> {
    notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
        let Ok(event) = event else { return };
        if event.kind.is_access() {
            return;
        }
        let files = files.lock().unwrap_or_else(PoisonError::into_inner);
        if event
            .paths
            .iter()
            .any(|path| files.contains(path) || may_matter(path))
        {
            let _ = events.send(Event::Changed);
        }
    })
    .context("files cannot be watched here")
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::sync::mpsc;
    use std::time::Duration;

    use super::*;

    #[test]
    fn tells_of_a_file_that_is_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("app.py");
        fs::write(&file, "a = 1\n").unwrap();
        let (events, inbox) = mpsc::channel();
        let _watch = Watch::new(true, std::slice::from_ref(&file), events).unwrap();
        fs::write(folder.path().join("other.txt"), "").unwrap();
        let beside = folder.path().join("new");
        fs::write(&beside, "a = 2\n").unwrap();
        fs::rename(&beside, &file).unwrap();
        let event = inbox.recv_timeout(Duration::from_secs(20)).unwrap();
        assert!(matches!(event, Event::Changed));
    }

    #[test]
    fn tells_of_a_module_that_comes_later() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("app.py");
        fs::write(&file, "import prices\n").unwrap();
        let (events, inbox) = mpsc::channel();
        let _watch = Watch::new(true, std::slice::from_ref(&file), events).unwrap();
        fs::write(folder.path().join("prices.py"), "").unwrap();
        let event = inbox.recv_timeout(Duration::from_secs(20)).unwrap();
        assert!(matches!(event, Event::Changed));
    }
}
