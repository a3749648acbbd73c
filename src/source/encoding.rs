//! The encodings that a coding cookie may name.

use encoding_rs::DecoderResult;

/// An encoding of source files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Encoding {
    /// UTF-8.
    Utf8,
    /// ISO 8859-1, which gives every byte a character.
    Latin1,
    /// Seven bits.
    Ascii,
    /// Any other that contains ASCII.
    Other(&'static encoding_rs::Encoding),
}

/// Bytes to which Python's `cp1252` gives no character, though browsers do.
const UNDEFINED_1252: [u8; 5] = [0x81, 0x8d, 0x8f, 0x90, 0x9d];

impl Encoding {
    /// The encoding of a name as Python understands it.
    pub(super) fn named(name: &str) -> Result<Self, String> {
        let normal = name.to_ascii_lowercase().replace(['_', ' '], "-");
        Ok(match normal.as_str() {
            "utf-8" | "utf8" | "u8" | "utf" | "cp65001" => Self::Utf8,
            _ if normal.starts_with("utf-8-") => Self::Utf8,
            "latin-1" | "latin1" | "latin" | "l1" | "iso-8859-1" | "iso8859-1" | "iso88591"
            | "iso-latin-1" | "8859" | "cp819" | "ibm819" => Self::Latin1,
            "ascii" | "us-ascii" | "646" | "iso646-us" | "ansi-x3.4-1968" => Self::Ascii,
            _ if normal.starts_with("utf-")
                || normal.starts_with("utf16")
                || normal.starts_with("utf32") =>
            {
                return Err(format!("a Python file cannot be encoded as `{name}`"));
            }
            _ => encoding_rs::Encoding::for_label(label(&normal).as_bytes())
                .filter(|found| found.is_ascii_compatible())
                .map(Self::Other)
                .ok_or_else(|| format!("the encoding `{name}` is not known"))?,
        })
    }

    /// Its name, for messages.
    pub(super) fn name(self) -> String {
        match self {
            Self::Utf8 => "utf-8".to_owned(),
            Self::Latin1 => "latin-1".to_owned(),
            Self::Ascii => "ascii".to_owned(),
            Self::Other(encoding) => encoding.name().to_ascii_lowercase(),
        }
    }

    /// The text of the bytes, or the index of the first that means nothing.
    pub(super) fn decode(self, bytes: &[u8]) -> Result<String, usize> {
        match self {
            Self::Utf8 => std::str::from_utf8(bytes)
                .map(str::to_owned)
                .map_err(|error| error.valid_up_to()),
            Self::Latin1 => Ok(bytes.iter().map(|byte| char::from(*byte)).collect()),
            Self::Ascii => match bytes.iter().position(|byte| !byte.is_ascii()) {
                Some(at) => Err(at),
                None => Self::Utf8.decode(bytes),
            },
            Self::Other(encoding) => decode_other(encoding, bytes),
        }
    }
}

/// The label under which `encoding_rs` knows one of Python's names.
fn label(normal: &str) -> String {
    if let Some(page) = normal
        .strip_prefix("cp")
        .or_else(|| normal.strip_prefix("windows-"))
        && page.starts_with("125")
    {
        return format!("windows-{page}");
    }
    match normal {
        "cp932" | "ms932" | "mskanji" | "ms-kanji" | "s-jis" | "shiftjis" => "shift_jis".to_owned(),
        "cp936" | "ms936" | "936" => "gbk".to_owned(),
        "cp949" | "ms949" | "949" | "uhc" => "euc-kr".to_owned(),
        "cp950" | "ms950" | "950" => "big5".to_owned(),
        "eucjp" | "ujis" | "u-jis" => "euc-jp".to_owned(),
        "euckr" => "euc-kr".to_owned(),
        "shift-jis" => "shift_jis".to_owned(),
        "cp866" | "866" | "ibm866" => "ibm866".to_owned(),
        "koi8r" => "koi8-r".to_owned(),
        "mac-roman" | "macroman" => "macintosh".to_owned(),
        _ => normal.to_owned(),
    }
}

fn decode_other(encoding: &'static encoding_rs::Encoding, bytes: &[u8]) -> Result<String, usize> {
    if encoding == encoding_rs::WINDOWS_1252
        && let Some(at) = bytes.iter().position(|byte| UNDEFINED_1252.contains(byte))
    {
        return Err(at);
    }
    encoding
        .decode_without_bom_handling_and_without_replacement(bytes)
        .map(std::borrow::Cow::into_owned)
        .ok_or_else(|| first_undefined(encoding, bytes))
}

fn first_undefined(encoding: &'static encoding_rs::Encoding, bytes: &[u8]) -> usize {
    let mut decoder = encoding.new_decoder_without_bom_handling();
    let mut text = String::with_capacity(decoder.max_utf8_buffer_length(bytes.len()).unwrap_or(0));
    let (result, read) = decoder.decode_to_string_without_replacement(bytes, &mut text, true);
    let consumed = match result {
        DecoderResult::Malformed(length, after) => usize::from(length) + usize::from(after),
        DecoderResult::InputEmpty | DecoderResult::OutputFull => 0,
    };
    read.saturating_sub(consumed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn python_names_are_known() {
        for (name, byte, text) in [
            ("CP1251", 0xe0, "а"),
            ("windows_1250", 0x9a, "š"),
            ("ISO_8859_2", 0xb1, "ą"),
            ("KOI8-R", 0xc1, "а"),
            ("iso8859-15", 0xa4, "€"),
            ("mac_roman", 0x8e, "é"),
        ] {
            assert_eq!(
                Encoding::named(name).unwrap().decode(&[byte]).as_deref(),
                Ok(text),
                "{name}"
            );
        }
        assert_eq!(
            Encoding::named("euc_jp")
                .unwrap()
                .decode(b"\xa4\xa2")
                .as_deref(),
            Ok("あ")
        );
        assert_eq!(Encoding::named("UTF-8-sig"), Ok(Encoding::Utf8));
    }

    #[test]
    fn undefined_bytes_are_found() {
        assert_eq!(Encoding::named("cp1252").unwrap().decode(b"ab\x81"), Err(2));
        assert_eq!(
            Encoding::named("euc_kr").unwrap().decode(b"abc\xff\xff"),
            Err(3)
        );
    }

    #[test]
    fn encodings_that_do_not_contain_ascii_are_refused() {
        for name in [
            "utf-16",
            "utf_32_le",
            "utf-7",
            "utf16",
            "iso-2022-jp",
            "rot13",
        ] {
            assert!(Encoding::named(name).is_err(), "{name}");
        }
    }
}
