use core::time::Duration;

use super::{FrameLimits, block::Span, frame::Head};

/// Names longer than this are not remembered.
const REMEMBERED: usize = 64;

/// Recognizes frames in the one layout that servers of this protocol write: an optional `event: `
/// line, one `data: ` line, LF line ends.
///
/// Two searches find such a frame, and one where it has the name of the frame before.
#[derive(Clone, Debug, Default)]
pub(super) struct Canonical {
    /// The last frame up to its data: `event: <name>\ndata: `.
    prefix: Vec<u8>,
}

impl Canonical {
    /// The frame at the front of `input` and its length. `None` if it is incomplete, has another
    /// layout or exceeds a limit.
    #[inline]
    pub(super) fn frame(
        &mut self,
        input: &[u8],
        limits: &FrameLimits,
        offset: u64,
    ) -> Option<(Head, usize)> {
        let data_start = match self.prefix.len() {
            known @ 1.. if input.starts_with(&self.prefix) => known,
            _ => self.learn(input)?,
        };
        let rest = input.get(data_start..)?;
        let len = memchr::memchr2(b'\n', b'\r', rest)?;
        let end = data_start + len;
        let is_plain = rest.get(len..)?.starts_with(b"\n\n") && !limits.exceeds(0, end);
        is_plain.then(|| {
            let head = Head {
                event: event(data_start),
                data: Span::new(data_start, end),
                data_lines: 1,
                retry: None::<Duration>,
                offset,
            };
            (head, end + 2)
        })
    }

    /// Where the data starts in a frame of another name than the last one.
    #[inline(never)]
    fn learn(&mut self, input: &[u8]) -> Option<usize> {
        let data_line = match input.strip_prefix(EVENT) {
            Some(name) => match memchr::memchr2(b'\n', b'\r', name)? {
                // An empty name is the same as none.
                0 => return None,
                len => EVENT.len() + len + 1,
            },
            None => 0,
        };
        let data_start = data_line + DATA.len();
        let prefix = input.get(..data_start)?;
        if !prefix.ends_with(DATA) || data_line > 0 && prefix.get(data_line - 1) != Some(&b'\n') {
            return None;
        }
        self.prefix.clear();
        if data_start <= REMEMBERED {
            self.prefix.extend_from_slice(prefix);
        }
        Some(data_start)
    }
}

const EVENT: &[u8] = b"event: ";
const DATA: &[u8] = b"data: ";

/// The place of the name in a frame whose data starts at `data_start`.
#[inline]
fn event(data_start: usize) -> Span {
    match data_start.checked_sub(DATA.len() + 1) {
        Some(end) => Span::new(EVENT.len(), end),
        None => Span::default(),
    }
}
