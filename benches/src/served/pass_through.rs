//! Proxies that pass everything on and read nothing of it.

use std::convert::Infallible;
use std::future::poll_fn;
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use axum::body::Body;
use bytes::Bytes;
use http::{Request, Response, StatusCode, Uri};
use http_body::{Body as HttpBody, Frame};
use hyper::body::Incoming;
use hyper::client::conn::http1::{self, Connection, SendRequest};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::net::TcpStream;

/// A connection that runs only while it is polled.
struct Inline {
    sender: SendRequest<Incoming>,
    connection: Pin<Box<Connection<TokioIo<TcpStream>, Incoming>>>,
}

impl Inline {
    async fn new(upstream: SocketAddr) -> Option<Self> {
        let stream = TcpStream::connect(upstream).await.ok()?;
        stream.set_nodelay(true).ok()?;
        let (sender, connection) = http1::handshake(TokioIo::new(stream)).await.ok()?;
        let connection = Box::pin(connection);
        Some(Self { sender, connection })
    }

    async fn send(&mut self, request: Request<Incoming>) -> Option<Response<Incoming>> {
        let mut response = pin!(self.sender.send_request(request));
        let connection = &mut self.connection;
        poll_fn(|cx| {
            let _ = connection.as_mut().poll(cx);
            response.as_mut().poll(cx)
        })
        .await
        .ok()
    }
}

/// A body whose polls run its connection.
struct InlineBody {
    incoming: Incoming,
    connection: Option<Inline>,
    idle: Arc<Mutex<Vec<Inline>>>,
}

impl HttpBody for InlineBody {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        let this = &mut *self;
        let mut frame = Pin::new(&mut this.incoming).poll_frame(cx);
        if frame.is_pending()
            && let Some(inline) = &mut this.connection
        {
            let _ = inline.connection.as_mut().poll(cx);
            frame = Pin::new(&mut this.incoming).poll_frame(cx);
        }
        if let Poll::Ready(None) = &frame
            && let Some(mut inline) = this.connection.take()
        {
            let _ = inline.connection.as_mut().poll(cx);
            let mut idle = this.idle.lock().unwrap_or_else(PoisonError::into_inner);
            idle.extend(inline.sender.is_ready().then_some(inline));
        }
        frame
    }
}

/// A proxy whose connections to the upstream are polled inside the bodies of its responses.
#[derive(Clone, Debug)]
pub struct InlineProxy {
    upstream: SocketAddr,
    idle: Arc<Mutex<Vec<Inline>>>,
}

impl std::fmt::Debug for Inline {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Inline")
    }
}

impl InlineProxy {
    /// A proxy in front of `upstream`.
    #[must_use]
    pub fn new(upstream: SocketAddr) -> Self {
        Self {
            upstream,
            idle: Arc::default(),
        }
    }

    /// Passes a request on, and its answer back.
    ///
    /// # Errors
    /// None: without an upstream it answers 502.
    pub async fn pass(self, request: Request<Incoming>) -> Result<Response<Body>, Infallible> {
        let idle = self.idle.lock().map_or(None, |mut idle| idle.pop());
        let connection = match idle {
            Some(idle) => Some(idle),
            None => Inline::new(self.upstream).await,
        };
        let Some(mut connection) = connection else {
            return Ok(bad_gateway());
        };
        let Some(response) = connection.send(request).await else {
            return Ok(bad_gateway());
        };
        Ok(response.map(|incoming| {
            Body::new(InlineBody {
                incoming,
                connection: Some(connection),
                idle: self.idle,
            })
        }))
    }
}

/// A proxy with hyper-util's client, whose pooled connections are tasks of their own.
#[derive(Clone, Debug)]
pub struct PooledProxy {
    upstream: SocketAddr,
    client: Client<HttpConnector, Incoming>,
}

impl PooledProxy {
    /// A proxy in front of `upstream`.
    #[must_use]
    pub fn new(upstream: SocketAddr) -> Self {
        Self {
            upstream,
            client: Client::builder(TokioExecutor::new()).build_http(),
        }
    }

    /// Passes a request on, and its answer back.
    ///
    /// # Errors
    /// None: without an upstream it answers 502.
    pub async fn pass(self, mut request: Request<Incoming>) -> Result<Response<Body>, Infallible> {
        let uri = format!("http://{}{}", self.upstream, request.uri().path());
        *request.uri_mut() = uri.parse::<Uri>().unwrap_or_default();
        let response = self.client.request(request).await;
        Ok(response.map_or_else(|_| bad_gateway(), |response| response.map(Body::new)))
    }
}

fn bad_gateway() -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::BAD_GATEWAY;
    response
}
