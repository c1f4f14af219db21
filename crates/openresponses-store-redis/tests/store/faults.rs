//! Redis stops, hangs and recovers.

use std::time::{Duration, Instant};

use http::StatusCode;
use libtest_mimic::Trial;
use openresponses_store_redis::{RedisStoreError, RedisStoreOptions};
use openresponses_tower::Scope;
use openresponses_tower::store::ResponseStore;
use serde_json::Value;

use crate::support::*;

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        trial("redis_is_killed_and_comes_back", killed_and_back),
        trial("redis_comes_after_the_service", comes_later),
        trial("redis_hangs_and_goes_on", hangs_and_goes_on),
        trial("nothing_listens_to_the_packets", nothing_answers),
        trial("a_closed_connection_is_not_noticed", closed_connection),
        trial("many_callers_make_one_connection", one_connection),
        trial("the_runtime_that_connected_may_end", another_runtime),
    ]
}

async fn killed_and_back() {
    let mut server = Server::with(&["--appendonly", "yes", "--appendfsync", "always"]);
    let service = service(server.store());
    let (_, first) = say(&service, &Value::Null, "one").await;
    assert_eq!(first["store"], true);
    server.kill();
    let mut shortest = Duration::MAX;
    for _ in 0..3 {
        let start = Instant::now();
        let (status, error) = say(&service, &first["id"], "two").await;
        assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(error["error"]["code"], "store_unavailable");
        assert!(!error.to_string().contains(&server.port.to_string()));
        for method in ["GET", "DELETE"] {
            let (status, _) = send(&service, method, &path(&first), "a", Value::Null).await;
            assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE, "{method}");
        }
        // A new conversation continues without the store.
        let (status, answer) = say(&service, &Value::Null, "still here").await;
        assert_eq!((status, text(&answer)), (StatusCode::OK, "still here"));
        assert_eq!(answer["store"], false);
        shortest = shortest.min(start.elapsed());
    }
    // Any of the four calls would wait for 1 s to be connected.
    assert!(shortest < Duration::from_secs(1), "{shortest:?}");
    server.up();
    until("the service recovers", async || {
        say(&service, &first["id"], "two").await.0 == StatusCode::OK
    })
    .await;
    let (_, second) = say(&service, &first["id"], "two").await;
    assert_eq!(text(&second), "one|one|two");
    assert_eq!(second["store"], true);
    let (status, _) = send(&service, "DELETE", &path(&first), "a", Value::Null).await;
    assert_eq!(status, StatusCode::OK);
}

async fn comes_later() {
    let mut server = Server::prepared(&[]);
    let store = server.store();
    let error = store.ping().await.unwrap_err();
    assert!(matches!(cause(&error), RedisStoreError::Unreachable { .. }));
    let service = service(store.clone());
    let (status, answer) = say(&service, &Value::Null, "one").await;
    assert_eq!(
        (status, &answer["store"]),
        (StatusCode::OK, &Value::Bool(false))
    );
    server.up();
    until("it is found", async || store.ping().await.is_ok()).await;
    let (_, answer) = say(&service, &Value::Null, "two").await;
    assert_eq!(answer["store"], true);
}

async fn hangs_and_goes_on() {
    let server = Server::start();
    let store = server.store();
    let service = service(store.clone());
    let (_, first) = say(&service, &Value::Null, "one").await;
    server.freeze();
    for _ in 0..3 {
        let error = store.ping().await.unwrap_err();
        assert_eq!(cause(&error), &RedisStoreError::TimedOut);
        let (status, _) = say(&service, &first["id"], "two").await;
        assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
    }
    server.thaw();
    until("it goes on", async || {
        say(&service, &first["id"], "two").await.0 == StatusCode::OK
    })
    .await;
}

/// A port with a full backlog does not answer, not even with a refusal.
async fn nothing_answers() {
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let listener = socket.listen(1).unwrap();
    let address = listener.local_addr().unwrap();
    let mut filling = Vec::new();
    for _ in 0..8 {
        let attempt = tokio::net::TcpStream::connect(address);
        filling.push(tokio::time::timeout(Duration::from_millis(50), attempt).await);
    }
    let store = openresponses_store_redis::RedisStore::connect(
        &format!("redis://{address}"),
        RedisStoreOptions::new().connect_timeout(Duration::from_millis(300)),
    )
    .unwrap();
    let start = Instant::now();
    let asked = (0..50).map(|_| {
        let store = store.clone();
        tokio::spawn(async move { store.load(&Scope::anonymous(), "resp_1").await })
    });
    for answer in asked.collect::<Vec<_>>() {
        let error = answer.await.unwrap().unwrap_err();
        assert_eq!(cause(&error), &RedisStoreError::TimedOut);
    }
    // They waited for the same attempt. One after the other they would take 15 s.
    assert!(start.elapsed() < Duration::from_secs(5));
}

async fn closed_connection() {
    let server = Server::start();
    let store = server.store();
    let scope = Scope::new("a");
    store.save(&scope, single("resp_1", "x")).await.unwrap();
    for _ in 0..5 {
        server.cli(&["client", "kill", "type", "normal"]);
        assert!(store.load(&scope, "resp_1").await.unwrap().is_some());
        server.cli(&["client", "kill", "type", "normal"]);
        store.save(&scope, single("resp_2", "x")).await.unwrap();
        server.cli(&["client", "kill", "type", "normal"]);
        assert!(store.delete(&scope, "resp_2").await.unwrap());
        server.cli(&["client", "kill", "type", "normal"]);
        // The effect of the first attempt is unknown.
        let again = store.delete(&scope, "resp_2").await;
        assert!(!again.is_ok_and(|removed| removed));
    }
}

async fn one_connection() {
    let server = Server::start();
    let store = server.store();
    let work = (0..200).map(|number| {
        let store = store.clone();
        tokio::spawn(async move {
            let scope = Scope::new("a");
            let id = format!("resp_{number}");
            store.save(&scope, single(&id, "x")).await.unwrap();
            assert!(store.load(&scope, &id).await.unwrap().is_some());
        })
    });
    for done in work.collect::<Vec<_>>() {
        done.await.unwrap();
    }
    let clients = server.cli(&["client", "list"]);
    // One connection is that of the query itself.
    assert_eq!(clients.lines().count(), 2, "{clients}");
}

async fn another_runtime() {
    let server = Server::start();
    let store = server.store();
    ping_elsewhere(&store);
    store.ping().await.unwrap();
}
