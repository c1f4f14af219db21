//! The HTTP client of [`Upstream`](crate::Upstream).
//!
//! An HTTP/1.1 connection has no task of its own: it is polled while its response's body is polled,
//! so that an event goes from the socket to the translator without a channel between them, and
//! dropping the body closes the connection at once. HTTP/2 connections, which several requests share,
//! are tasks of tokio's.

mod body;
mod connect;
mod error;
mod http1;
mod http2;
mod idle;
mod options;
mod pool;
mod secret;
mod shared;
mod target;
#[cfg(feature = "websocket")]
mod websocket;

use std::sync::Arc;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use tokio::time::timeout;

pub use body::UpstreamBody;
pub use error::ClientError;
pub use options::ClientOptions;
pub use secret::Secret;
#[cfg(feature = "websocket")]
pub(crate) use websocket::{Asked, WebSockets};

use connect::{Connection, Connector};
use http1::Http1;
use http2::Unprocessed;
use pool::{Key, Pool};
use shared::{Shared, Stream};
use target::TargetForm;

/// A pooling HTTP client. Clones share one pool.
///
/// ```
/// use openresponses_upstream::{ClientOptions, HttpClient};
///
/// let client = HttpClient::new(ClientOptions::new())?;
/// # let _ = client;
/// # Ok::<(), openresponses_upstream::ClientError>(())
/// ```
#[derive(Clone, Debug)]
pub struct HttpClient(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    options: ClientOptions,
    connector: Connector,
    pool: Arc<Pool>,
}

impl HttpClient {
    /// Creates a client.
    ///
    /// # Errors
    /// When a certificate of the options cannot be read, or the options leave none to trust. A system without
    /// certificates is no error here but one of each connection to an `https` address: `http` needs none.
    pub fn new(options: ClientOptions) -> Result<Self, ClientError> {
        let connector = Connector::new(&options)?;
        let pool = Arc::new(Pool::new(options.max_idle, options.idle_connection));
        Ok(Self(Arc::new(Inner {
            options,
            connector,
            pool,
        })))
    }

    /// Creates what asks a server over WebSockets, with the same options.
    #[cfg(feature = "websocket")]
    pub(crate) fn websockets(&self) -> Result<WebSockets, ClientError> {
        WebSockets::new(&self.0.options)
    }

    /// Sends a request and returns the answer when its headers are there. A request that a connection
    /// has not taken, or that an HTTP/2 server has not processed, is sent again.
    ///
    /// # Errors
    /// When the server cannot be reached, breaks the connection, or takes too long.
    pub async fn send(
        &self,
        request: Request<Bytes>,
    ) -> Result<Response<UpstreamBody>, ClientError> {
        let key = Key::of(request.uri())?;
        let mut asked = None;
        let exchange = self.exchange(request.map(Full::new), &key, &mut asked);
        let Some(limit) = self.0.options.first_byte else {
            return exchange.await;
        };
        if let Ok(answered) = timeout(limit, exchange).await {
            return answered;
        }
        // Others should not wait for it as well.
        if let Some(connection) = asked {
            self.0.pool.forget_http2(&key, &connection);
        }
        Err(ClientError::Timeout("the first byte"))
    }

    /// Sends a request. `asked` is the HTTP/2 connection on which it waits.
    async fn exchange(
        &self,
        mut request: Request<Full<Bytes>>,
        key: &Key,
        asked: &mut Option<Shared>,
    ) -> Result<Response<UpstreamBody>, ClientError> {
        let pool = &self.0.pool;
        if let Some((connection, stream)) = pool.http2(key) {
            *asked = Some(connection.clone());
            match self.over_shared(connection, stream, request, key).await? {
                Ok(response) => return Ok(response),
                Err(unprocessed) => request = unprocessed.request,
            }
        }
        while let Some(connection) = pool.http1(key) {
            match self.over(connection, request, key).await? {
                Ok(response) => return Ok(response),
                Err(unsent) => request = unsent,
            }
        }
        match self.over_new(request, key, asked).await? {
            Ok(response) => Ok(response),
            // Once more: another server may be behind the address.
            Err(unprocessed) => self
                .over_new(unprocessed.request, key, asked)
                .await?
                .map_err(|unprocessed| ClientError::Http(unprocessed.error)),
        }
    }

    /// Sends over a new connection; returns the request where the server has not processed it.
    async fn over_new(
        &self,
        request: Request<Full<Bytes>>,
        key: &Key,
        asked: &mut Option<Shared>,
    ) -> Result<Result<Response<UpstreamBody>, Box<Unprocessed>>, ClientError> {
        *asked = None;
        let inner = &*self.0;
        let connecting = inner.connector.connect(request.uri().clone());
        let connection = match inner.options.connect {
            Some(limit) => timeout(limit, connecting)
                .await
                .map_err(|_| ClientError::Timeout("a connection"))??,
            None => connecting.await?,
        };
        match connection {
            Connection::Http2(connection) => {
                let stream = connection.first_stream();
                inner.pool.keep_http2(key.clone(), connection.clone());
                *asked = Some(connection.clone());
                self.over_shared(connection, stream, request, key).await
            }
            Connection::Http1(connection) => match self.over(connection, request, key).await? {
                Ok(response) => Ok(Ok(response)),
                Err(_) => Err(ClientError::Closed),
            },
        }
    }

    /// Sends over an HTTP/2 connection; returns the request where the server has not processed it.
    async fn over_shared(
        &self,
        mut connection: Shared,
        stream: Stream,
        request: Request<Full<Bytes>>,
        key: &Key,
    ) -> Result<Result<Response<UpstreamBody>, Box<Unprocessed>>, ClientError> {
        let idle = self.0.options.idle;
        let sent = http2::send(connection.sender(), request).await;
        let sent = sent.map_err(ClientError::Http)?;
        if sent.is_err() {
            self.0.pool.forget_http2(key, &connection);
        }
        Ok(sent.map(|response| response.map(|body| UpstreamBody::http2(body, stream, idle))))
    }

    /// Sends over one connection; returns the request where the connection has not taken it.
    async fn over(
        &self,
        mut connection: Http1,
        mut request: Request<Full<Bytes>>,
        key: &Key,
    ) -> Result<Result<Response<UpstreamBody>, Request<Full<Bytes>>>, ClientError> {
        let uri = connection.form().write(&mut request);
        match connection.send(request).await {
            Ok(response) => {
                let inner = &*self.0;
                let pool = Arc::clone(&inner.pool);
                let home = (pool, key.clone());
                Ok(Ok(response.map(|body| {
                    UpstreamBody::http1(body, connection, home, inner.options.idle)
                })))
            }
            Err(mut error) => match error.take_message() {
                Some(mut unsent) => {
                    TargetForm::restore(&mut unsent, uri);
                    Ok(Err(unsent))
                }
                None => Err(ClientError::Http(error.into_error())),
            },
        }
    }
}
