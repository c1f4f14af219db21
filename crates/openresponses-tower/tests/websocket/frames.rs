use futures_util::StreamExt;
use openresponses_tower::WebSocketConfig;
use serde_json::json;
use tokio::io::AsyncWriteExt;
use tokio_tungstenite::tungstenite::Message;

use crate::client::{Client, create, text};
use crate::model::Model;
use crate::server::{config, start};

/// A frame as a client sends it, its mask being zero.
pub fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    let mut frame = vec![first];
    match payload.len() {
        length @ 0..126 => frame.push(0x80 | length as u8),
        length @ 126..65_536 => {
            frame.push(0x80 | 126);
            frame.extend((length as u16).to_be_bytes());
        }
        length => {
            frame.push(0x80 | 127);
            frame.extend((length as u64).to_be_bytes());
        }
    }
    frame.extend([0; 4]);
    frame.extend(payload);
    frame
}

fn declared(length: u64) -> Vec<u8> {
    let mut frame = vec![0x81, 0x80 | 127];
    frame.extend(length.to_be_bytes());
    frame.extend([0; 4]);
    frame
}

#[tokio::test]
async fn what_is_no_web_socket_is_closed_with_the_reason() {
    let small = WebSocketConfig::new().message_limit(1000);
    let address = start(Model::default(), config().websocket(small)).await;
    let long = [b'x'; 1001];
    let cases = [
        ("a reserved bit", frame(0xC1, b"x"), 1002),
        ("a reserved opcode", frame(0x83, b"x"), 1002),
        ("a reserved control opcode", frame(0x8B, b"x"), 1002),
        ("no mask", vec![0x81, 1, b'x'], 1002),
        ("a fragmented ping", frame(0x09, b"x"), 1002),
        ("a long ping", frame(0x89, &[0; 126]), 1002),
        ("a continuation of nothing", frame(0x80, b"x"), 1002),
        (
            "a text in a text",
            [frame(0x01, b"x"), frame(0x81, b"y")].concat(),
            1002,
        ),
        ("half a close code", frame(0x88, &[3]), 1002),
        (
            "a close code that none may send",
            frame(0x88, &1005_u16.to_be_bytes()),
            1002,
        ),
        ("a text of other bytes", frame(0x81, &[0xFF]), 1007),
        (
            "half a character",
            [frame(0x01, &[0xC3]), frame(0x80, b"")].concat(),
            1007,
        ),
        (
            "a reason of other bytes",
            frame(0x88, &[3, 0xE8, 0xFF]),
            1007,
        ),
        ("a long message", frame(0x81, &long), 1009),
        ("a long binary message", frame(0x82, &long), 1009),
        (
            "many fragments",
            [frame(0x01, &long[..999]), frame(0x80, b"xx")].concat(),
            1009,
        ),
        ("a length of 2^40", declared(1 << 40), 1009),
        ("a length of 2^64 - 1", declared(u64::MAX), 1009),
    ];
    for (what, bytes, code) in cases {
        let mut client = Client::connect(address).await;
        let stream = client.socket.get_mut();
        stream.write_all(&bytes).await.unwrap();
        assert_eq!(client.closed().await, code, "{what}");
    }
}

/// The close frame is not lost because there is more to read.
#[tokio::test]
async fn a_message_over_the_limit_is_refused_while_it_is_sent() {
    let small = WebSocketConfig::new().message_limit(1000);
    let address = start(Model::default(), config().websocket(small)).await;
    let mut client = Client::connect(address).await;
    client.respond(json!({})).await;
    let stream = client.socket.get_mut();
    stream
        .write_all(&frame(0x81, &vec![b'x'; 8 << 20]))
        .await
        .unwrap();
    assert_eq!(client.closed().await, 1009);
}

#[tokio::test]
async fn a_message_may_be_as_long_as_the_limit() {
    let message = create(json!({}));
    let limit = WebSocketConfig::new().message_limit(message.len());
    let address = start(Model::default(), config().websocket(limit)).await;
    let mut client = Client::connect(address).await;
    client.send(message.clone()).await;
    client.turn().await;
    client.send(format!("{message} ")).await;
    assert_eq!(client.closed().await, 1009);
}

#[tokio::test]
async fn a_message_may_come_in_fragments() {
    let address = start(Model::default(), config()).await;
    let mut client = Client::connect(address).await;
    let long = "ä".repeat(100_000);
    let message = create(json!({"input": long}));
    for step in [1000, 1001, 70_000] {
        let mut pieces = message.as_bytes().chunks(step);
        let mut bytes = frame(0x01, pieces.next().unwrap());
        for piece in pieces {
            bytes.extend(frame(0x00, b""));
            bytes.extend(frame(0x89, b"ping"));
            bytes.extend(frame(0x00, piece));
        }
        bytes.extend(frame(0x80, b""));
        client.socket.get_mut().write_all(&bytes).await.unwrap();
        let end = client.turn().await.pop().unwrap();
        assert_eq!(text(&end["response"]), long);
    }
}

#[tokio::test]
async fn empty_fragments_cost_nothing_but_time() {
    let address = start(Model::default(), config()).await;
    let mut client = Client::connect(address).await;
    let flood = frame(0x00, b"").repeat(200_000);
    let stream = client.socket.get_mut();
    stream.write_all(&frame(0x01, b"")).await.unwrap();
    stream.write_all(&flood).await.unwrap();
    // Others are served meanwhile.
    Client::connect(address).await.respond(json!({})).await;
    let last = frame(0x80, create(json!({})).as_bytes());
    client.socket.get_mut().write_all(&last).await.unwrap();
    client.turn().await;
}

#[tokio::test]
async fn a_ping_is_answered_during_a_turn() {
    let model = Model::default();
    let address = start(model.clone(), config()).await;
    for name in ["paused", "silent"] {
        let mut client = Client::connect(address).await;
        client.create(json!({"model": name})).await;
        for round in 0..3_u8 {
            client.send(Message::Ping(vec![round].into())).await;
            loop {
                match client.socket.next().await.unwrap().unwrap() {
                    Message::Pong(payload) => break assert_eq!(payload[..], [round]),
                    other => assert!(other.is_text() && name == "paused"),
                }
            }
        }
        assert!(model.alive() > 0);
    }
}
