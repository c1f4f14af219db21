//! An item that comes as a whole: written with all the events of its type.

use alloc::boxed::Box;
use alloc::vec::Vec;

use super::complete::{complete_item, id_kind};
use super::delta::Delta;
use super::ids::IdKind;
use super::open::OpenKind;
use super::sequencer::Sequencer;
use crate::content::{Content, ContentPart, OutputText};
use crate::event::TextKind;
use crate::item::{FunctionCall, Item, ItemStatus, Message, Reasoning, Role};
use crate::wire::Field;

impl Sequencer {
    /// Writes `item`; nothing is open.
    pub(super) fn whole_item(&mut self, item: Item) {
        match item {
            Item::Message(message) if is_plain_message(&message) => self.whole_message(*message),
            Item::Reasoning(reasoning) if is_plain_reasoning(&reasoning) => {
                self.whole_reasoning(*reasoning);
            }
            Item::FunctionCall(call) if call.extra.is_empty() => self.whole_call(*call),
            other => self.opaque_item(other),
        }
    }

    fn whole_call(&mut self, call: FunctionCall) {
        let id = self.item_id(call.id.as_str(), IdKind::FunctionCall);
        // The item is announced before its arguments are.
        let announced = FunctionCall::new(call.call_id, call.name, "");
        let key = u32::MAX;
        self.open_item(&id, OpenKind::Call { key }, announced.into());
        self.push(Delta::Arguments {
            key,
            delta: call.arguments,
        });
        self.close_whole(status(call.status));
    }

    fn whole_message(&mut self, message: Message) {
        let id = self.item_id(message.id.as_str(), IdKind::Message);
        let mut announced = Message::assistant(Content::Parts(Vec::new()));
        announced.phase = message.phase.into_value().into();
        self.open_item(&id, OpenKind::Parts, announced.into());
        let parts = match message.content {
            Content::Text(text) => alloc::vec![ContentPart::OutputText(OutputText::new(text))],
            Content::Parts(parts) => parts,
        };
        for part in parts {
            self.close_part();
            match part {
                ContentPart::OutputText(part) => {
                    // A part without a text is a part.
                    self.part_for(TextKind::Output);
                    let logprobs = part.logprobs.into_value().unwrap_or_default();
                    self.push(Delta::TextWithLogprobs(part.text, logprobs));
                    for annotation in part.annotations.into_value().unwrap_or_default() {
                        self.push(Delta::Annotation(Box::new(annotation)));
                    }
                }
                ContentPart::Refusal(part) => {
                    self.part_for(TextKind::Refusal);
                    self.push(Delta::Refusal(part.refusal));
                }
                _ => debug_assert!(false, "the message is not plain"),
            }
        }
        self.close_part();
        self.close_whole(status(message.status));
    }

    fn whole_reasoning(&mut self, reasoning: Reasoning) {
        let id = self.item_id(reasoning.id.as_str(), IdKind::Reasoning);
        let mut announced = Reasoning::new();
        announced.encrypted_content = reasoning.encrypted_content.into_value().into();
        announced.content = reasoning.content.value().map(|_| Vec::new()).into();
        self.open_item(&id, OpenKind::Parts, announced.into());
        for part in reasoning.content.into_value().unwrap_or_default() {
            self.close_part();
            if let ContentPart::ReasoningText(part) = part {
                self.part_for(TextKind::Reasoning);
                self.push(Delta::Reasoning(part.text));
            }
        }
        for part in reasoning.summary.into_value().unwrap_or_default() {
            self.close_part();
            if let ContentPart::SummaryText(part) = part {
                self.part_for(TextKind::Summary);
                self.push(Delta::Summary(part.text));
            }
        }
        self.close_part();
        self.close_whole(status(reasoning.status));
    }

    /// An item whose inside has no events: announced in progress where its type has a status, then
    /// done.
    fn opaque_item(&mut self, item: Item) {
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
        self.open_item(&id, OpenKind::Whole, item);
        if foreign {
            self.close(status);
        } else {
            self.close_whole(status);
        }
    }

    /// Closes an item that came as a whole. The done event of one that is incomplete waits, since it
    /// must be the last one of an incomplete response: what comes next tells. Nothing goes into it.
    fn close_whole(&mut self, status: ItemStatus) {
        if status != ItemStatus::Incomplete {
            return self.close(status);
        }
        self.close_part();
        self.close_arguments(&status);
        if let Some(open) = &mut self.open {
            open.kind = OpenKind::Whole;
        }
    }
}

fn status(given: Field<ItemStatus>) -> ItemStatus {
    match given.into_value() {
        Some(ItemStatus::Incomplete) => ItemStatus::Incomplete,
        _ => ItemStatus::Completed,
    }
}

/// Returns true if the message's events express the whole item.
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

/// Returns true if the reasoning's events express the whole item.
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
