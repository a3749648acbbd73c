//! `stateflow completions`.

use anyhow::Result;
use clap::CommandFactory;
use clap_complete::Shell;

use super::{Outcome, terminal};

/// Print a shell's completion script
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The shell
    shell: Shell,
}

pub fn run<C: CommandFactory>(args: &Args) -> Result<Outcome> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut C::command(), "stateflow", &mut script);
    terminal::print(&String::from_utf8_lossy(&script))?;
    Ok(Outcome::Done)
}
