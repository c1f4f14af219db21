//! The tokens of a text, checked one after the other.

use core::ops::Range;

use super::limits::JsonLimits;
use super::string::{code_point, plain};
use super::swar;
use super::syntax::SyntaxKind;
use super::texts::Texts;

/// A fault and the byte where it was seen.
pub(super) type Fault = (SyntaxKind, usize);

/// A place in a text.
///
/// What programs print is read by methods that are inlined, and anything else by functions that take the
/// place by value, so that the compiler can keep it in registers.
pub(super) struct Tokens<'a> {
    bytes: &'a [u8],
    pub(super) at: usize,
    /// How many values may still come.
    pub(super) values: usize,
}

impl<'a> Tokens<'a> {
    #[inline(always)]
    pub(super) fn new(text: &'a str, at: usize, limits: JsonLimits) -> Self {
        Self {
            bytes: text.as_bytes(),
            at,
            values: limits.values,
        }
    }

    #[inline(always)]
    pub(super) fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    /// The next byte that is not space.
    #[inline(always)]
    pub(super) fn after_space(&mut self) -> Option<u8> {
        match self.peek() {
            // What programs print has none.
            Some(byte) if byte > b' ' => Some(byte),
            _ => {
                self.at = pass_space(self.bytes, self.at);
                self.peek()
            }
        }
    }

    /// Counts a value and returns its first byte.
    #[inline(always)]
    pub(super) fn begin_value(&mut self) -> Result<Option<u8>, Fault> {
        let first = self.after_space();
        match self.values.checked_sub(1) {
            Some(left) => self.values = left,
            None => return Err((SyntaxKind::TooManyValues, self.at)),
        }
        Ok(first)
    }

    /// Reads a string. Where it has escapes, its text is added to `texts`, and its place there returned.
    #[inline(always)]
    pub(super) fn string(&mut self, texts: &mut Texts) -> Result<Option<Range<usize>>, Fault> {
        let start = self.at + 1;
        let first = swar::string_special(self.bytes, start);
        if self.bytes.get(first) == Some(&b'"') {
            self.at = first + 1;
            return Ok(None);
        }
        let text = texts.len();
        self.at = decode_string(self.bytes, start, first, texts)?;
        Ok(Some(text..texts.len()))
    }

    #[inline(always)]
    pub(super) fn number(&mut self) -> Result<(), Fault> {
        self.at = end_of_number(self.bytes, self.at)?;
        Ok(())
    }

    #[inline(always)]
    pub(super) fn word(&mut self, word: &[u8]) -> Result<(), Fault> {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        if !rest.starts_with(word) {
            return Err(self.unexpected());
        }
        self.at += word.len();
        Ok(())
    }

    #[cold]
    pub(super) fn unexpected(&self) -> Fault {
        unexpected(self.bytes, self.at)
    }
}

fn unexpected(bytes: &[u8], at: usize) -> Fault {
    if at >= bytes.len() {
        (SyntaxKind::UnexpectedEnd, bytes.len())
    } else {
        (SyntaxKind::Unexpected, at)
    }
}

#[inline(never)]
fn pass_space(bytes: &[u8], mut at: usize) -> usize {
    while let Some(b' ' | b'\n' | b'\r' | b'\t') = bytes.get(at) {
        at += 1;
    }
    at
}

/// Decodes the string that begins at `start` and whose first byte that is not plain is at `at`. Returns
/// the place behind it.
#[inline(never)]
pub(super) fn decode_string(
    bytes: &[u8],
    start: usize,
    mut at: usize,
    texts: &mut Texts,
) -> Result<usize, Fault> {
    let run = bytes.get(start..at).unwrap_or_default();
    texts.reserve_for(bytes.len() - start.min(bytes.len()));
    texts.push(run);
    loop {
        at += match bytes.get(at..).and_then(<[u8]>::first_chunk) {
            Some(window) => {
                let (used, is_plain) = texts.push_decoded(window);
                if is_plain {
                    at += used;
                    continue;
                }
                used
            }
            None => texts.push_plain(bytes, at) - at,
        };
        match decode_special(bytes, at, texts)? {
            0 => return Ok(at + 1),
            used => at += used,
        }
    }
}

/// Decodes the escape at `at`, and returns its length; 0 at the end of the string.
#[inline]
fn decode_special(bytes: &[u8], at: usize, texts: &mut Texts) -> Result<usize, Fault> {
    match bytes.get(at..) {
        Some([b'\\', letter, ..]) if plain(*letter) > 0 => {
            texts.push_ascii(plain(*letter));
            Ok(2)
        }
        Some([b'\\', ..]) => long_escape(bytes, at, texts),
        Some([b'"', ..]) => Ok(0),
        Some([_, ..]) => Err((SyntaxKind::ControlCharacter, at)),
        _ => Err(unexpected(bytes, at)),
    }
}

