//! A server on a free port, and a client that opens a WebSocket to it.

use std::net::SocketAddr;

use axum::Router;
use futures_util::{SinkExt, StreamExt};
use openresponses_gateway::Gateway;
use openresponses_tower::OpenResponses;
use serde_json::Value;
use tokio::net::{TcpListener, TcpStream};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::{WebSocketStream, client_async};

pub(crate) async fn serve(service: OpenResponses<Gateway>) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let app = Router::new().fallback_service(service);
    tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
    address
}

pub(crate) async fn open(
    address: SocketAddr,
    headers: &[(&'static str, &str)],
) -> WebSocketStream<TcpStream> {
    let url = format!("ws://{address}/v1/responses");
    let mut request = url.into_client_request().unwrap();
    for (name, value) in headers {
        request.headers_mut().insert(*name, value.parse().unwrap());
    }
    let stream = TcpStream::connect(address).await.unwrap();
    stream.set_nodelay(true).unwrap();
    client_async(request, stream).await.unwrap().0
}

/// One turn on an open connection: every message, the last of which ends it.
pub(crate) async fn turn_on(
    socket: &mut WebSocketStream<TcpStream>,
    mut body: Value,
) -> Vec<Value> {
    body["type"] = "response.create".into();
    let text = body.to_string();
    socket.send(Message::text(text)).await.unwrap();
    let mut all = Vec::new();
    loop {
        let message = socket.next().await.unwrap().unwrap();
        let Message::Text(text) = message else {
            continue;
        };
        let event: Value = serde_json::from_str(&text).unwrap();
        let is_last = matches!(
            event["type"].as_str(),
            Some("error" | "response.completed" | "response.incomplete" | "response.failed")
        );
        all.push(event);
        if is_last {
            return all;
        }
    }
}

/// One turn on a connection of its own.
pub(crate) async fn turn(
    address: SocketAddr,
    headers: &[(&'static str, &str)],
    body: Value,
) -> Vec<Value> {
    turn_on(&mut open(address, headers).await, body).await
}
