use core::time::Duration;

use bytes::BytesMut;

/// A range of the buffer of a frame. The limits of frames keep it below 4 GiB.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Span {
    start: u32,
    end: u32,
}

impl Span {
    #[inline]
    pub(crate) const fn new(start: usize, end: usize) -> Self {
        Self {
            start: start as u32,
            end: end as u32,
        }
    }

    /// Returns the range of `value`, which ends at `end`.
    #[inline]
    const fn ending(value: &[u8], end: usize) -> Self {
        Self::new(end.saturating_sub(value.len()), end)
    }

    #[inline]
    pub(crate) const fn start(self) -> usize {
        self.start as usize
    }

    #[inline]
    pub(crate) const fn end(self) -> usize {
        self.end as usize
    }

    #[inline]
    pub(crate) fn of(self, bytes: &[u8]) -> &[u8] {
        bytes.get(self.start()..self.end()).unwrap_or_default()
    }
}

/// Fields of the lines since the last blank line.
///
/// All spans count from the start of the block. The moment a second `data` line comes, the data
/// moves to `joined`, because it no longer lies in one piece.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Block {
    /// Whether a relevant line was seen.
    pub(crate) open: bool,
    pub(crate) event: Span,
    pub(crate) data: Span,
    pub(crate) data_lines: u32,
    pub(crate) id: Option<Span>,
    pub(crate) retry: Option<Duration>,
}

impl Block {
    /// Takes in one line that is not blank. `block` is everything since the start of the block,
    /// at least up to `end`, where the line ends.
    #[inline]
    pub(crate) fn line(&mut self, line: &[u8], end: usize, block: &[u8], joined: &mut BytesMut) {
        match line {
            [b'd', b'a', b't', b'a', rest @ ..] => {
                if let Some(value) = value(rest) {
                    self.data(value, end, block, joined);
                    self.open = true;
                }
            }
            [b'e', b'v', b'e', b'n', b't', rest @ ..] => {
                if let Some(value) = value(rest) {
                    self.event = Span::ending(value, end);
                    self.open = true;
                }
            }
            [b'i', b'd', rest @ ..] => {
                if let Some(value) = value(rest)
                    && !value.contains(&0)
                {
                    self.id = Some(Span::ending(value, end));
                    self.open = true;
                }
            }
            [b'r', b'e', b't', b'r', b'y', rest @ ..] => {
                if let Some(retry) = value(rest).and_then(milliseconds) {
                    self.retry = Some(retry);
                    self.open = true;
                }
            }
            // Comments and unknown fields.
            _ => {}
        }
    }

    #[inline]
    fn data(&mut self, value: &[u8], end: usize, block: &[u8], joined: &mut BytesMut) {
        match self.data_lines {
            0 => self.data = Span::ending(value, end),
            lines => {
                if lines == 1 {
                    joined.clear();
                    joined.extend_from_slice(self.data.of(block));
                }
                joined.extend_from_slice(b"\n");
                joined.extend_from_slice(value);
                self.data = Span::new(0, joined.len());
            }
        }
        self.data_lines += 1;
    }
}

/// The value of a field, given what follows its name; nothing if the name goes on.
#[inline]
fn value(rest: &[u8]) -> Option<&[u8]> {
    match rest {
        [b':', b' ', value @ ..] | [b':', value @ ..] => Some(value),
        [] => Some(rest),
        _ => None,
    }
}

/// A reconnection time: ASCII digits and nothing else. What no `u64` holds becomes the largest.
fn milliseconds(value: &[u8]) -> Option<Duration> {
    if value.is_empty() || !value.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let millis = value.iter().fold(0_u64, |sum, digit| {
        sum.saturating_mul(10)
            .saturating_add(u64::from(digit - b'0'))
    });
    Some(Duration::from_millis(millis))
}
