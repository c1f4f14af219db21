//! The frames in received bytes. RFC 6455, section 5.2.

/// Follows the frames of a client, to see how much of a message has arrived before it is complete.
#[derive(Debug, Default)]
pub(super) struct Frames {
    /// The bytes of an incomplete frame header.
    head: Vec<u8>,
    /// The bytes that the payload of the current frame still lacks.
    missing: u64,
    /// The current frame completes a message when its payload is complete.
    is_last: bool,
    /// The current frame belongs to a data message.
    is_data: bool,
    /// The number of completed messages, control frames included.
    completed: u64,
    /// The incomplete data message.
    partial: Partial,
    /// The number of completed data messages.
    messages: u64,
}

/// What has arrived of an incomplete message.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Partial {
    /// Its number on the connection.
    pub(super) number: u64,
    pub(super) fragments: u64,
    /// It consists of more than one frame.
    pub(super) is_fragmented: bool,
    /// The received bytes of its payload.
    pub(super) bytes: u64,
}

/// The longest header of a frame, in bytes.
const HEAD: usize = 14;

impl Frames {
    /// Adds received bytes.
    pub(super) fn push(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            if self.missing > 0 {
                let length = bytes.len() as u64;
                let taken = self.missing.min(length);
                self.missing -= taken;
                if self.is_data {
                    self.partial.bytes += taken;
                }
                bytes = usize::try_from(taken)
                    .ok()
                    .and_then(|taken| bytes.get(taken..))
                    .unwrap_or_default();
            } else if let Some((byte, rest)) = bytes.split_first() {
                self.head.push(*byte);
                bytes = rest;
                self.read_head();
            }
            if self.missing == 0 && self.head.is_empty() {
                self.end_frame();
            }
        }
    }

    /// Starts a frame once its header is complete.
    fn read_head(&mut self) {
        let (Some(first), Some(second)) = (self.head.first(), self.head.get(1)) else {
            return;
        };
        let extended = match second & 0x7f {
            126 => 2,
            127 => 8,
            _ => 0,
        };
        let mask = if second & 0x80 == 0 { 0 } else { 4 };
        if self.head.len() < (2 + extended + mask).min(HEAD) {
            return;
        }
        let length = match extended {
            0 => u64::from(second & 0x7f),
            _ => self
                .head
                .iter()
                .skip(2)
                .take(extended)
                .fold(0, |length, byte| (length << 8) | u64::from(*byte)),
        };
        // Control frames, from 8 on, are single and may stand between fragments.
        self.is_data = first & 0x0f < 8;
        self.is_last = first & 0x80 != 0;
        self.missing = length;
        self.partial.fragments += u64::from(self.is_data);
        self.partial.is_fragmented |= self.is_data && !self.is_last;
        self.head.clear();
    }

    fn end_frame(&mut self) {
        if !self.is_last {
            return;
        }
        self.is_last = false;
        self.completed += 1;
        if self.is_data {
            self.messages += 1;
            self.partial = Partial {
                number: self.messages,
                ..Partial::default()
            };
        }
    }

    /// Returns the incomplete message or frame, if any.
    pub(super) fn partial(&self) -> Option<Partial> {
        let is_idle = self.head.is_empty() && self.missing == 0 && self.partial.fragments == 0;
        (!is_idle).then_some(self.partial)
    }

    /// Returns the number of completed messages, control frames included.
    pub(super) fn completed(&self) -> u64 {
        self.completed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A masked frame.
    fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
        let mut frame = vec![first];
        match payload.len() {
            length @ 0..126 => frame.push(0x80 | u8::try_from(length).unwrap()),
            length @ 126..65_536 => {
                frame.push(0x80 | 126);
                frame.extend(u16::try_from(length).unwrap().to_be_bytes());
            }
            length => {
                frame.push(0x80 | 127);
                frame.extend((length as u64).to_be_bytes());
            }
        }
        frame.extend([7; 4]);
        frame.extend(payload);
        frame
    }

    #[test]
    fn frames_are_followed_through_any_cut() {
        for length in [0, 1, 125, 126, 65_535, 65_536] {
            let payload = vec![b'x'; length];
            let mut bytes = frame(0x01, &payload);
            bytes.extend(frame(0x89, b"ping"));
            bytes.extend(frame(0x80, &payload));
            for cut in [1, 2, 3, 7, 4096] {
                let mut frames = Frames::default();
                for piece in bytes.chunks(cut) {
                    frames.push(piece);
                }
                assert_eq!(
                    (frames.completed(), frames.partial()),
                    (2, None),
                    "{length}"
                );
            }
        }
    }

    #[test]
    fn an_incomplete_message_is_seen() {
        let mut frames = Frames::default();
        frames.push(&frame(0x81, b"whole"));
        frames.push(&[0x01]);
        let head = Partial {
            number: 1,
            ..Partial::default()
        };
        assert_eq!(frames.partial(), Some(head));
        frames.push(&frame(0x01, b"half")[1..]);
        frames.push(&frame(0x00, b""));
        frames.push(&frame(0x8a, b"pong"));
        let half = Partial {
            fragments: 2,
            is_fragmented: true,
            bytes: 4,
            ..head
        };
        assert_eq!(frames.partial(), Some(half));
        frames.push(&frame(0x80, b""));
        assert_eq!((frames.completed(), frames.partial()), (3, None));
        frames.push(&frame(0x81, b"single")[..8]);
        let single = Partial {
            number: 2,
            fragments: 1,
            is_fragmented: false,
            bytes: 2,
        };
        assert_eq!(frames.partial(), Some(single));
    }
}
