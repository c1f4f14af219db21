//! Texts: where the deltas and the finished text are brought together.

use alloc::string::String;
use alloc::vec::Vec;

use super::push::{Lost, Relay, Then};
use super::reading::Incoming;
use super::repair::Repair;
use crate::content::LogProb;
use crate::event::{PartList, TextKind};
use crate::sequence::Sequencer;
use crate::stream_output::Stage;

/// How often each byte of the output is compared with what the upstream says is finished: its text, part,
/// item and response, each a few times.
const COMPARISONS: usize = 16;

/// What a delta says beyond what the client has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unsent<'d> {
    /// All of it.
    All,
    /// Nothing: the client has had it from elsewhere.
    Nothing,
    /// The end of it.
    Rest(&'d str),
}

impl Relay {
    pub(super) fn text_delta(
        &mut self,
        incoming: &Incoming,
        kind: TextKind,
        delta: &str,
        logprobs: &[LogProb],
        client: &mut Sequencer,
    ) -> Then {
        let (at, part, source) = match self.part_for_text(incoming, kind, client) {
            Ok(found) => found,
            Err(then) => return self.nowhere(then, delta),
        };
        let list = kind.list();
        let Some((streamed, ours)) = client.events.part(at, list, part) else {
            return Then::Drop;
        };
        let stage = streamed.stage;
        let known = self.source.get_mut(source);
        let Some(known) = known.and_then(|item| item.parts.of_part(list, part)) else {
            return Then::Drop;
        };
        let unsent = unsent(ours.text().unwrap_or_default(), &mut known.received, delta);
        let delta = match unsent {
            Unsent::Nothing if delta.is_empty() && stage == Stage::Open => delta,
            Unsent::Nothing => {
                self.repairs.note(Repair::DeltaRepeated);
                return Then::Drop;
            }
            Unsent::All => delta,
            Unsent::Rest(rest) => rest,
        };
        match stage {
            Stage::Carried => {
                self.repairs.note(Repair::PartAdded);
                client.events.announce_part(at, list, part);
            }
            Stage::Open => {}
            Stage::TextDone | Stage::Done | Stage::Unsent => {
                self.repairs.note(Repair::EventLate);
                self.doubt();
                return Then::Drop;
            }
        }
        if unsent == Unsent::All || unsent == Unsent::Nothing {
            client.events.apply_text(at, list, part, delta, logprobs);
            return Then::Forward(at, Some(part));
        }
        client
            .events
            .append_text(at, list, part, delta.into(), logprobs.to_vec());
        Then::Drop
    }

    pub(super) fn text_done(
        &mut self,
        incoming: &Incoming,
        kind: TextKind,
        text: &str,
        client: &mut Sequencer,
    ) -> Then {
        let (at, part, _) = match self.part_for_text(incoming, kind, client) {
            Ok(found) => found,
            Err(then) => return self.nowhere(then, text),
        };
        let list = kind.list();
        let Some((streamed, _)) = client.events.part(at, list, part) else {
            return Then::Drop;
        };
        match streamed.stage {
            Stage::Carried => {
                self.repairs.note(Repair::PartAdded);
                client.events.announce_part(at, list, part);
            }
            Stage::Open => {}
            Stage::TextDone | Stage::Done | Stage::Unsent => {
                self.repairs.note(Repair::EventRepeated);
                self.compare_text(at, list, part, Some(text), client);
                return Then::Drop;
            }
        }
        if self.complete_text(at, list, part, Some(text), client) {
            client.events.set_stage(at, list, part, Stage::TextDone);
            Then::Forward(at, Some(part))
        } else {
            client.events.finish_text(at, list, part);
            Then::Drop
        }
    }

    /// What becomes of an event that finds no part or no call: lost, if it says something.
    pub(super) fn nowhere(&mut self, then: Then, text: &str) -> Then {
        if matches!(then, Then::Drop) && !text.is_empty() {
            self.repairs.note(Repair::EventMisplaced);
            self.lose();
        }
        then
    }

