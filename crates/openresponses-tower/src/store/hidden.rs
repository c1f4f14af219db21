//! Items of a conversation that the client does not see.

use std::sync::Arc;

use openresponses_types::diagnostics::{Path, ViolationCode};
use openresponses_types::json::RawJson;
use openresponses_types::request::Input;
use openresponses_types::wire::Extension;
use openresponses_types::{Field, Item, Violation};

/// The type of the item that wraps hidden ones in stored conversations.
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
    let extension = RawJson::parse(&json).ok();
    let extension = extension.and_then(|json| Extension::new(json).ok());
    debug_assert!(extension.is_some(), "printed items are JSON: {json}");
    extension.map(Item::Extension)
}

/// Returns true for a hidden item.
pub(crate) fn is_hidden(item: &Item) -> bool {
    matches!(item, Item::Extension(raw) if raw.type_name() == TYPE)
}

/// Replaces wrappers by the hidden items in them.
pub(crate) fn reveal(items: Vec<Arc<Item>>) -> Vec<Arc<Item>> {
    if !items.iter().any(|item| is_hidden(item)) {
        return items;
    }
    let mut all = Vec::with_capacity(items.len() + 2);
    for item in items {
        match &*item {
            Item::Extension(raw) if raw.type_name() == TYPE => match inner(raw) {
                Ok(items) => all.extend(items.into_iter().map(Arc::new)),
                // Records are checked when they are read, and clients may not send the type.
                Err(fault) => {
                    debug_assert!(false, "a hidden item that cannot be read: {fault}");
                    all.push(item);
                }
            },
            _ => all.push(item),
        }
    }
    all
}

/// Checks that the items in a hidden one can be read.
///
/// # Errors
/// When they cannot.
pub(super) fn check_hidden(item: &Item) -> Result<(), Violation> {
    match item {
        Item::Extension(raw) if raw.type_name() == TYPE => inner(raw).map(drop),
        _ => Ok(()),
    }
}

/// Checks that a client's input has no hidden items: in a stored conversation they are expanded
/// for the model, and what is in them is validated by nothing else.
///
/// # Errors
/// At the first hidden item.
pub(crate) fn refuse_hidden(input: &Field<Input>) -> Result<(), Violation> {
    let Some(Input::Items(items)) = input.value() else {
        return Ok(());
    };
    let Some(index) = items.iter().position(is_hidden) else {
        return Ok(());
    };
    let path = Path::default().member("input").index(index).member("type");
    Err(Violation::new(
        path,
        ViolationCode::InvalidValue,
        "input:hidden_item",
        format!(
            "An item of type '{TYPE}' is written by this server, in stored conversations only. \
             Remove it, and continue the stored response with 'previous_response_id'."
        ),
    ))
}

fn inner(raw: &Extension) -> Result<Vec<Item>, Violation> {
    let items = raw.json().reader().member("items");
    let items = items.map(|mut items| Input::from_json(items.raw().as_bytes()));
    match items.transpose()? {
        Some(Input::Items(items)) => Ok(items),
        _ => Err(Violation::new(
            Path::default().member("items"),
            ViolationCode::InvalidValue,
            "stored_record:readable",
            "A hidden item of a stored response has no readable 'items'.".into(),
        )),
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

    #[test]
    fn a_clients_hidden_item_is_refused_with_its_path() {
        let hidden = hide(&[]).unwrap();
        let input = Input::Items(vec![Message::user("Hello").into(), hidden]);
        let refused = refuse_hidden(&input.into()).unwrap_err();
        assert_eq!(refused.param().as_deref(), Some("input[1].type"));
        assert!(
            refused.message.contains("'previous_response_id'"),
            "{refused}"
        );
        assert_eq!(refuse_hidden(&Input::from("Hello").into()), Ok(()));
    }
}
