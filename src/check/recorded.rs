//! What cannot be recorded, although its value comes from outside.

use crate::diagnostics::Diagnostic;
use crate::resolve::{LeftOut, Resolution};

/// Reports calls of which nothing is recorded, as what they give is no value that goes through a log, and functions that are marked
/// and cannot be recorded.
pub(super) fn check(resolution: &Resolution, diagnostics: &mut Vec<Diagnostic>) {
    for (at, what) in &resolution.recorded.left_out {
        let found = match what {
            LeftOut::Call(name) => {
                let shown = name.strip_prefix("builtins.").unwrap_or(name);
                let title = format!("what `{shown}` gives cannot be recorded");
                Diagnostic::new("W0508", title, *at, "this runs again with the method")
                    .note("engines that read their log again record the values that come from outside, so that a method that runs again gets the same; what this gives is no value, or its text is shown by `=`, and it may be another one then")
                    .help("call it in a function of yours that returns plain data: that is recorded as a whole")
            }
            LeftOut::Function(name) => {
                let title = format!("`{name}` cannot be recorded as a whole");
                Diagnostic::new("W0508", title, *at, "")
                    .note("it calls another entity, or is a generator, a special method or a method that an entity inherits")
                    .help("mark a function that it calls, which asks outside and returns plain data")
            }
        };
        diagnostics.push(found);
    }
}
