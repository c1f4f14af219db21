//! Printing: compact, on one line, straight into the buffer.

use core::fmt;

use super::blocks;
use super::part::part;
use super::swar;

/// Prints `text` as a JSON string. U+0085, U+2028 and U+2029 are escaped, because clients that
/// split an event stream into lines with the tools of their language break on them.
///
/// # Errors
/// Only those of `out`.
pub fn write_string<W: fmt::Write + ?Sized>(out: &mut W, text: &str) -> fmt::Result {
    out.write_str("\"")?;
    write_escaped(out, text)?;
    out.write_str("\"")
}

/// Prints what stands between the quotes of [`write_string`].
///
/// # Errors
/// Only those of `out`.
#[inline]
pub fn write_escaped<W: fmt::Write + ?Sized>(out: &mut W, text: &str) -> fmt::Result {
    let bytes = text.as_bytes();
    if swar::is_print_plain(bytes) {
        return out.write_str(text);
    }
    if bytes.len() <= SHORT {
        return write_short(out, text);
    }
    match swar::print_special(bytes, 0) {
        first if first == text.len() => out.write_str(text),
        first if text.len() - first < blocks::WINDOW => write_escapes(out, text, first),
        first => write_blocks(out, text, first),
    }
}

/// [`write_escaped`] of a text whose first byte that may need an escape is at `first`, many bytes at a time.
#[inline(never)]
fn write_blocks<W: fmt::Write + ?Sized>(out: &mut W, text: &str, first: usize) -> fmt::Result {
    let bytes = text.as_bytes();
    out.write_str(part(text, ..first))?;
    // What the text before `at` is printed as, as far as that is not written yet.
    let mut buffer = [0; 8 * blocks::ESCAPED];
    let (mut at, mut len) = (first, 0);
    while let Some(window) = bytes.get(at..).and_then(<[u8]>::first_chunk) {
        let Some(room) = buffer.get_mut(len..).and_then(<[u8]>::first_chunk_mut) else {
            at = flush(out, text, at, &buffer[..len])?;
            len = 0;
            continue;
        };
        let (used, escaped) = blocks::escape(window, room, |byte| {
            Some(ESCAPED[usize::from(byte)]).filter(|pair| *pair != LONG)
        });
        (at, len) = (at + used, len + escaped);
        if used < blocks::BLOCK {
            // The next character may need a longer escape.
            at = flush(out, text, at, &buffer[..len])?;
            len = 0;
            let next = part(text, at..).chars().next();
            let end = at + next.map_or(1, char::len_utf8);
            write_escapes(out, part(text, at..end), 0)?;
            at = end;
        }
    }
    at = flush(out, text, at, &buffer[..len])?;
    let rest = part(text, at..);
    write_escapes(out, rest, swar::print_special(rest.as_bytes(), 0))
}

/// Writes what the text before `at` is printed as. A character that is not whole is left out. Returns where what
/// was written ends in the text.
fn flush<W: fmt::Write + ?Sized>(
    out: &mut W,
    text: &str,
    at: usize,
    printed: &[u8],
) -> Result<usize, fmt::Error> {
    let mut open = 0;
    while !text.is_char_boundary(at - open) {
        open += 1;
    }
    // The bytes of a character are printed as they are.
    let printed = printed.get(..printed.len() - open).unwrap_or_default();
    let printed = simdutf8::basic::from_utf8(printed);
    debug_assert!(printed.is_ok(), "runs of UTF-8 and escapes");
    out.write_str(printed.unwrap_or_default())?;
    Ok(at - open)
}

/// The texts of deltas are as short as this, in bytes.
const SHORT: usize = 16;

/// [`write_escaped`] of a short text, in one piece unless it needs long escapes.
#[inline(never)]
fn write_short<W: fmt::Write + ?Sized>(out: &mut W, text: &str) -> fmt::Result {
    let mut escaped = [0; 2 * SHORT];
    let mut len = 0;
    for byte in text.bytes() {
        let pair = ESCAPED[usize::from(byte)];
        match escaped.get_mut(len..len + 2) {
            Some(room) if pair != LONG => room.copy_from_slice(&pair),
            _ => return write_escapes(out, text, swar::print_special(text.as_bytes(), 0)),
        }
        len += if pair[1] == 0 { 1 } else { 2 };
    }
    // Escapes are ASCII.
    let escaped = escaped.get(..len).unwrap_or_default();
    out.write_str(core::str::from_utf8(escaped).unwrap_or_default())
}

/// What is not in [`ESCAPED`].
const LONG: [u8; 2] = [0; 2];

