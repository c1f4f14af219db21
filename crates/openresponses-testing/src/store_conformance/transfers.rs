//! Large values that are read or written at the same time.

use std::fmt;
use std::future::Future;
use std::time::Duration;

use openresponses_tower::Scope;
use openresponses_tower::store::{
    Conversation, EventBatch, EventPage, LoggedEvent, ResponseStore, StoredResponse,
};
use tokio::task::JoinHandle;

use super::{check, fail, loaded, scope, turn, user};

const CASE: &str = "large_values_wait_for_each_other";

/// How many calls come together.
const CALLS: usize = 6;

/// Large values that are read, and those that are written, wait for each other, and others do not wait
/// for them. For a store that reads `bytes` bytes of large values at once and writes as many, and shows its
/// [`Transfers`](openresponses_tower::store::Transfers) as `reads` and `writes` in its `Debug`. The calls
/// of `hasty`, a store of the same responses, have no time.
///
/// # Panics
/// When the case fails.
pub async fn large_values_wait_for_each_other<S>(store: &S, hasty: &S, bytes: usize)
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
    let all = Watched {
        store,
        scope: &scope,
        small: small.id(),
        bytes,
    };
    let of_store = || (store.clone(), scope.clone());
    all.watch("writes", || {
        let ((store, scope), text) = (of_store(), text.clone());
        async move {
            let new = turn(&Conversation::default(), vec![user(&text)], &text);
            check(store.save(&scope, new).await);
        }
    })
    .await;
    all.watch("reads", || {
        let ((store, scope), large) = (of_store(), large.clone());
        async move { read(&store, &scope, &large).await }
    })
    .await;
    all.watch("reads", || {
        let ((store, scope), large) = (of_store(), large.clone());
        async move { find(&store, &scope, &large).await }
    })
    .await;
    if store.keeps_events() {
        let log = LoggedEvent::new(0, text.into_bytes());
        let batch = EventBatch::new(vec![log]).opens(true).ends(true);
        all.watch("writes", || {
            let ((store, scope), batch) = (of_store(), batch.clone());
            async move { assert!(check(store.append_events(&scope, "log", batch).await)) }
        })
        .await;
        all.watch("reads", || {
            let ((store, scope), batch) = (of_store(), batch.clone());
            async move {
                let page = store.read_events(&scope, "log", None, Duration::ZERO);
                let EventPage::Events { events, ended } = check(page.await) else {
                    fail(CASE, "there is no log");
                };
                assert!(ended && events == batch.events, "{CASE}: events");
            }
        })
        .await;
    }
    // What does not get its turn in time fails, and leaves its place.
    assert!(hasty.load(&scope, large.id()).await.is_err(), "{CASE}");
    assert!(hasty.save(&scope, large).await.is_err(), "{CASE}");
    for what in ["reads", "writes"] {
        // What is being printed has its place until then.
        while free(hasty, what) < bytes {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}

/// A store with a small response, for which nothing waits.
struct Watched<'a, S> {
    store: &'a S,
    scope: &'a Scope,
    small: &'a str,
    bytes: usize,
}

impl<S: ResponseStore + fmt::Debug> Watched<'_, S> {
    /// Makes calls at the same time, which take all bytes for a while and leave none.
    async fn watch<F>(&self, what: &str, call: impl Fn() -> F)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let calls: Vec<_> = (0..CALLS).map(|_| tokio::spawn(call())).collect();
        let mut least = usize::MAX;
        while !calls.iter().all(JoinHandle::is_finished) {
            least = least.min(free(self.store, what));
            loaded(self.store, self.scope, self.small).await;
        }
        for call in calls {
            if call.await.is_err() {
                fail(CASE, "a call failed");
            }
        }
        let left = free(self.store, what);
        assert_eq!((least, left), (0, self.bytes), "{CASE}: {what}");
    }
}

async fn read<S: ResponseStore>(store: &S, scope: &Scope, large: &StoredResponse) {
    let found = loaded(store, scope, large.id()).await;
    assert!(found.to_json() == large.to_json(), "{CASE}: a response");
}

async fn find<S: ResponseStore>(store: &S, scope: &Scope, large: &StoredResponse) {
    let items = large.own_items();
    let ids: Vec<_> = items.iter().filter_map(|item| item.id()).collect();
    let mut wanted: Vec<&str> = ids.iter().map(|id| &**id).collect();
    wanted.push("x");
    let found = check(store.find_items(scope, &wanted).await);
    let is_found: Vec<bool> = found.iter().map(Option::is_some).collect();
    assert_eq!(is_found, [true, true, false], "{CASE}: items");
}

/// Returns the free bytes of a store's transfers.
fn free(store: &impl fmt::Debug, what: &str) -> usize {
    let text = format!("{store:?}");
    let transfers = text.split_once(&format!("{what}: Transfers {{ bytes: "));
    let free = transfers.and_then(|(_, rest)| rest.split_once("free: "));
    let free = free.and_then(|(_, rest)| rest.split_once(' '));
    match free.and_then(|(free, _)| free.parse().ok()) {
        Some(free) => free,
        None => fail(CASE, "the store does not show its transfers"),
    }
}
