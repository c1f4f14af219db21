//! What is kept, in which scope, and how it is found.

use std::sync::Arc;
use std::time::Duration;

use openresponses_tower::ids::RandomIds;
use openresponses_tower::store::{
    Claim, Conversation, EventBatch, EventPage, ResponseStore, StoredResponse, UpdateCondition,
};
use openresponses_types::item::Message;
use openresponses_types::response::ResponseStatus;
use openresponses_types::sequence::{IdGenerator, IdKind};
use openresponses_types::{Item, Response};

use super::{check, fail, find, loaded, save_and_load, scope, text_of, turn, user};

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
        let found = find(store, &other, &id).await;
        assert!(found.is_none(), "keeps_scopes_apart: find_items");
    }
    let kept = check(store.load(&owner, saved.id()).await);
    assert!(
        kept.is_some(),
        "keeps_scopes_apart: the owner's response is still there"
    );
    let next = turn(saved.conversation(), vec![user("more")], "no");
    let again = save_and_load(store, &other, &next).await;
    assert_eq!(
        again.to_json(),
        next.to_json(),
        "keeps_scopes_apart: another scope's copy is whole"
    );
}

/// A reference that did not resolve is not what a later one finds: it has no content.
///
/// # Panics
/// When it is.
pub async fn finds_no_references<S: ResponseStore>(store: &S) {
    let scope = scope();
    let reference = match Item::from_json(br#"{"type":"item_reference","id":"msg_gone"}"#) {
        Ok(item) => item,
        Err(error) => fail("finds_no_references", &error.to_string()),
    };
    let saved = turn(&Conversation::default(), vec![Arc::new(reference)], "b");
    check(store.save(&scope, saved).await);
    let found = find(store, &scope, "msg_gone").await;
    assert!(found.is_none(), "finds_no_references");
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
    for item in saved.own_items() {
        let found = find(store, &scope, &item.id().unwrap_or_default()).await;
        assert!(found.is_none(), "forgets_what_was_deleted: find_items");
    }
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

/// A response that is saved again may continue another one than before.
///
/// # Panics
/// When it is not replaced.
pub async fn replaces_what_it_continues<S: ResponseStore>(store: &S) {
    const CASE: &str = "replaces_what_it_continues";
    let scope = scope();
    let none = Conversation::default();
    let one = turn(&none, vec![user("one")], "1");
    let one = save_and_load(store, &scope, &one).await;
    let two = turn(one.conversation(), vec![user("two")], "2");
    let two = save_and_load(store, &scope, &two).await;
    let other = turn(&none, vec![user("other")], "3");
    let other = save_and_load(store, &scope, &other).await;
    let response = turn(&none, Vec::new(), "answer").response();
    let places = [&one, &two, &other].map(|record| record.conversation());
    for previous in [places[0], &none, places[1], places[2], places[0], &none] {
        let record = StoredResponse::new(response.clone(), previous, vec![user("question")]);
        let found = save_and_load(store, &scope, &record).await;
        assert_eq!(found.to_json(), record.to_json(), "{CASE}");
    }
    for before in [&two, &one, &other] {
        assert!(check(store.delete(&scope, before.id()).await), "{CASE}");
        for item in before.own_items() {
            let found = find(store, &scope, &item.id().unwrap_or_default()).await;
            assert!(found.is_none(), "{CASE}: an item of a deleted response");
        }
    }
    let found = loaded(store, &scope, &response.id).await;
    assert_eq!(found.response(), response, "{CASE}: then");
    assert!(check(store.delete(&scope, &response.id).await), "{CASE}");
    let found = check(store.load(&scope, &response.id).await);
    assert!(found.is_none(), "{CASE}: it was deleted");
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
        let found = find(store, &scope, &id).await;
        assert_eq!(found.as_deref(), Some(&*item), "finds_items_by_id");
    }
    let [first, second] = &*saved.own_items() else {
        fail("finds_items_by_id", "a turn has two items");
    };
    let [first_id, second_id] = [first, second].map(|item| item.id().unwrap_or_default());
    let ids = [&*second_id, "msg_unknown", &*first_id, &*second_id];
    let found = check(store.find_items(&scope, &ids).await);
    let expected =
        [Some(second), None, Some(first), Some(second)].map(Option::<&Arc<Item>>::cloned);
    assert_eq!(found, expected, "finds_items_by_id: in order");
    let none = check(store.find_items(&scope, &[]).await);
    assert!(none.is_empty(), "finds_items_by_id: none");
}

/// Items are found by ids of any length, which clients choose: also by one that an index of a database has
/// no room for, even compressed.
///
/// # Panics
/// When they are not.
pub async fn finds_items_by_long_ids<S: ResponseStore>(store: &S) {
    const CASE: &str = "finds_items_by_long_ids";
    let scope = scope();
    let random = || RandomIds.id(IdKind::Message);
    let long: String = std::iter::repeat_with(random).take(160).collect();
    let ids: Vec<&str> = [8000, 7999, 513, 512, 511, 100]
        .into_iter()
        .filter_map(|length| long.get(..length))
        .collect();
    let input = ids
        .iter()
        .map(|id| Arc::new(Item::from(Message::user(id.len().to_string()).id(*id))));
    check(
        store
            .save(
                &scope,
                turn(&Conversation::default(), input.collect(), "answer"),
            )
            .await,
    );
    let found = check(store.find_items(&scope, &ids).await);
    let found = found.iter().map(|item| item.as_deref().map(text_of));
    let expected = ids.iter().map(|id| Some(id.len().to_string()));
    assert_eq!(
        found.collect::<Vec<_>>(),
        expected.collect::<Vec<_>>(),
        "{CASE}"
    );
}

