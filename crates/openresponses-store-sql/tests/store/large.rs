//! Large values, of which a few are read at once.

use std::time::Duration;

use openresponses_store_sql::SqlStoreOptions;
use openresponses_tower::Scope;
use openresponses_tower::store::{Conversation, ResponseStore};

use crate::support::{Database, answered};

/// Returns what a store says of its transfers.
fn free(store: &impl std::fmt::Debug) -> usize {
    let text = format!("{store:?}");
    let (_, free) = text.split_once("Transfers { bytes: ").unwrap();
    let (_, free) = free.split_once("free: ").unwrap();
    free.split_once(' ').unwrap().0.parse().unwrap()
}

/// Readers that come together wait for each other, and take no connection meanwhile.
pub(crate) async fn large_reads_wait_for_each_other(database: Database) {
    let options = SqlStoreOptions::new()
        .transfer_bytes(1 << 20)
        .timeout(Duration::from_secs(60));
    let store = database.store_with(options.clone()).await;
    let scope = Scope::new("a");
    let record = answered("resp_1", &Conversation::default(), &"x".repeat(1 << 20));
    store.save(&scope, record.clone()).await.unwrap();
    let small = answered("resp_2", &Conversation::default(), "small");
    store.save(&scope, small).await.unwrap();
    let whole = record.to_json();
    let readers = (0..12).map(|number| {
        let (store, scope, whole) = (store.clone(), scope.clone(), whole.clone());
        tokio::spawn(async move {
            if number % 2 == 0 {
                let found = store.load(&scope, "resp_1").await.unwrap().unwrap();
                assert!(found.to_json() == whole);
            } else {
                let found = store.find_items(&scope, &["resp_1_in", "resp_1_out", "x"]);
                let found = found.await.unwrap();
                assert!(found[0].is_some() && found[1].is_some() && found[2].is_none());
            }
        })
    });
    let readers: Vec<_> = readers.collect();
    let mut least = usize::MAX;
    while !readers.iter().all(tokio::task::JoinHandle::is_finished) {
        least = least.min(free(&store));
        assert!(store.load(&scope, "resp_2").await.unwrap().is_some());
    }
    for reader in readers {
        reader.await.unwrap();
    }
    assert_eq!((least, free(&store)), (0, 1 << 20));
    // What does not get its turn in time fails, and leaves its place.
    let hasty = database
        .store_with(options.timeout(Duration::from_nanos(1)).migrate(false))
        .await;
    assert!(hasty.load(&scope, "resp_1").await.is_err());
    assert_eq!(free(&hasty), 1 << 20);
}
