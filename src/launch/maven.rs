//! Java archives from Maven's repositories, cached by the project file that asks for them.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail, ensure};

use super::cache;
use super::process::{Processes, tell};
use super::progress::Progress;

/// The folder with the archives that a project depends on, fetched on first use. Maven keeps what it has fetched of an
/// interrupted run.
pub fn jars(
    project: &[u8],
    what: &str,
    cache: &Path,
    processes: &Processes,
    progress: &Progress,
) -> Result<PathBuf> {
    let place = cache.join("jars").join(cache::digest(&[project]));
    cache::once(&place, progress, Path::is_dir, |partial| {
        fs::create_dir(partial)
            .and_then(|()| fs::write(partial.join("pom.xml"), project))
            .with_context(|| format!("cannot write {}", partial.display()))?;
        progress.note(&format!("fetching {what} (once for this version)"));
        fetch(partial, what, processes, progress)
    })?;
    Ok(place)
}

fn fetch(folder: &Path, what: &str, processes: &Processes, progress: &Progress) -> Result<()> {
    check_maven()?;
    let mut command = Command::new("mvn");
    command
        .args(["-B", "-Dstyle.color=never", "dependency:copy-dependencies"])
        .arg(format!("-DoutputDirectory={}", folder.display()))
        .current_dir(folder);
    let finished = processes.run("maven", &command, |line| {
        if let Some(name) = fetched(line) {
            progress.say(format!("fetching {what}: {name}"));
        }
        Ok(())
    })?;
    let is_error = |line: &&String| line.starts_with("[ERROR]");
    ensure!(
        finished.status.success(),
        "Maven could not fetch {what}: {}",
        finished
            .log
            .iter()
            .find(is_error)
            .unwrap_or(&tell(finished.status))
    );
    if count_jars(folder)? == 0 {
        bail!("Maven fetched nothing for {what}; look at the project in its bundle");
    }
    Ok(())
}

fn check_maven() -> Result<()> {
    let output = Command::new("mvn")
        .arg("--version")
        .stdin(Stdio::null())
        .output();
    ensure!(
        output.is_ok_and(|output| output.status.success()),
        "Maven (mvn) is needed and is not there or does not run; install it and put it on PATH"
    );
    Ok(())
}

/// The file that Maven says it fetches: `Downloading from central: https://…/kafka_2.13-3.9.1.jar`.
fn fetched(line: &str) -> Option<&str> {
    let (_, rest) = line
        .split_once("Downloading from ")
        .or_else(|| line.split_once("Downloaded from "))?;
    let address = rest.split_whitespace().nth(1)?;
    address.rsplit('/').next()
}

fn count_jars(folder: &Path) -> Result<usize> {
    let entries =
        fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))?;
    let is_jar = |entry: &fs::DirEntry| {
        entry
            .path()
            .extension()
            .is_some_and(|extension| extension == "jar")
    };
    Ok(entries.map_while(Result::ok).filter(is_jar).count())
}

#[cfg(test)]
mod tests {
    use super::fetched;

    #[test]
    fn progress_names_the_file() {
        let line = "[INFO] Downloaded from central: https://repo.org/maven2/a/b/1/b-1.jar (12 kB at 3 MB/s)";
        assert_eq!(fetched(line), Some("b-1.jar"));
        assert_eq!(
            fetched("Downloading from central: https://r/x.pom"),
            Some("x.pom")
        );
        assert_eq!(fetched("[INFO] BUILD SUCCESS"), None);
    }
}
