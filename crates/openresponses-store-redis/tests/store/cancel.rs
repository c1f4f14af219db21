//! Calls that are dropped before they finish.

use std::time::{Duration, Instant};

use futures_util::FutureExt;
use libtest_mimic::Trial;
use openresponses_tower::Scope;
use openresponses_tower::store::{Conversation, ResponseStore, StoredResponse};

use crate::support::*;

pub(crate) fn trials() -> Vec<Trial> {
    vec![trial("a_dropped_save_is_whole_or_nothing", async || {
        let server = Server::start();
        dropped_saves(|| server.store(), 300).await;
    })]
}

/// Cancels saves after increasing times and checks what they left.
///
/// The times come from how long a save takes on this machine. One save in ten is the first of its store and
/// polled once: it is dropped while the store connects, before a command is sent. What is sent may arrive.
pub(crate) async fn dropped_saves<S: ResponseStore>(connect: impl Fn() -> S, times: u32) {
    let scope = Scope::new("a");
    let store = connect();
    let begun = Instant::now();
    store
        .save(&scope, large_record("resp_first"))
        .await
        .unwrap();
    let step = begun.elapsed() * 2 / times;
    let mut seen = [0, 0];
    for number in 0..times {
        let id = format!("resp_{number}");
        let record = large_record(&id);
        let patience = step * number;
        let is_saved = if number % 10 == 0 {
            let saved = connect().save(&scope, record.clone()).now_or_never();
            saved.is_some()
        } else {
            let saved = tokio::time::timeout(patience, store.save(&scope, record.clone())).await;
            saved.is_ok()
        };
        if number % 4 == 0 {
            // Commands in flight may or may not arrive.
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        let before = store.load(&scope, &id).await.unwrap().is_some();
        let mut found = 0;
        for item in record.own_items() {
            let id = item.id().unwrap();
            found += usize::from(find_item(&store, &scope, &id).await.is_some());
        }
        let after = store.load(&scope, &id).await.unwrap().is_some();
        if is_saved {
            assert!(before, "the saved response exists");
        }
        if before {
            assert_eq!(found, 51, "{id} is whole");
        }
        if !after {
            assert_eq!(found, 0, "nothing of {id} is there");
        }
        seen[usize::from(after)] += 1;
    }
    assert!(
        seen.iter().all(|&count| count > 0),
        "nothing and whole: {seen:?}"
    );
}

/// A response with 50 input items of 1,000 bytes and an answer.
fn large_record(id: &str) -> StoredResponse {
    let input = (0..50).map(|at| message(&format!("{id}_{at}"), &"text ".repeat(200)));
    answered(id, &Conversation::default(), input.collect(), "answer")
}
