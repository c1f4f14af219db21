//! Pads deltas so that event sizes do not reveal token lengths.
//!
//! Encryption hides what a model says but not how long each piece is, and the lengths of a
//! stream's tokens tell much of its text. Spec: `stream_options.include_obfuscation`.

use std::hash::{BuildHasher, RandomState};

use openresponses_types::content::LogProb;
use openresponses_types::json::Length;
use openresponses_types::{CreateRequest, Field, StreamEvent, json};

/// A delta and its padding together are a multiple of this many bytes as they are printed. Most
/// tokens are shorter, so most deltas look alike.
const BUCKET: usize = 32;

/// 64 letters that are printed as they are.
const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// Returns whether the client left it to the host if deltas are padded.
pub(crate) fn is_unset(request: &CreateRequest) -> bool {
    let options = request.stream_options.value();
    options.is_none_or(|options| options.include_obfuscation.value().is_none())
}

/// Pads the delta events of one stream.
pub(crate) struct Obfuscation {
    /// A keyed hash of a counter is random enough for padding, which only must not be compressed
    /// away or foreseen. The operating system seeds the key.
    key: RandomState,
    drawn: u64,
}

impl Obfuscation {
    pub(crate) fn new() -> Self {
        Self {
            key: RandomState::new(),
            drawn: 0,
        }
    }

    /// Fills `obfuscation` where the event has it: the deltas of text, reasoning, summaries and
    /// arguments. What the specification gives no such member stays as it is.
    pub(crate) fn pad(&mut self, event: &mut StreamEvent) {
        let Some(delta) = event.as_delta().filter(|delta| delta.obfuscation.is_some()) else {
            return;
        };
        let logprobs = delta.logprobs.and_then(Field::value);
        let length = printed(delta.delta, logprobs.map_or(&[], Vec::as_slice));
        if let Some(padding) = event.obfuscation_mut() {
            *padding = self.text(length.next_multiple_of(BUCKET) - length).into();
        }
    }

    fn text(&mut self, length: usize) -> String {
        let mut text = String::with_capacity(length);
        let mut bits = 0;
        for at in 0..length {
            // 64 bits are ten letters of six.
            if at % 10 == 0 {
                bits = self.key.hash_one(self.drawn);
                self.drawn += 1;
            }
            let letter = LETTERS.get(bits as usize % LETTERS.len());
            text.push(letter.map_or('A', |letter| char::from(*letter)));
            bits >>= 6;
        }
        text
    }
}

/// How many bytes the parts of an event that tell something have in JSON.
fn printed(delta: &str, logprobs: &[LogProb]) -> usize {
    let mut length = Length::of(|out| json::write_string(out, delta));
    for logprob in logprobs {
        length += Length::of(|out| logprob.write_json(out)) + 1;
    }
    // The quotes are always there.
    length.saturating_sub(2)
}

#[cfg(test)]
mod tests {
    use super::*;
    use openresponses_types::event::ResponseOutputTextDeltaEvent;

    fn event(delta: &str, logprobs: Vec<LogProb>) -> StreamEvent {
        ResponseOutputTextDeltaEvent::new(7_u64, "msg_1", 0_u64, 0_u64, delta)
            .logprobs(logprobs)
            .into()
    }

    fn padded(delta: &str, logprobs: Vec<LogProb>) -> String {
        let mut event = event(delta, logprobs);
        Obfuscation::new().pad(&mut event);
        event.to_json()
    }

    #[test]
    fn what_is_short_looks_alike() {
        let size = padded("a", Vec::new()).len();
        for delta in [
            " the",
            "\"\\\n",
            "\u{1}\u{2028}",
            "日本語",
            "🦀",
            &"x".repeat(31),
        ] {
            assert_eq!(padded(delta, Vec::new()).len(), size, "{delta:?}");
        }
        assert_eq!(padded(&"x".repeat(32), Vec::new()).len(), size);
        assert_eq!(padded(&"x".repeat(33), Vec::new()).len(), size + 32);
        // Ten escapes of six bytes.
        assert_eq!(padded(&"\u{1}".repeat(10), Vec::new()).len(), size + 32);
    }

    #[test]
    fn log_probabilities_count() {
        let bare = event("", Vec::new()).to_json().len();
        for token in ["a", "token", "tokens", "\u{85}"] {
            for count in 1..4 {
                let logprobs = vec![LogProb::new(token, -0.5); count];
                let size = padded(token, logprobs).len();
                // The member itself, and a comma that the last element has not.
                assert_eq!((size - bare - r#","obfuscation":"""#.len() + 1) % 32, 0);
            }
        }
    }

    #[test]
    fn padding_is_not_foreseen() {
        let [mut one, mut other] = [Obfuscation::new(), Obfuscation::new()];
        let drawn = one.text(400);
        assert_ne!(drawn, other.text(400));
        assert_ne!(drawn, one.text(400));
        for letter in LETTERS {
            assert!(
                drawn.contains(char::from(*letter)) || one.text(4000).contains(char::from(*letter))
            );
        }
        assert!(drawn.bytes().all(|letter| LETTERS.contains(&letter)));
    }
}
