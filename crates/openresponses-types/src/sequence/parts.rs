//! The parts of the open item: where they are, and the events that open and close them.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;

use super::open::{MessagePart, OpenKind, OpenReasoning, ReasoningPart};
use super::sequencer::Sequencer;
use crate::content::ContentPart;
use crate::event::*;

impl Sequencer {
    /// The open item's id and place, and the place of its open (or next) part.
    pub(super) fn content_position(&self) -> (Arc<str>, u64, u64) {
        let index = self.output.len() as u64;
        let Some(open) = &self.open else {
            return (Arc::from(""), index, 0);
        };
        let part = match &open.kind {
            OpenKind::Message { done, .. } => done.len(),
            OpenKind::Reasoning(reasoning) => match &reasoning.part {
                Some(ReasoningPart::Summary(_)) => reasoning.summary.len(),
                _ => reasoning.content.as_ref().map_or(0, Vec::len),
            },
            OpenKind::Call { .. } | OpenKind::Whole(_) | OpenKind::Live(_) => 0,
        };
        (Arc::clone(&open.id), index, part as u64)
    }

    pub(super) fn message_part(&mut self) -> Option<&mut MessagePart> {
        match &mut self.open.as_mut()?.kind {
            OpenKind::Message { part, .. } => part.as_mut(),
            _ => None,
        }
    }

    pub(super) fn open_reasoning(&mut self) -> Option<&mut OpenReasoning> {
        match &mut self.open.as_mut()?.kind {
            OpenKind::Reasoning(open) => Some(open),
            _ => None,
        }
    }

    pub(super) fn open_call(&mut self) -> Option<(u32, &mut String)> {
        match &mut self.open.as_mut()?.kind {
            OpenKind::Call { key, arguments, .. } => Some((*key, arguments)),
            _ => None,
        }
    }

    pub(super) fn open_message_part(
        &mut self,
        new: MessagePart,
        sink: &mut impl FnMut(StreamEvent),
    ) {
        let content = Box::new(new.content());
        if let Some(OpenKind::Message { part, .. }) = self.open.as_mut().map(|open| &mut open.kind)
        {
            *part = Some(new);
        }
        let (item_id, output_index, index) = self.content_position();
        let number = self.number();
        sink(
            ResponseContentPartAddedEvent::new(number, item_id, output_index, index, content)
                .into(),
        );
    }

    pub(super) fn open_reasoning_part(
        &mut self,
        summary: bool,
        sink: &mut impl FnMut(StreamEvent),
    ) {
        let new = if summary {
            ReasoningPart::Summary(String::new())
        } else {
            ReasoningPart::Text(String::new())
        };
        let content = Box::new(new.content());
        if let Some(open) = self.open_reasoning() {
            if !summary {
                open.content.get_or_insert_default();
            }
            open.part = Some(new);
        }
        let (item_id, output_index, index) = self.content_position();
        let number = self.number();
        sink(if summary {
            ResponseReasoningSummaryPartAddedEvent::new(
                number,
                item_id,
                output_index,
                index,
                content,
            )
            .into()
        } else {
            ResponseContentPartAddedEvent::new(number, item_id, output_index, index, content).into()
        });
    }

    /// Closes the open part, if there is one, with its done events.
    pub(super) fn close_part(&mut self, sink: &mut impl FnMut(StreamEvent)) {
        let (item_id, output_index, index) = self.content_position();
        let Some(open) = &mut self.open else { return };
        match &mut open.kind {
            OpenKind::Message { done, part, .. } => {
                let Some(part) = part.take() else { return };
                let content = part.content();
                done.push(content.clone());
                self.message_part_done(part, content, (item_id, output_index, index), sink);
            }
            OpenKind::Reasoning(open) => {
                let Some(part) = open.part.take() else { return };
                let content = part.content();
                match part {
                    ReasoningPart::Text(_) => {
                        open.content.get_or_insert_default().push(content.clone());
                    }
                    ReasoningPart::Summary(_) => open.summary.push(content.clone()),
                }
                self.reasoning_part_done(part, content, (item_id, output_index, index), sink);
            }
            OpenKind::Call { .. } | OpenKind::Whole(_) | OpenKind::Live(_) => {}
        }
    }

    fn message_part_done(
        &mut self,
        part: MessagePart,
        content: ContentPart,
        (item_id, output_index, index): (Arc<str>, u64, u64),
        sink: &mut impl FnMut(StreamEvent),
    ) {
        let number = self.number();
        let id = Arc::clone(&item_id);
        sink(match part {
            MessagePart::Text(part) => {
                ResponseOutputTextDoneEvent::new(number, id, output_index, index, part.text)
                    .logprobs(part.logprobs)
                    .into()
            }
            MessagePart::Refusal(text) => {
                ResponseRefusalDoneEvent::new(number, id, output_index, index, text).into()
            }
        });
        self.content_part_done(Box::new(content), (item_id, output_index, index), sink);
    }

    fn content_part_done(
        &mut self,
        content: Box<ContentPart>,
        (item_id, output_index, index): (Arc<str>, u64, u64),
        sink: &mut impl FnMut(StreamEvent),
    ) {
        let number = self.number();
        sink(
            ResponseContentPartDoneEvent::new(number, item_id, output_index, index, content).into(),
        );
    }

    fn reasoning_part_done(
        &mut self,
        part: ReasoningPart,
        content: ContentPart,
        (item_id, output_index, index): (Arc<str>, u64, u64),
        sink: &mut impl FnMut(StreamEvent),
    ) {
        let content = Box::new(content);
        let text = self.number();
        match part {
            ReasoningPart::Text(whole) => {
                let id = Arc::clone(&item_id);
                sink(ResponseReasoningDoneEvent::new(text, id, output_index, index, whole).into());
                self.content_part_done(content, (item_id, output_index, index), sink);
            }
            ReasoningPart::Summary(whole) => {
                let id = Arc::clone(&item_id);
                sink(
                    ResponseReasoningSummaryTextDoneEvent::new(
                        text,
                        id,
                        output_index,
                        index,
                        whole,
                    )
                    .into(),
                );
                let number = self.number();
                sink(
                    ResponseReasoningSummaryPartDoneEvent::new(
                        number,
                        item_id,
                        output_index,
                        index,
                        content,
                    )
                    .into(),
                );
            }
        }
    }
}

#[cfg(test)]
mod tests {
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
            sequencer.push(delta, &mut |_| {});
        }
        sequencer.push(Delta::complete(), &mut |_| {});
        sequencer.into_response().output.into_value().unwrap()
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
