//! The folder that everything which is installed is kept in.

use std::env;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use anyhow::{Context, Result, bail};

use super::progress::Progress;
use crate::digest::Digest;

/// The folder that caches go to: `STATEFLOW_CACHE`, else `stateflow` in the user's cache folder.
pub fn cache_folder() -> Result<PathBuf> {
    let set = |name: &str| env::var_os(name).filter(|value| !value.is_empty());
    let folder = if let Some(folder) = set("STATEFLOW_CACHE") {
        PathBuf::from(folder)
    } else if let Some(folder) = set("XDG_CACHE_HOME") {
        PathBuf::from(folder).join("stateflow")
    } else if let Some(home) = env::home_dir() {
        home.join(".cache").join("stateflow")
    } else {
        bail!("there is no home folder to keep a cache in; set STATEFLOW_CACHE to a folder")
    };
    std::path::absolute(&folder).with_context(|| format!("cannot use {}", folder.display()))
}

/// Makes a folder at `place` unless it is whole already. It is made under a lock and beside its place, so that runs at the
/// same time and interrupted runs never see half of one.
pub fn once(
    place: &Path,
    progress: &Progress,
    is_whole: impl Fn(&Path) -> bool,
    make: impl FnOnce(&Path) -> Result<()>,
) -> Result<()> {
    let folder = place.parent().unwrap_or(Path::new("/"));
    fs::create_dir_all(folder)
        .with_context(|| format!("cannot make the cache folder {}", folder.display()))?;
    let _lock = lock(&place.with_added_extension("lock"), progress)?;
    if is_whole(place) {
        return Ok(());
    }
    let partial = place.with_added_extension("partial");
    let _ = fs::remove_dir_all(&partial);
    make(&partial)?;
    let _ = fs::remove_dir_all(place);
    fs::rename(&partial, place)
        .with_context(|| format!("cannot move {} to its place", partial.display()))
}

/// 16 hexadecimal digits that tell contents apart.
pub fn digest(parts: &[&[u8]]) -> String {
    Digest::of(parts.iter().copied()).hex(16)
}

/// 32 hexadecimal digits that nothing has been named by before.
pub fn fresh_id(of: &[u8]) -> String {
    let now = format!("{:?} {}", SystemTime::now(), std::process::id());
    Digest::of([of, now.as_bytes()]).hex(32)
}

fn lock(path: &Path, progress: &Progress) -> Result<File> {
    let file = File::create(path).with_context(|| format!("cannot write {}", path.display()))?;
    if file.try_lock().is_err() {
        progress.say("waiting for another run that installs the same");
        file.lock()
            .with_context(|| format!("cannot lock {}", path.display()))?;
    }
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_interrupted_is_made_again_and_what_is_whole_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().join("jars/a.b");
        let progress = Progress::start("testing");
        let install = |fails: bool| {
            once(
                &place,
                &progress,
                |place| place.join("whole").is_file(),
                |partial| {
                    fs::create_dir(partial)?;
                    fs::write(partial.join("some"), "")?;
                    anyhow::ensure!(!fails, "no network");
                    Ok(fs::write(partial.join("whole"), "")?)
                },
            )
        };
        assert_eq!(install(true).unwrap_err().to_string(), "no network");
        assert!(!place.exists());
        install(false).unwrap();
        assert!(place.join("whole").is_file());
        install(true).unwrap();
    }

    #[test]
    fn digests_tell_where_a_part_ends() {
        assert_eq!(digest(&[b"ab", b"c"]), digest(&[b"ab", b"c"]));
        assert_ne!(digest(&[b"ab", b"c"]), digest(&[b"a", b"bc"]));
    }
}
