//! Standard output and standard error.

use std::env;
use std::error::Error;
use std::ffi::OsStr;
use std::fmt;
use std::io::{self, IsTerminal, Write};

use anyhow::{Context, Result};
use stateflow::diagnostics::Style;

/// The reader of standard output has had enough, as `head` has.
#[derive(Debug)]
pub struct NoReader;

impl fmt::Display for NoReader {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("nobody reads standard output")
    }
}

impl Error for NoReader {}

/// Writes a result to standard output. Fails with [`NoReader`] where nobody reads it.
pub fn print(text: &str) -> Result<()> {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Err(NoReader.into()),
        written => written.context("cannot write to standard output"),
    }
}

/// Writes a line to standard error; where that is closed, nobody wants to know.
pub fn say(text: &str) {
    let _ = writeln!(io::stderr().lock(), "{text}");
}

/// How standard error is written to.
pub fn error_style() -> Style {
    style(io::stderr().is_terminal())
}

/// How standard output is written to.
pub fn output_style() -> Style {
    style(io::stdout().is_terminal())
}

fn style(is_terminal: bool) -> Style {
    let variable = |name| env::var_os(name).filter(|value| !value.is_empty());
    let no_colour =
        variable("NO_COLOR").is_some() || variable("TERM").as_deref() == Some(OsStr::new("dumb"));
    let forced = variable("CLICOLOR_FORCE").is_some_and(|value| value != "0");
    if forced || (is_terminal && !no_colour) {
        Style::Coloured
    } else {
        Style::Plain
    }
}
