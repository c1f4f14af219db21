use std::sync::atomic::Ordering;
use std::time::Duration;

use openresponses_tower::WebSocketConfig;
use serde_json::json;
use tokio::io::AsyncWriteExt;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;

use crate::client::{Client, create, text, until};
use crate::model::Model;
use crate::server::{STACKS, config, start, start_on};

#[tokio::test]
async fn a_close_is_handled_during_a_turn() {
    for stack in STACKS {
        let model = Model::default();
        let address = start_on(stack, model.clone(), config()).await;
        let mut client = Client::connect(address).await;
        client.create(json!({"model": "paused"})).await;
        for expected in ["response.created", "response.in_progress"] {
            assert_eq!(client.next().await.unwrap()["type"], expected);
        }
        let frame = CloseFrame {
            code: 1000.into(),
            reason: "enough".into(),
        };
        client.send(Message::Close(Some(frame))).await;
        assert_eq!(client.closed().await, 1000);
        until(|| model.alive() == 0).await;
    }
}

/// Also before the provider has answered, and when there is more to read.
#[tokio::test]
async fn a_vanished_client_cancels_its_turn() {
    for stack in STACKS {
        for name in ["paused", "silent", "endless"] {
            for more in [0, 30] {
                let model = Model::default();
                let address = start_on(stack, model.clone(), config()).await;
                let mut client = Client::connect(address).await;
                client.create(json!({"model": name})).await;
                until(|| model.alive() == 1).await;
                for _ in 0..more {
                    client.create(json!({"model": name})).await;
                }
                drop(client);
                until(|| model.alive() == 0).await;
            }
        }
    }
}

#[tokio::test]
async fn a_reset_cancels_the_turn() {
    let model = Model::default();
    let address = start(model.clone(), config()).await;
    let mut client = Client::connect(address).await;
    client.create(json!({"model": "paused"})).await;
    until(|| model.alive() == 1).await;
    // Closed with events unread, and with half a message sent.
    let half = create(json!({}));
    let stream = client.socket.get_mut();
    stream.write_all(&[0x81, 0xFE, 0x10, 0]).await.unwrap();
    stream.write_all(&half.as_bytes()[..10]).await.unwrap();
    drop(client);
    until(|| model.alive() == 0).await;
}

/// The provider is polled on demand: a client that does not read stops it.
#[tokio::test]
async fn an_unread_turn_costs_little() {
    let model = Model::default();
    let address = start(model.clone(), config()).await;
    let mut client = Client::connect(address).await;
    client.create(json!({"model": "endless"})).await;
    until(|| model.taken.load(Ordering::SeqCst) > 0).await;
    let taken = loop {
        let before = model.taken.load(Ordering::SeqCst);
        tokio::time::sleep(Duration::from_millis(100)).await;
        let after = model.taken.load(Ordering::SeqCst);
        if before == after {
            break after;
        }
    };
    // The system's own buffers, at 1,000 bytes for each delta.
    assert!(taken < 20_000, "{taken}");
    // It goes on where it stood.
    for _ in 0..taken + 100 {
        client.next().await.unwrap();
    }
    assert!(model.taken.load(Ordering::SeqCst) > taken);
}

#[tokio::test]
async fn a_client_that_does_not_answer_pings_is_gone() {
    let model = Model::default();
    let sockets = WebSocketConfig::new()
        .ping_interval(Duration::from_millis(10))
        .silence_limit(Duration::from_millis(100));
    let address = start(model.clone(), config().websocket(sockets)).await;
    let mut client = Client::connect(address).await;
    client.create(json!({"model": "silent"})).await;
    until(|| model.asked() == 1).await;
    // The client does not read, so it does not answer pings.
    until(|| model.alive() == 0).await;
    drop(client);
}

/// With a drain, a turn is finished and stored after its client has disconnected.
#[tokio::test]
async fn a_turn_may_be_finished_without_its_client() {
    let model = Model::default();
    let spawn = |task| drop(tokio::spawn(task));
    let config = config().drain_on_disconnect(Duration::from_secs(60), 1, spawn);
    let address = start(model.clone(), config).await;
    let mut client = Client::connect(address).await;
    client.create(json!({"model": "paused"})).await;
    let created = client.next().await.unwrap();
    drop(client);
    let mut other = Client::connect(address).await;
    other.respond(json!({})).await;
    assert_eq!(model.alive(), 1);
    model.permits.add_permits(3);
    until(|| model.alive() == 0).await;
    let follow = json!({"input": "x", "previous_response_id": created["response"]["id"]});
    let next = loop {
        let end = other.ask(follow.clone()).await;
        if end["type"] == "response.completed" {
            break end;
        }
    };
    assert_eq!(text(&next["response"]), "Hello|one two three|x");
}
