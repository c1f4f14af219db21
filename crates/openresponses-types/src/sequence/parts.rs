//! Text of messages and of reasoning: appends to what is open, or opens it.

use alloc::string::String;
use alloc::vec::Vec;

use super::ids::IdKind;
use super::open::OpenKind;
use super::sequencer::Sequencer;
use super::warning::OutputWarning;
use crate::content::{Annotation, Content, LogProb};
use crate::event::{ItemKind, PartList, TextKind};
use crate::item::{Item, ItemStatus, Message, Phase, Reasoning};

impl Sequencer {
    pub(super) fn text(&mut self, kind: TextKind, text: String, logprobs: Vec<LogProb>) {
        // Streams of Chat Completions begin with empty text, before any output of the model.
        if text.is_empty() && logprobs.is_empty() {
            return;
        }
        let (at, list, part) = self.part_for(kind);
        self.events.append_text(at, list, part, text, logprobs);
    }

    pub(super) fn annotation(&mut self, annotation: Annotation) {
        if !self.takes_annotation() {
            return self.warn(OutputWarning::StrayAnnotation);
        }
        let (at, list, part) = self.part_for(TextKind::Output);
        self.events.annotate(at, list, part, annotation);
    }

    /// Returns true if the output text that an annotation belongs to is open or still to come. What
    /// is closed has been sent with its annotations.
    fn takes_annotation(&self) -> bool {
        if let Some((.., kind)) = self.open_part()
            && kind == TextKind::Output
        {
            return true;
        }
        match self.open_parts(ItemKind::Message) {
            Some(at) => self.last_text != Some(at),
            None => self.last_text.is_none(),
        }
    }

    pub(super) fn encrypted_reasoning(&mut self, encrypted: String) {
        let at = self.reasoning_item();
        if let Some(Item::Reasoning(item)) = self.events.item_mut(at).map(|open| &mut open.item) {
            let bytes = encrypted.len();
            item.encrypted_content = encrypted.into();
            self.events.grow(bytes);
        }
    }

    /// The open part that takes texts of a kind; opens one where there is none.
    pub(super) fn part_for(&mut self, kind: TextKind) -> (usize, PartList, usize) {
        if let Some((at, list, part, open)) = self.open_part()
            && open == kind
        {
            return (at, list, part);
        }
        let at = match kind.item_kind() {
            ItemKind::Reasoning => self.reasoning_item(),
            item => match self.open_parts(item) {
                Some(at) => at,
                None => self.open_message(None),
            },
        };
        self.close_part();
        if kind == TextKind::Output {
            self.last_text = Some(at);
        }
        let list = kind.list();
        (at, list, self.events.add_part(at, list, kind.empty_part()))
    }

    /// Opens a message, even when one is open.
    pub(super) fn open_message(&mut self, phase: Option<Phase>) -> usize {
        self.interrupt();
        let message = Message::assistant(Content::Parts(Vec::new())).phase(phase);
        self.open_new_item(IdKind::Message, OpenKind::Parts, message.into())
    }

    fn reasoning_item(&mut self) -> usize {
        match self.open_parts(ItemKind::Reasoning) {
            Some(at) => at,
            None => {
                self.interrupt();
                let reasoning = Reasoning::new().into();
                self.open_new_item(IdKind::Reasoning, OpenKind::Parts, reasoning)
            }
        }
    }

    /// Closes the open part, if there is one, with its done events.
    pub(super) fn close_part(&mut self) {
        if let Some((at, list, part, _)) = self.open_part() {
            self.events.finish_part(at, list, part);
        }
    }

    /// Ends the open message or reasoning item.
    pub(super) fn end_item(&mut self) {
        if self.open.is_some_and(|open| open.kind == OpenKind::Parts) {
            self.close(ItemStatus::Completed);
        }
    }
}

#[cfg(test)]
mod tests {
    use alloc::sync::Arc;
    use alloc::vec;

    use super::*;
    use crate::item::Item;
    use crate::response::Response;
    use crate::sequence::{CountingIds, Delta, FixedClock, ToolPolicy};

    fn output(deltas: impl IntoIterator<Item = Delta>) -> Vec<Item> {
        let mut sequencer = Sequencer::new(
            Response::new("resp_1", "m", 1),
            ToolPolicy::unrestricted(),
            Arc::new(CountingIds::default()),
            Arc::new(FixedClock(2)),
        );
        for delta in deltas {
            sequencer.push(delta);
        }
        sequencer.push(Delta::complete());
        sequencer.into_response().output.into_value().unwrap()
    }

    #[test]
    fn empty_text_opens_nothing() {
        let nothing = || {
            [
                Delta::text(""),
                Delta::Refusal(String::new()),
                Delta::Reasoning(String::new()),
                Delta::Summary(String::new()),
            ]
        };
        assert_eq!(output(nothing()), []);
        // It does not end the part of another kind that is open either.
        let around = [
            vec![Delta::text("a")],
            nothing().into(),
            vec![Delta::text("b")],
        ];
        let output = output(around.concat());
        let [Item::Message(message)] = &output[..] else {
            unreachable!("{output:?}")
        };
        assert_eq!(message.content.texts().collect::<Vec<_>>(), ["ab"]);
    }

    #[test]
    fn ending_a_part_makes_the_next_text_a_new_part_of_the_same_message() {
        let output = output([
            Delta::EndPart,
            Delta::text("a"),
            Delta::text("b"),
            Delta::EndPart,
            Delta::EndPart,
            Delta::text("c"),
        ]);
        let [Item::Message(message)] = &output[..] else {
            unreachable!("{output:?}")
        };
        assert_eq!(message.content.texts().collect::<Vec<_>>(), ["ab", "c"]);
    }

    #[test]
    fn ending_an_item_makes_the_next_reasoning_an_item_of_its_own() {
        let output = output([
            Delta::EndItem,
            Delta::Reasoning("a".into()),
            Delta::EncryptedReasoning("1".into()),
            Delta::EndItem,
            Delta::EncryptedReasoning("2".into()),
        ]);
        let encrypted = output.iter().map(|item| match item {
            Item::Reasoning(item) => item.encrypted_content.as_str(),
            _ => None,
        });
        assert_eq!(encrypted.collect::<Vec<_>>(), [Some("1"), Some("2")]);
    }

    #[test]
    fn ending_an_item_leaves_an_open_call_open() {
        let call = Delta::Call {
            key: 0,
            call_id: None,
            name: "f".into(),
        };
        let arguments = |delta: &str| Delta::Arguments {
            key: 0,
            delta: delta.into(),
        };
        let output = output([call, arguments("{"), Delta::EndItem, arguments("}")]);
        let [Item::FunctionCall(call)] = &output[..] else {
            unreachable!("{output:?}")
        };
        assert_eq!(call.arguments, "{}");
    }
}
