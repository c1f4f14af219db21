//! A WebSocket client.

use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use hyper::header::AUTHORIZATION;
use openresponses_types::event::EventFamily;
use openresponses_types::json::Document;
use openresponses_types::schema::DocumentKind;
use serde_json::Value;
use tokio::time::timeout;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::{Bytes, Error, Message};

use super::client::{Answer, Client, Io, Key, MAX_ANSWER_BYTES};
use super::target::Target;
use super::verdict::{SILENT, Verdict, broken};
use crate::guess;

/// Content of the ping that separates turns.
const PING: &[u8] = b"openresponses-probe";

/// The end of a handshake.
pub(super) enum Opened {
    Socket(Box<Socket>),
    Refused(Answer),
}

pub(super) struct Socket {
    stream: WebSocketStream<Box<dyn Io>>,
    /// The limit of one turn.
    time: Duration,
}

/// A message of the server.
pub(super) struct Event {
    pub(super) json: Value,
    text: String,
}

impl Client {
    /// Opens a WebSocket.
    pub(super) async fn open(&self, key: Key) -> Verdict<Opened> {
        match timeout(self.time, self.shake(key)).await {
            Ok(Ok(opened)) => Ok(opened),
            Ok(Err(problem)) => broken("websocket-handshake", format!("{problem}.")),
            Err(_) => late("There is no handshake", self.time),
        }
    }

    async fn shake(&self, key: Key) -> Result<Opened, String> {
        let scheme = if self.target.tls { "wss" } else { "ws" };
        let Target {
            authority,
            path,
            query,
            ..
        } = &self.target;
        let mut request = format!("{scheme}://{authority}{path}{query}")
            .into_client_request()
            .map_err(|error| error.to_string())?;
        if let Some(key) = self.authorization(key) {
            request.headers_mut().insert(AUTHORIZATION, key.clone());
        }
        let stream = self.stream().await?;
        match tokio_tungstenite::client_async(request, stream).await {
            Ok((stream, _)) => Ok(Opened::Socket(Box::new(Socket {
                stream,
                time: self.time,
            }))),
            Err(Error::Http(response)) => {
                let (head, body) = response.into_parts();
                Ok(Opened::Refused(Answer {
                    status: head.status.as_u16(),
                    headers: head.headers,
                    body: body.unwrap_or_default().into(),
                    arrivals: Vec::new(),
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
            Err(_) => late("The server reads no message", self.time),
        }
    }

    /// Reads the messages of a turn to its end: a terminal event or a refusal.
    pub(super) async fn turn(&mut self) -> Verdict<Vec<Event>> {
        let time = self.time;
        match timeout(time, self.events()).await {
            Ok(events) => events,
            Err(_) => late("The turn does not end", time),
        }
    }

    async fn events(&mut self) -> Verdict<Vec<Event>> {
        let (mut events, mut size) = (Vec::new(), 0);
        loop {
            let event = self.event().await?;
            let is_end = event.is_end();
            size += event.text.len();
            if size > MAX_ANSWER_BYTES {
                return broken(
                    "websocket-too-large",
                    format!("The messages of the turn have more than {MAX_ANSWER_BYTES} bytes."),
                );
            }
            events.push(event);
            if is_end {
                return Ok(events);
            }
        }
    }

    /// Returns the next message.
    async fn event(&mut self) -> Verdict<Event> {
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

    /// Checks that nothing follows a turn, and that a ping is answered.
    pub(super) async fn quiet(&mut self) -> Verdict {
        let time = self.time;
        match timeout(time, self.pong()).await {
            Ok(verdict) => verdict,
            Err(_) => late("No ping is answered", time),
        }
    }

    async fn pong(&mut self) -> Verdict {
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
        match self.stream.next().await {
            Some(Ok(message)) => Ok(message),
            Some(Err(error)) => closed(&error),
            None => broken("websocket-closed", "The server closed the connection."),
        }
    }
}

impl Event {
    /// Returns true for the envelope of a refusal. An `error` with a number is an event of a stream.
    pub(super) fn is_refusal(&self) -> bool {
        if self.json["type"] != "error" {
            return false;
        }
        let document = Document::parse(self.text.as_bytes());
        document.is_ok_and(|document| guess::kind(&document) == DocumentKind::WebSocketError)
    }

    fn is_end(&self) -> bool {
        let kind = self.json["type"].as_str().unwrap_or_default();
        self.is_refusal() || EventFamily::of_type(kind).is_terminal()
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

/// The server exceeds the time limit of an answer.
fn late<T>(what: &str, time: Duration) -> Verdict<T> {
    broken(SILENT, format!("{what} within {} s.", time.as_secs()))
}

fn closed<T>(error: &Error) -> Verdict<T> {
    broken(
        "websocket-closed",
        format!("The connection was lost: {error}."),
    )
}
