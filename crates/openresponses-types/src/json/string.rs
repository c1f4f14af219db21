//! Decodes JSON strings.

use alloc::borrow::Cow;
use alloc::string::String;

use super::swar;

/// The characters that the inside of a checked JSON string stands for. Borrows when there is no
/// escape. On text that was not checked, an unreadable escape is dropped rather than refused.
pub(super) fn unescape(inside: &str) -> Cow<'_, str> {
    match swar::string_end(inside.as_bytes(), 0) {
        first if first < inside.len() => Cow::Owned(unescape_from(inside, first, String::new())),
        _ => Cow::Borrowed(inside),
    }
}

/// The string whose inside is at the front of `text`, and the length of it with the closing quote.
/// `None` where it has no end, a control character, or an escape of more than one letter.
#[inline]
pub(crate) fn plain_string(text: &str) -> Option<(Cow<'_, str>, usize)> {
    let (inside, first) = plain_string_bounds(text)?;
    let decoded = match first {
        None => Cow::Borrowed(inside),
        Some(first) => Cow::Owned(unescape_from(inside, first, String::new())),
    };
    Some((decoded, inside.len() + 1))
}

/// The inside of the string, and where its first escape is.
#[inline]
fn plain_string_bounds(text: &str) -> Option<(&str, Option<usize>)> {
    let bytes = text.as_bytes();
    let first = swar::string_special(bytes, 0);
    let mut end = first;
    while bytes.get(end) == Some(&b'\\') {
        if plain(*bytes.get(end + 1)?) == 0 {
            return None;
        }
        end = swar::string_special(bytes, end + 2);
    }
    if bytes.get(end) != Some(&b'"') {
        return None;
    }
    let inside = text.get(..end)?;
    Some((inside, (first != end).then_some(first)))
}

/// [`plain_string`] into the memory of `spare`.
#[inline]
pub(crate) fn plain_string_in(text: &str, mut spare: String) -> Option<(String, usize)> {
    spare.clear();
    Some(match plain_string_bounds(text)? {
        (inside, None) => {
            spare.push_str(inside);
            (spare, inside.len() + 1)
        }
        (inside, Some(first)) => (unescape_from(inside, first, spare), inside.len() + 1),
    })
}

/// [`unescape`] of a text whose first escape is at `first`, into `out`.
fn unescape_from(inside: &str, first: usize, mut out: String) -> String {
    let bytes = inside.as_bytes();
    out.reserve(inside.len());
    let mut from = 0;
    let mut at = first;
    while at < bytes.len() {
        out.push_str(inside.get(from..at).unwrap_or_default());
        from = match bytes.get(at + 1).map(|letter| plain(*letter)) {
            Some(letter @ 1..) => {
                out.push(char::from(letter));
                at + 2
            }
            _ => {
                let (character, used) = long_escape(bytes.get(at..).unwrap_or_default());
                out.extend(character);
                at + used.max(1)
            }
        };
        at = swar::string_end(bytes, from);
    }
    out.push_str(inside.get(from..).unwrap_or_default());
    out
}

/// The character of an escape that takes more than a letter, and the length of the escape. An
/// unreadable escape has no character.
#[inline(never)]
fn long_escape(escape: &[u8]) -> (Option<char>, usize) {
    match escape.get(1) {
        Some(b'u') => code_point(escape),
        _ => (None, escape.len().min(1)),
    }
}

/// How many code points a checked string has; `raw` is its text with the quotes. Nothing is decoded.
pub(crate) fn code_points(raw: &str) -> usize {
    let mut rest = raw
        .strip_prefix('"')
        .and_then(|raw| raw.strip_suffix('"'))
        .unwrap_or(raw);
    let mut count = 0;
    while let Some(at) = rest.find('\\') {
        let (plain, escape) = rest.split_at(at);
        let used = match escape.as_bytes().get(1) {
            Some(b'u') => code_point(escape.as_bytes()).1,
            _ => 2,
        };
        count += plain.chars().count() + 1;
        rest = escape.get(used..).unwrap_or_default();
    }
    count + rest.chars().count()
}

/// The character that a backslash before `letter` stands for; 0 when that takes more than a letter, or
/// is nothing.
#[inline]
pub(super) const fn plain(letter: u8) -> u8 {
    const PLAIN: [u8; 256] = {
        let mut table = [0; 256];
        table[b'n' as usize] = b'\n';
        table[b't' as usize] = b'\t';
        table[b'r' as usize] = b'\r';
        table[b'b' as usize] = 8;
        table[b'f' as usize] = 12;
        table[b'"' as usize] = b'"';
        table[b'\\' as usize] = b'\\';
        table[b'/' as usize] = b'/';
        table
    };
    PLAIN[letter as usize]
}

/// The character of the `\uXXXX` (or surrogate pair) at the front of `text`, and its length.
/// No character means a lone surrogate or broken digits.
pub(super) fn code_point(text: &[u8]) -> (Option<char>, usize) {
    let Some(high) = hex4(text, 2) else {
        return (None, text.len().min(2));
    };
    if !(0xD800..0xE000).contains(&high) {
        return (char::from_u32(high), 6);
    }
    if high < 0xDC00
        && text.get(6..8) == Some(b"\\u")
        && let Some(low @ 0xDC00..0xE000) = hex4(text, 8)
    {
        let code = 0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00);
        return (char::from_u32(code), 12);
    }
    (None, 6)
}

fn hex4(text: &[u8], from: usize) -> Option<u32> {
    let digits = text.get(from..from + 4)?;
    digits.iter().try_fold(0, |value, digit| {
        Some(value * 16 + char::from(*digit).to_digit(16)?)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decodes_every_escape() {
        assert_eq!(unescape(r#"a\"\\\/\b\f\n\r\tz"#), "a\"\\/\u{8}\u{c}\n\r\tz");
        assert_eq!(unescape(r"\u00e9\u20AC \ud83d\ude00!"), "é€ 😀!");
        assert_eq!(unescape("plain é"), "plain é");
        assert_eq!(unescape(r"\u0000"), "\0");
    }

    #[test]
    fn decodes_texts_of_every_length_and_at_every_place() {
        for plain in ["a", "é", "€", "😀"] {
            for before in 0..300 {
                let before = plain.repeat(before);
                let inside = alloc::format!(r#"{before}\"{plain}{plain}\u00e9{before}\n"#);
                let expected = alloc::format!("{before}\"{plain}{plain}é{before}\n");
                assert_eq!(unescape(&inside), expected);
            }
        }
    }

    #[test]
    fn counts_code_points_without_decoding() {
        assert_eq!(code_points(r#""""#), 0);
        assert_eq!(code_points(r#""aé€😀""#), 4);
        assert_eq!(code_points(r#""\"\\\n\u00e9\ud83d\ude00z""#), 6);
    }

    #[test]
    fn lone_surrogates_have_no_character() {
        assert_eq!(code_point(br"\ud83d"), (None, 6));
        assert_eq!(code_point(br"\ude00\ud83d"), (None, 6));
        assert_eq!(code_point(br"\ud83d\u0041"), (None, 6));
        assert_eq!(code_point(br"\u12"), (None, 2));
    }
}
