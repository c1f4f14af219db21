//! A small HTTP client with one connection for each request.

use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use hyper::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HOST};
use hyper::rt::{Read, Write};
use hyper::{Method, Request};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::target::Target;

/// Maximum size of an answer in bytes.
const LONGEST: usize = 256 << 20;

/// An answer.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    /// Without parameters.
    pub(super) media_type: String,
    pub(super) body: Bytes,
}

/// A request.
#[derive(Debug)]
pub(super) struct Send {
    pub(super) method: Method,
    pub(super) path: String,
    pub(super) media_type: &'static str,
    pub(super) with_key: bool,
    pub(super) body: Bytes,
}

#[derive(Debug)]
pub(super) struct Client {
    pub(super) target: Target,
    key: Option<String>,
    time: Duration,
    #[cfg(feature = "tls")]
    tls: Option<super::tls::Tls>,
}

impl Client {
    pub(super) fn new(target: Target, key: Option<&str>, time: Duration) -> Result<Self, String> {
        #[cfg(not(feature = "tls"))]
        if target.tls {
            return Err("this build has no TLS".into());
        }
        Ok(Self {
            #[cfg(feature = "tls")]
            tls: match target.tls {
                true => Some(super::tls::Tls::new(&target.host)?),
                false => None,
            },
            target,
            key: key.map(|key| format!("Bearer {key}")),
            time,
        })
    }

    /// Checks that the server accepts connections.
    pub(super) async fn reach(&self) -> Result<(), String> {
        match timeout(self.time, self.connect()).await {
            Ok(connected) => connected.map(drop),
            Err(_) => Err("no answer".into()),
        }
    }

    async fn connect(&self) -> Result<TcpStream, String> {
        TcpStream::connect((&*self.target.host, self.target.port))
            .await
            .map_err(|error| format!("cannot connect: {error}"))
    }

    /// Sends a request and reads the whole answer.
    pub(super) async fn send(&self, send: Send) -> Result<Answer, String> {
        timeout(self.time, self.exchange(send))
            .await
            .map_err(|_| format!("no complete answer within {} s", self.time.as_secs()))?
    }

    async fn exchange(&self, send: Send) -> Result<Answer, String> {
        let stream = self.connect().await?;
        #[cfg(feature = "tls")]
        if let Some(tls) = &self.tls {
            return self
                .over(TokioIo::new(tls.connect(stream).await?), send)
                .await;
        }
        self.over(TokioIo::new(stream), send).await
    }

    async fn over<I>(&self, io: I, send: Send) -> Result<Answer, String>
    where
        I: Read + Write + Unpin + std::marker::Send + 'static,
    {
        let mut request = Request::builder()
            .method(send.method)
            .uri(send.path)
            .header(HOST, &self.target.authority)
            .header(ACCEPT, "application/json, text/event-stream")
            .header(CONTENT_TYPE, send.media_type);
        if let Some(key) = self.key.as_ref().filter(|_| send.with_key) {
            request = request.header(AUTHORIZATION, key);
        }
        let request = request
            .body(Full::new(send.body))
            .map_err(|error| error.to_string())?;
        let (mut sender, connection) = hyper::client::conn::http1::handshake(io)
            .await
            .map_err(|error| format!("no HTTP: {error}"))?;
        let connection = tokio::spawn(connection);
        let answer = async {
            let response = sender
                .send_request(request)
                .await
                .map_err(|error| format!("no answer: {error}"))?;
            let status = response.status().as_u16();
            let media_type = response.headers().get(CONTENT_TYPE);
            let media_type = media_type
                .and_then(|value| value.to_str().ok())
                .unwrap_or_default();
            let media_type = media_type.split(';').next().unwrap_or_default();
            let media_type = media_type.trim().to_ascii_lowercase();
            let body = Limited::new(response.into_body(), LONGEST)
                .collect()
                .await
                .map_err(|error| format!("the answer ends early: {error}"))?
                .to_bytes();
            Ok(Answer {
                status,
                media_type,
                body,
            })
        };
        let answer = answer.await;
        connection.abort();
        answer
    }
}
