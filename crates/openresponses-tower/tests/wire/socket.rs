//! A WebSocket client over a pipe in memory.

use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use http::{HeaderMap, Request};
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use tokio::io::DuplexStream;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{WebSocketStream, client_async};

use crate::answer::Answer;
use crate::mask::mask;
use crate::names::Names;
use crate::project::Server;

/// Virtual time without a message after which a turn counts as ended. Longer than the pauses of the
/// slowest model, shorter than the server's ping interval.
const SILENCE: Duration = Duration::from_secs(1);

pub(crate) struct Socket(WebSocketStream<DuplexStream>);

impl Socket {
    /// Shakes hands, and returns the answer to it.
    pub(crate) async fn connect(
        server: &Server,
        headers: &HeaderMap,
        names: &mut Names,
    ) -> (Option<Self>, Answer) {
        let (near, far) = tokio::io::duplex(64 * 1024);
        let service = TowerToHyperService::new(server.clone());
        let connection = hyper::server::conn::http1::Builder::new()
            .serve_connection(TokioIo::new(far), service)
            .with_upgrades();
        tokio::spawn(async move { drop(connection.await) });
        let mut request = Request::get("ws://wire.test/v1/responses")
            .header("host", "wire.test")
            .header("connection", "upgrade")
            .header("upgrade", "websocket")
            .header("sec-websocket-version", "13")
            .header("sec-websocket-key", "d2lyZSB0ZXN0IGtleSAxMg==")
            .body(())
            .unwrap();
        request.headers_mut().extend(headers.clone());
        match client_async(request, near).await {
            Ok((socket, head)) => {
                let answer = Answer::new(head.status(), head.headers(), b"", true, names);
                (Some(Self(socket)), answer)
            }
            Err(Error::Http(refusal)) => {
                let body = refusal.body().as_deref().unwrap_or_default();
                let answer = Answer::new(refusal.status(), refusal.headers(), body, true, names);
                (None, answer)
            }
            Err(error) => panic!("{error}"),
        }
    }

    /// Sends messages, and returns everything received until the connection is silent.
    pub(crate) async fn send(&mut self, messages: &[String], names: &mut Names) -> Vec<String> {
        for message in messages {
            let message = match message.as_str() {
                "(binary)" => Message::binary(vec![1]),
                text => Message::text(names.made(text)),
            };
            // Fails where the server has closed the connection; the frames below show it.
            let _ = self.0.send(message).await;
        }
        let mut received = Vec::new();
        while let Ok(message) = tokio::time::timeout(SILENCE, self.0.next()).await {
            received.push(match message {
                Some(Ok(Message::Text(text))) => mask(&names.show(&text)),
                Some(Ok(Message::Close(Some(frame)))) => {
                    format!("(close {} {})", u16::from(frame.code), frame.reason)
                }
                Some(Ok(message)) => format!("({message:?})"),
                // Closed, with or without a frame that says so.
                Some(Err(_)) | None => {
                    received.push("(end)".into());
                    break;
                }
            });
        }
        received
    }
}
