//! Limits and eviction of the store in memory.

use std::sync::Arc;
use std::time::Duration;

use openresponses_tower::Scope;
use openresponses_tower::store::{
    Conversation, MemoryStore, MemoryStoreLimits, ResponseStore, StoredResponse,
};
use openresponses_types::item::Message;
use openresponses_types::response::ResponseStatus;
use openresponses_types::{Item, Response};

/// A response to one message of `length` bytes.
fn turn(id: &str, previous: &Conversation, length: usize) -> StoredResponse {
    let input = Message::user("x".repeat(length)).id(format!("msg_{id}"));
    let response = Response::new(id, "m", 0).status(ResponseStatus::Completed);
    StoredResponse::new(response, previous, vec![Arc::new(Item::from(input))])
}

async fn has(store: &MemoryStore, id: &str) -> bool {
    let scope = Scope::anonymous();
    let item = store
        .find_items(&scope, &[&format!("msg_{id}")])
        .await
        .unwrap()
        .remove(0);
    let response = store.load(&scope, id).await.unwrap();
    assert_eq!(item.is_some(), response.is_some(), "{id}");
    response.is_some()
}

async fn save(store: &MemoryStore, response: StoredResponse) {
    store.save(&Scope::anonymous(), response).await.unwrap();
}

#[tokio::test]
async fn the_least_recently_used_response_is_evicted() {
    let store = MemoryStore::new(MemoryStoreLimits::default().entries(3));
    for id in ["a", "b", "c"] {
        save(&store, turn(id, &Conversation::default(), 1)).await;
    }
    assert!(has(&store, "a").await);
    save(&store, turn("d", &Conversation::default(), 1)).await;
    assert!(!has(&store, "b").await);
    for id in ["a", "c", "d"] {
        assert!(has(&store, id).await, "{id}");
    }
    assert_eq!(store.len(), 3);
}

#[tokio::test]
async fn bytes_are_bounded() {
    let limit = 100_000;
    let store = MemoryStore::new(MemoryStoreLimits::default().bytes(limit));
    for n in 0..1000 {
        save(
            &store,
            turn(&n.to_string(), &Conversation::default(), 9_000),
        )
        .await;
        assert!(store.bytes() <= limit);
        assert!(has(&store, &n.to_string()).await);
    }
    assert!(store.len() > 5);
    // A response over the total limit is not stored and evicts nothing.
    let before = (store.len(), store.bytes());
    let large = turn("large", &Conversation::default(), limit);
    assert!(store.save(&Scope::anonymous(), large).await.is_err());
    assert!(!has(&store, "large").await);
    assert_eq!((store.len(), store.bytes()), before);
}

/// The cache of a connection does not evict stored responses.
#[tokio::test]
async fn content_of_connection_caches_does_not_count() {
    let limit = 100_000;
    let store = MemoryStore::new(MemoryStoreLimits::default().bytes(limit));
    let mut elsewhere = Vec::new();
    for n in 0..10 {
        let record = turn(&format!("long{n}"), &Conversation::default(), 80_000);
        save(&store, record.clone()).await;
        elsewhere.push(record);
    }
    for n in 0..5 {
        save(
            &store,
            turn(&n.to_string(), &Conversation::default(), 1_000),
        )
        .await;
    }
    assert!(has(&store, "0").await && has(&store, "4").await);
    // Kept again, it counts again.
    let again = turn("again", elsewhere[0].conversation(), 1_000);
    save(&store, again).await;
    assert!(store.bytes() > 80_000 && has(&store, "again").await);
}

#[tokio::test]
async fn responses_expire() {
    let limits = MemoryStoreLimits::default().time_to_live(Duration::from_millis(50));
    let store = MemoryStore::new(limits);
    save(&store, turn("a", &Conversation::default(), 1)).await;
    save(&store, turn("b", &Conversation::default(), 1)).await;
    tokio::time::sleep(Duration::from_millis(60)).await;
    assert!(!has(&store, "a").await);
    assert!(!store.delete(&Scope::anonymous(), "b").await.unwrap());
    assert_eq!((store.len(), store.bytes()), (0, 0));
    // Entries that are not requested are evicted by new ones.
    save(&store, turn("c", &Conversation::default(), 1)).await;
    tokio::time::sleep(Duration::from_millis(60)).await;
    save(&store, turn("d", &Conversation::default(), 1)).await;
    assert_eq!(store.len(), 1);

    let store = MemoryStore::new(MemoryStoreLimits::default().time_to_live(Duration::MAX));
    save(&store, turn("a", &Conversation::default(), 1)).await;
    assert!(has(&store, "a").await);
}
