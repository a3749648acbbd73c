//! From bytes to text, as Python's tokenizer does it (PEP 263).

use std::fmt;

use super::encoding::Encoding;

/// Why a file's bytes are not the text of a Python program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DecodeError {
    /// The line, from 1, at which it shows.
    pub line: u32,
    /// What is wrong there.
    pub reason: String,
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.reason)
    }
}

impl std::error::Error for DecodeError {}

const MARK: &[u8] = b"\xef\xbb\xbf";

/// Decodes a Python source file: a byte order mark, a coding cookie in the first two lines, else UTF-8. Line ends become
/// `\n`. The error says what is wrong and where.
pub fn decode(bytes: &[u8]) -> Result<String, DecodeError> {
    let (marked, body) = match bytes.strip_prefix(MARK) {
        Some(body) => (true, body),
        None => (false, bytes),
    };
    let encoding = declared(body, marked)?;
    if let Some(at) = body.iter().position(|byte| *byte == 0) {
        return Err(error_at(
            body,
            at,
            "a Python file holds no NUL bytes".to_owned(),
        ));
    }
    let text = encoding.decode(body).map_err(|at| {
        let reason = format!(
            "byte 0x{:02x} is not valid {}",
            body.get(at).copied().unwrap_or_default(),
            encoding.name()
        );
        error_at(body, at, reason)
    })?;
    Ok(unify_line_ends(text))
}

/// The text of a file that [`decode`] refuses, to show it to people: what is not text becomes U+FFFD.
pub fn decode_lossy(bytes: &[u8]) -> String {
    let body = bytes.strip_prefix(MARK).unwrap_or(bytes);
    unify_line_ends(String::from_utf8_lossy(body).replace('\0', "\u{fffd}"))
}

fn declared(body: &[u8], marked: bool) -> Result<Encoding, DecodeError> {
    let Some((line, name)) = cookie(body) else {
        return Ok(Encoding::Utf8);
    };
    let encoding = Encoding::named(&name).map_err(|reason| DecodeError { line, reason })?;
    if marked
        && !name
            .to_ascii_lowercase()
            .replace('_', "-")
            .starts_with("utf-8")
    {
        return Err(DecodeError {
            line,
            reason: format!(
                "the file begins with a UTF-8 byte order mark but declares itself as `{name}`"
            ),
        });
    }
    Ok(encoding)
}

/// The coding cookie and its line: a comment alone on the first line, or on the second below a blank or comment line.
fn cookie(body: &[u8]) -> Option<(u32, String)> {
    let mut rest = body;
    for number in 1..=2 {
        let end = rest.iter().position(|byte| matches!(byte, b'\n' | b'\r'));
        let line = &rest[..end.unwrap_or(rest.len())];
        let start = line
            .iter()
            .position(|byte| !matches!(byte, b' ' | b'\t' | b'\x0c'));
        match start {
            Some(start) if line[start] == b'#' => {
                if let Some(name) = cookie_in(&line[start..]) {
                    return Some((number, name));
                }
            }
            Some(_) => return None,
            None => {}
        }
        rest = &rest[end?..];
        rest = rest.strip_prefix(b"\r\n").unwrap_or(&rest[1..]);
    }
    None
}

