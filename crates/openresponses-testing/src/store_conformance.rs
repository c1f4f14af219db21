//! The requirements on every [`ResponseStore`], as a suite for the tests of an implementation.
//!
//! ```
//! use openresponses_testing::store_conformance;
//! use openresponses_tower::store::{MemoryStore, MemoryStoreLimits};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() {
//! store_conformance::run(&MemoryStore::new(MemoryStoreLimits::default())).await;
//! # }
//! ```
//!
//! Ids are new in each run, so the suite can run against a store with other content.

use std::sync::Arc;

use openresponses_tower::Scope;
use openresponses_tower::ids::RandomIds;
use openresponses_tower::store::{Conversation, ResponseStore, StoreError, StoredResponse};
use openresponses_types::content::OutputText;
use openresponses_types::item::Message;
use openresponses_types::response::ResponseStatus;
use openresponses_types::sequence::{IdGenerator, IdKind};
use openresponses_types::{Item, Response};

/// Runs every case.
///
/// # Panics
/// At the first failed case, with its name.
pub async fn run<S: ResponseStore>(store: &S) {
    keeps_what_was_saved(store).await;
    keeps_scopes_apart(store).await;
    forgets_what_was_deleted(store).await;
    replaces_the_same_id(store).await;
    each_turn_stands_alone(store).await;
    finds_items_by_id(store).await;
    keeps_a_long_conversation(store).await;
}

/// Loading returns what was saved, including unknown members.
///
/// # Panics
/// When it is not.
pub async fn keeps_what_was_saved<S: ResponseStore>(store: &S) {
    let scope = scope();
    let text = "{\"type\":\"acme:note\",\"id\":\"n_1\",\"status\":\"completed\",\"exact\":123456789012345678901234567890}";
    let note = match Item::from_json(text.as_bytes()) {
        Ok(item) => item,
        Err(error) => fail("keeps_what_was_saved", &error.to_string()),
    };
    let saved = turn(
        &Conversation::default(),
        vec![Arc::new(note)],
        "It says \u{1F600}\0",
    );
    check(store.save(&scope, saved.clone()).await);
    let loaded = check(store.load(&scope, saved.id()).await);
    let loaded = loaded.as_ref().map(StoredResponse::to_json);
    assert_eq!(loaded, Some(saved.to_json()), "keeps_what_was_saved");
    let unknown = check(store.load(&scope, "resp_unknown").await);
    assert!(
        unknown.is_none(),
        "keeps_what_was_saved: an unknown id has no response"
    );
}

/// Responses of one scope cannot be loaded, deleted or referred to by another.
///
/// # Panics
/// When one does.
pub async fn keeps_scopes_apart<S: ResponseStore>(store: &S) {
    let (owner, other) = (scope(), scope());
    let saved = turn(&Conversation::default(), vec![user("secret")], "yes");
    check(store.save(&owner, saved.clone()).await);
    let seen = check(store.load(&other, saved.id()).await);
    assert!(seen.is_none(), "keeps_scopes_apart: load");
    assert!(
        !check(store.delete(&other, saved.id()).await),
        "keeps_scopes_apart: delete"
    );
    for item in saved.own_items() {
        let id = item.id().unwrap_or_default();
        let found = check(store.find_item(&other, &id).await);
        assert!(found.is_none(), "keeps_scopes_apart: find_item");
    }
    let kept = check(store.load(&owner, saved.id()).await);
    assert!(
        kept.is_some(),
        "keeps_scopes_apart: the owner's response is still there"
    );
}

/// A deleted response is gone, and deleting it again reports that.
///
/// # Panics
/// When it is not.
pub async fn forgets_what_was_deleted<S: ResponseStore>(store: &S) {
    let scope = scope();
    let saved = turn(&Conversation::default(), vec![user("a")], "b");
    check(store.save(&scope, saved.clone()).await);
    assert!(
        check(store.delete(&scope, saved.id()).await),
        "forgets_what_was_deleted: was there"
    );
    assert!(
        !check(store.delete(&scope, saved.id()).await),
        "forgets_what_was_deleted: is gone"
    );
    let loaded = check(store.load(&scope, saved.id()).await);
    assert!(loaded.is_none(), "forgets_what_was_deleted: load");
}

