//! Items: the units of context, in requests and in responses. Spec: "Items".
//!
//! ```
//! use openresponses_types::Item;
//! use openresponses_types::content::{InputText, OutputText, SummaryText};
//! use openresponses_types::item::{
//!     Compaction, FunctionCall, FunctionCallOutput, ItemReference, ItemReferenceType, ItemStatus,
//!     Message, MessageType, Phase, Reasoning, Role,
//! };
//!
//! let conversation = [
//!     Item::from(ItemReference::new("msg_0")),
//!     Compaction::new("gAAAA").into(),
//!     Message::user([InputText::new("How warm is it in Oslo?")]).into(),
//!     Reasoning::output("rs_1").summary([SummaryText::new("Ask the weather service.")]).into(),
//!     FunctionCall::output("fc_1", "call_1", "weather", r#"{"city":"Oslo"}"#).into(),
//!     FunctionCallOutput::new("call_1", "21 °C").into(),
//!     Message::output("msg_1", OutputText::new("21 °C.")).phase(Phase::FinalAnswer).into(),
//! ];
//! assert_eq!(conversation[4].status(), Some(ItemStatus::Completed));
//! assert!(conversation[4].is_tool_call());
//! match (&conversation[0], &conversation[6]) {
//!     (Item::Reference(reference), Item::Message(message)) => {
//!         assert_eq!(reference.kind.value(), Some(&ItemReferenceType::ItemReference));
//!         assert_eq!(message.kind.value(), Some(&MessageType::Message));
//!         assert_eq!(message.role, Role::Assistant);
//!     }
//!     (other, _) => panic!("{}", other.type_name()),
//! }
//! ```

mod compaction;
mod function_call;
mod message;
mod reasoning;
mod reference;
mod rules;
mod status;

use alloc::borrow::Cow;
use alloc::boxed::Box;
use alloc::string::String;

pub use compaction::*;
pub use function_call::*;
pub use message::*;
pub use reasoning::*;
pub use reference::*;
pub use status::*;

pub(crate) use rules::*;

use crate::json::{RawJson, Reader};
use crate::wire::{Field, union};

union! {
    /// An item of a request's input or of a response's output.
    ///
    /// | `type` | variant | where | since |
    /// |---|---|---|---|
    /// | `message` | [`Message`](Self::Message) | input, output | 2026-01-15 |
    /// | `function_call` | [`FunctionCall`](Self::FunctionCall) | input, output | 2026-01-15 |
    /// | `function_call_output` | [`FunctionCallOutput`](Self::FunctionCallOutput) | input, output | 2026-01-15 |
    /// | `reasoning` | [`Reasoning`](Self::Reasoning) | input, output | 2026-01-15 |
    /// | `compaction` | [`Compaction`](Self::Compaction) | input, output | 2026-04-24 |
    /// | `item_reference`, none | [`Reference`](Self::Reference) | input | 2026-01-15 |
    /// | `slug:name` | [`Extension`](Self::Extension) | input, output | |
    /// | any other | [`Unknown`](Self::Unknown) | input | |
    ///
    /// An object without `type` is a message when it has a `role`, and an item reference when it has
    /// an `id` and not both `role` and `content`.
    ///
    /// ```
    /// use openresponses_types::Item;
    /// use openresponses_types::item::Message;
    ///
    /// let item = Item::from(Message::user("Hello").id("msg_1"));
    /// assert_eq!((item.type_name(), item.id().as_deref()), ("message", Some("msg_1")));
    /// let foreign = Item::from_json(br#"{"type":"acme:note","id":"n_1"}"#)?;
    /// assert_eq!(foreign.to_json(), r#"{"type":"acme:note","id":"n_1"}"#);
    /// # Ok::<(), openresponses_types::Violation>(())
    /// ```
    pub enum Item {
        /// A message.
        Message(Box<Message>) = "message",
        /// A function call.
        FunctionCall(Box<FunctionCall>) = "function_call",
        /// The result of a function call.
        FunctionCallOutput(Box<FunctionCallOutput>) = "function_call_output",
        /// Reasoning of the model.
        Reasoning(Box<Reasoning>) = "reasoning",
        /// A compacted conversation.
        Compaction(Box<Compaction>) = "compaction",
        /// A reference to a stored item.
        Reference(Box<ItemReference>) = "item_reference",
    }
    bare |reader: &Reader<'_>| {
        let has = |name: &str| reader.member(name).is_some();
        if has("id") && !(has("role") && has("content")) {
            Some("item_reference")
        } else if has("role") {
            Some("message")
        } else {
            None
        }
    };
}

