//! What loading takes on the wire.

use std::time::Duration;

use openresponses_store_sql::{SqlStore, SqlStoreOptions};
use openresponses_tower::Scope;
use openresponses_tower::store::{Conversation, ResponseStore, StoredResponse};

use crate::proxy::{Seen, proxy};
use crate::support::{Database, answered};

/// Loading takes at most three round trips, whatever the number of turns, and bytes in proportion to
/// them.
pub(crate) async fn loading_takes_three_round_trips(database: Database) {
    let Database::Postgres(server) = &database else {
        unreachable!("a case of PostgreSQL");
    };
    let store = database.store().await;
    let scope = Scope::new("a");
    let mut conversation = Conversation::default();
    let mut own = Vec::new();
    for number in 0..1000 {
        let record = answered(&format!("resp_{number}"), &conversation, &"x".repeat(1000));
        conversation = record.saved().conversation().clone();
        own.push(record.parts().bytes());
        store.save(&scope, record).await.unwrap();
    }
    let seen = Seen::default();
    let port = proxy(server.port(), seen.clone(), Duration::ZERO).await;
    let url = server.url_at(port);
    // One connection, since a second would have to be made while the first is tested.
    let options = SqlStoreOptions::new().migrate(false).connections(1);
    let options = options.timeout(Duration::from_secs(60));
    let proxied = SqlStore::connect_lazy(&url, options).unwrap();
    proxied.ping().await.unwrap();
    for turns in [1, 10, 100, 1000, 1000] {
        seen.take();
        let id = format!("resp_{}", turns - 1);
        let found = proxied.load(&scope, &id).await.unwrap().unwrap();
        assert_eq!(found.conversation().len(), 2 * turns);
        let (trips, bytes) = seen.take();
        let needed: usize = own[..turns].iter().sum();
        println!("n = {turns}: {trips} round trips, {bytes} bytes for {needed}");
        assert!((1..=3).contains(&trips), "{trips}");
        assert!(bytes < needed + needed / 2 + 2000, "{bytes} for {needed}");
    }
}

/// An item that many responses have is read once.
pub(crate) async fn an_item_of_many_responses_is_read_once(database: Database) {
    let Database::Postgres(server) = &database else {
        unreachable!("a case of PostgreSQL");
    };
    let store = database.store().await;
    let scope = Scope::new("a");
    let shared = answered("resp_shared", &Conversation::default(), &"x".repeat(10_000));
    let shared = shared.own_items()[..1].to_vec();
    for number in 0..200 {
        let response =
            answered(&format!("resp_{number}"), &Conversation::default(), "x").response();
        let record = StoredResponse::new(response, &Conversation::default(), shared.clone());
        store.save(&scope, record).await.unwrap();
    }
    let seen = Seen::default();
    let port = proxy(server.port(), seen.clone(), Duration::ZERO).await;
    let options = SqlStoreOptions::new().migrate(false).connections(1);
    let options = options.timeout(Duration::from_secs(60));
    let proxied = SqlStore::connect_lazy(&server.url_at(port), options).unwrap();
    proxied.ping().await.unwrap();
    seen.take();
    let found = proxied
        .find_items(&scope, &["resp_shared_in"])
        .await
        .unwrap();
    assert_eq!(found[0].as_ref(), Some(&shared[0]));
    let (_, bytes) = seen.take();
    assert!(bytes < 20_000, "{bytes}");
}
