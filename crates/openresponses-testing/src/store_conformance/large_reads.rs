use std::fmt;

use openresponses_tower::Scope;
use openresponses_tower::store::{Conversation, ResponseStore, StoredResponse};

use super::{check, fail, loaded, scope, turn, user};

const CASE: &str = "large_reads_wait_for_each_other";

/// Readers that come together wait for each other, and others do not wait for them. For a store that
/// reads `bytes` bytes of large values at once and shows its
/// [`Transfers`](openresponses_tower::store::Transfers) in its `Debug`. The calls of `hasty`, a store of
/// the same responses, have no time.
///
/// # Panics
/// When the case fails.
pub async fn large_reads_wait_for_each_other<S>(store: &S, hasty: &S, bytes: usize)
where
    S: ResponseStore + Clone + fmt::Debug,
{
    let scope = scope();
    let text = "x".repeat(bytes);
    let large = turn(&Conversation::default(), vec![user(&text)], &text);
    let small = turn(&Conversation::default(), vec![user("small")], "small");
    for record in [&large, &small] {
        check(store.save(&scope, record.clone()).await);
    }
    let readers: Vec<_> = (0..12)
        .map(|number| {
            let (store, scope, large) = (store.clone(), scope.clone(), large.clone());
            tokio::spawn(async move { read(&store, &scope, &large, number % 2 == 0).await })
        })
        .collect();
    let mut least = usize::MAX;
    while !readers.iter().all(tokio::task::JoinHandle::is_finished) {
        least = least.min(free(store));
        loaded(store, &scope, small.id()).await;
    }
    for reader in readers {
        if reader.await.is_err() {
            fail(CASE, "a reader failed");
        }
    }
    assert_eq!((least, free(store)), (0, bytes), "{CASE}");
    // What does not get its turn in time fails, and leaves its place.
    assert!(hasty.load(&scope, large.id()).await.is_err(), "{CASE}");
    assert_eq!(free(hasty), bytes, "{CASE}: in no time");
}

/// Reads a large response, or its items.
async fn read<S: ResponseStore>(store: &S, scope: &Scope, large: &StoredResponse, whole: bool) {
    if whole {
        let found = loaded(store, scope, large.id()).await;
        assert!(found.to_json() == large.to_json(), "{CASE}: a response");
        return;
    }
    let items = large.own_items();
    let ids: Vec<_> = items.iter().filter_map(|item| item.id()).collect();
    let mut wanted: Vec<&str> = ids.iter().map(|id| &**id).collect();
    wanted.push("x");
    let found = check(store.find_items(scope, &wanted).await);
    let is_found: Vec<bool> = found.iter().map(Option::is_some).collect();
    assert_eq!(is_found, [true, true, false], "{CASE}: items");
}

/// Returns the free bytes of a store's transfers.
fn free(store: &impl fmt::Debug) -> usize {
    let text = format!("{store:?}");
    let transfers = text.split_once("Transfers { bytes: ").map(|(_, rest)| rest);
    let free = transfers.and_then(|rest| rest.split_once("free: "));
    let free = free.and_then(|(_, rest)| rest.split_once(' '));
    match free.and_then(|(free, _)| free.parse().ok()) {
        Some(free) => free,
        None => fail(CASE, "the store does not show its transfers"),
    }
}
