//! Strings with many escapes, a block of 64 bytes at a time.
//!
//! All special bytes of a block are found at once. What is between them is copied without a look at its length,
//! and what was copied too much is written over. Places are cut to the bits that they have anyway, so that the
//! compiler need not check them.

use super::string::plain;

/// What is looked at at once.
pub(super) const BLOCK: usize = 64;

/// Runs of up to so many bytes are copied as a piece of as many.
const NEAR: usize = 32;

/// A block, and so much behind it that a copy need not end where the block does.
pub(super) const WINDOW: usize = BLOCK + NEAR;

/// Room for a block of which each byte is escaped with two, and for a copy that does not end there.
pub(super) const ESCAPED: usize = 2 * BLOCK + NEAR;

/// The last place in a block.
const LAST: usize = BLOCK - 1;

/// Decodes plain bytes and escapes of one letter at the front of `window` into `room`, up to the end of the first
/// block, or what is neither. Returns how many bytes it used and how many it wrote.
#[inline(always)]
pub(super) fn decode(window: &[u8; WINDOW], room: &mut [u8; WINDOW]) -> (usize, usize) {
    let mut specials = marked(window, is_string_special);
    let (mut from, mut to) = (0, 0);
    loop {
        // Of none left, 64.
        let at = specials.trailing_zeros() as usize;
        copy_near(window, from & LAST, room, to & LAST);
        if at - from > NEAR {
            copy_near(window, (from + NEAR) & LAST, room, (to + NEAR) & LAST);
        }
        to += at - from;
        if at > LAST {
            return (at, to);
        }
        let letter = match (window[at & LAST], window[(at & LAST) + 1]) {
            (b'\\', letter) => plain(letter),
            _ => 0,
        };
        if letter == 0 {
            return (at, to);
        }
        room[to & LAST] = letter;
        (from, to) = (at + 2, to + 1);
        if from > LAST {
            return (from, to);
        }
        // The letter may be a quote or a backslash.
        specials &= u64::MAX << from;
    }
}

/// Escapes the first block of `window` into `room`, up to its end or a byte of which `escape` returns nothing.
/// Returns how many bytes it used and how many it wrote.
#[inline(always)]
pub(super) fn escape(
    window: &[u8; WINDOW],
    room: &mut [u8; ESCAPED],
    escape: impl Fn(u8) -> Option<[u8; 2]>,
) -> (usize, usize) {
    const LAST_ESCAPED: usize = 2 * BLOCK - 1;
    let mut specials = marked(window, is_print_special);
    let (mut from, mut to) = (0, 0);
    loop {
        let at = specials.trailing_zeros() as usize;
        copy_near(window, from & LAST, room, to & LAST_ESCAPED);
        if at - from > NEAR {
            copy_near(
                window,
                (from + NEAR) & LAST,
                room,
                (to + NEAR) & LAST_ESCAPED,
            );
        }
        to += at - from;
        if at > LAST {
            return (at, to);
        }
        let Some(escaped) = escape(window[at & LAST]) else {
            return (at, to);
        };
        room[to & LAST_ESCAPED] = escaped[0];
        room[(to & LAST_ESCAPED) + 1] = escaped[1];
        (from, to) = (at + 1, to + 2);
        if from > LAST {
            return (from, to);
        }
        specials &= specials - 1;
    }
}

/// Copies a run and what comes behind it.
#[inline(always)]
fn copy_near<const N: usize>(window: &[u8; WINDOW], from: usize, room: &mut [u8; N], to: usize) {
    let run = window.get(from..).and_then(<[u8]>::first_chunk::<NEAR>);
    let room = room.get_mut(to..).and_then(<[u8]>::first_chunk_mut);
    if let (Some(run), Some(room)) = (run, room) {
        *room = *run;
    }
}

/// A bit for each byte of the first block for which `hit` is true, the lowest for the first.
#[inline(always)]
fn marked(window: &[u8; WINDOW], hit: impl Fn(u8) -> bool) -> u64 {
    // One for each first, which the compiler compares many at once.
    let mut marks = [0; BLOCK];
    let bytes = window.iter().zip(&mut marks);
    bytes.for_each(|(byte, mark)| *mark = u8::from(hit(*byte)));
    let (words, _) = marks.as_chunks::<8>();
    words.iter().rev().fold(0, |mask, word| {
        // The lowest bit of each byte goes to a place of its own in the highest byte.
        let bits = u64::from_le_bytes(*word).wrapping_mul(0x0102_0408_1020_4080) >> 56;
        mask << 8 | bits
    })
}

/// Where `swar::string_special` stops.
#[inline(always)]
fn is_string_special(byte: u8) -> bool {
    (byte == b'"') | (byte == b'\\') | (byte < 0x20)
}

/// Where `swar::print_special` stops.
#[inline(always)]
fn is_print_special(byte: u8) -> bool {
    is_string_special(byte) | (byte | 0x20 == 0xE2)
}

#[cfg(test)]
mod tests {
    use super::super::swar;
    use super::*;

    #[test]
    fn each_special_byte_of_a_block_has_its_bit() {
        for special in 0..=255u8 {
            for at in 0..BLOCK {
                let mut window = [b'a'; WINDOW];
                window[BLOCK] = b'"';
                window[at] = special;
                window[at / 2] = b'\\';
                window[(at + BLOCK) / 2] = b'"';
                let bits = |stops: fn(&[u8], usize) -> usize| {
                    let bytes = window.iter().take(BLOCK).enumerate();
                    let bits = bytes.map(|(at, byte)| u64::from(stops(&[*byte], 0) == 0) << at);
                    bits.sum::<u64>()
                };
                let string = marked(&window, is_string_special);
                assert_eq!(string, bits(swar::string_special), "{special} at {at}");
                let print = marked(&window, is_print_special);
                assert_eq!(print, bits(swar::print_special), "{special} at {at}");
            }
        }
        assert_eq!(marked(&[0; WINDOW], is_string_special), u64::MAX);
    }
}
