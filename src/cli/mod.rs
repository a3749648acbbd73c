//! The command line: a file for each verb.

mod check;
mod compile;
mod completions;
mod explain;
mod frontend;
mod init;
mod ir;
mod output;
mod run;
mod target_options;
mod targets;
mod terminal;

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use stateflow::diagnostics::{Severity, message};

/// Compiles annotated Python classes into stateful dataflow bundles
#[derive(Parser)]
#[command(version, arg_required_else_help = true)]
struct Cli {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    Check(check::Args),
    Compile(compile::Args),
    Run(run::Args),
    Ir(ir::Args),
    Init(init::Args),
    Targets(targets::Args),
    Explain(explain::Args),
    Completions(completions::Args),
}

/// How a verb ended, where nothing failed that it needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    /// It did what was asked.
    Done,
    /// The program has errors, which have been shown.
    Rejected,
}

/// Runs the command that the process was started with. The exit status is 0 where it is done, 1 where the program has
/// errors, and 2 where the command was wrong or something that it needs failed.
pub fn main() -> ExitCode {
    match dispatch(Cli::parse().verb) {
        Ok(Outcome::Done) => ExitCode::SUCCESS,
        Ok(Outcome::Rejected) => ExitCode::from(1),
        Err(error) if error.is::<terminal::NoReader>() => ExitCode::SUCCESS,
        Err(error) => {
            let text = message(
                Severity::Error,
                &format!("{error:#}"),
                terminal::error_style(),
            );
            terminal::say(&text);
            ExitCode::from(2)
        }
    }
}

fn dispatch(verb: Verb) -> anyhow::Result<Outcome> {
    match verb {
        Verb::Check(args) => check::run(&args),
        Verb::Compile(args) => compile::run(&args),
        Verb::Run(args) => run::run(&args),
        Verb::Ir(args) => ir::run(&args),
        Verb::Init(args) => init::run(&args),
        Verb::Targets(args) => targets::run(&args),
        Verb::Explain(args) => explain::run(&args),
        Verb::Completions(args) => completions::run::<Cli>(&args),
    }
}