impl Item {
    /// Returns the item's id, if it is a string.
    #[must_use]
    pub fn id(&self) -> Option<Box<str>> {
        self.borrowed_id().map(|id| Box::from(&*id))
    }

    /// Returns the id with which a reference finds the item, without a copy where the item keeps it as
    /// a string. A reference has none: it has no content that another one could stand for.
    #[must_use]
    pub fn referable_id(&self) -> Option<Cow<'_, str>> {
        match self {
            Self::Reference(_) => None,
            item => item.borrowed_id(),
        }
    }

    /// [`id`](Self::id) without a copy.
    pub(crate) fn borrowed_id(&self) -> Option<Cow<'_, str>> {
        let raw = match self {
            Self::Message(item) => return item.id.as_str().map(Cow::Borrowed),
            Self::FunctionCall(item) => return item.id.as_str().map(Cow::Borrowed),
            Self::FunctionCallOutput(item) => return item.id.as_str().map(Cow::Borrowed),
            Self::Reasoning(item) => return item.id.as_str().map(Cow::Borrowed),
            Self::Compaction(item) => return item.id.as_str().map(Cow::Borrowed),
            Self::Reference(item) => return Some(Cow::Borrowed(&item.id)),
            Self::Extension(raw) => raw.json(),
            Self::Unknown(raw) => raw.json(),
        };
        raw.reader().member("id")?.string()
    }

    /// Replaces the id.
    #[must_use]
    pub fn with_id(mut self, id: &str) -> Self {
        let field = Field::Value(String::from(id));
        match &mut self {
            Self::Message(item) => item.id = field,
            Self::FunctionCall(item) => item.id = field,
            Self::FunctionCallOutput(item) => item.id = field,
            Self::Reasoning(item) => item.id = field,
            Self::Compaction(item) => item.id = field,
            Self::Reference(item) => item.id = id.into(),
            Self::Extension(raw) => {
                return Self::Extension(raw.clone().with_member("id", &RawJson::string(id)));
            }
            Self::Unknown(raw) => {
                return Self::Unknown(raw.clone().with_member("id", &RawJson::string(id)));
            }
        }
        self
    }

    /// Returns the status; `None` for types whose schema has no status.
    #[must_use]
    pub fn status(&self) -> Option<ItemStatus> {
        match self {
            Self::Message(item) => item.status.value().cloned(),
            Self::FunctionCall(item) => item.status.value().cloned(),
            Self::FunctionCallOutput(item) => item.status.value().cloned(),
            Self::Reasoning(item) => item.status.value().cloned(),
            Self::Compaction(_) | Self::Reference(_) => None,
            Self::Extension(raw) => raw.string_member("status").map(|text| text.as_str().into()),
            Self::Unknown(raw) => raw.string_member("status").map(|text| text.as_str().into()),
        }
    }

    /// Sets the status, where the item's type has one.
    #[must_use]
    pub(crate) fn with_status(mut self, status: ItemStatus) -> Self {
        self.set_status(status);
        self
    }

    /// Sets the status, where the item's type has one.
    pub(crate) fn set_status(&mut self, status: ItemStatus) {
        match self {
            Self::Message(item) => item.status = status.into(),
            Self::FunctionCall(item) => item.status = status.into(),
            Self::FunctionCallOutput(item) => item.status = status.into(),
            Self::Reasoning(item) => item.status = status.into(),
            Self::Compaction(_) | Self::Reference(_) => {}
            Self::Extension(raw) => {
                let status = RawJson::string(status.as_str());
                *raw = raw.clone().with_member("status", &status);
            }
            Self::Unknown(raw) => {
                let status = RawJson::string(status.as_str());
                *raw = raw.clone().with_member("status", &status);
            }
        }
    }

    /// Returns true for a call of a tool, or the request to approve one: a function call, and any
    /// extension or unknown item whose type ends in `_call` or `_approval_request`.
    #[must_use]
    pub fn is_tool_call(&self) -> bool {
        match self {
            Self::FunctionCall(_) => true,
            Self::Extension(_) | Self::Unknown(_) => {
                let kind = self.type_name();
                kind.ends_with("_call") || kind.ends_with("_approval_request")
            }
            _ => false,
        }
    }
}