/// How each byte is printed where that takes one or two bytes: the first alone where the second is 0.
const ESCAPED: [[u8; 2]; 256] = {
    let mut table = [LONG; 256];
    let mut byte = 0;
    while byte < 256 {
        table[byte] = match short_escape(byte as u8) {
            Some(escape) => [escape.as_bytes()[0], escape.as_bytes()[1]],
            // The last two may begin a character that is escaped.
            None if byte < 0x20 || byte == 0xC2 || byte == 0xE2 => LONG,
            None => [byte as u8, 0],
        };
        byte += 1;
    }
    table
};

/// The escape of two characters that a byte has.
#[inline]
const fn short_escape(byte: u8) -> Option<&'static str> {
    Some(match byte {
        b'"' => "\\\"",
        b'\\' => "\\\\",
        b'\n' => "\\n",
        b'\r' => "\\r",
        b'\t' => "\\t",
        0x08 => "\\b",
        0x0C => "\\f",
        _ => return None,
    })
}

/// [`write_escaped`] of a text whose first byte that may need an escape is at `first`.
#[inline(never)]
fn write_escapes<W: fmt::Write + ?Sized>(out: &mut W, text: &str, first: usize) -> fmt::Result {
    let bytes = text.as_bytes();
    let mut from = 0;
    let mut at = first;
    while let Some(&byte) = bytes.get(at) {
        let control;
        let (instead, used) = match short_escape(byte) {
            Some(escape) => (escape, 1),
            None if byte < 0x20 => {
                control = control_escape(byte);
                (core::str::from_utf8(&control).unwrap_or_default(), 1)
            }
            None => match swar::line_splitter(bytes.get(at..).unwrap_or_default()) {
                Some(found) => found,
                None => {
                    at = swar::print_special(bytes, at + 1);
                    continue;
                }
            },
        };
        out.write_str(part(text, from..at))?;
        out.write_str(instead)?;
        from = at + used;
        at = swar::print_special(bytes, from);
    }
    out.write_str(part(text, from..))
}

fn control_escape(byte: u8) -> [u8; 6] {
    let digit = |value: u8| {
        if value < 10 {
            b'0' + value
        } else {
            b'a' + value - 10
        }
    };
    [b'\\', b'u', b'0', b'0', digit(byte >> 4), digit(byte & 15)]
}

/// Prints the shortest number that reads back as `value`. JSON has no infinities and no NaN; they
/// print as null.
///
/// # Errors
/// Only those of `out`.
pub fn write_f64<W: fmt::Write + ?Sized>(out: &mut W, value: f64) -> fmt::Result {
    // Whole numbers print without a fraction, as they were most likely sent.
    if value.abs() < 1e15
        && value as i64 as f64 == value
        && !(value == 0.0 && value.is_sign_negative())
    {
        write_i64(out, value as i64)
    } else if let Some((number, scale)) = decimal(value) {
        write_decimal(out, value.is_sign_negative(), number, scale)
    } else if value.is_finite() {
        write!(out, "{value:?}")
    } else {
        out.write_str("null")
    }
}

/// The numbers 10, 100 and 1,000.
const SCALES: [u32; 3] = [10, 100, 1_000];

/// Returns `value` without its sign as a number of tenths, hundredths or thousandths, the largest that
/// read back as `value`. Settings such as temperatures are such numbers.
fn decimal(value: f64) -> Option<(u64, u32)> {
    let value = value.abs();
    if !(1e-3..1e9).contains(&value) {
        return None;
    }
    SCALES.into_iter().find_map(|scale| {
        let number = (value * f64::from(scale) + 0.5) as u64;
        // A division is rounded as reading is.
        (number as f64 / f64::from(scale) == value).then_some((number, scale))
    })
}

/// Prints a number of tenths, hundredths or thousandths.
fn write_decimal<W: fmt::Write + ?Sized>(
    out: &mut W,
    is_negative: bool,
    number: u64,
    scale: u32,
) -> fmt::Result {
    if is_negative {
        out.write_char('-')?;
    }
    let mut scale = u64::from(scale);
    write_u64(out, number / scale)?;
    out.write_char('.')?;
    let rest = number % scale;
    while rest * 10 < scale {
        out.write_char('0')?;
        scale /= 10;
    }
    write_u64(out, rest)
}

/// Prints an integer.
pub(crate) fn write_i64<W: fmt::Write + ?Sized>(out: &mut W, value: i64) -> fmt::Result {
    if value < 0 {
        out.write_char('-')?;
    }
    write_u64(out, value.unsigned_abs())
}

/// The numbers below 100 with two digits each.
const PAIRS: &str = concat!(
    "00010203040506070809101112131415161718192021222324252627282930313233343536373839",
    "40414243444546474849505152535455565758596061626364656667686970717273747576777879",
    "8081828384858687888990919293949596979899",
);

