//! Eight bytes at a time, without intrinsics and without `unsafe`.

const ONES: u64 = 0x0101_0101_0101_0101;
const HIGHS: u64 = 0x8080_8080_8080_8080;

const fn repeat(byte: u8) -> u64 {
    ONES * byte as u64
}

/// A bit in each byte that is zero. Bytes above the first hit may be false positives.
const fn zeros(word: u64) -> u64 {
    word.wrapping_sub(ONES) & !word & HIGHS
}

/// A bit in each byte below `limit` (at most 128); exact for the first hit.
const fn below(word: u64, limit: u8) -> u64 {
    word.wrapping_sub(repeat(limit)) & !word & HIGHS
}

fn find(bytes: &[u8], from: usize, hits: impl Fn(u64) -> u64, hit: impl Fn(u8) -> bool) -> usize {
    let mut at = from;
    while let Some(chunk) = bytes.get(at..).and_then(|rest| rest.first_chunk::<8>()) {
        let found = hits(u64::from_le_bytes(*chunk));
        if found != 0 {
            return at + (found.trailing_zeros() / 8) as usize;
        }
        at += 8;
    }
    while let Some(&byte) = bytes.get(at) {
        if hit(byte) {
            return at;
        }
        at += 1;
    }
    bytes.len()
}

/// The first place at or after `from` that ends a run of plain string bytes: a quote, a backslash
/// or a control character. The length of `bytes` when there is none.
#[inline]
pub(super) fn string_special(bytes: &[u8], from: usize) -> usize {
    find(
        bytes,
        from,
        |word| zeros(word ^ repeat(b'"')) | zeros(word ^ repeat(b'\\')) | below(word, 0x20),
        |byte| byte == b'"' || byte == b'\\' || byte < 0x20,
    )
}

/// The first place at or after `from` of a quote or a backslash: all that can end a run of plain
/// bytes where there are no control characters. The length of `bytes` when there is none.
#[inline]
pub(super) fn string_end(bytes: &[u8], from: usize) -> usize {
    find(
        bytes,
        from,
        |word| zeros(word ^ repeat(b'"')) | zeros(word ^ repeat(b'\\')),
        |byte| byte == b'"' || byte == b'\\',
    )
}

/// Like [`string_special`], and stops at the two lead bytes of the characters that the printer
/// escapes because line-splitting clients break on them (U+0085, U+2028, U+2029).
pub(super) fn print_special(bytes: &[u8], from: usize) -> usize {
    find(
        bytes,
        from,
        |word| {
            zeros(word ^ repeat(b'"'))
                | zeros(word ^ repeat(b'\\'))
                | below(word, 0x20)
                | zeros(word ^ repeat(0xC2))
                | zeros(word ^ repeat(0xE2))
        },
        |byte| matches!(byte, b'"' | b'\\' | 0..=0x1F | 0xC2 | 0xE2),
    )
}

/// The first place at or after `from` of a byte that [`RawJson`](super::RawJson) must rewrite or look
/// at: a line break, or the lead byte of a line-splitting character.
pub(super) fn line_special(bytes: &[u8], from: usize) -> usize {
    find(
        bytes,
        from,
        |word| {
            zeros(word ^ repeat(b'\n'))
                | zeros(word ^ repeat(b'\r'))
                | zeros(word ^ repeat(0xC2))
                | zeros(word ^ repeat(0xE2))
        },
        |byte| matches!(byte, b'\n' | b'\r' | 0xC2 | 0xE2),
    )
}

/// How many bytes at the front of `bytes` are the UTF-8 of U+0085, U+2028 or U+2029: the character
/// and its length, or nothing.
pub(super) fn line_splitter(bytes: &[u8]) -> Option<(&'static str, usize)> {
    match bytes {
        [0xC2, 0x85, ..] => Some(("\\u0085", 2)),
        [0xE2, 0x80, 0xA8, ..] => Some(("\\u2028", 3)),
        [0xE2, 0x80, 0xA9, ..] => Some(("\\u2029", 3)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_first_special_byte_at_every_offset() {
        for special in 0..=255u8 {
            for at in 0..20 {
                let mut bytes = [b'a'; 24];
                bytes[at] = special;
                let want = |hit: bool| if hit { at } else { bytes.len() };
                let control = special < 0x20;
                let text = special == b'"' || special == b'\\' || control;
                assert_eq!(string_special(&bytes, 0), want(text));
                let lead = special == 0xC2 || special == 0xE2;
                assert_eq!(print_special(&bytes, 0), want(text || lead));
                let line = special == b'\n' || special == b'\r' || lead;
                assert_eq!(line_special(&bytes, 0), want(line));
            }
        }
    }

    #[test]
    fn starts_where_it_is_told() {
        assert_eq!(string_special(b"\"aaaaaaaaaaaa\"", 1), 13);
        assert_eq!(string_special(b"abc", 7), 3);
    }
}
