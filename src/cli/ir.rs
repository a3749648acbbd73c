//! `stateflow ir`.

use anyhow::Result;
use stateflow::emit;

use super::frontend::Frontend;
use super::{Outcome, terminal};

/// Print an app's dataflow (entities, methods and blocks) as JSON
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    frontend: Frontend,
}

pub fn run(args: &Args) -> Result<Outcome> {
    let Some(app) = args.frontend.check()?.app else {
        return Ok(Outcome::Rejected);
    };
    terminal::print(&emit::to_json(&app)?)?;
    Ok(Outcome::Done)
}