/// Saving under an existing id replaces the response, as background responses do.
///
/// # Panics
/// When it does not.
pub async fn replaces_the_same_id<S: ResponseStore>(store: &S) {
    let scope = scope();
    let first = turn(&Conversation::default(), vec![user("a")], "first");
    let response = first.response().status(ResponseStatus::Failed);
    let second = StoredResponse::new(response, &Conversation::default(), vec![user("a")]);
    check(store.save(&scope, first).await);
    check(store.save(&scope, second.clone()).await);
    let loaded = check(store.load(&scope, second.id()).await);
    let status = loaded.and_then(|loaded| loaded.response().status.into_value());
    assert_eq!(status, Some(ResponseStatus::Failed), "replaces_the_same_id");
}

/// Deleting one turn leaves the other turns of a conversation complete.
///
/// # Panics
/// When it does not.
pub async fn each_turn_stands_alone<S: ResponseStore>(store: &S) {
    let scope = scope();
    let first = turn(&Conversation::default(), vec![user("one")], "1");
    check(store.save(&scope, first.clone()).await);
    let second = turn(first.conversation(), vec![user("two")], "2");
    check(store.save(&scope, second.clone()).await);
    check(store.delete(&scope, first.id()).await);
    let loaded = check(store.load(&scope, second.id()).await);
    let items = loaded.map(|loaded| loaded.conversation().len());
    assert_eq!(items, Some(4), "each_turn_stands_alone");
}

/// Items of input and output are found by id.
///
/// # Panics
/// When they are not.
pub async fn finds_items_by_id<S: ResponseStore>(store: &S) {
    let scope = scope();
    let saved = turn(&Conversation::default(), vec![user("question")], "answer");
    check(store.save(&scope, saved.clone()).await);
    for item in saved.own_items() {
        let id = item.id().unwrap_or_default();
        let found = check(store.find_item(&scope, &id).await);
        assert_eq!(found.as_deref(), Some(&*item), "finds_items_by_id");
    }
    let unknown = check(store.find_item(&scope, "msg_unknown").await);
    assert!(unknown.is_none(), "finds_items_by_id: unknown");
}

/// A hundred turns each continue the previous one as loaded.
///
/// # Panics
/// When an item is lost or out of order.
pub async fn keeps_a_long_conversation<S: ResponseStore>(store: &S) {
    let scope = scope();
    let mut conversation = Conversation::default();
    for number in 0..100 {
        let text = number.to_string();
        let saved = turn(&conversation, vec![user(&text)], &text);
        let id = saved.id().to_owned();
        check(store.save(&scope, saved).await);
        let loaded = check(store.load(&scope, &id).await);
        conversation = match loaded {
            Some(loaded) => loaded.conversation().clone(),
            None => fail("keeps_a_long_conversation", "a turn is missing"),
        };
    }
    let texts: Vec<String> = conversation
        .items()
        .iter()
        .map(|item| text_of(item))
        .collect();
    let expected: Vec<String> = (0..100)
        .flat_map(|number| [number.to_string(), number.to_string()])
        .collect();
    assert_eq!(texts, expected, "keeps_a_long_conversation");
}

fn scope() -> Scope {
    Scope::new(&RandomIds.id(IdKind::Item))
}

fn user(text: &str) -> Arc<Item> {
    Arc::new(Message::user(text).id(RandomIds.id(IdKind::Message)).into())
}

fn turn(previous: &Conversation, input: Vec<Arc<Item>>, answer: &str) -> StoredResponse {
    let part = OutputText::new(answer)
        .annotations(Vec::new())
        .logprobs(Vec::new());
    let output = Item::from(Message::output(RandomIds.id(IdKind::Message), part));
    let response = Response::new(RandomIds.id(IdKind::Response), "model", 1_764_967_971)
        .status(ResponseStatus::Completed)
        .output(vec![output]);
    StoredResponse::new(response, previous, input)
}

fn text_of(item: &Item) -> String {
    match item {
        Item::Message(message) => message.content.texts().collect(),
        _ => String::new(),
    }
}

fn check<T>(result: Result<T, StoreError>) -> T {
    match result {
        Ok(value) => value,
        Err(error) => fail("the store failed", &format!("{error:?}")),
    }
}

/// Fails the suite.
#[allow(clippy::panic, reason = "a test suite that is not passed")]
fn fail(case: &str, why: &str) -> ! {
    std::panic::panic_any(format!("{case}: {why}"))
}
