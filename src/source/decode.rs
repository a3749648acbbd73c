//! From bytes to text, as Python's tokenizer does it (PEP 263).

use std::fmt;
use std::ops::Range;

use super::encoding::Encoding;

/// Why a file's bytes are not the text of a Python program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DecodeError {
    /// The bytes of the file that are wrong.
    pub bytes: Range<usize>,
    /// The line, from 1, that they are in.
    pub line: u32,
    /// What is wrong with them.
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
    let start = if bytes.starts_with(MARK) {
        MARK.len()
    } else {
        0
    };
    let body = &bytes[start..];
    let text = decode_body(body, start > 0).map_err(|(range, reason)| DecodeError {
        bytes: range.start + start..range.end + start,
        line: 1 + unify_line_ends(String::from_utf8_lossy(&body[..range.start]).into())
            .matches('\n')
            .count() as u32,
        reason,
    })?;
    Ok(unify_line_ends(text))
}

/// The text of a file that [`decode`] refuses, to show it to people: what is not text becomes U+FFFD.
pub fn decode_lossy(bytes: &[u8]) -> String {
    let body = bytes.strip_prefix(MARK).unwrap_or(bytes);
    unify_line_ends(String::from_utf8_lossy(body).replace('\0', "\u{fffd}"))
}

/// What is wrong with which bytes.
type Problem = (Range<usize>, String);

fn decode_body(body: &[u8], marked: bool) -> Result<String, Problem> {
    let encoding = declared(body, marked)?;
    if let Some(at) = body.iter().position(|byte| *byte == 0) {
        return Err((at..at + 1, "a Python file holds no NUL bytes".to_owned()));
    }
    encoding.decode(body).map_err(|at| {
        let byte = body.get(at).copied().unwrap_or_default();
        let reason = format!("byte 0x{byte:02x} is not valid {}", encoding.name());
        (at..body.len().min(at + 1), reason)
    })
}

fn declared(body: &[u8], marked: bool) -> Result<Encoding, Problem> {
    let Some(range) = cookie(body) else {
        return Ok(Encoding::Utf8);
    };
    let name = String::from_utf8_lossy(&body[range.clone()]);
    let encoding = Encoding::named(&name).map_err(|reason| (range.clone(), reason))?;
    let plain = name.to_ascii_lowercase().replace('_', "-");
    if marked && !plain.starts_with("utf-8") {
        let reason =
            format!("the file begins with a UTF-8 byte order mark but declares itself as `{name}`");
        return Err((range, reason));
    }
    Ok(encoding)
}

/// The name in the coding cookie: a comment alone on the first line, or on the second below a blank or comment line.
fn cookie(body: &[u8]) -> Option<Range<usize>> {
    let mut start = 0;
    for _ in 0..2 {
        let rest = &body[start..];
        let length = rest.iter().position(|byte| matches!(byte, b'\n' | b'\r'));
        let line = &rest[..length.unwrap_or(rest.len())];
        match line
            .iter()
            .position(|byte| !matches!(byte, b' ' | b'\t' | b'\x0c'))
        {
            Some(indent) if line[indent] == b'#' => {
                if let Some(name) = cookie_in(line) {
                    return Some(start + name.start..start + name.end);
                }
            }
            Some(_) => return None,
            None => {}
        }
        start += length?;
        start += if body[start..].starts_with(b"\r\n") {
            2
        } else {
            1
        };
    }
    None
}

fn cookie_in(comment: &[u8]) -> Option<Range<usize>> {
    let key = b"coding";
    let ends = comment.windows(key.len()).enumerate();
    ends.filter(|(_, window)| window == key)
        .find_map(|(at, _)| {
            let mut start = at + key.len();
            if !matches!(comment.get(start), Some(b':' | b'=')) {
                return None;
            }
            start += 1;
            while matches!(comment.get(start), Some(b' ' | b'\t')) {
                start += 1;
            }
            let known =
                |byte: &&u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
            let length = comment[start..].iter().take_while(known).count();
            (length > 0).then(|| start..start + length)
        })
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
