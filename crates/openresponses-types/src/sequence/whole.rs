//! An item that the provider has as a whole: it comes out with all the events of its type.

use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::vec::Vec;

use super::complete::{complete_item, with_status};
use super::delta::Delta;
use super::ids::IdKind;
use super::open::{OpenItem, OpenKind, OpenReasoning};
use super::sequencer::Sequencer;
use crate::content::{Content, Contents};
use crate::event::*;
use crate::field::Field;
use crate::item::{Item, ItemStatus, Message, Reasoning, Role};

impl Sequencer {
    /// Writes `item`; nothing is open.
    pub(super) fn whole_item(&mut self, item: Item, sink: &mut impl FnMut(StreamEvent)) {
        match item {
            Item::Message(message) if is_plain_message(&message) => {
                self.whole_message(*message, sink);
            }
            Item::Reasoning(reasoning) if is_plain_reasoning(&reasoning) => {
                self.whole_reasoning(*reasoning, sink);
            }
            Item::FunctionCall(call) if call.extra.is_empty() => {
                let id = self.item_id(call.id.as_str(), IdKind::FunctionCall);
                let kind = OpenKind::Call {
                    key: u32::MAX,
                    call_id: call.call_id,
                    name: call.name,
                    arguments: call.arguments.clone(),
                };
                // The item is announced before its arguments are.
                let mut open = OpenItem { id, kind };
                if let OpenKind::Call { arguments, .. } = &mut open.kind {
                    arguments.clear();
                }
                self.open_item_as(open, sink);
                self.push(
                    Delta::Arguments {
                        key: u32::MAX,
                        delta: call.arguments,
                    },
                    sink,
                );
                self.close(status(call.status), sink);
            }
            other => self.opaque_item(other, sink),
        }
    }

    fn whole_message(&mut self, message: Message, sink: &mut impl FnMut(StreamEvent)) {
        let id = self.item_id(message.id.as_str(), IdKind::Message);
        let kind = OpenKind::Message {
            phase: message.phase.into_value(),
            done: Vec::new(),
            part: None,
        };
        self.open_item_as(OpenItem { id, kind }, sink);
        let parts = match message.content {
            Contents::Text(text) => alloc::vec![Content::OutputText(crate::OutputText::new(text))],
            Contents::Parts(parts) => parts,
        };
        for part in parts {
            self.close_part(sink);
            match part {
                Content::OutputText(part) => {
                    let logprobs = part.logprobs.into_value().unwrap_or_default();
                    self.push(Delta::TextWithLogprobs(part.text, logprobs), sink);
                    for annotation in part.annotations.into_value().unwrap_or_default() {
                        self.push(Delta::Annotation(Box::new(annotation)), sink);
                    }
                }
                Content::Refusal(part) => self.push(Delta::Refusal(part.refusal), sink),
                _ => {}
            }
        }
        self.close(status(message.status), sink);
    }

    fn whole_reasoning(&mut self, reasoning: Reasoning, sink: &mut impl FnMut(StreamEvent)) {
        let id = self.item_id(reasoning.id.as_str(), IdKind::Reasoning);
        let open = OpenReasoning {
            encrypted: reasoning.encrypted_content.into_value(),
            content: reasoning.content.value().map(|_| Vec::new()),
            ..OpenReasoning::default()
        };
        self.open_item_as(
            OpenItem {
                id,
                kind: OpenKind::Reasoning(open),
            },
            sink,
        );
        for part in reasoning.content.into_value().unwrap_or_default() {
            self.close_part(sink);
            if let Content::ReasoningText(part) = part {
                self.push(Delta::Reasoning(part.text), sink);
            }
        }
        for part in reasoning.summary.into_value().unwrap_or_default() {
            self.close_part(sink);
            if let Content::SummaryText(part) = part {
                self.push(Delta::Summary(part.text), sink);
            }
        }
        self.close(status(reasoning.status), sink);
    }

    /// An item whose inside has no events: announced in progress where its type has a status, then
    /// done.
    fn opaque_item(&mut self, item: Item, sink: &mut impl FnMut(StreamEvent)) {
        let done = complete_item(item, &*self.ids);
        let added = with_status(done.clone(), &ItemStatus::InProgress);
        let (number, index) = (self.number(), self.output.len() as u64);
        sink(
            ResponseOutputItemAddedEvent::new(number, index)
                .item(added)
                .into(),
        );
        let number = self.number();
        self.output.push(done.clone());
        sink(
            ResponseOutputItemDoneEvent::new(number, index)
                .item(done)
                .into(),
        );
    }

    fn item_id(&self, given: Option<&str>, kind: IdKind) -> Arc<str> {
        given.map_or_else(|| Arc::from(self.ids.id(kind)), Arc::from)
    }
}

fn status(given: Field<ItemStatus>) -> ItemStatus {
    match given.into_value() {
        Some(ItemStatus::Incomplete) => ItemStatus::Incomplete,
        _ => ItemStatus::Completed,
    }
}

/// True when the message's events say everything that the item says.
fn is_plain_message(message: &Message) -> bool {
    let plain = |part: &Content| match part {
        Content::OutputText(part) => part.extra.is_empty(),
        Content::Refusal(part) => part.extra.is_empty(),
        _ => false,
    };
    message.role == Role::Assistant
        && message.extra.is_empty()
        && message.content.parts().iter().all(plain)
}

/// True when the reasoning's events say everything that the item says.
fn is_plain_reasoning(reasoning: &Reasoning) -> bool {
    let texts = |parts: &Field<Vec<Content>>, summary: bool| {
        parts.value().is_none_or(|parts| {
            parts.iter().all(|part| match part {
                Content::SummaryText(part) => summary && part.extra.is_empty(),
                Content::ReasoningText(part) => !summary && part.extra.is_empty(),
                _ => false,
            })
        })
    };
    reasoning.extra.is_empty()
        && texts(&reasoning.summary, true)
        && texts(&reasoning.content, false)
}
