//! The codes. Each has a page under `docs/codes/` and a fixture under `fixtures/errors/`.

/// A code and its documented page.
#[derive(Debug)]
pub struct Code {
    /// `E` or `W` and four digits.
    pub code: &'static str,
    /// What it is about, in a few words.
    pub title: &'static str,
    /// The page, in Markdown.
    pub page: &'static str,
}

macro_rules! codes {
    ($($code:literal $title:literal,)*) => {
        &[$(Code {
            code: $code,
            title: $title,
            page: include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/codes/", $code, ".md")),
        },)*]
    };
}

/// Every code, sorted.
pub static CODES: &[Code] = codes![];

/// The code of that name, in any case.
pub fn find(name: &str) -> Option<&'static Code> {
    CODES
        .iter()
        .find(|code| code.code.eq_ignore_ascii_case(name))
}