    /// Brings the client's text to what the finished text says. True when it is the same then.
    pub(super) fn complete_text(
        &mut self,
        at: usize,
        list: PartList,
        part: usize,
        whole: Option<&str>,
        client: &mut Sequencer,
    ) -> bool {
        let Some((streamed, ours)) = client.events.part(at, list, part) else {
            return false;
        };
        // A part of a kind that has no deltas stays as it was announced.
        let open = streamed.stage == Stage::Open && client.events.streams(at, list, ours);
        let (Some(ours), Some(whole)) = (ours.text(), whole) else {
            return true;
        };
        if ours == whole {
            return true;
        }
        if let Some(rest) = whole.strip_prefix(ours).filter(|_| open) {
            let rest = String::from(rest);
            self.repairs.note(Repair::DeltaSent);
            client.events.append_text(at, list, part, rest, Vec::new());
            return true;
        }
        self.compare(ours, whole, client);
        false
    }

    /// Compares a closed text with what the upstream says of it once more.
    pub(super) fn compare_text(
        &mut self,
        at: usize,
        list: PartList,
        part: usize,
        whole: Option<&str>,
        client: &Sequencer,
    ) {
        let ours = client.events.part(at, list, part);
        let ours = ours.and_then(|(_, content)| content.text());
        if let Some(whole) = whole {
            self.compare(ours.unwrap_or_default(), whole, client);
        }
    }

    /// The client must have every byte of `whole` in its order.
    pub(super) fn compare(&mut self, ours: &str, whole: &str, client: &Sequencer) {
        if whole == ours {
            return;
        }
        self.repairs.note(Repair::TextKept);
        if self.may_compare(ours.len(), client) && !is_within(whole, ours) {
            self.lose();
        }
    }

    /// Takes `bytes` of the client's output from what may be compared. A finished text is repeated a few
    /// times; an upstream that contradicts its deltas again and again fails the response, so that each
    /// repetition does not cost the whole text. False where the response fails anyway.
    pub(super) fn may_compare(&mut self, bytes: usize, client: &Sequencer) -> bool {
        if self.lost == Some(Lost::Text) {
            return false;
        }
        if self.compared > COMPARISONS.saturating_mul(client.events.bytes()) {
            self.lose();
            return false;
        }
        self.compared = self.compared.saturating_add(bytes);
        true
    }

    /// The client may lack something, unless the response's own output says otherwise.
    pub(super) fn doubt(&mut self) {
        self.lost.get_or_insert(Lost::Unconfirmed);
    }

    /// The client lacks something.
    pub(super) fn lose(&mut self) {
        self.lost = Some(Lost::Text);
    }
}

/// What a delta says beyond the client's text, of whose bytes the upstream's deltas have repeated
/// the first `received`.
pub(super) fn unsent<'d>(ours: &str, received: &mut usize, delta: &'d str) -> Unsent<'d> {
    // A text that was announced otherwise than it is now cannot be compared.
    let ahead = ours.get(*received..).unwrap_or_default();
    if ahead.is_empty() {
        *received = ours.len() + delta.len();
        return if delta.is_empty() {
            Unsent::Nothing
        } else {
            Unsent::All
        };
    }
    if ahead.starts_with(delta) {
        *received += delta.len();
        return Unsent::Nothing;
    }
    let rest = delta.strip_prefix(ahead);
    *received = ours.len() + rest.unwrap_or(delta).len();
    rest.map_or(Unsent::All, Unsent::Rest)
}

/// Returns true if all characters of `part` are in `whole`, in their order.
fn is_within(part: &str, whole: &str) -> bool {
    let mut whole = whole.bytes();
    part.bytes().all(|byte| whole.any(|other| other == byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_delta_is_compared_with_what_the_client_has() {
        let mut received = 0;
        assert_eq!(unsent("", &mut received, "ab"), Unsent::All);
        assert_eq!(received, 2);
        assert_eq!(unsent("abcd", &mut received, "c"), Unsent::Nothing);
        assert_eq!(unsent("abcd", &mut received, "de"), Unsent::Rest("e"));
        assert_eq!(received, 5);
        let mut received = 1;
        assert_eq!(unsent("ab", &mut received, "x"), Unsent::All);
    }

    #[test]
    fn a_text_is_within_another_when_only_something_is_left_out() {
        assert!(is_within("ac", "abc"));
        assert!(is_within("", "abc"));
        assert!(!is_within("ca", "abc"));
        assert!(!is_within("abcd", "abc"));
    }
}
