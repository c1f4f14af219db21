//! Large messages in fragments. RFC 6455, section 5.4.

use tokio_tungstenite::tungstenite::protocol::frame::Frame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::{Data, OpCode};
use tokio_tungstenite::tungstenite::{Bytes, Utf8Bytes};

/// The largest message that is sent as one frame, in bytes: some clients do not join fragments. After each
/// partial write tungstenite moves what is left of a frame, so that its cost grows with the square of its
/// size.
pub(super) const WHOLE: usize = 4 * 1024 * 1024;

/// The largest fragment in bytes.
pub(super) const FRAGMENT: usize = 64 * 1024;

/// What is left of a large text message.
pub(super) struct Fragments {
    rest: Bytes,
    is_begun: bool,
}

impl Fragments {
    pub(super) fn new(text: Utf8Bytes) -> Self {
        Self {
            rest: text.into(),
            is_begun: false,
        }
    }

    /// Returns true once all fragments were taken.
    pub(super) fn is_over(&self) -> bool {
        self.is_begun && self.rest.is_empty()
    }

    /// Takes the next fragment. Characters stay whole.
    pub(super) fn take(&mut self) -> Frame {
        let is_cut = |at: &usize| self.rest.get(*at).is_some_and(|byte| byte & 0xc0 == 0x80);
        let mut end = FRAGMENT.min(self.rest.len());
        while is_cut(&end) {
            end -= 1;
        }
        let kind = if std::mem::replace(&mut self.is_begun, true) {
            Data::Continue
        } else {
            Data::Text
        };
        let fragment = self.rest.split_to(end);
        Frame::message(fragment, OpCode::Data(kind), self.rest.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fragments_join_to_the_message_and_cut_no_character() {
        for text in [
            "x".repeat(FRAGMENT + 1),
            "é".repeat(3 * FRAGMENT),
            format!("x{}", "😀".repeat(FRAGMENT)),
        ] {
            let mut fragments = Fragments::new(text.clone().into());
            let mut joined = String::new();
            let mut kinds = Vec::new();
            while !fragments.is_over() {
                let frame = fragments.take();
                let header = frame.header();
                kinds.push((header.opcode, header.is_final));
                assert!(frame.payload().len() <= FRAGMENT);
                joined.push_str(std::str::from_utf8(frame.payload()).unwrap());
            }
            assert!(joined == text);
            let (last, before) = kinds.split_last().unwrap();
            assert_eq!(*last, (OpCode::Data(Data::Continue), true));
            assert_eq!(before[0], (OpCode::Data(Data::Text), false));
            assert!(
                before[1..]
                    .iter()
                    .all(|kind| *kind == (OpCode::Data(Data::Continue), false))
            );
        }
    }
}
