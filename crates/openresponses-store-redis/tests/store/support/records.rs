use std::sync::Arc;

use openresponses_store_redis::{RedisStore, RedisStoreError};
use openresponses_tower::Scope;
use openresponses_tower::store::{Conversation, ResponseStore, StoreError, StoredResponse};
use openresponses_types::content::OutputText;
use openresponses_types::item::Message;
use openresponses_types::response::ResponseStatus;
use openresponses_types::{Item, Response};

/// A user's message with an id.
pub(crate) fn message(id: &str, text: &str) -> Arc<Item> {
    Arc::new(Message::user(text).id(id).into())
}

/// A completed response to `input` whose output is one message, `{id}_out`.
pub(crate) fn answered(
    id: &str,
    previous: &Conversation,
    input: Vec<Arc<Item>>,
    text: &str,
) -> StoredResponse {
    let part = OutputText::new(text)
        .annotations(Vec::new())
        .logprobs(Vec::new());
    let output = Item::from(Message::output(format!("{id}_out"), part));
    let response = Response::new(id, "model", 1_764_967_971)
        .status(ResponseStatus::Completed)
        .output(vec![output]);
    StoredResponse::new(response, previous, input)
}

/// The same without a previous conversation and with one message, `{id}_in`.
pub(crate) fn single(id: &str, text: &str) -> StoredResponse {
    let input = vec![message(&format!("{id}_in"), text)];
    answered(id, &Conversation::default(), input, text)
}

/// Returns the cause of a store error.
pub(crate) fn cause(error: &StoreError) -> &RedisStoreError {
    std::error::Error::source(error)
        .unwrap()
        .downcast_ref()
        .unwrap()
}

/// Finds one item.
pub(crate) async fn find_item(
    store: &impl ResponseStore,
    scope: &Scope,
    id: &str,
) -> Option<Arc<Item>> {
    store.find_items(scope, &[id]).await.unwrap().remove(0)
}

/// Saves a conversation of so many responses, `resp_0` and so on. Returns the last one.
pub(crate) async fn converse(store: &RedisStore, scope: &Scope, turns: usize) -> StoredResponse {
    let mut record = single("resp_0", "x");
    store.save(scope, record.clone()).await.unwrap();
    for number in 1..turns {
        let id = format!("resp_{number}");
        let input = vec![message(&format!("{id}_in"), "x")];
        record = answered(&id, record.saved().conversation(), input, "x");
        store.save(scope, record.clone()).await.unwrap();
    }
    record
}
