//! Where an event belongs: its number, its item, its part.

use alloc::borrow::Cow;
use alloc::sync::Arc;

use crate::item::Item;
use crate::json::RawJson;
use crate::wire::{Field, integer};

/// Where an event belongs, as far as it says.
///
/// ```
/// use openresponses_types::event::ResponseOutputTextDeltaEvent;
/// use openresponses_types::StreamEvent;
///
/// let event: StreamEvent = ResponseOutputTextDeltaEvent::new(4_u64, "msg_1", 2_u64, 0_u64, "Hi").into();
/// let head = event.head();
/// assert_eq!(head.sequence_number, Some(4));
/// assert_eq!(head.item_id.as_deref(), Some("msg_1"));
/// assert_eq!((head.output_index, head.part_index), (Some(2), Some(0)));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct EventHead<'e> {
    /// The event's number in its stream.
    pub sequence_number: Option<u64>,
    /// The id of the item that the event is about, or that it carries.
    pub item_id: Option<Cow<'e, str>>,
    /// The item's place in the output.
    pub output_index: Option<u64>,
    /// The part's place in its list.
    pub part_index: Option<u64>,
}

impl<'e> EventHead<'e> {
    pub(crate) fn numbered(sequence_number: u64) -> Self {
        Self {
            sequence_number: Some(sequence_number),
            ..Self::default()
        }
    }

    /// What an event says that is kept as it came.
    pub(crate) fn of_raw(json: &'e RawJson) -> Self {
        let reader = json.reader();
        let index = |name: &str| {
            let number = integer(reader.member(name)?.number()?)?;
            u64::try_from(number).ok()
        };
        Self {
            sequence_number: index("sequence_number"),
            item_id: reader.member("item_id").and_then(|mut id| id.string()),
            output_index: index("output_index"),
            part_index: index("content_index").or_else(|| index("summary_index")),
        }
    }
}

/// The members of an event that say where it belongs, to change them.
pub(crate) struct EventHeadMut<'e> {
    pub(crate) sequence_number: &'e mut u64,
    pub(crate) item_id: Option<&'e mut Arc<str>>,
    pub(crate) output_index: Option<&'e mut u64>,
    pub(crate) part_index: Option<&'e mut u64>,
    pub(crate) item: Option<&'e mut Field<Item>>,
}

impl<'e> EventHeadMut<'e> {
    pub(crate) fn numbered(sequence_number: &'e mut u64) -> Self {
        Self {
            sequence_number,
            item_id: None,
            output_index: None,
            part_index: None,
            item: None,
        }
    }
}

/// The id of an item, borrowed.
pub(crate) fn item_id(item: &Item) -> Option<Cow<'_, str>> {
    match item {
        Item::Message(item) => item.id.as_str().map(Cow::Borrowed),
        Item::FunctionCall(item) => item.id.as_str().map(Cow::Borrowed),
        Item::FunctionCallOutput(item) => item.id.as_str().map(Cow::Borrowed),
        Item::Reasoning(item) => item.id.as_str().map(Cow::Borrowed),
        Item::Compaction(item) => item.id.as_str().map(Cow::Borrowed),
        Item::Reference(item) => Some(Cow::Borrowed(&item.id)),
        Item::Extension(raw) => raw.json().reader().member("id")?.string(),
        Item::Unknown(raw) => raw.json().reader().member("id")?.string(),
    }
}
