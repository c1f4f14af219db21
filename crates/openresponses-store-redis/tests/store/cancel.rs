//! Calls that are dropped before they finish.

use std::time::Duration;

use libtest_mimic::Trial;
use openresponses_tower::Scope;
use openresponses_tower::store::{Conversation, ResponseStore};

use crate::support::*;

pub(crate) fn trials() -> Vec<Trial> {
    vec![trial("a_dropped_save_is_whole_or_nothing", async || {
        let server = Server::start();
        dropped_saves(&server.store(), 300).await;
    })]
}

/// Cancels saves after increasing times and checks what they left.
pub(crate) async fn dropped_saves(store: &impl ResponseStore, times: u32) {
    let scope = Scope::new("a");
    let mut seen = [0, 0];
    for number in 0..times {
        let id = format!("resp_{number}");
        let input = (0..50).map(|at| message(&format!("{id}_{at}"), &"text ".repeat(200)));
        let record = answered(&id, &Conversation::default(), input.collect(), "answer");
        let patience = Duration::from_micros(u64::from(number) * 20);
        let saved = tokio::time::timeout(patience, store.save(&scope, record.clone())).await;
        if number % 2 == 0 {
            // Commands in flight may or may not arrive.
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        let before = store.load(&scope, &id).await.unwrap().is_some();
        let mut found = 0;
        for item in record.own_items() {
            let id = item.id().unwrap();
            found += usize::from(find_item(store, &scope, &id).await.is_some());
        }
        let after = store.load(&scope, &id).await.unwrap().is_some();
        if saved.is_ok() {
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
        "too fast or too slow: {seen:?}"
    );
}