/// The same item in several responses is found while one of them is there, with the content that it
/// has in that one.
///
/// # Panics
/// When it is not.
pub async fn finds_an_item_while_a_response_has_it<S: ResponseStore>(store: &S) {
    let scope = scope();
    let id = RandomIds.id(IdKind::Message);
    let with = |text: &str| Arc::new(Item::from(Message::user(text).id(id.clone())));
    let first = turn(&Conversation::default(), vec![with("first")], "1");
    let second = turn(&Conversation::default(), vec![with("second")], "2");
    check(store.save(&scope, first.clone()).await);
    check(store.save(&scope, second.clone()).await);
    check(store.delete(&scope, first.id()).await);
    let found = find(store, &scope, &id).await;
    let text = found.map(|item| text_of(&item));
    assert_eq!(
        text.as_deref(),
        Some("second"),
        "finds_an_item_while_a_response_has_it: one is deleted"
    );
    check(store.delete(&scope, second.id()).await);
    let found = find(store, &scope, &id).await;
    assert!(
        found.is_none(),
        "finds_an_item_while_a_response_has_it: all are deleted"
    );
}

/// An item of a megabyte is kept and found.
///
/// # Panics
/// When it is not.
pub async fn keeps_large_items<S: ResponseStore>(store: &S) {
    let scope = scope();
    let text = "0123456789\u{e9}\"\n".repeat(70_000);
    let saved = turn(&Conversation::default(), vec![user(&text)], &text);
    let again = save_and_load(store, &scope, &saved).await;
    assert!(
        again.to_json() == saved.to_json(),
        "keeps_large_items: load"
    );
    for item in saved.own_items() {
        let found = find(store, &scope, &item.id().unwrap_or_default()).await;
        assert!(
            found.as_deref() == Some(&*item),
            "keeps_large_items: find_items"
        );
    }
}

/// Deleting a scope removes all of it and nothing else.
///
/// # Panics
/// When it does not.
pub async fn deletes_a_scope<S: ResponseStore>(store: &S) {
    let (gone, other) = (scope(), scope());
    let kept = turn(&Conversation::default(), vec![user("x")], "y");
    check(store.save(&other, kept.clone()).await);
    let mut conversation = Conversation::default();
    let mut saved = Vec::new();
    for number in 0..6 {
        if number % 2 == 0 {
            conversation = Conversation::default();
        }
        let record = turn(&conversation, vec![user("x")], "y");
        check(store.save(&gone, record.clone()).await);
        conversation = record.saved().conversation().clone();
        saved.push(record);
    }
    let count = check(store.delete_scope(&gone).await);
    assert_eq!(count, 6, "deletes_a_scope: the number of responses");
    for record in saved {
        let found = check(store.load(&gone, record.id()).await);
        assert!(found.is_none(), "deletes_a_scope: load");
        for item in record.own_items() {
            let found = find(store, &gone, &item.id().unwrap_or_default()).await;
            assert!(found.is_none(), "deletes_a_scope: find_items");
        }
    }
    loaded(store, &other, kept.id()).await;
    assert_eq!(
        check(store.delete_scope(&gone).await),
        0,
        "deletes_a_scope: again"
    );
}

/// An id that no response of a server has, such as one with a NUL, which texts of some databases cannot
/// contain, is answered like any unknown one.
///
/// # Panics
/// When it is not.
pub async fn has_nothing_under_an_odd_id<S: ResponseStore>(store: &S) {
    const CASE: &str = "has_nothing_under_an_odd_id";
    let scope = scope();
    for id in [
        "",
        "resp_\0",
        "\0",
        "resp_'; --",
        "\u{1f600}",
        &"x".repeat(5000),
    ] {
        let loaded = check(store.load(&scope, id).await);
        assert!(loaded.is_none(), "{CASE}: load {id:?}");
        let state = check(store.state(&scope, id).await);
        assert_eq!(state, None, "{CASE}: state {id:?}");
        let deleted = check(store.delete(&scope, id).await);
        assert!(!deleted, "{CASE}: delete {id:?}");
        let found = check(store.find_items(&scope, &[id]).await);
        assert_eq!(found, [None], "{CASE}: find_items {id:?}");
        let claim = Claim::new("job", Duration::from_secs(60));
        let renewed = check(store.renew(&scope, id, &claim).await);
        assert!(!renewed, "{CASE}: renew {id:?}");
        let response = turn(&Conversation::default(), vec![user("x")], "y").response();
        let mut response = Response::clone(&response);
        response.id = id.into();
        let record = StoredResponse::new(response, &Conversation::default(), Vec::new());
        let updated = check(
            store
                .update(&scope, record, UpdateCondition::Unfinished)
                .await,
        );
        assert!(!updated, "{CASE}: update {id:?}");
        if store.keeps_events() {
            let page = check(store.read_events(&scope, id, None, Duration::ZERO).await);
            assert_eq!(page, EventPage::Missing, "{CASE}: read_events {id:?}");
            let end = EventBatch::default().ends(true);
            let appended = check(store.append_events(&scope, id, end).await);
            assert!(!appended, "{CASE}: append_events {id:?}");
        }
    }
}
