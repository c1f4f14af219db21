use core::time::Duration;

use super::{FrameLimits, block::Span, frame::Head};

/// What is at the front of an input.
pub(super) enum Front {
    /// A frame, and its length.
    Frame(Head, usize),
    /// The beginning of one that goes on with its data, which starts here.
    Open(usize),
    /// Something else, or too little to tell.
    Other,
}

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
    /// What is at the front of `input`, if that exceeds no limit.
    #[inline]
    pub(super) fn front(&mut self, input: &[u8], limits: &FrameLimits, offset: u64) -> Front {
        let data_start = match self.prefix.len() {
            known @ 1.. if input.starts_with(&self.prefix) => known,
            _ => match self.learn(input) {
                Some(data_start) => data_start,
                None => return Front::Other,
            },
        };
        let rest = input.get(data_start..).unwrap_or_default();
        let Some(len) = memchr::memchr2(b'\n', b'\r', rest) else {
            return Front::Open(data_start);
        };
        let end = data_start + len;
        let ends = rest.get(len..).unwrap_or_default().starts_with(b"\n\n");
        match ends && !limits.exceeds(0, end) {
            true => Front::Frame(head(data_start, end, offset), end + 2),
            false => Front::Other,
        }
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
pub(super) const DATA: &[u8] = b"data: ";

/// The head of a frame whose data lies between two places.
#[inline]
pub(super) fn head(data_start: usize, data_end: usize, offset: u64) -> Head {
    Head {
        event: event(data_start),
        data: Span::new(data_start, data_end),
        data_lines: 1,
        retry: None::<Duration>,
        offset,
    }
}

/// The place of the name in a frame whose data starts at `data_start`.
#[inline]
pub(super) fn event(data_start: usize) -> Span {
    match data_start.checked_sub(DATA.len() + 1) {
        Some(end) => Span::new(EVENT.len(), end),
        None => Span::default(),
    }
}