/// Decodes an escape other than those of a single letter, and returns its length.
#[inline(never)]
fn long_escape(bytes: &[u8], at: usize, texts: &mut Texts) -> Result<usize, Fault> {
    if bytes.get(at + 1) != Some(&b'u') {
        return Err((SyntaxKind::Unexpected, at + 1));
    }
    match code_point(bytes.get(at..).unwrap_or_default()) {
        (Some(character), used) => {
            texts.push_char(character);
            Ok(used)
        }
        (None, 6) => Err((SyntaxKind::LoneSurrogate, at)),
        (None, _) => Err((SyntaxKind::Unexpected, at + 2)),
    }
}

/// The place behind the number at `start`.
#[inline(never)]
pub(super) fn end_of_number(bytes: &[u8], start: usize) -> Result<usize, Fault> {
    let is = |at: usize, byte: u8| bytes.get(at) == Some(&byte);
    let mut at = start + usize::from(is(start, b'-'));
    at = match is(at, b'0') {
        true => at + 1,
        false => end_of_digits(bytes, at)?,
    };
    if is(at, b'.') {
        at = end_of_digits(bytes, at + 1)?;
    }
    let mut is_far = at - start > 300;
    if is(at, b'e') || is(at, b'E') {
        at += 1;
        at += usize::from(is(at, b'+') || is(at, b'-'));
        at = end_of_digits(bytes, at)?;
        is_far = true;
    }
    if is_far {
        let number = bytes.get(start..at).unwrap_or_default();
        let number = core::str::from_utf8(number).unwrap_or_default();
        if !number.parse::<f64>().is_ok_and(f64::is_finite) {
            return Err((SyntaxKind::NumberOutOfRange, start));
        }
    }
    Ok(at)
}

fn end_of_digits(bytes: &[u8], start: usize) -> Result<usize, Fault> {
    let mut at = start;
    while let Some(b'0'..=b'9') = bytes.get(at) {
        at += 1;
    }
    if at == start {
        return Err(unexpected(bytes, at));
    }
    Ok(at)
}

#[cfg(test)]
mod tests {
    use alloc::format;
    use alloc::string::String;

    use super::super::string::unescape;
    use super::*;

    /// Decodes a string with so much text behind it. Returns the place behind it and its text.
    fn decoded(inside: &str, behind: usize) -> Result<(usize, String), Fault> {
        let text = format!("\"{inside}\"{}", "z".repeat(behind));
        let bytes = text.as_bytes();
        let mut texts = Texts::default();
        let end = decode_string(bytes, 1, swar::string_special(bytes, 1), &mut texts)?;
        Ok((end, String::from_utf8(texts.finish()).unwrap()))
    }

    #[test]
    fn strings_are_decoded_alike_at_every_place_in_a_block() {
        let pieces = [
            "a",
            "\u{e9}",
            "\\\"",
            "\\\\",
            "\\n",
            "\\u00e9",
            "\\ud83d\\ude00",
            "more than is copied at once, without an escape",
        ];
        for one in pieces {
            for two in pieces {
                for before in (0..70).chain([127, 128, 129]) {
                    let plain = "x".repeat(before);
                    let inside = format!("{plain}{one}{two}{one}{plain}{two}");
                    for behind in [0, 20, 200] {
                        let expected = (inside.len() + 2, unescape(&inside).into_owned());
                        assert_eq!(decoded(&inside, behind), Ok(expected), "{inside}");
                    }
                }
            }
        }
    }

    #[test]
    fn faults_of_strings_are_found_at_every_place_in_a_block() {
        for before in 0..140 {
            let plain = format!("\\n{}", "x".repeat(before));
            let at = plain.len() + 1;
            for (fault, kind, offset) in [
                ("\n", SyntaxKind::ControlCharacter, 0),
                ("\\x", SyntaxKind::Unexpected, 1),
                ("\\ud83d", SyntaxKind::LoneSurrogate, 0),
                ("\\u12", SyntaxKind::Unexpected, 2),
            ] {
                for behind in [0, 200] {
                    let found = decoded(&format!("{plain}{fault}"), behind);
                    assert_eq!(found, Err((kind, at + offset)), "{fault} at {at}");
                }
            }
        }
    }
}
