//! Writes indented Python and remembers which line of the user's file each line comes from.

use crate::ir::Code;

/// Lines that grow.
#[derive(Debug, Default)]
pub struct Writer {
    text: String,
    origins: Vec<Option<u32>>,
    indent: String,
    unit: String,
}

impl Writer {
    /// Sets how far the next lines are indented, and by what a deeper level is indented further.
    pub fn set_indent(&mut self, indent: &str, unit: &str) {
        indent.clone_into(&mut self.indent);
        unit.clone_into(&mut self.unit);
    }

    /// Writes a line, indented; `origin` is the line of the user's file, if there is one.
    pub fn line(&mut self, text: &str, origin: Option<u32>) {
        if !text.is_empty() {
            self.text.push_str(&self.indent);
        }
        self.raw(text, origin);
    }

    /// Writes a line as it is.
    pub fn raw(&mut self, text: &str, origin: Option<u32>) {
        self.text.push_str(text);
        self.text.push('\n');
        self.origins.push(origin.filter(|line| *line > 0));
    }

    /// Writes a fragment, each line of it indented but those that begin inside a string literal; `after` follows its end.
    pub fn code(&mut self, code: &Code, after: &str) {
        let count = code.text.split('\n').count();
        for (index, text) in code.text.split('\n').enumerate() {
            let origin = code.lines.get(index).copied();
            let end = if index + 1 == count { after } else { "" };
            let verbatim = code.verbatim.iter().any(|&line| line as usize == index);
            let text = format!("{text}{end}");
            if verbatim {
                self.raw(&text, origin);
            } else if text.trim().is_empty() {
                self.raw("", origin);
            } else {
                self.line(&text, origin);
            }
        }
    }

    /// Writes what `body` writes one level deeper.
    pub fn indented(&mut self, body: impl FnOnce(&mut Self)) {
        let outer = self.indent.len();
        let unit = self.unit.clone();
        self.indent.push_str(&unit);
        body(self);
        self.indent.truncate(outer);
    }

    /// How wide a line of this text would be.
    pub fn width(&self, text: &str) -> usize {
        self.indent.chars().count() + text.chars().count()
    }

    /// How many lines there are.
    pub fn count(&self) -> u32 {
        self.origins.len() as u32
    }

    /// The text, and the origin of each line.
    pub fn finish(self) -> (String, Vec<Option<u32>>) {
        (self.text, self.origins)
    }
}