fn cookie_in(comment: &[u8]) -> Option<String> {
    let key = b"coding";
    let mut rest = comment;
    while let Some(at) = rest.windows(key.len()).position(|window| window == key) {
        rest = &rest[at + key.len()..];
        let Some(b':' | b'=') = rest.first() else {
            continue;
        };
        let name: String = rest[1..]
            .iter()
            .skip_while(|byte| matches!(byte, b' ' | b'\t'))
            .take_while(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'))
            .map(|byte| *byte as char)
            .collect();
        if !name.is_empty() {
            return Some(name);
        }
    }
    None
}

fn error_at(body: &[u8], at: usize, reason: String) -> DecodeError {
    let before = &body[..at.min(body.len())];
    let lines = before
        .iter()
        .enumerate()
        .filter(|(index, byte)| {
            **byte == b'\n' || (**byte == b'\r' && body.get(index + 1) != Some(&b'\n'))
        })
        .count();
    DecodeError {
        line: lines as u32 + 1,
        reason,
    }
}

fn unify_line_ends(text: String) -> String {
    if text.contains('\r') {
        text.replace("\r\n", "\n").replace('\r', "\n")
    } else {
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reason(bytes: &[u8]) -> String {
        decode(bytes).unwrap_err().to_string()
    }

    #[test]
    fn plain_utf8_is_kept_with_form_feeds() {
        assert_eq!(
            decode("x = 'é'\n\x0cy\n".as_bytes()).unwrap(),
            "x = 'é'\n\x0cy\n"
        );
    }

    #[test]
    fn every_line_end_becomes_a_newline() {
        assert_eq!(decode(b"a\r\nb\rc\n\r\n\r").unwrap(), "a\nb\nc\n\n\n");
    }

    #[test]
    fn the_byte_order_mark_goes() {
        assert_eq!(
            decode(b"\xef\xbb\xbf# coding: utf-8\nx").unwrap(),
            "# coding: utf-8\nx"
        );
        assert!(decode(b"\xef\xbb\xbf# coding: utf8\nx").is_err());
        assert_eq!(
            reason(b"\xef\xbb\xbf# coding: latin-1\nx"),
            "line 1: the file begins with a UTF-8 byte order mark but declares itself as `latin-1`"
        );
    }

    #[test]
    fn a_cookie_counts_in_the_first_two_lines_only() {
        assert_eq!(
            decode(b"# -*- coding: latin-1 -*-\n'\xe9'").unwrap(),
            "# -*- coding: latin-1 -*-\n'é'"
        );
        assert_eq!(
            decode(b"#!/bin/python\n# vim: set fileencoding=iso-8859-15 :\n'\xa4'")
                .unwrap()
                .chars()
                .nth_back(1),
            Some('€')
        );
        assert_eq!(
            decode(b"\r\n# coding=cp1252\r\n'\x80'").unwrap(),
            "\n# coding=cp1252\n'€'"
        );
        assert!(decode(b"\n\n# coding: latin-1\n'\xe9'").is_err());
        assert!(decode(b"x = 1\n# coding: latin-1\n'\xe9'").is_err());
    }

    #[test]
    fn a_word_that_ends_in_coding_is_no_cookie_without_its_colon() {
        assert_eq!(
            decode(b"# coding style, encoding: ascii\n").unwrap(),
            "# coding style, encoding: ascii\n"
        );
        assert_eq!(
            reason(b"# coding style, encoding: ascii\n\xe9"),
            "line 2: byte 0xe9 is not valid ascii"
        );
    }

    #[test]
    fn latin_1_is_the_standard_one() {
        assert_eq!(
            decode(b"# coding: latin1\n\x80\x9f").unwrap(),
            "# coding: latin1\n\u{80}\u{9f}"
        );
    }

    #[test]
    fn what_cannot_be_decoded_is_said_with_its_line() {
        assert_eq!(
            reason(b"a\r\nb\r\xff"),
            "line 3: byte 0xff is not valid utf-8"
        );
        assert_eq!(
            reason(b"# coding: ascii\n\n\xc3\xa9"),
            "line 3: byte 0xc3 is not valid ascii"
        );
        assert_eq!(
            reason(b"a\nb\0"),
            "line 2: a Python file holds no NUL bytes"
        );
        assert_eq!(
            reason(b"# coding: klingon\n"),
            "line 1: the encoding `klingon` is not known"
        );
        assert_eq!(
            reason(b"# coding: utf-16\n"),
            "line 1: a Python file cannot be encoded as `utf-16`"
        );
    }

    #[test]
    fn a_refused_file_can_still_be_shown() {
        assert_eq!(decode_lossy(b"a\0\r\n\xff"), "a\u{fffd}\n\u{fffd}");
    }
}
