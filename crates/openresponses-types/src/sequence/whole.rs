//! An item that the provider has as a whole: it comes out with all the events of its type.

use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::vec::Vec;

use super::complete::{complete_item, id_kind};
use super::delta::Delta;
use super::ids::IdKind;
use super::open::{OpenItem, OpenKind, OpenReasoning};
use super::sequencer::Sequencer;
use crate::content::{Content, ContentPart};
use crate::event::*;
use crate::item::{Item, ItemStatus, Message, Reasoning, Role};
use crate::wire::Field;

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
                self.close_whole(status(call.status), sink);
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
            Content::Text(text) => {
                alloc::vec![ContentPart::OutputText(crate::content::OutputText::new(
                    text
                ))]
            }
            Content::Parts(parts) => parts,
        };
        for part in parts {
            self.close_part(sink);
            match part {
                ContentPart::OutputText(part) => {
                    let logprobs = part.logprobs.into_value().unwrap_or_default();
                    self.push(Delta::TextWithLogprobs(part.text, logprobs), sink);
                    for annotation in part.annotations.into_value().unwrap_or_default() {
                        self.push(Delta::Annotation(Box::new(annotation)), sink);
                    }
                }
                ContentPart::Refusal(part) => self.push(Delta::Refusal(part.refusal), sink),
                _ => {}
            }
        }
        self.close_part(sink);
        self.close_whole(status(message.status), sink);
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
            if let ContentPart::ReasoningText(part) = part {
                self.push(Delta::Reasoning(part.text), sink);
            }
        }
        for part in reasoning.summary.into_value().unwrap_or_default() {
            self.close_part(sink);
            if let ContentPart::SummaryText(part) = part {
                self.push(Delta::Summary(part.text), sink);
            }
        }
        self.close_part(sink);
        self.close_whole(status(reasoning.status), sink);
    }

    /// An item whose inside has no events: announced in progress where its type has a status, then
    /// done.
    fn opaque_item(&mut self, item: Item, sink: &mut impl FnMut(StreamEvent)) {
        let given = item.id();
        let id = self.item_id(given.as_deref(), id_kind(&item));
        let item = if given.as_deref() == Some(&*id) {
            item
        } else {
            item.with_id(&id)
        };
        let item = complete_item(item, &*self.ids);
        // Implementers' items may have any status.
        let foreign = matches!(item, Item::Extension(_) | Item::Unknown(_));
        let status = match item.status() {
            Some(ItemStatus::InProgress) if !foreign => ItemStatus::Completed,
            Some(given) => given,
            None => ItemStatus::Completed,
        };
        let kind = OpenKind::Whole(Box::new(item));
        self.open_item_as(OpenItem { id, kind }, sink);
        if foreign {
            self.close(status, sink);
        } else {
            self.close_whole(status, sink);
        }
    }

    /// Closes an item that came as a whole. One that is incomplete stays open, since it must be the
    /// last one of an incomplete response: what comes next tells.
    fn close_whole(&mut self, status: ItemStatus, sink: &mut impl FnMut(StreamEvent)) {
        if status != ItemStatus::Incomplete {
            self.close(status, sink);
        }
    }

    /// A new id for an item that does not come through here: a relay's, where the host wants ids of
    /// its own.
    #[must_use]
    pub fn new_item_id(&mut self, item: &Item) -> Arc<str> {
        self.item_id(None, id_kind(item))
    }

    /// The id that is given if no other item has it, else a new one.
    pub(super) fn item_id(&mut self, given: Option<&str>, kind: IdKind) -> Arc<str> {
        let mut id: Arc<str> = match given {
            Some(given) if !given.is_empty() => given.into(),
            _ => self.ids.id(kind).into(),
        };
        // A provider's id may be one that was made before. Generators that repeat themselves are
        // beyond help.
        for _ in 0..100 {
            if self.item_ids.insert(Arc::clone(&id)) {
                break;
            }
            id = self.ids.id(kind).into();
        }
        id
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
    let plain = |part: &ContentPart| match part {
        ContentPart::OutputText(part) => part.extra.is_empty(),
        ContentPart::Refusal(part) => part.extra.is_empty(),
        _ => false,
    };
    message.role == Role::Assistant
        && message.extra.is_empty()
        && message.content.parts().iter().all(plain)
}

/// True when the reasoning's events say everything that the item says.
fn is_plain_reasoning(reasoning: &Reasoning) -> bool {
    let texts = |parts: &Field<Vec<ContentPart>>, summary: bool| {
        parts.value().is_none_or(|parts| {
            parts.iter().all(|part| match part {
                ContentPart::SummaryText(part) => summary && part.extra.is_empty(),
                ContentPart::ReasoningText(part) => !summary && part.extra.is_empty(),
                _ => false,
            })
        })
    };
    reasoning.extra.is_empty()
        && texts(&reasoning.summary, true)
        && texts(&reasoning.content, false)
}
