//! `stateflow run`.

use std::fs::{self, File};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use clap::builder::PossibleValuesParser;
use stateflow::emit::{Choices, TARGETS, Target, find_target};
use stateflow::ir;
use stateflow::launch::{self, BUNDLES, Built, Options, RUNNABLE, bundle_in_use, cache_folder};

use super::frontend::Frontend;
use super::target_options::{TargetOptions, checked_duration};
use super::{Outcome, output};

/// The folder beside an app that its data is kept in, by default.
const HIDDEN: &str = ".stateflow";

/// Compile an app and serve it over HTTP until Ctrl-C
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    frontend: Frontend,
    /// The port on 127.0.0.1; 0 takes a free one
    #[arg(short, long, default_value_t = 8000)]
    port: u16,
    /// Where the data is kept [default: .stateflow/APP beside the app]
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Compile and start again, with the same data, when a file of the app changes
    #[arg(long)]
    reload: bool,
    /// Keep everything in memory and let requests take turns message by message, as the seed says (local)
    #[arg(long, value_name = "SEED")]
    interleave: Option<u64>,
    /// How many tasks work side by side (targets with an engine) [default: 1]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=128))]
    parallelism: Option<u32>,
    /// How often the engine makes a checkpoint, such as 500ms or 1s [default: as the bundle says]
    #[arg(long, value_name = "DURATION", value_parser = checked_duration)]
    checkpoint_interval: Option<String>,
    /// Show what every process logs
    #[arg(short, long)]
    verbose: bool,
    /// What to run it on
    #[arg(short, long, value_name = "TARGET", default_value = "local")]
    #[arg(value_parser = PossibleValuesParser::new(runnable()))]
    target: String,
    #[command(flatten)]
    options: TargetOptions,
}

pub fn run(args: &Args) -> Result<Outcome> {
    let Some(target) = find_target(&args.target) else {
        bail!(
            "there is no target `{}`; `stateflow targets` lists them",
            args.target
        );
    };
    let (_, choices) = args.options.choose(&[target])?.remove(0);
    let data = args.data_folder()?;
    let options = Options {
        target: target.name,
        port: args.port,
        data: data.clone(),
        reload: args.reload,
        interleave: args.interleave,
        parallelism: args.parallelism,
        checkpoint_interval: args.checkpoint_interval.clone(),
        verbose: args.verbose,
        cache: cache_folder()?,
    };
    let mut lock = None;
    let outcome = launch::run(&options, &mut || {
        let checked = args.frontend.check()?;
        let Some(app) = checked.app else {
            return Ok(None);
        };
        if lock.is_none() {
            lock = Some(claim(&data)?);
            forget_bundles(&data)?;
            hide(&data)?;
        }
        let bundle = build(target, &choices, &app, &data)?;
        Ok(Some(Built {
            bundle,
            app,
            files: checked.files,
        }))
    })?;
    Ok(match outcome {
        launch::Outcome::Stopped => Outcome::Done,
        launch::Outcome::Errors => Outcome::Rejected,
    })
}

/// The targets that run on this machine.
fn runnable() -> impl Iterator<Item = &'static str> {
    let names = TARGETS.iter().map(|target| target.name);
    names.filter(|name| RUNNABLE.contains(name))
}

impl Args {
    /// Where the data goes. What is played in memory keeps only its bundle, beside the data that is kept.
    fn data_folder(&self) -> Result<PathBuf> {
        if let Some(folder) = &self.data {
            return Ok(folder.clone());
        }
        let app = self
            .frontend
            .app
            .canonicalize()
            .with_context(|| format!("cannot read {}", self.frontend.app.display()))?;
        let folder = app.parent().unwrap_or(Path::new("/")).join(HIDDEN);
        let name = app.file_stem().unwrap_or_default();
        Ok(match self.interleave {
            None => folder.join(name),
            Some(_) => folder.join(name).join("interleave"),
        })
    }
}

/// Makes the data folder and takes it for this process; the claim ends with the file that is given.
fn claim(data: &Path) -> Result<File> {
    let shown = data.display();
    fs::create_dir_all(data)
        .with_context(|| format!("cannot make the data folder {shown}; --data names another"))?;
    let path = data.join("run.lock");
    let file = File::create(&path).with_context(|| {
        format!(
            "cannot write {}; --data names another folder",
            path.display()
        )
    })?;
    if file.try_lock().is_err() {
        bail!("the data folder {shown} is in use by another `stateflow run`; --data names another");
    }
    Ok(file)
}

/// Writes the bundle below the data folder, in a folder of its own: a server that still runs keeps its files.
fn build(target: &Target, choices: &Choices, app: &ir::App, data: &Path) -> Result<PathBuf> {
    let bundle = target.emit(app, choices)?;
    let folder = data.join(BUNDLES).join(&bundle.digest()[..16]);
    output::write(&bundle, &folder)?;
    Ok(folder)
}

/// Removes the bundles of earlier runs, but for the one that an engine's state is of.
fn forget_bundles(data: &Path) -> Result<()> {
    let kept = bundle_in_use(data)?;
    let forget = || -> std::io::Result<()> {
        for entry in fs::read_dir(data.join(BUNDLES))? {
            let entry = entry?;
            if kept.as_deref() != entry.file_name().to_str() {
                fs::remove_dir_all(entry.path())?;
            }
        }
        Ok(())
    };
    match forget() {
        Err(error) if error.kind() != ErrorKind::NotFound => {
            Err(error).with_context(|| format!("cannot write to {}", data.display()))
        }
        _ => Ok(()),
    }
}

/// Keeps the data out of version control.
fn hide(folder: &Path) -> Result<()> {
    let Some(hidden) = folder.ancestors().find(|part| part.ends_with(HIDDEN)) else {
        return Ok(());
    };
    let path = hidden.join(".gitignore");
    if path.exists() {
        return Ok(());
    }
    fs::write(&path, "*\n").with_context(|| format!("cannot write {}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bundle_that_state_is_of_is_kept() {
        let data = tempfile::tempdir().unwrap();
        forget_bundles(data.path()).unwrap();
        for name in ["old", "used"] {
            fs::create_dir_all(data.path().join(BUNDLES).join(name)).unwrap();
        }
        let flink = data.path().join("flink");
        fs::create_dir(&flink).unwrap();
        let record = r#"{"last": "stopped", "bundle": "used", "savepoint": "file:/s"}"#;
        fs::write(flink.join("resume.json"), record).unwrap();
        forget_bundles(data.path()).unwrap();
        assert!(data.path().join(BUNDLES).join("used").is_dir());
        assert!(!data.path().join(BUNDLES).join("old").exists());
    }
}
