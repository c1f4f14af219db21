//! A client that verifies every message.

use std::net::SocketAddr;
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use openresponses_types::Profile;
use openresponses_types::json::Document;
use openresponses_types::schema::{DocumentKind, validate};
use serde_json::{Value, json};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::{self, Message};
use tokio_tungstenite::{WebSocketStream, client_async};

pub struct Client<S = TcpStream> {
    pub socket: WebSocketStream<S>,
}

impl Client {
    /// Connects as tenant `a`.
    pub async fn connect(address: SocketAddr) -> Self {
        Self::connect_as(address, "a").await
    }

    pub async fn connect_as(address: SocketAddr, tenant: &str) -> Self {
        Self::try_connect(address, &[("authorization", &format!("Bearer {tenant}"))])
            .await
            .unwrap()
    }

    pub async fn try_connect(
        address: SocketAddr,
        headers: &[(&'static str, &str)],
    ) -> Result<Self, tungstenite::Error> {
        let url = format!("ws://{address}/v1/responses");
        let mut request = url.into_client_request().unwrap();
        for (name, value) in headers {
            request.headers_mut().insert(*name, value.parse().unwrap());
        }
        let stream = TcpStream::connect(address).await.unwrap();
        stream.set_nodelay(true).unwrap();
        let (socket, answer) = client_async(request, stream).await?;
        assert!(answer.headers().contains_key("x-request-id"));
        Ok(Self { socket })
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> Client<S> {
    pub async fn send(&mut self, message: impl Into<Message>) {
        self.socket.send(message.into()).await.unwrap();
    }

    pub async fn create(&mut self, members: Value) {
        self.send(create(members)).await;
    }

    /// The next text message; `None` when the connection is closed.
    pub async fn next(&mut self) -> Option<Value> {
        loop {
            match self.socket.next().await?.unwrap() {
                Message::Text(text) => {
                    let value: Value = serde_json::from_str(&text).unwrap();
                    let kind = if value.get("status").is_some() {
                        DocumentKind::WebSocketError
                    } else {
                        DocumentKind::StreamEvent
                    };
                    let document = Document::parse(text.as_bytes()).unwrap();
                    let report = validate(&document, kind, Profile::Strict);
                    assert!(report.is_ok(), "{text}: {report:?}");
                    return Some(value);
                }
                Message::Close(_) => return None,
                _ => {}
            }
        }
    }

    /// The messages of the next turn, up to its one terminal message.
    pub async fn turn(&mut self) -> Vec<Value> {
        let mut messages = Vec::new();
        loop {
            let message = self.next().await.unwrap();
            let kind = message["type"].as_str().unwrap().to_owned();
            if kind == "error" {
                assert_eq!(messages, Vec::<Value>::new());
                return vec![message];
            }
            assert_eq!(message["sequence_number"], messages.len());
            messages.push(message);
            let ended = ["completed", "incomplete", "failed"];
            if ended.iter().any(|end| kind == format!("response.{end}")) {
                assert_eq!(messages[0]["type"], "response.created");
                assert_eq!(messages[1]["type"], "response.in_progress");
                return messages;
            }
        }
    }

    /// Sends a message and waits for the last message of its turn.
    pub async fn ask(&mut self, members: Value) -> Value {
        self.create(members).await;
        self.turn().await.pop().unwrap()
    }

    /// The response of a turn that must complete.
    pub async fn respond(&mut self, members: Value) -> Value {
        let end = self.ask(members).await;
        assert_eq!(end["type"], "response.completed", "{end}");
        end["response"].clone()
    }

    /// The code of a turn that must be refused.
    pub async fn refused(&mut self, members: Value) -> String {
        let end = self.ask(members).await;
        assert_eq!(end["type"], "error", "{end}");
        end["error"]["code"].as_str().unwrap().to_owned()
    }

    /// Waits until the other side has read all that was sent. Returns what it sent meanwhile.
    pub async fn in_step(&mut self) -> Vec<Message> {
        self.send(Message::Ping(Vec::new().into())).await;
        let mut messages = Vec::new();
        loop {
            match self.socket.next().await.unwrap().unwrap() {
                Message::Pong(_) => return messages,
                other => messages.push(other),
            }
        }
    }

    /// The code of the close frame that comes next, and nothing else before it.
    pub async fn closed(mut self) -> u16 {
        let frame = loop {
            match self.socket.next().await.unwrap().unwrap() {
                Message::Close(frame) => break frame.unwrap(),
                Message::Ping(_) | Message::Pong(_) => {}
                other => panic!("{other:?}"),
            }
        };
        assert!(self.socket.next().await.is_none());
        frame.code.into()
    }
}

/// A message, with these members besides those that it needs.
pub fn create(members: Value) -> String {
    let mut message = json!({"type": "response.create", "model": "m", "input": "Hello"});
    for (name, value) in members.as_object().unwrap() {
        message[name] = value.clone();
    }
    message.to_string()
}

pub fn text(response: &Value) -> &str {
    response["output"][0]["content"][0]["text"]
        .as_str()
        .unwrap()
}

/// Sends bytes as they are, and reads until the other side is done.
pub async fn raw(address: SocketAddr, request: &str) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    String::from_utf8_lossy(&answer).into_owned()
}

/// Waits for what another task does. Gives up only when that task can no longer run.
pub async fn until(what: impl Fn() -> bool) {
    while !what() {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}
