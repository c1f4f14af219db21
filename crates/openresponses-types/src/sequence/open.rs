//! The item that is open, and its open part.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;

use crate::content::{Content, ContentPart, OutputText, ReasoningText, Refusal, SummaryText};
use crate::item::{FunctionCall, Item, ItemStatus, Message, Phase, Reasoning};
use crate::wire::Field;

/// The one item that deltas go to.
#[derive(Debug)]
pub(super) struct OpenItem {
    pub(super) id: Arc<str>,
    pub(super) kind: OpenKind,
}

#[derive(Debug)]
pub(super) enum OpenKind {
    Message {
        phase: Option<Phase>,
        done: Vec<ContentPart>,
        part: Option<MessagePart>,
    },
    Reasoning(OpenReasoning),
    /// An item whose inside has no events.
    Whole(Box<Item>),
    /// An item of a tool that the server runs, not done yet.
    Live(Box<Item>),
    Call {
        key: u32,
        call_id: String,
        name: String,
        arguments: String,
    },
}

#[derive(Debug)]
pub(super) enum MessagePart {
    Text(OutputText),
    Refusal(String),
}

#[derive(Debug, Default)]
pub(super) struct OpenReasoning {
    /// Absent until the provider shows reasoning.
    pub(super) content: Option<Vec<ContentPart>>,
    pub(super) summary: Vec<ContentPart>,
    pub(super) encrypted: Option<String>,
    pub(super) part: Option<ReasoningPart>,
}

#[derive(Debug)]
pub(super) enum ReasoningPart {
    Text(String),
    Summary(String),
}

impl MessagePart {
    pub(super) fn text() -> Self {
        Self::Text(
            OutputText::new("")
                .annotations(Vec::new())
                .logprobs(Vec::new()),
        )
    }

    pub(super) fn refusal() -> Self {
        Self::Refusal(String::new())
    }

    pub(super) fn content(&self) -> ContentPart {
        match self {
            Self::Text(part) => ContentPart::OutputText(part.clone()),
            Self::Refusal(text) => ContentPart::Refusal(Refusal::new(text.as_str())),
        }
    }
}

impl ReasoningPart {
    pub(super) fn content(&self) -> ContentPart {
        match self {
            Self::Text(text) => ContentPart::ReasoningText(ReasoningText::new(text.as_str())),
            Self::Summary(text) => ContentPart::SummaryText(SummaryText::new(text.as_str())),
        }
    }
}

impl OpenItem {
    /// The item as it is now, open parts included.
    pub(super) fn item(&self, status: ItemStatus) -> Item {
        let id = String::from(&*self.id);
        match &self.kind {
            OpenKind::Message { phase, done, part } => {
                let mut parts = done.clone();
                parts.extend(part.as_ref().map(MessagePart::content));
                let message = Message::assistant(Content::Parts(parts))
                    .id(id)
                    .status(status)
                    .phase(phase.clone());
                Item::Message(Box::new(message))
            }
            OpenKind::Reasoning(open) => {
                let (mut content, mut summary) = (open.content.clone(), open.summary.clone());
                match &open.part {
                    Some(part @ ReasoningPart::Text(_)) => {
                        content.get_or_insert_default().push(part.content());
                    }
                    Some(part @ ReasoningPart::Summary(_)) => summary.push(part.content()),
                    None => {}
                }
                let mut item = Reasoning::new().id(id).status(status).summary(summary);
                item.content = Field::from(content);
                item.encrypted_content = Field::from(open.encrypted.clone());
                Item::Reasoning(Box::new(item))
            }
            OpenKind::Whole(item) | OpenKind::Live(item) => Item::clone(item).with_status(status),
            OpenKind::Call {
                call_id,
                name,
                arguments,
                ..
            } => Item::FunctionCall(Box::new(
                FunctionCall::new(call_id.as_str(), name.as_str(), arguments.as_str())
                    .id(id)
                    .status(status),
            )),
        }
    }
}
