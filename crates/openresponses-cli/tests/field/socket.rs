//! The service on a WebSocket.

use futures_util::{SinkExt, StreamExt};
use hyper::server::conn::http1;
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use serde_json::{Value, json};
use tokio::net::{TcpListener, TcpStream};
use tokio_tungstenite::client_async;
use tokio_tungstenite::tungstenite::Message;

use crate::asked::service;
use crate::judge::{Fault, fault};

/// The messages of one turn.
async fn turn(message: Value) -> Vec<Value> {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let server = async move {
        let (stream, _) = listener.accept().await.unwrap();
        let service = TowerToHyperService::new(service());
        let connection = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
        connection.with_upgrades().await.unwrap();
    };
    let client = async move {
        let stream = TcpStream::connect(address).await.unwrap();
        let url = format!("ws://{address}/v1/responses");
        let (mut socket, _) = client_async(url, stream).await.unwrap();
        socket
            .send(Message::text(message.to_string()))
            .await
            .unwrap();
        let mut messages = Vec::new();
        while let Some(Ok(Message::Text(text))) = socket.next().await {
            let message: Value = serde_json::from_str(&text).unwrap();
            let status = message["response"]["status"].as_str();
            let ended = message["type"] == "error"
                || status.is_some_and(|status| status != "in_progress" && status != "queued");
            messages.push(message);
            if ended {
                break;
            }
        }
        messages
    };
    tokio::join!(server, client).1
}

/// A `stream_id` is on each event of its turn, or refused at its place.
pub(crate) fn stream_id(faults: &mut Vec<Fault>) {
    let message =
        json!({"type": "response.create", "stream_id": "lane1", "model": "m", "input": "hi"});
    let runtime = tokio::runtime::Builder::new_current_thread();
    let messages = { runtime }
        .enable_all()
        .build()
        .unwrap()
        .block_on(turn(message));
    let refused = messages
        .iter()
        .any(|message| message["error"]["param"] == "stream_id");
    let echoed = messages
        .iter()
        .all(|message| message["stream_id"] == "lane1");
    if messages.is_empty() || !(refused || echoed) {
        faults.push(fault("stream_id is swallowed", format!("{messages:?}")));
    }
}
