//! A small HTTP client.

use std::time::{Duration, Instant};

use bytes::{Bytes, BytesMut};
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Incoming;
use hyper::client::conn::http1::{self, SendRequest};
use hyper::header::{
    ACCEPT, AUTHORIZATION, CONTENT_TYPE, HOST, HeaderMap, HeaderName, HeaderValue,
};
use hyper::{Method, Request, Response};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::target::Target;

/// Maximum size of an answer in bytes.
pub(super) const MAX_ANSWER_BYTES: usize = 256 << 20;

/// An answer.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
    /// The size of the body at the time of each of its parts.
    pub(super) arrivals: Vec<(usize, Instant)>,
}

impl Answer {
    /// Returns a header that is text.
    pub(super) fn header(&self, name: HeaderName) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// Returns the type of the body without parameters.
    pub(super) fn media_type(&self) -> String {
        let media_type = self.header(CONTENT_TYPE).unwrap_or_default();
        let media_type = media_type.split(';').next().unwrap_or_default();
        media_type.trim().to_ascii_lowercase()
    }

    /// Returns when this byte of the body had arrived.
    pub(super) fn arrival(&self, byte: usize) -> Option<Instant> {
        let after = self.arrivals.partition_point(|(size, _)| *size <= byte);
        self.arrivals.get(after).map(|(_, time)| *time)
    }
}

/// A request.
#[derive(Clone, Debug)]
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
    key: Option<HeaderValue>,
    bad_key: HeaderValue,
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
            key: key.map(bearer).transpose()?,
            bad_key: bearer(bad_key.unwrap_or(BAD_KEY))?,
            time,
        })
    }

    /// Checks that the server answers at all, with any status.
    pub(super) async fn reach(&self) -> Result<(), String> {
        let request = self.request(Send {
            method: Method::GET,
            path: self.target.path.clone(),
            media_type: "application/json",
            key: Key::Given,
            body: Bytes::new(),
        })?;
        let reached = timeout(self.time, async {
            let mut connection = self.connection().await?;
            connection.ask(request).await.map(drop)
        });
        let late = |_| Err(format!("no answer within {} s", self.time.as_secs()));
        reached.await.unwrap_or_else(late)
    }

    /// Sends a request and reads the whole answer.
    pub(super) async fn send(&self, send: Send) -> Result<Answer, String> {
        let request = self.request(send)?;
        let begun = Instant::now();
        let head = timeout(self.time, async {
            let mut connection = self.connection().await?;
            let response = connection.ask(request).await?;
            Ok::<_, String>((connection, response))
        });
        let limit = self.time.as_secs();
        let late = |_| Err(format!("no answer within {limit} s"));
        let (_connection, response) = head.await.unwrap_or_else(late)?;
        let left = self.time.saturating_sub(begun.elapsed());
        let late = |_| Err(format!("the body does not end within {limit} s"));
        timeout(left, read(response)).await.unwrap_or_else(late)
    }

    /// Sends a request twice over one connection. There is no second answer where the server has
    /// closed it.
    pub(super) async fn send_twice(&self, send: Send) -> Result<(Answer, Option<Answer>), String> {
        let (request, again) = (self.request(send.clone())?, self.request(send)?);
        let both = timeout(self.time, async {
            let mut connection = self.connection().await?;
            let first = read(connection.ask(request).await?).await?;
            let second = if connection.sender.ready().await.is_ok()
                && let Ok(response) = connection.ask(again).await
            {
                Some(read(response).await?)
            } else {
                None
            };
            Ok((first, second))
        });
        let late = |_| Err(format!("no two answers within {} s", self.time.as_secs()));
        both.await.unwrap_or_else(late)
    }

    /// Returns a new connection, with TLS if the address asks for it.
    pub(super) async fn stream(&self) -> Result<Box<dyn Io>, String> {
        let stream = TcpStream::connect((&*self.target.host, self.target.port))
            .await
            .map_err(|error| format!("cannot connect: {error}"))?;
        #[cfg(feature = "tls")]
        if let Some(tls) = &self.tls {
            return Ok(Box::new(tls.connect(stream).await?));
        }
        Ok(Box::new(stream))
    }

    /// Returns the header for a key.
    pub(super) fn authorization(&self, key: Key) -> Option<&HeaderValue> {
        match key {
            Key::Given => self.key.as_ref(),
            Key::Bad => Some(&self.bad_key),
            Key::Absent => None,
        }
    }

    async fn connection(&self) -> Result<Connection, String> {
        let io = TokioIo::new(self.stream().await?);
        let (sender, connection) = http1::handshake(io)
            .await
            .map_err(|error| format!("no HTTP: {error}"))?;
        let driver = tokio::spawn(async move { drop(connection.await) });
        Ok(Connection { sender, driver })
    }

    fn request(&self, send: Send) -> Result<Request<Full<Bytes>>, String> {
        let mut request = Request::builder()
            .method(send.method)
            .uri(format!("{}{}", send.path, self.target.query))
            .header(HOST, &self.target.authority)
            .header(ACCEPT, "application/json, text/event-stream")
            .header(CONTENT_TYPE, send.media_type);
        if let Some(key) = self.authorization(send.key) {
            request = request.header(AUTHORIZATION, key);
        }
        request
            .body(Full::new(send.body))
            .map_err(|error| error.to_string())
    }
}

fn bearer(key: &str) -> Result<HeaderValue, String> {
    HeaderValue::try_from(format!("Bearer {key}"))
        .map_err(|_| "a key has characters that no header can have".into())
}

/// An HTTP connection, which is closed when it is dropped.
struct Connection {
    sender: SendRequest<Full<Bytes>>,
    driver: JoinHandle<()>,
}

impl Connection {
    async fn ask(&mut self, request: Request<Full<Bytes>>) -> Result<Response<Incoming>, String> {
        self.sender
            .send_request(request)
            .await
            .map_err(|error| format!("no answer: {error}"))
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.driver.abort();
    }
}

/// Reads a whole answer.
async fn read(response: Response<Incoming>) -> Result<Answer, String> {
    let (head, body) = response.into_parts();
    let mut body = Limited::new(body, MAX_ANSWER_BYTES);
    let (mut bytes, mut arrivals) = (BytesMut::new(), Vec::new());
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| format!("the answer ends early: {error}"))?;
        if let Ok(data) = frame.into_data() {
            bytes.extend_from_slice(&data);
            arrivals.push((bytes.len(), Instant::now()));
        }
    }
    Ok(Answer {
        status: head.status.as_u16(),
        headers: head.headers,
        body: bytes.freeze(),
        arrivals,
    })
}

/// A byte stream.
pub(super) trait Io: AsyncRead + AsyncWrite + std::marker::Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + std::marker::Send + Unpin> Io for T {}
