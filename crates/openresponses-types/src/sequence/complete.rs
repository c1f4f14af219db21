//! An item with everything that an output item must have.

use alloc::vec;

use super::ids::{IdGenerator, IdKind};
use crate::content::{Content, ContentPart, InputText, OutputText};
use crate::item::{Item, ItemStatus, Role};
use crate::json::RawJson;

/// Returns the item as it may stand in an output: with an id, a status where its type has one, and
/// the content of a message as parts. Spec: "Required item fields".
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
        None => item.with_status(ItemStatus::Completed),
    };
    if let Item::Unknown(call) = &item
        && call.type_name() == "custom_tool_call"
        && call.string_member("call_id").is_none()
    {
        let call_id = RawJson::string(&ids.id(IdKind::Call));
        item = Item::Unknown(call.clone().with_member("call_id", &call_id));
    }
    if let Item::Message(message) = &mut item
        && let Content::Text(text) = &mut message.content
    {
        let text = core::mem::take(text);
        let part = match message.role {
            Role::Assistant => {
                ContentPart::from(OutputText::new(text).annotations(vec![]).logprobs(vec![]))
            }
            _ => ContentPart::from(InputText::new(text)),
        };
        message.content = Content::Parts(vec![part]);
    }
    item
}

/// Returns what an item's id is for.
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
