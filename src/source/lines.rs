//! Lines and columns.

/// Where the lines of a text begin.
#[derive(Debug, Clone, Default)]
pub struct LineIndex {
    starts: Vec<u32>,
}

/// A place as people count it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Position {
    /// The line, from 1.
    pub line: u32,
    /// The column, from 1, in Unicode code points.
    pub column: u32,
}

impl LineIndex {
    /// The index of a text with `\n` line ends.
    pub fn new(text: &str) -> Self {
        let mut starts = vec![0];
        starts.extend(text.match_indices('\n').map(|(at, _)| at as u32 + 1));
        Self { starts }
    }

    /// The line, from 1, that holds the byte at `offset`.
    pub fn line(&self, offset: u32) -> u32 {
        self.starts.partition_point(|start| *start <= offset) as u32
    }

    /// The byte at which a line, from 1, begins.
    pub fn start(&self, line: u32) -> u32 {
        self.starts[line as usize - 1]
    }

    /// How many lines there are; a text that ends with a line end has an empty last one.
    pub fn len(&self) -> u32 {
        self.starts.len() as u32
    }

    /// Never: even an empty text has a line.
    pub fn is_empty(&self) -> bool {
        false
    }

    /// The position of the byte at `offset` of `text`.
    pub fn position(&self, text: &str, offset: u32) -> Position {
        let line = self.line(offset);
        let before = &text[self.start(line) as usize..offset as usize];
        Position {
            line,
            column: before.chars().count() as u32 + 1,
        }
    }
}
