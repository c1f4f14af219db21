//! Where lines end.

/// Input of up to this many bytes is looked through byte by byte: a search is not worth its start.
pub(super) const SHORT: usize = 16;

/// Where the first line of `rest` ends, if it does.
#[inline]
pub(super) fn line_end(rest: &[u8]) -> Option<usize> {
    match rest {
        [b'\n' | b'\r', ..] => Some(0),
        _ if rest.len() <= SHORT => rest.iter().position(|byte| matches!(byte, b'\n' | b'\r')),
        _ => memchr::memchr2(b'\n', b'\r', rest),
    }
}

/// Returns true if a line ends in `input`, which is short: a word at a time, without an early exit.
#[inline]
pub(super) fn ends_line(input: &[u8]) -> bool {
    if let (Some(first), Some(last)) = (input.first_chunk(), input.last_chunk()) {
        return [first, last]
            .map(|word| u64::from_le_bytes(*word))
            .into_iter()
            .any(has_line_end);
    }
    if let (Some(first), Some(last)) = (input.first_chunk(), input.last_chunk()) {
        let [first, last] = [first, last].map(|half| u64::from(u32::from_le_bytes(*half)));
        return has_line_end(first | last << 32);
    }
    input.iter().any(|byte| matches!(byte, b'\n' | b'\r'))
}

/// Returns true if one of the eight bytes is LF or CR.
#[inline]
const fn has_line_end(word: u64) -> bool {
    const ONES: u64 = u64::MAX / 255;
    let lf = word ^ (ONES * b'\n' as u64);
    let cr = word ^ (ONES * b'\r' as u64);
    let zeros = lf.wrapping_sub(ONES) & !lf | cr.wrapping_sub(ONES) & !cr;
    zeros & (ONES << 7) != 0
}
