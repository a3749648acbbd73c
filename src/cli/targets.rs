//! `stateflow targets`.

use anyhow::Result;
use stateflow::emit::TARGETS;

use super::{Outcome, terminal};

/// List what apps can be compiled for
#[derive(Debug, clap::Args)]
pub struct Args {}

pub fn run(_: &Args) -> Result<Outcome> {
    let width = TARGETS
        .iter()
        .map(|target| target.name.len())
        .max()
        .unwrap_or(0);
    let lines = TARGETS
        .iter()
        .map(|target| format!("{:width$}  {}\n", target.name, target.summary));
    terminal::print(&lines.collect::<String>())?;
    Ok(Outcome::Done)
}
