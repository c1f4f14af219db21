//! Changes at the same time, and the end of a record's time.

use std::time::Duration;

use futures_util::future::join_all;
use openresponses_tower::Scope;
use openresponses_tower::store::{
    Claim, Conversation, ResponseStore, StoredResponse, UpdateCondition,
};
use openresponses_types::response::ResponseStatus;

use super::{
    check, fail, find, job, loaded, save_and_load, save_and_load_within, scope, turn, user,
};

const LONG: Duration = Duration::from_secs(3600);

/// Many turns continue one response while it is deleted, and some of them are deleted, cancelled and
/// ended at the same time. What is left is complete.
///
/// # Panics
/// When it is not.
pub async fn continues_deletes_and_cancels_at_once<S: ResponseStore>(store: &S) {
    const CASE: &str = "continues_deletes_and_cancels_at_once";
    let scope = scope();
    let root = turn(&Conversation::default(), vec![user("root")], "0");
    let root = &save_and_load(store, &scope, &root).await;
    let scope = &scope;
    let work = (0..24).map(|number| async move {
        if number % 8 == 5 {
            check(store.delete(scope, root.id()).await);
        }
        match number % 3 {
            0 => kept(store, scope, root).await,
            1 => called_off(store, scope, root).await,
            _ => removed(store, scope, root).await,
        }
    });
    for record in join_all(work).await.into_iter().flatten() {
        let found = loaded(store, scope, record.id()).await;
        assert_eq!(found.to_json(), record.to_json(), "{CASE}");
        let next = turn(found.conversation(), vec![user("next")], "3");
        let found = save_and_load(store, scope, &next).await;
        assert_eq!(found.to_json(), next.to_json(), "{CASE}: continued");
    }
    let found = check(store.load(scope, root.id()).await);
    assert!(found.is_none(), "{CASE}: the first is deleted");
}

/// Continues a response. Returns the continuation, which stays.
async fn kept<S: ResponseStore>(
    store: &S,
    scope: &Scope,
    root: &StoredResponse,
) -> Option<StoredResponse> {
    let record = turn(root.conversation(), vec![user("one")], "1");
    check(store.save(scope, record.clone()).await);
    Some(record)
}

/// Continues a response and deletes the continuation.
async fn removed<S: ResponseStore>(
    store: &S,
    scope: &Scope,
    root: &StoredResponse,
) -> Option<StoredResponse> {
    let record = kept(store, scope, root).await?;
    let removed = check(store.delete(scope, record.id()).await);
    assert!(removed, "continues_deletes_and_cancels_at_once: was there");
    None
}

/// Continues a response in the background, and ends and cancels that at the same time. Returns the
/// continuation if the end was first.
async fn called_off<S: ResponseStore>(
    store: &S,
    scope: &Scope,
    root: &StoredResponse,
) -> Option<StoredResponse> {
    let (queued, done) = job(root.conversation(), "job", LONG);
    check(store.save(scope, queued.clone()).await);
    let cancelled = queued.response().status(ResponseStatus::Cancelled);
    let cancelled = StoredResponse::new(cancelled, &Conversation::default(), queued.own_items());
    let (ends, cancels) = futures_util::future::join(
        store.update(scope, done.clone(), UpdateCondition::HeldBy("job")),
        store.update(scope, cancelled, UpdateCondition::Unfinished),
    )
    .await;
    match (check(ends), check(cancels)) {
        (true, false) => Some(done),
        (false, true) => None,
        both => fail(
            "continues_deletes_and_cancels_at_once",
            &format!("an end and a cancellation: {both:?}"),
        ),
    }
}

/// What has expired is answered like what was deleted, and what continues it stays complete. For a
/// store that keeps responses for `time_to_live`, which should be short.
///
/// # Panics
/// When it is not so.
pub async fn expired_responses_are_gone<S: ResponseStore>(store: &S, time_to_live: Duration) {
    const CASE: &str = "expired_responses_are_gone";
    let scope = scope();
    let first = turn(&Conversation::default(), vec![user("one")], "1");
    let first = save_and_load_within(store, &scope, &first, time_to_live).await;
    let (queued, done) = job(&Conversation::default(), "job", LONG);
    check(store.save(&scope, queued.clone()).await);
    tokio::time::sleep(time_to_live * 2).await;
    for record in [&first, &queued] {
        let found = check(store.load(&scope, record.id()).await);
        assert!(found.is_none(), "{CASE}: load");
        for item in record.own_items() {
            let found = find(store, &scope, &item.id().unwrap_or_default()).await;
            assert!(found.is_none(), "{CASE}: find_items");
        }
    }
    let claim = Claim::new("job", LONG);
    let renewed = check(store.renew(&scope, queued.id(), &claim).await);
    assert!(!renewed, "{CASE}: renew");
    let changed = check(
        store
            .update(&scope, done, UpdateCondition::HeldBy("job"))
            .await,
    );
    assert!(!changed, "{CASE}: update");
    let deleted = check(store.delete(&scope, first.id()).await);
    assert!(!deleted, "{CASE}: delete");
    // Loaded before it expired, and continued afterwards.
    let next = turn(first.conversation(), vec![user("two")], "2");
    let found = save_and_load_within(store, &scope, &next, time_to_live).await;
    assert_eq!(found.to_json(), next.to_json(), "{CASE}: continued");
}

/// Conversations go on, are deleted and expire at the same time. What can be loaded is complete.
/// For a store that keeps responses for `time_to_live`, which should be short.
///
/// # Panics
/// When it is not.
pub async fn expiry_and_continuation_race<S: ResponseStore>(store: &S, time_to_live: Duration) {
    const CASE: &str = "expiry_and_continuation_race";
    const TURNS: u32 = 12;
    let scope = &scope();
    let work = (0..12).map(|number| async move {
        let mut conversation = Conversation::default();
        let mut saved: Vec<StoredResponse> = Vec::new();
        // Some pauses are longer than responses are kept.
        let pause = time_to_live * (number + 1) / 8;
        for at in 0..TURNS {
            let record = turn(&conversation, vec![user("more")], "yes");
            check(store.save(scope, record.clone()).await);
            conversation = record.saved().conversation().clone();
            saved.push(record);
            if at % 4 == 3 {
                tokio::time::sleep(pause).await;
                check(store.delete(scope, saved[0].id()).await);
            }
            for record in &saved {
                if let Some(found) = check(store.load(scope, record.id()).await) {
                    assert_eq!(found.to_json(), record.to_json(), "{CASE}");
                }
            }
        }
    });
    join_all(work).await;
}
