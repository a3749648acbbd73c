//! `stateflow explain`.

use anyhow::{Result, bail};
use stateflow::diagnostics::{CODES, Code, Style, find_code};

use super::{Outcome, terminal};

/// Explain a diagnostic's code; without one, list them all
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The code, such as E0101
    code: Option<String>,
}

pub fn run(args: &Args) -> Result<Outcome> {
    let text = match &args.code {
        None => CODES
            .iter()
            .map(|code| format!("{}  {}\n", code.code, code.title))
            .collect(),
        Some(name) => match find_code(name) {
            Some(code) => page(code, terminal::output_style()),
            None => bail!("there is no code `{name}`{}", suggestion(name)),
        },
    };
    terminal::print(&text)?;
    Ok(Outcome::Done)
}

fn suggestion(name: &str) -> String {
    let name = name.to_ascii_uppercase();
    let distance = |code: &&Code| strsim::damerau_levenshtein(code.code, &name);
    match CODES
        .iter()
        .min_by_key(distance)
        .filter(|code| distance(code) <= 2)
    {
        Some(code) => format!("; did you mean {} ({})?", code.code, code.title),
        None => "; `stateflow explain` lists them all".to_owned(),
    }
}

/// The page as a terminal shows it: headings stand out, and fences give way to colour.
fn page(code: &Code, style: Style) -> String {
    if style == Style::Plain {
        return code.page.to_owned();
    }
    let mut text = String::new();
    let mut in_fence = false;
    for line in code.page.lines() {
        if line.starts_with("```") {
            in_fence = !in_fence;
        } else if in_fence || line.starts_with("    ") {
            text.push_str(&format!("\x1b[36m{line}\x1b[0m\n"));
        } else if line.starts_with('#') {
            let heading = line.trim_start_matches('#').trim_start();
            text.push_str(&format!("\x1b[1m{heading}\x1b[0m\n"));
        } else {
            text.push_str(&format!("{line}\n"));
        }
    }
    text
}
