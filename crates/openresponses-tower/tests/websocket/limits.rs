use std::time::Duration;

use futures_util::StreamExt;
use openresponses_tower::WebSocketConfig;
use serde_json::json;

use crate::client::Client;
use crate::model::Model;
use crate::server::{STACKS, config, start, start_on};

#[tokio::test]
async fn a_connection_that_lasts_too_long_is_told_so() {
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
async fn a_connection_that_nobody_uses_is_closed() {
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