/// Prints an integer in one piece.
pub(super) fn write_u64<W: fmt::Write + ?Sized>(out: &mut W, value: u64) -> fmt::Result {
    // Most are small, and are printed from text that needs no check.
    if value < 100 {
        let at = 2 * value as usize;
        let from = at + usize::from(value < 10);
        return out.write_str(part(PAIRS, from..at + 2));
    }
    // As many as the largest number has.
    let mut digits = [0; 20];
    let mut from = digits.len();
    let mut rest = value;
    for pair in digits.rchunks_exact_mut(2) {
        let last = (rest % 100) as usize;
        pair.copy_from_slice(&PAIRS.as_bytes()[2 * last..2 * last + 2]);
        rest /= 100;
        from -= 2;
        if rest == 0 {
            from += usize::from(last < 10);
            break;
        }
    }
    // Digits are ASCII.
    let digits = digits.get(from..).unwrap_or_default();
    out.write_str(core::str::from_utf8(digits).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::String;

    fn string(text: &str) -> String {
        let mut out = String::new();
        write_string(&mut out, text).unwrap();
        out
    }

    #[test]
    fn escapes_what_it_must() {
        assert_eq!(
            string("a\"b\\c\n\r\t\u{8}\u{c}\u{1}\u{1f}"),
            r#""a\"b\\c\n\r\t\b\f\u0001\u001f""#
        );
        assert_eq!(
            string("é€😀\u{85}\u{2028}\u{2029}\u{2030}"),
            "\"é€😀\\u0085\\u2028\\u2029\u{2030}\""
        );
        assert_eq!(string(""), "\"\"");
    }

    #[test]
    fn short_and_long_texts_are_escaped_alike() {
        let characters = [
            "\"", "\\", "\n", "\u{1}", "\u{85}", "\u{2028}", "é", "€", "😀", "a", "",
        ];
        let plain = "a text that is not short";
        for one in characters {
            for two in characters {
                for three in characters {
                    let text = [one, two, "x", three].concat();
                    let mut inside = String::new();
                    write_escaped(&mut inside, &text).unwrap();
                    let long = string(&(text + plain));
                    assert_eq!(alloc::format!("\"{inside}{plain}\""), long);
                }
            }
        }
    }

    #[test]
    fn long_texts_are_escaped_as_their_characters_are() {
        let characters = [
            '"',
            '\\',
            '\n',
            '\u{1}',
            '\u{85}',
            '\u{2028}',
            '\u{2030}',
            '\u{a9}',
            '\u{e9}',
            '\u{20ac}',
            '\u{1f600}',
        ];
        for one in characters {
            for two in characters {
                for before in (0..70).chain([1_000]) {
                    let plain = "x".repeat(before);
                    let text = alloc::format!("{one}{plain}{two}{one}{two}{plain}{plain}{two}");
                    let text = text.repeat(1 + 300 / text.len());
                    let mut expected = String::new();
                    for character in text.chars() {
                        write_escaped(&mut expected, character.encode_utf8(&mut [0; 4])).unwrap();
                    }
                    assert_eq!(string(&text), alloc::format!("\"{expected}\""));
                }
            }
        }
    }

    #[test]
    fn numbers_read_back() {
        let number = |value| {
            let mut out = String::new();
            write_f64(&mut out, value).unwrap();
            out
        };
        for value in [
            0.0,
            -0.0,
            1.0,
            -7.0,
            0.1,
            0.9999999999999999,
            1e300,
            5e-324,
            1e15,
            123.456,
        ] {
            assert_eq!(
                number(value).parse::<f64>().unwrap().to_bits(),
                f64::to_bits(value)
            );
        }
        assert_eq!(number(256.0), "256");
        assert_eq!(number(f64::NAN), "null");
        let integer = |value| {
            let mut out = String::new();
            write_i64(&mut out, value).unwrap();
            out
        };
        for value in (-1_000..=100_000).chain([i64::MAX, i64::MIN]) {
            assert_eq!(integer(value).parse(), Ok(value));
        }
    }

    #[test]
    fn decimals_print_as_the_standard_library_does() {
        let check = |value: f64| {
            let mut out = String::new();
            write_f64(&mut out, value).unwrap();
            // The standard library prints `1.0` where this prints `1`.
            let expected = alloc::format!("{value:?}");
            assert_eq!(out, expected.strip_suffix(".0").unwrap_or(&expected));
        };
        for thousandths in -20_000..=20_000 {
            let value = f64::from(thousandths) / 1e3;
            [
                value,
                value.next_up(),
                value.next_down(),
                value * 1e6,
                value / 1e3,
            ]
            .into_iter()
            .filter(|value| *value != 0.0)
            .for_each(check);
        }
        for value in [999_999_999.999, 1e9 + 0.001, 0.3, 0.1 + 0.2, 1.0 / 3.0] {
            check(value);
        }
    }
}
