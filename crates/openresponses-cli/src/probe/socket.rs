//! A WebSocket client.

use futures_util::{SinkExt, StreamExt};
use hyper::header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue, RETRY_AFTER};
use openresponses_types::event::EventFamily;
use serde_json::Value;
use tokio::time::timeout;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::{Bytes, Error, Message};

use super::client::{Answer, Client, Io, Key};
use super::verdict::{Verdict, broken};

/// Content of the ping that separates turns.
const PING: &[u8] = b"openresponses-probe";

/// The end of a handshake.
pub(super) enum Opened {
    Socket(Box<Socket>),
    Refused(Answer),
}

pub(super) struct Socket {
    stream: WebSocketStream<Box<dyn Io>>,
    time: std::time::Duration,
}

/// A message of the server.
pub(super) struct Event {
    pub(super) json: Value,
    text: String,
}

impl Client {
    /// Opens a WebSocket.
    pub(super) async fn open(&self, key: Key) -> Result<Opened, String> {
        timeout(self.time, self.shake(key))
            .await
            .map_err(|_| format!("no handshake within {} s", self.time.as_secs()))?
    }

    async fn shake(&self, key: Key) -> Result<Opened, String> {
        let scheme = if self.target.tls { "wss" } else { "ws" };
        let url = format!("{scheme}://{}{}", self.target.authority, self.target.path);
        let mut request = url
            .into_client_request()
            .map_err(|error| error.to_string())?;
        if let Some(key) = self.authorization(key) {
            let key = HeaderValue::from_str(key).map_err(|error| error.to_string())?;
            request.headers_mut().insert(AUTHORIZATION, key);
        }
        let stream = self.stream().await?;
        match tokio_tungstenite::client_async(request, stream).await {
            Ok((stream, _)) => Ok(Opened::Socket(Box::new(Socket {
                stream,
                time: self.time,
            }))),
            Err(Error::Http(response)) => {
                let (head, body) = response.into_parts();
                let header = |name| {
                    let value = head.headers.get(name)?;
                    value.to_str().ok().map(str::to_owned)
                };
                Ok(Opened::Refused(Answer {
                    status: head.status.as_u16(),
                    media_type: header(CONTENT_TYPE).unwrap_or_default(),
                    retry_after: header(RETRY_AFTER),
                    body: body.unwrap_or_default().into(),
                    spread: std::time::Duration::ZERO,
                }))
            }
            Err(error) => Err(format!("no handshake: {error}")),
        }
    }
}

impl Socket {
    pub(super) async fn send(&mut self, text: impl Into<String>) -> Verdict {
        let message = Message::Text(text.into().into());
        match timeout(self.time, self.stream.send(message)).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => closed(&error),
            Err(_) => broken("websocket-silent", "The server reads no message."),
        }
    }

    /// Returns the next message.
    pub(super) async fn event(&mut self) -> Verdict<Event> {
        loop {
            match self.next().await? {
                Message::Text(text) => return event(text.as_str()),
                Message::Binary(_) => {
                    return broken("websocket-message", "The server sent a binary message.");
                }
                Message::Ping(_) | Message::Pong(_) | Message::Frame(_) => {}
                Message::Close(frame) => {
                    let why = frame.map_or_else(String::new, |frame| format!(" with {frame}"));
                    return broken(
                        "websocket-closed",
                        format!("The server closed the connection{why}."),
                    );
                }
            }
        }
    }

    /// Reads the messages of a turn to its end: a terminal event or an error.
    pub(super) async fn turn(&mut self) -> Verdict<Vec<Event>> {
        let mut events = Vec::new();
        loop {
            let event = self.event().await?;
            let is_end = event.is_end();
            events.push(event);
            if is_end {
                return Ok(events);
            }
        }
    }

    /// Checks that nothing follows a turn, and that a ping is answered.
    pub(super) async fn quiet(&mut self) -> Verdict {
        let ping = Message::Ping(Bytes::from_static(PING));
        if let Err(error) = self.stream.send(ping).await {
            return closed(&error);
        }
        loop {
            match self.next().await? {
                Message::Pong(content) if content == PING => return Ok(()),
                Message::Ping(_) | Message::Pong(_) | Message::Frame(_) => {}
                Message::Close(_) => {
                    return broken("websocket-closed", "The server closed the connection.");
                }
                Message::Text(_) | Message::Binary(_) => {
                    return broken(
                        "websocket-after-terminal",
                        "The server sent a message between turns.",
                    );
                }
            }
        }
    }

    async fn next(&mut self) -> Verdict<Message> {
        match timeout(self.time, self.stream.next()).await {
            Ok(Some(Ok(message))) => Ok(message),
            Ok(Some(Err(error))) => closed(&error),
            Ok(None) => broken("websocket-closed", "The server closed the connection."),
            Err(_) => broken("websocket-silent", "The server sends no message."),
        }
    }
}

impl Event {
    pub(super) fn is_error(&self) -> bool {
        self.json["type"] == "error"
    }

    fn is_end(&self) -> bool {
        let kind = self.json["type"].as_str().unwrap_or_default();
        self.is_error() || EventFamily::of_type(kind).is_terminal()
    }

    pub(super) fn text(&self) -> &str {
        &self.text
    }
}

/// The events of a turn as the stream that HTTP would have.
pub(super) fn transcript(events: &[Event]) -> String {
    let frame = |event: &Event| {
        let kind = event.json["type"].as_str().unwrap_or_default();
        // Line breaks are white space in JSON.
        let data = event.text.replace(['\r', '\n'], " ");
        format!("event: {kind}\ndata: {data}\n\n")
    };
    let mut text: String = events.iter().map(frame).collect();
    text.push_str("data: [DONE]\n\n");
    text
}

fn event(text: &str) -> Verdict<Event> {
    match serde_json::from_str::<Value>(text) {
        Ok(json) if json["type"].is_string() => Ok(Event {
            json,
            text: text.to_owned(),
        }),
        _ => broken(
            "websocket-message",
            "The server sent a message that is not an event.",
        ),
    }
}

fn closed<T>(error: &Error) -> Verdict<T> {
    broken(
        "websocket-closed",
        format!("The connection was lost: {error}."),
    )
}
