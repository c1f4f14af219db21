//! A Redis Cluster.

use std::time::Duration;

use http::StatusCode;
use libtest_mimic::Trial;
use openresponses_store_redis::{RedisStore, RedisStoreError, RedisStoreOptions};
use openresponses_testing::store_conformance;
use openresponses_tower::Scope;
use openresponses_tower::store::ResponseStore;
use serde_json::Value;

use crate::cancel::dropped_saves;
use crate::support::*;

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        trial("cluster_conformance", the_suite),
        trial("cluster_conversation_hops", hops),
        trial("cluster_a_dropped_save_is_whole_or_nothing", async || {
            let cluster = Cluster::start();
            dropped_saves(|| cluster.store(), 300).await;
        }),
        trial("cluster_slots_move", slots_move),
        trial("cluster_one_node_is_killed_and_comes_back", one_node),
        trial("cluster_all_nodes_are_killed_and_come_back", all_nodes),
        trial("cluster_comes_after_the_service", comes_later),
        trial(
            "cluster_the_runtime_that_connected_may_end",
            another_runtime,
        ),
        trial("cluster_addresses_that_cannot_be_used", addresses),
    ]
}

async fn the_suite() {
    let cluster = Cluster::start();
    store_conformance::run(&cluster.store()).await;
    let time = Duration::from_millis(300);
    let short = cluster.store_with(RedisStoreOptions::new().time_to_live(time));
    store_conformance::run_expiry(&short, time).await;
    // The responses of one tenant are spread over nodes.
    let store = cluster.store();
    for number in 0..100 {
        let record = single(&format!("resp_{number}"), "x");
        store.save(&Scope::anonymous(), record).await.unwrap();
    }
    for node in &cluster.nodes {
        let count: usize = node.cli(&["dbsize"]).parse().unwrap();
        assert!(count > 50, "{count} keys on one of three");
    }
}

async fn hops() {
    let cluster = Cluster::start();
    let services = [service(cluster.store()), service(cluster.store())];
    let mut previous = Value::Null;
    for turn in 0..20 {
        let (status, response) = say(&services[turn % 2], &previous, "more").await;
        assert_eq!(status, StatusCode::OK, "{response}");
        assert_eq!(response["store"], true);
        if turn > 5 {
            assert_eq!(text(&response), format!("{} items", 2 * turn + 1));
        }
        previous = response["id"].clone();
    }
}

async fn slots_move() {
    let cluster = Cluster::start();
    let store = cluster.store();
    let scope = Scope::new("a");
    for number in 0..200 {
        let record = single(&format!("resp_{number}"), "x");
        store.save(&scope, record).await.unwrap();
    }
    let moving = tokio::task::spawn_blocking(move || {
        cluster.move_slots(1000);
        cluster
    });
    let mut round = 0;
    loop {
        let over = moving.is_finished();
        for number in 0..200 {
            let id = format!("resp_{number}");
            let record = single(&id, &round.to_string());
            store.save(&scope, record.clone()).await.unwrap();
            let loaded = store.load(&scope, &id).await.unwrap().unwrap();
            assert_eq!(loaded.to_json(), record.to_json());
            let item = find_item(&store, &scope, &format!("{id}_in")).await;
            assert!(item.is_some(), "{id}");
        }
        round += 1;
        if over {
            break;
        }
    }
    drop(moving.await.unwrap());
}

async fn one_node() {
    let mut cluster = Cluster::start();
    let store = cluster.store();
    let scope = Scope::new("a");
    let ids: Vec<String> = (0..30).map(|number| format!("resp_{number}")).collect();
    for id in &ids {
        store.save(&scope, single(id, "x")).await.unwrap();
    }
    cluster.nodes[2].kill();
    let mut lost = 0;
    for id in ids.iter().take(12) {
        match store.load(&scope, id).await {
            Ok(found) => assert!(found.is_some(), "never reported as not found"),
            Err(_) => lost += 1,
        }
    }
    assert!(lost > 0);
    cluster.nodes[2].up();
    cluster.wait();
    until("everything is back", async || {
        for id in &ids {
            if !matches!(store.load(&scope, id).await, Ok(Some(_))) {
                return false;
            }
        }
        true
    })
    .await;
    store.save(&scope, single("resp_new", "x")).await.unwrap();
}

async fn all_nodes() {
    let mut cluster = Cluster::start();
    let store = cluster.store();
    let service = service(store.clone());
    let (_, first) = say(&service, &Value::Null, "one").await;
    assert_eq!(first["store"], true);
    cluster.nodes.iter_mut().for_each(Server::kill);
    for _ in 0..3 {
        let (status, _) = say(&service, &first["id"], "two").await;
        assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
    }
    cluster.nodes.iter_mut().for_each(Server::up);
    cluster.wait();
    until("the service recovers", async || {
        say(&service, &first["id"], "two").await.0 == StatusCode::OK
    })
    .await;
}

async fn comes_later() {
    let mut cluster = Cluster::start();
    cluster.nodes.iter_mut().for_each(Server::kill);
    let store = cluster.store();
    let error = store.ping().await.unwrap_err();
    assert!(matches!(cause(&error), RedisStoreError::Unreachable { .. }));
    // Some of the known servers may be down.
    let known = [
        cluster.nodes[0].url(),
        format!("redis://127.0.0.1:{}", free_port()),
    ];
    cluster.nodes.iter_mut().for_each(Server::up);
    cluster.wait();
    until("it is found", async || store.ping().await.is_ok()).await;
    let urls = known.iter().map(String::as_str);
    let other = RedisStore::connect_cluster(urls, RedisStoreOptions::new()).unwrap();
    store_conformance::keeps_what_was_saved(&other).await;
}

async fn another_runtime() {
    let cluster = Cluster::start();
    let store = cluster.store();
    ping_elsewhere(&store);
    until("it connects anew", async || store.ping().await.is_ok()).await;
}

async fn addresses() {
    let wrong: [&[&str]; 4] = [
        &[],
        &["127.0.0.1:1"],
        &["redis://:secret@127.0.0.1:1", "redis://:other@127.0.0.1:2"],
        &["redis+unix:///secret"],
    ];
    for urls in wrong {
        let urls = urls.iter().copied();
        let error = RedisStore::connect_cluster(urls, RedisStoreOptions::new()).unwrap_err();
        assert!(matches!(error, RedisStoreError::Configuration { .. }));
        let text = format!("{error} {error:?}");
        assert!(
            !text.contains("secret") && !text.contains("other"),
            "{text}"
        );
    }
}
