//! `stateflow check`.

use anyhow::Result;

use super::frontend::Frontend;
use super::{Outcome, terminal};

/// Tell what is wrong with an app, and write nothing
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    frontend: Frontend,
}

pub fn run(args: &Args) -> Result<Outcome> {
    let Some(app) = args.frontend.check()?.app else {
        return Ok(Outcome::Rejected);
    };
    if args.frontend.is_for_people() {
        let counted = |count: usize, one: &str, many: &str| match count {
            1 => format!("1 {one}"),
            _ => format!("{count} {many}"),
        };
        let entities = counted(app.entities.len(), "entity", "entities");
        let modules = counted(app.modules.len(), "module", "modules");
        terminal::say(&format!("{} compiles: {entities} in {modules}", app.name));
    }
    Ok(Outcome::Done)
}
