use std::time::Duration;

use futures_util::StreamExt;
use openresponses_tower::WebSocketConfig;
use openresponses_tower::bounds::Bounds;
use serde_json::json;
use tokio::io::AsyncWriteExt;
use tokio_tungstenite::tungstenite::Message;

use crate::client::{Client, text, until};
use crate::frames::frame;
use crate::model::Model;
use crate::server::{STACKS, config, start, start_on};

#[tokio::test]
async fn a_connection_over_its_lifetime_gets_an_error() {
    for stack in STACKS {
        let limit = WebSocketConfig::new().connection_limit(Duration::from_millis(1));
        let address = start_on(stack, Model::default(), config().websocket(limit)).await;
        let mut client = Client::connect(address).await;
        let error = client.next().await.unwrap();
        assert_eq!(
            error,
            json!({
                "type": "error",
                "status": 400,
                "error": {
                    "type": "invalid_request_error",
                    "code": "websocket_connection_limit_reached",
                    "message": error["error"]["message"],
                    "param": "connection",
                },
            })
        );
        assert_eq!(client.closed().await, 1001);
    }
}

#[tokio::test]
async fn an_idle_connection_is_closed() {
    let limit = WebSocketConfig::new().idle_limit(Duration::from_millis(1));
    let address = start(Model::default(), config().websocket(limit)).await;
    assert_eq!(Client::connect(address).await.closed().await, 1001);
}

#[tokio::test]
async fn a_silent_client_is_pinged() {
    let pings = WebSocketConfig::new().ping_interval(Duration::from_millis(1));
    let address = start(Model::default(), config().websocket(pings)).await;
    let mut client = Client::connect(address).await;
    for _ in 0..3 {
        assert!(client.socket.next().await.unwrap().unwrap().is_ping());
    }
    client.respond(json!({})).await;
}

/// All connections share the memory of the bounds, so that many partial messages do not exhaust
/// memory.
#[tokio::test]
async fn what_all_connections_read_is_bounded() {
    let model = Model::default();
    let address = start(
        model.clone(),
        config().bounds(&Bounds::new().memory(4 << 20, 4 << 20)),
    )
    .await;
    // The first fragment of a message, which counts twice. An eighth is kept for small ones: two fit.
    let half = frame(0x01, &vec![b' '; 700 << 10]);
    let mut clients = Vec::new();
    for _ in 0..2 {
        let mut client = Client::connect(address).await;
        client.socket.get_mut().write_all(&half).await.unwrap();
        client.in_step().await;
        clients.push(client);
    }
    let mut third = Client::connect(address).await;
    third.socket.get_mut().write_all(&half).await.unwrap();
    assert_eq!(third.closed().await, 1013);
    Client::connect(address).await.respond(json!({})).await;

    // Queued messages count as well, until their turn has ended.
    clients.clear();
    let long = json!({"input": "x".repeat(500 << 10)});
    let mut client = Client::connect(address).await;
    client.create(json!({"model": "paused"})).await;
    client.create(long.clone()).await;
    client.in_step().await;
    model.permits.add_permits(3);
    while client.next().await.unwrap()["type"] != "response.completed" {}
    for _ in 0..5 {
        let end = client.turn().await.pop().unwrap();
        assert_eq!(text(&end["response"]).len(), 500 << 10);
        client.create(long.clone()).await;
    }
    client.turn().await;
    client.create(json!({"model": "paused"})).await;
    for _ in 0..8 {
        client.create(long.clone()).await;
    }
    let closed = loop {
        if let Message::Close(frame) = client.socket.next().await.unwrap().unwrap() {
            break frame.unwrap().code;
        }
    };
    assert_eq!(closed, 1013.into());
    until(|| model.alive() == 0).await;
}

#[tokio::test]
async fn a_conversation_that_gets_too_long_is_forgotten() {
    let limit = WebSocketConfig::new().conversation_limit(10_000);
    let address = start(Model::default(), config().websocket(limit)).await;
    let mut client = Client::connect(address).await;
    let first = client
        .respond(json!({"input": "x".repeat(1000), "store": false}))
        .await;
    let long =
        json!({"input": "x".repeat(9000), "store": false, "previous_response_id": first["id"]});
    let second = client.respond(long.clone()).await;
    for id in [&first["id"], &second["id"]] {
        let code = client.refused(json!({"previous_response_id": id})).await;
        assert_eq!(code, "previous_response_not_found");
    }
    // One that is stored is there all the same.
    let mut stored = long;
    stored["store"] = json!(true);
    stored["previous_response_id"] = json!(null);
    let stored = client.respond(stored).await;
    client
        .respond(json!({"previous_response_id": stored["id"]}))
        .await;
}
