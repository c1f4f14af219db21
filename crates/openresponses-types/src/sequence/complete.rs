//! An item with everything that an output item must have.

use alloc::string::ToString;
use alloc::vec;

use super::ids::{IdGenerator, IdKind};
use crate::content::{Content, Contents, InputText, OutputText};
use crate::item::{Item, ItemStatus, Role};
use crate::json::RawJson;

/// The item as it may stand in an output: with an id, a status where its type has one, and the
/// content of a message as parts. Spec: "Required item fields".
#[must_use]
pub fn complete_item(item: Item, ids: &dyn IdGenerator) -> Item {
    let item = match item.id() {
        Some(_) => item,
        None => {
            let id = ids.id(id_kind(&item));
            item.with_id(&id)
        }
    };
    let mut item = match item.status() {
        Some(_) => item,
        None => with_status(item, &ItemStatus::Completed),
    };
    if let Item::Message(message) = &mut item
        && let Contents::Text(text) = &mut message.content
    {
        let text = core::mem::take(text);
        let part = match message.role {
            Role::Assistant => {
                Content::from(OutputText::new(text).annotations(vec![]).logprobs(vec![]))
            }
            _ => Content::from(InputText::new(text)),
        };
        message.content = Contents::Parts(vec![part]);
    }
    item
}

/// What an item's id is for.
#[must_use]
pub fn id_kind(item: &Item) -> IdKind {
    match item {
        Item::Message(_) => IdKind::Message,
        Item::FunctionCall(_) => IdKind::FunctionCall,
        Item::Reasoning(_) => IdKind::Reasoning,
        Item::Compaction(_) => IdKind::Compaction,
        _ => IdKind::Item,
    }
}

/// The item with a status, where its type has one.
pub(super) fn with_status(mut item: Item, status: &ItemStatus) -> Item {
    let json = || RawJson::string(&status.to_string());
    match &mut item {
        Item::Message(item) => item.status = status.clone().into(),
        Item::FunctionCall(item) => item.status = status.clone().into(),
        Item::FunctionCallOutput(item) => item.status = status.clone().into(),
        Item::Reasoning(item) => item.status = status.clone().into(),
        Item::Extension(raw) => *raw = raw.clone().with_member("status", &json()),
        Item::Unknown(raw) => *raw = raw.clone().with_member("status", &json()),
        Item::Compaction(_) | Item::Reference(_) => {}
    }
    item
}
