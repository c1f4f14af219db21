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

/// A bit in each byte that is a quote or a backslash; exact for the first hit.
#[inline(always)]
const fn string_ends(word: u64) -> u64 {
    zeros(word ^ repeat(b'"')) | zeros(word ^ repeat(b'\\'))
}

/// A bit in each byte that is a quote, a backslash or a control character; exact for the first hit.
#[inline(always)]
const fn string_specials(word: u64) -> u64 {
    // A quote is 0x22: with that bit changed, it comes right behind the control characters.
    let quote_or_control = (word ^ repeat(0x02)).wrapping_sub(repeat(0x21));
    let backslash = (word ^ repeat(b'\\')).wrapping_sub(ONES);
    (quote_or_control | backslash) & !word & HIGHS
}

/// A bit in each byte for which [`is_lead_byte`] holds; exact for the first hit.
#[inline(always)]
const fn lead_bytes(word: u64) -> u64 {
    zeros((word | repeat(0x20)) ^ repeat(0xE2))
}

/// How many bytes are looked at a word at a time before blocks are worth their start.
const NEAR: usize = 32;

/// What a long block has: enough for the compiler to compare 16 or 32 bytes with one instruction.
const LONG_BLOCK: usize = 64;

/// The first place at or after `from` of a byte for which `hit` is true; `hits` marks those in a
/// word. The length of `bytes` when there is none.
#[inline(always)]
fn find(
    bytes: &[u8],
    from: usize,
    hits: impl Fn(u64) -> u64,
    hit: impl Fn(u8) -> bool + Copy,
) -> usize {
    let mut at = from;
    let mut near = from + NEAR;
    while let Some(word) = word_at(bytes, at) {
        let found = hits(word);
        if found != 0 {
            return at + first_hit(found);
        }
        at += 8;
        if at >= near {
            at = plain_blocks(bytes, at, hit);
            near = usize::MAX;
        }
    }
    let rest = bytes.get(at..).unwrap_or_default();
    if rest.is_empty() {
        return bytes.len();
    }
    match hits(last_word(bytes, rest)) {
        0 => bytes.len(),
        found => at + first_hit(found),
    }
}

/// The eight bytes at `at`.
#[inline(always)]
fn word_at(bytes: &[u8], at: usize) -> Option<u64> {
    let chunk = bytes.get(at..)?.first_chunk::<8>()?;
    Some(u64::from_le_bytes(*chunk))
}

/// How many bytes of a word come before the first that is marked in `hits`.
#[inline(always)]
const fn first_hit(hits: u64) -> usize {
    (hits.trailing_zeros() / 8) as usize
}

/// The `rest` of `bytes`, less than eight, as a word that is filled up with letters.
#[inline(always)]
fn last_word(bytes: &[u8], rest: &[u8]) -> u64 {
    let bits = 8 * rest.len() as u32;
    let word = match bytes.last_chunk::<8>() {
        Some(last) => u64::from_le_bytes(*last) >> (64 - bits),
        None => short_word(rest),
    };
    word | repeat(b'a') << bits
}

/// Less than eight bytes as a word.
#[inline(always)]
fn short_word(bytes: &[u8]) -> u64 {
    let (mut word, mut bits, mut rest) = (0, 0, bytes);
    if let Some((four, after)) = rest.split_first_chunk::<4>() {
        (word, bits, rest) = (u64::from(u32::from_le_bytes(*four)), 32, after);
    }
    if let Some((two, after)) = rest.split_first_chunk::<2>() {
        word |= u64::from(u16::from_le_bytes(*two)) << bits;
        (bits, rest) = (bits + 16, after);
    }
    rest.first()
        .map_or(word, |one| word | u64::from(*one) << bits)
}

/// The start of the first long block at or after `from` with a hit, or of what is less than a block.
#[inline(never)]
fn plain_blocks(bytes: &[u8], from: usize, hit: impl Fn(u8) -> bool + Copy) -> usize {
    let (blocks, _) = bytes
        .get(from..)
        .unwrap_or_default()
        .as_chunks::<LONG_BLOCK>();
    // No early exit inside a block, so that the compiler can use wide instructions.
    let is_plain =
        |block: &&[u8; LONG_BLOCK]| !block.iter().fold(false, |any, byte| any | hit(*byte));
    from + LONG_BLOCK * blocks.iter().take_while(is_plain).count()
}

