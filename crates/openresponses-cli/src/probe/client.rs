//! A small HTTP client with one connection for each request.

use std::time::{Duration, Instant};

use bytes::{Bytes, BytesMut};
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Incoming;
use hyper::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HOST, RETRY_AFTER};
use hyper::{Method, Request, Response};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::target::Target;

/// Maximum size of an answer in bytes.
const MAX_ANSWER_BYTES: usize = 256 << 20;

/// An answer.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    /// Without parameters.
    pub(super) media_type: String,
    pub(super) retry_after: Option<String>,
    pub(super) body: Bytes,
    /// The time from the first byte of the body to the last.
    pub(super) spread: Duration,
}

/// A request.
#[derive(Debug)]
pub(super) struct Send {
    pub(super) method: Method,
    pub(super) path: String,
    pub(super) media_type: &'static str,
    pub(super) key: Key,
    pub(super) body: Bytes,
}

/// The key of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Key {
    Given,
    /// One that the server refuses.
    Bad,
    Absent,
}

/// A key that no server should know.
const BAD_KEY: &str = "openresponses-probe-bad-key";

#[derive(Debug)]
pub(super) struct Client {
    pub(super) target: Target,
    key: Option<String>,
    bad_key: String,
    pub(super) time: Duration,
    #[cfg(feature = "tls")]
    tls: Option<super::tls::Tls>,
}

impl Client {
    pub(super) fn new(
        target: Target,
        key: Option<&str>,
        bad_key: Option<&str>,
        time: Duration,
    ) -> Result<Self, String> {
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
            bad_key: format!("Bearer {}", bad_key.unwrap_or(BAD_KEY)),
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

    /// Returns a new connection, with TLS if the address asks for it.
    pub(super) async fn stream(&self) -> Result<Box<dyn Io>, String> {
        let stream = self.connect().await?;
        #[cfg(feature = "tls")]
        if let Some(tls) = &self.tls {
            return Ok(Box::new(tls.connect(stream).await?));
        }
        Ok(Box::new(stream))
    }

    /// Returns the header for a key.
    pub(super) fn authorization(&self, key: Key) -> Option<&str> {
        match key {
            Key::Given => self.key.as_deref(),
            Key::Bad => Some(&self.bad_key),
            Key::Absent => None,
        }
    }

    async fn exchange(&self, send: Send) -> Result<Answer, String> {
        let io = TokioIo::new(self.stream().await?);
        let mut request = Request::builder()
            .method(send.method)
            .uri(send.path)
            .header(HOST, &self.target.authority)
            .header(ACCEPT, "application/json, text/event-stream")
            .header(CONTENT_TYPE, send.media_type);
        if let Some(key) = self.authorization(send.key) {
            request = request.header(AUTHORIZATION, key);
        }
        let request = request
            .body(Full::new(send.body))
            .map_err(|error| error.to_string())?;
        let (mut sender, connection) = hyper::client::conn::http1::handshake(io)
            .await
            .map_err(|error| format!("no HTTP: {error}"))?;
        let connection = tokio::spawn(connection);
        let answer = match sender.send_request(request).await {
            Ok(response) => read(response).await,
            Err(error) => Err(format!("no answer: {error}")),
        };
        connection.abort();
        answer
    }
}

/// Reads a whole answer.
async fn read(response: Response<Incoming>) -> Result<Answer, String> {
    let (head, body) = response.into_parts();
    let header = |name| {
        let value = head.headers.get(name)?;
        value.to_str().ok().map(str::to_owned)
    };
    let media_type = header(CONTENT_TYPE).unwrap_or_default();
    let media_type = media_type.split(';').next().unwrap_or_default();
    let mut body = Limited::new(body, MAX_ANSWER_BYTES);
    let (mut bytes, mut first) = (BytesMut::new(), None);
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| format!("the answer ends early: {error}"))?;
        if let Ok(data) = frame.into_data() {
            first.get_or_insert_with(Instant::now);
            bytes.extend_from_slice(&data);
        }
    }
    Ok(Answer {
        status: head.status.as_u16(),
        media_type: media_type.trim().to_ascii_lowercase(),
        retry_after: header(RETRY_AFTER),
        body: bytes.freeze(),
        spread: first.map_or(Duration::ZERO, |first| first.elapsed()),
    })
}

/// A byte stream.
pub(super) trait Io: AsyncRead + AsyncWrite + std::marker::Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + std::marker::Send + Unpin> Io for T {}
