//! Items that the model works with and that the client does not see.

use std::sync::Arc;

use openresponses_types::Item;
use openresponses_types::json::RawJson;
use openresponses_types::request::Input;
use openresponses_types::wire::Extension;

/// The type of the item that holds hidden ones. It stands in stored conversations only.
const TYPE: &str = "openresponses:hidden";

/// Wraps items, so that they keep their place in a stored conversation.
pub(crate) fn hide(items: &[Item]) -> Option<Item> {
    let mut json = format!(r#"{{"type":"{TYPE}","status":"completed","items":["#);
    for (at, item) in items.iter().enumerate() {
        if at > 0 {
            json.push(',');
        }
        // Printing into a string cannot fail.
        let _ = item.write_json(&mut json);
    }
    json.push_str("]}");
    let extension = Extension::new(RawJson::parse(&json).ok()?).ok()?;
    Some(Item::Extension(extension))
}

/// True for an item that the client does not see.
pub(crate) fn is_hidden(item: &Item) -> bool {
    matches!(item, Item::Extension(raw) if raw.type_name() == TYPE)
}

/// The conversation as a model reads it: hidden items in their places.
pub(crate) fn reveal(items: Vec<Arc<Item>>) -> Vec<Arc<Item>> {
    if !items.iter().any(|item| is_hidden(item)) {
        return items;
    }
    let mut all = Vec::with_capacity(items.len() + 2);
    for item in items {
        match &*item {
            Item::Extension(raw) if raw.type_name() == TYPE => all.extend(inner(raw)),
            _ => all.push(item),
        }
    }
    all
}

fn inner(raw: &Extension) -> Vec<Arc<Item>> {
    let reader = raw.json().reader();
    let Some(mut items) = reader.member("items") else {
        return Vec::new();
    };
    match Input::from_json(items.raw().as_bytes()) {
        Ok(Input::Items(items)) => items.into_iter().map(Arc::new).collect(),
        Ok(_) => Vec::new(),
        Err(error) => {
            tracing::error!(%error, "the hidden items of a stored response cannot be read");
            Vec::new()
        }
    }
}

#[cfg(test)]
mod tests {
    use openresponses_types::item::{FunctionCall, FunctionCallOutput, Message};

    use super::*;

    #[test]
    fn hidden_items_come_back_in_their_place() {
        let call: Item = FunctionCall::new("call_1", "weather", "{}").into();
        let output: Item = FunctionCallOutput::new("call_1", "22 degrees").into();
        let hidden = hide(&[call.clone(), output.clone()]).map(Arc::new);
        let before: Arc<Item> = Arc::new(Message::user("How warm is it?").into());
        let after: Arc<Item> = Arc::new(Message::assistant("22 degrees.").into());
        let items = vec![before.clone(), hidden.clone().unwrap(), after.clone()];
        assert!(is_hidden(&items[1]) && !is_hidden(&items[0]));
        assert_eq!(
            reveal(items),
            [before, Arc::new(call), Arc::new(output), after]
        );
    }
}