/// The first place at or after `from` that ends a run of plain string bytes: a quote, a backslash
/// or a control character. The length of `bytes` when there is none.
#[inline(always)]
pub(super) fn string_special(bytes: &[u8], from: usize) -> usize {
    // Most strings are shorter than a block.
    let block = bytes.get(from..).and_then(<[u8]>::first_chunk);
    match block.map(plain_bytes) {
        Some(plain) if plain < BLOCK => from + plain,
        Some(_) => far_string_special(bytes, from + BLOCK),
        None => far_string_special(bytes, from),
    }
}

#[inline(never)]
fn far_string_special(bytes: &[u8], from: usize) -> usize {
    find(bytes, from, string_specials, |byte| {
        (byte == b'"') | (byte == b'\\') | (byte < 0x20)
    })
}

/// What is compared at once by [`plain_bytes`].
pub(super) const BLOCK: usize = 16;

/// How many bytes come before the first that [`string_special`] stops at.
// Word by word: as a comparison of 16 bytes the compiler makes one instruction of it in some places only, and
// a comparison of each byte in others.
#[inline(always)]
pub(super) fn plain_bytes(block: &[u8; BLOCK]) -> usize {
    let (words, _) = block.as_chunks::<8>();
    let mut plain = 0;
    for word in words {
        match string_specials(u64::from_le_bytes(*word)) {
            0 => plain += 8,
            hits => return plain + first_hit(hits),
        }
    }
    plain
}

/// The first place at or after `from` of a quote or a backslash: all that can end a run of plain
/// bytes where there are no control characters. The length of `bytes` when there is none.
#[inline]
pub(super) fn string_end(bytes: &[u8], from: usize) -> usize {
    find(bytes, from, string_ends, |byte| {
        (byte == b'"') | (byte == b'\\')
    })
}

/// Like [`string_special`], and stops at the two lead bytes of the characters that the printer
/// escapes because line-splitting clients break on them (U+0085, U+2028, U+2029).
pub(super) fn print_special(bytes: &[u8], from: usize) -> usize {
    find(
        bytes,
        from,
        |word| string_specials(word) | lead_bytes(word),
        |byte| (byte == b'"') | (byte == b'\\') | (byte < 0x20) | is_lead_byte(byte),
    )
}

/// Returns true if [`print_special`] surely stops nowhere in a text of up to 16 bytes.
#[inline(always)]
pub(super) fn is_print_plain(bytes: &[u8]) -> bool {
    let hits = |word| string_specials(word) | lead_bytes(word);
    match (bytes.first_chunk::<8>(), bytes.last_chunk::<8>()) {
        // The two overlap.
        (Some(first), Some(last)) if bytes.len() <= 16 => {
            hits(u64::from_le_bytes(*first)) | hits(u64::from_le_bytes(*last)) == 0
        }
        (Some(_), _) => false,
        _ => hits(short_word(bytes) | repeat(b'a') << (8 * bytes.len())) == 0,
    }
}

/// The first place at or after `from` of a byte that [`RawJson`](super::RawJson) must rewrite or look
/// at: a line break, or the lead byte of a line-splitting character.
pub(super) fn line_special(bytes: &[u8], from: usize) -> usize {
    find(
        bytes,
        from,
        |word| zeros(word ^ repeat(b'\n')) | zeros(word ^ repeat(b'\r')) | lead_bytes(word),
        // As a minimum, since the compiler makes a branch of the comparison of each.
        |byte| ((byte ^ b'\n').min(byte ^ b'\r') == 0) | is_lead_byte(byte),
    )
}

/// Returns true for the two lead bytes of [`line_splitter`], which differ in one bit.
#[inline(always)]
const fn is_lead_byte(byte: u8) -> bool {
    byte | 0x20 == 0xE2
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
    use alloc::vec;

    #[test]
    fn finds_the_first_special_byte_at_every_offset() {
        for special in 0..=255u8 {
            for at in (0..20).chain([31, 32, 40, 95, 96, 97, 160, 199]) {
                let mut bytes = vec![b'a'; if at < 20 { 24 } else { 200 }];
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
    fn a_block_has_as_many_plain_bytes_as_come_before_the_first_special_one() {
        for special in 0..=255u8 {
            for at in 0..BLOCK {
                let mut block = [b'a'; BLOCK];
                block[at] = special;
                block[BLOCK - 1] = b'"';
                assert_eq!(plain_bytes(&block), far_string_special(&block, 0));
            }
        }
        assert_eq!(plain_bytes(&[b'a'; BLOCK]), BLOCK);
    }

    #[test]
    fn starts_at_the_given_offset() {
        assert_eq!(string_special(b"\"aaaaaaaaaaaa\"", 1), 13);
        assert_eq!(string_special(b"abc", 7), 3);
    }
}
