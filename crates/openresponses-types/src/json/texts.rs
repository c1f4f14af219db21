//! The texts of strings that are written with escapes, decoded by the pre-pass.

use alloc::vec::Vec;

use super::blocks::{self, WINDOW};
use super::swar;

/// How much room is made at once for blocks.
const ROOM: usize = 256;

/// The most that is reserved at once for texts that are read one by one, in bytes.
const MOST_REUSED: usize = 64 * 1024;

/// Decoded texts, one behind the other.
#[derive(Default)]
pub(super) struct Texts {
    /// The texts, and behind them room for blocks.
    bytes: Vec<u8>,
    len: usize,
    /// The texts are read and [cleared](Self::clear) before there are more.
    is_reused: bool,
}

impl Texts {
    /// Creates a list without texts, each of which is to be cleared when it was read.
    pub(super) fn reused() -> Self {
        Self {
            is_reused: true,
            ..Self::default()
        }
    }

    /// Drops the texts and keeps their memory.
    pub(super) fn clear(&mut self) {
        self.len = 0;
    }

    /// Returns all texts so far.
    pub(super) fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..self.len).unwrap_or_default()
    }

    /// The length of all texts so far.
    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// Reserves memory for texts of so many bytes, if there are none yet.
    pub(super) fn reserve_for(&mut self, bytes: usize) {
        if self.bytes.is_empty() {
            let bytes = match self.is_reused {
                true => bytes.min(MOST_REUSED),
                false => bytes,
            };
            self.bytes.reserve_exact(bytes + ROOM);
        }
    }

    /// Appends what stands in `bytes` from `at` on up to a quote, a backslash or a control character, and
    /// returns where that is.
    #[inline(always)]
    pub(super) fn push_plain(&mut self, bytes: &[u8], mut at: usize) -> usize {
        loop {
            let block = bytes.get(at..).and_then(<[u8]>::first_chunk);
            let room = self.bytes.get_mut(self.len..);
            let room = room.and_then(<[u8]>::first_chunk_mut);
            let (Some(block), Some(room)) = (block, room) else {
                return self.push_plain_rest(bytes, at);
            };
            *room = *block;
            let plain = swar::plain_bytes(block);
            self.len += plain;
            at += plain;
            if plain < swar::BLOCK {
                return at;
            }
        }
    }

    /// [`push_plain`](Self::push_plain) where there is no room, or less than a block of text.
    #[inline(never)]
    fn push_plain_rest(&mut self, bytes: &[u8], at: usize) -> usize {
        let end = swar::string_special(bytes, at);
        self.push(bytes.get(at..end).unwrap_or_default());
        end
    }

    /// Appends a run of bytes.
    pub(super) fn push(&mut self, run: &[u8]) {
        let end = self.len + run.len();
        if self.bytes.len() < end + swar::BLOCK {
            self.bytes.resize(end + ROOM, 0);
        }
        if let Some(room) = self.bytes.get_mut(self.len..end) {
            room.copy_from_slice(run);
        }
        self.len = end;
    }

    /// Appends an ASCII character.
    #[inline(always)]
    pub(super) fn push_ascii(&mut self, ascii: u8) {
        match self.bytes.get_mut(self.len) {
            Some(room) => {
                *room = ascii;
                self.len += 1;
            }
            None => self.push(&[ascii]),
        }
    }

    /// Appends what the front of a window stands for, see [`blocks::decode`]. Returns how many bytes of the
    /// window that is, and whether its block holds nothing else.
    #[inline(always)]
    pub(super) fn push_decoded(&mut self, window: &[u8; WINDOW]) -> (usize, bool) {
        if self.bytes.len() < self.len + WINDOW {
            self.bytes.resize(self.len + WINDOW + ROOM, 0);
        }
        let room = self.bytes.get_mut(self.len..);
        let Some(room) = room.and_then(<[u8]>::first_chunk_mut) else {
            return (0, false);
        };
        let (used, decoded) = blocks::decode(window, room);
        self.len += decoded;
        (used, used >= blocks::BLOCK)
    }

    /// Appends a character.
    #[inline(never)]
    pub(super) fn push_char(&mut self, character: char) {
        self.push(character.encode_utf8(&mut [0; 4]).as_bytes());
    }

    /// All texts. Runs end where escapes begin, so they are UTF-8 as what they were copied from.
    pub(super) fn finish(mut self) -> Vec<u8> {
        self.bytes.truncate(self.len);
        self.bytes
    }
}

#[cfg(test)]
mod tests {
    use alloc::string::String;

    use super::*;

    #[test]
    fn runs_of_every_length_are_kept_in_order() {
        let from: String = ('!'..='~').cycle().take(5_000).collect();
        let from = from.replace(['"', '\\'], "-");
        for end in ['"', '\\', '\n'] {
            let mut texts = Texts::default();
            let mut expected = String::new();
            for length in (0..200).chain([1_500, 4_000]) {
                for after in ["", "and more behind it"] {
                    let text = alloc::format!("{}{end}{after}", &from[..length]);
                    assert_eq!(texts.push_plain(text.as_bytes(), 0), length);
                    texts.push_char('é');
                    expected += &from[..length];
                    expected.push('é');
                    texts.push_ascii(b'\n');
                    expected.push('\n');
                    assert_eq!(texts.len(), expected.len());
                }
            }
            assert_eq!(texts.finish(), expected.as_bytes());
        }
    }
}
