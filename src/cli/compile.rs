//! `stateflow compile`.

use std::path::{Path, PathBuf};

use anyhow::Result;
use clap::builder::PossibleValuesParser;
use stateflow::emit::{TARGETS, Target, find_target};

use super::frontend::Frontend;
use super::target_options::TargetOptions;
use super::{Outcome, output, terminal};

const ALL: &str = "all";

/// Write an app's bundle for one or several targets
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    frontend: Frontend,
    /// What to compile for; may be given several times
    #[arg(short, long = "target", value_name = "TARGET", required = true)]
    #[arg(value_parser = PossibleValuesParser::new(TARGETS.iter().map(|target| target.name).chain([ALL])))]
    targets: Vec<String>,
    /// The bundle's folder, or with several targets the folder of their bundles [default: build/APP/TARGET]
    #[arg(short, long, value_name = "DIR")]
    output: Option<PathBuf>,
    #[command(flatten)]
    options: TargetOptions,
}

pub fn run(args: &Args) -> Result<Outcome> {
    let chosen = args.options.choose(&args.chosen())?;
    let Some(app) = args.frontend.check()?.app else {
        return Ok(Outcome::Rejected);
    };
    let mut bundles = Vec::new();
    for (target, choices) in &chosen {
        let folder = match &args.output {
            None => Path::new("build").join(&app.name).join(target.name),
            Some(folder) if args.is_one() => folder.clone(),
            Some(folder) => folder.join(target.name),
        };
        bundles.push((target.emit(&app, choices)?, folder));
    }
    for (bundle, folder) in &bundles {
        output::write(bundle, folder)?;
        terminal::print(&format!("{}\n", folder.display()))?;
    }
    Ok(Outcome::Done)
}

impl Args {
    /// The targets, each once, in the order in which they are listed.
    fn chosen(&self) -> Vec<&'static Target> {
        if self.targets.iter().any(|name| name == ALL) {
            return TARGETS.iter().collect();
        }
        let mut names: Vec<_> = self.targets.iter().collect();
        names.sort();
        names.dedup();
        names
            .into_iter()
            .filter_map(|name| find_target(name))
            .collect()
    }

    /// Whether one target was asked for by name, so that the output folder is its bundle.
    fn is_one(&self) -> bool {
        matches!(self.targets.as_slice(), [name] if name != ALL)
    }
}
