//! What the verbs that read an app have in common: its path, and how they tell what is wrong with it.

use std::path::PathBuf;

use anyhow::Result;
use clap::ValueEnum;
use stateflow::diagnostics::{Diagnostic, Severity, render, summary, to_json};
use stateflow::source::{Disk, Sources};
use stateflow::{Compilation, compile, ir};

use super::terminal;

#[derive(Debug, clap::Args)]
pub struct Frontend {
    /// The app: a Python file or a package folder
    #[arg(value_name = "APP")]
    pub app: PathBuf,
    /// Treat warnings as errors
    #[arg(long, value_name = "WHAT")]
    deny: Option<Deny>,
    /// How diagnostics are written; json is one object a line
    #[arg(long, value_name = "FORMAT", default_value = "human")]
    message_format: Format,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Deny {
    Warnings,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    Human,
    Json,
}

/// An app that has been read and told about.
pub struct Checked {
    /// The app, where nothing is wrong with it.
    pub app: Option<ir::App>,
    /// The files that it consists of.
    pub files: Vec<PathBuf>,
}

impl Frontend {
    /// Compiles the app and shows its diagnostics on standard error.
    pub fn check(&self) -> Result<Checked> {
        let Compilation {
            app,
            diagnostics,
            sources,
        } = compile(&Disk, &self.app)?;
        self.show(&sources, &diagnostics);
        let denied = self.deny == Some(Deny::Warnings) && !diagnostics.is_empty();
        Ok(Checked {
            app: app.filter(|_| !denied),
            files: sources.iter().map(|(_, file)| file.path.clone()).collect(),
        })
    }

    fn show(&self, sources: &Sources, diagnostics: &[Diagnostic]) {
        match self.message_format {
            Format::Json => {
                for diagnostic in diagnostics {
                    terminal::say(&to_json(sources, diagnostic).to_string());
                }
            }
            Format::Human => {
                let style = terminal::error_style();
                for diagnostic in diagnostics {
                    terminal::say(&format!("{}\n", render(sources, diagnostic, style)));
                }
                if let Some(line) = summary(diagnostics, style) {
                    terminal::say(&line);
                }
                self.point_to_explanation(diagnostics);
            }
        }
    }

    fn point_to_explanation(&self, diagnostics: &[Diagnostic]) {
        let errors = diagnostics
            .iter()
            .filter(|one| one.severity() == Severity::Error);
        if let Some(first) = errors.chain(diagnostics).next() {
            terminal::say(&format!(
                "`stateflow explain {}` says more about it",
                first.code
            ));
        }
    }

    /// Whether people read what is written to standard error.
    pub fn is_for_people(&self) -> bool {
        self.message_format == Format::Human
    }
}
